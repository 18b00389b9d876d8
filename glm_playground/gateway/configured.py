"""The gateways that the settings name, and the sandbox as a gateway."""

import os
from functools import cache
from urllib.parse import urlsplit

from pydantic import SecretStr

from glm_playground.gateway.endpoint import Gateway
from glm_playground.gateway.gateways import RUNAPI, Gateways, load_gateways, seller_of, thinking_at
from glm_playground.settings import RUNAPI_BASE_URL, Settings

SCRIPTED_TEXT = "scripted text"
"""Stands for the model's name where the sandbox answers without one."""


@cache
def configured_gateways(settings: Settings) -> Gateways | None:
    """The gateways in the operator's file, else RunAPI or the operator's own server; None where the sandbox answers.

    The file is read once.

    Raises:
        GatewaysError: it cannot be used; the text is a sentence.
    """
    if settings.gateways:
        return load_gateways(settings.gateways, os.environ)
    return None if settings.uses_sandbox else Gateways((_only_gateway(settings),))


def _only_gateway(settings: Settings) -> Gateway:
    address = settings.base_url or RUNAPI_BASE_URL
    host = urlsplit(address).hostname or address
    seller = seller_of(address)
    is_runapi = seller == RUNAPI
    # Of another server nobody said what it has: it is asked.
    known = True if is_runapi else None
    return Gateway(
        name="RunAPI" if is_runapi else host,
        base_url=address,
        key=settings.api_key,
        failed_not_charged=is_runapi,
        settles=is_runapi or host == "openrouter.ai",
        seller=seller,
        thinking=thinking_at(address),
        has_prices=known,
        has_balance=known,
        has_tasks=known,
    )


def runapi_gateway(key: SecretStr | None, *, private: bool = False) -> Gateway:
    """RunAPI itself; `private` where the key is one user's own."""
    return Gateway(
        name="RunAPI",
        base_url=RUNAPI_BASE_URL,
        key=key,
        private=private,
        failed_not_charged=True,
        seller=RUNAPI,
        has_prices=True,
        has_balance=True,
        has_tasks=True,
    )


def sandbox_gateway(base_url: str, key: str, model: str | None) -> Gateway:
    """A sandbox that listens at `base_url`; `model` is what answers in it, None for scripted text."""
    return Gateway(
        name="Sandbox",
        base_url=base_url,
        key=SecretStr(key),
        stand_in=model or SCRIPTED_TEXT,
        failed_not_charged=True,
        settles=True,
        has_prices=True,
        has_balance=True,
        has_tasks=True,
    )

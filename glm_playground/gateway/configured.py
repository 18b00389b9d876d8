"""The gateways that the settings name, and the sandbox as a gateway."""

from urllib.parse import urlsplit

from pydantic import SecretStr

from glm_playground.gateway.endpoint import Gateway
from glm_playground.gateway.gateways import Gateways
from glm_playground.settings import RUNAPI_BASE_URL, Settings

SCRIPTED_TEXT = "scripted text"
"""Stands for the model's name where the sandbox answers without one."""


def configured_gateways(settings: Settings) -> Gateways | None:
    """RunAPI or the operator's own server; None where neither a key nor an address is set, so the sandbox answers."""
    return None if settings.uses_sandbox else Gateways((_only_gateway(settings),))


def _only_gateway(settings: Settings) -> Gateway:
    address = settings.base_url or RUNAPI_BASE_URL
    host = urlsplit(address).hostname or address
    is_runapi = host == "runapi.ai" or host.endswith(".runapi.ai")
    return Gateway(
        name="RunAPI" if is_runapi else host,
        base_url=address,
        key=settings.api_key,
        failed_not_charged=is_runapi,
        settles=is_runapi or host == "openrouter.ai",
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
    )

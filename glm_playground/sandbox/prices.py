"""The sandbox's models and its play-money prices."""

import hashlib
import json
import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from glm_playground.sandbox.generation import TokenCounts

SERVICE = "glm"
ACTION = "chat_completion"
AS_OF = "2026-11-23T00:00:00.000000Z"


@dataclass(frozen=True, slots=True)
class PlayPrice:
    """US cents per 1M tokens. `published` says the figures equal RunAPI's published ones; else they were chosen."""

    input: int
    output: int
    cache_read: int
    published: bool


PLAY_PRICES: dict[str, PlayPrice] = {
    "glm-4.5": PlayPrice(60, 220, 11, published=False),
    "glm-4.5-air": PlayPrice(10, 55, 2, published=True),
    "glm-4.6": PlayPrice(30, 110, 6, published=True),
    "glm-4.7": PlayPrice(30, 110, 6, published=True),
    "glm-5": PlayPrice(60, 200, 12, published=False),
    "glm-5-turbo": PlayPrice(60, 200, 12, published=True),
    "glm-5.1": PlayPrice(90, 300, 18, published=False),
    "glm-5.2": PlayPrice(90, 300, 18, published=False),
    "glm-5.3": PlayPrice(100, 320, 20, published=False),
}
"""Model id -> price. These ids are the models the sandbox knows."""

MODEL_IDS = tuple(PLAY_PRICES)

_RESERVED_OUTPUT_TOKENS = 4096
_PER_MILLION_CENTS = Decimal(100_000_000)


def cost_usd(model: str, usage: TokenCounts) -> Decimal:
    """What a generation costs in US dollars, exact."""
    price = PLAY_PRICES[model]
    fresh = usage.prompt_tokens - usage.cached_tokens
    cents = fresh * price.input + usage.cached_tokens * price.cache_read + usage.completion_tokens * price.output
    return Decimal(cents) / _PER_MILLION_CENTS


def schedule(model: str) -> dict[str, Any]:
    """One row of the price schedule."""
    price = PLAY_PRICES[model]
    origin = "same figures as RunAPI's page" if price.published else "figures chosen for the sandbox"
    return {
        "service": SERVICE,
        "action": ACTION,
        "model": model,
        "pricing_status": "available",
        "catalog_status": "active",
        "currency": "USD",
        "billing_unit": "1M tokens",
        "billing_strategy": "token",
        "unit_price_cents": None,
        "input_price_per_1m_cents": price.input,
        "output_price_per_1m_cents": price.output,
        "cache_read_price_per_1m_cents": price.cache_read,
        "cache_write_price_per_1m_cents": None,
        "cache_write_5m_price_per_1m_cents": 0,
        "cache_write_1h_price_per_1m_cents": None,
        "billing_config": {"play_money": True, "published_by_runapi": price.published},
        "note": f"Play money of the sandbox, not a price of RunAPI; {origin}.",
    }


def schedules(service: str | None, action: str | None, model: str | None) -> tuple[dict[str, Any], str]:
    """The price list under the filters, and its ETag."""
    rows = [
        row
        for row in map(schedule, MODEL_IDS)
        if service in (None, row["service"]) and action in (None, row["action"]) and model in (None, row["model"])
    ]
    listing = {"as_of": AS_OF, "price_schedules": rows}
    digest = hashlib.sha256(json.dumps(listing, sort_keys=True).encode()).hexdigest()
    return listing, f'"{digest[:32]}"'


def quote(model: str, prompt_tokens: int, max_tokens: int | None) -> dict[str, Any]:
    """A reservation estimate in whole US cents, rounded up; makes no task."""
    most = TokenCounts(prompt_tokens, max_tokens or _RESERVED_OUTPUT_TOKENS)
    return {
        "service": SERVICE,
        "action": ACTION,
        "model": model,
        "pricing_status": "available",
        "currency": "USD",
        "reservation_amount_cents": math.ceil(cost_usd(model, most) * 100),
        "estimate_basis": "max_tokens" if max_tokens else f"{_RESERVED_OUTPUT_TOKENS} output tokens",
        "as_of": AS_OF,
        "note": "Play money of the sandbox.",
    }

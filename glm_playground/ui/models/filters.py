"""Which models the wall shows: the text searched for and the filters, as plain values."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from glm_playground.catalog import Fact, ModelCard

CONTEXTS = (128_000, 200_000, 1_000_000)
"""Smallest contexts that can be asked for, in tokens."""

PRICE_LIMITS = (Decimal(0), Decimal("0.50"), Decimal("1.00"))
"""Highest input prices that can be asked for, US dollars per 1M tokens."""

CAPABILITIES: dict[str, Callable[[ModelCard], bool | None]] = {
    "thinking": lambda card: _documented(card.facts.thinking),
    "thinking_off": lambda card: _contains(card.facts.thinking_types, "disabled"),
    "tools": lambda card: _unless_refused(card, card.facts.tool_calling.value, "function_tools"),
    "structured_output": lambda card: _unless_refused(
        card, _starts(card.facts.structured_output, ("response_format", "supported")), "structured_output"
    ),
    "caching": lambda card: _documented(card.facts.context_caching),
    "images": lambda card: card.takes_images("runapi"),
    "open_weights": lambda card: card.facts.open_weights.value,
}
"""Whether a model can do something, by name; None where nobody said."""

STATUSES = ("on_runapi", "operational", "listed", "unknown")


class CardPrice(NamedTuple):
    """The price a card shows; unknown where nobody published one."""

    input: Fact[Decimal]
    output: Fact[Decimal]


@dataclass(frozen=True)
class WantedModels:
    """What is searched for; an empty or None field asks for nothing."""

    text: str = ""
    context: int | None = None
    licence: str | None = None
    capabilities: tuple[str, ...] = ()
    price: Decimal | None = None
    status: str | None = None


def fits(card: ModelCard, price: CardPrice, listed: frozenset[str] | None, wanted: WantedModels) -> bool:
    """Whether the wall shows the card. An unknown never fulfils a filter that asks for a value.

    Args:
        card: the model.
        price: what its card shows.
        listed: ids the configured gateway lists now, None where it was not read.
        wanted: what is searched for.
    """
    context = card.limits("runapi").context_tokens
    return (
        _has_text(card, wanted.text)
        and (wanted.context is None or (context is not None and context >= wanted.context))
        and (wanted.licence is None or card.facts.license.value == wanted.licence)
        and all(CAPABILITIES[name](card) for name in wanted.capabilities if name in CAPABILITIES)
        and (wanted.price is None or (price.input.value is not None and price.input.value <= wanted.price))
        and _has_status(card, listed, wanted.status)
    )


def licences(cards: tuple[ModelCard, ...]) -> list[str]:
    """The licences there are."""
    return sorted({card.facts.license.value for card in cards if card.facts.license.value})


def _has_text(card: ModelCard, text: str) -> bool:
    runapi = card.gateway("runapi")
    places = [card.id, card.name, card.facts.license.value]
    places += [runapi.card_text.value, runapi.skill_use_when.value] if runapi else []
    everything = " ".join(place for place in places if place).casefold()
    return all(word in everything for word in text.casefold().split())


def _has_status(card: ModelCard, listed: frozenset[str] | None, status: str | None) -> bool:
    runapi = card.gateway("runapi")
    match status:
        case None:
            return True
        case "on_runapi":
            return runapi is not None
        case "operational":
            return runapi is not None and runapi.status.value == "Operational"
        case "listed":
            return listed is not None and card.id in listed
        case _:
            return runapi is None or not runapi.status.known


def _unless_refused(card: ModelCard, documented: bool | None, capability: str) -> bool | None:
    """What Z.ai documents, unless RunAPI refuses it: through RunAPI it is not to be had then."""
    runapi = card.gateway("runapi")
    refused = runapi is not None and getattr(runapi.capabilities, capability).value == "rejected"
    return False if refused else documented


def _documented(fact: Fact[Any]) -> bool | None:
    return True if fact.known else None


def _contains(fact: Fact[tuple[str, ...]], entry: str) -> bool | None:
    return entry in fact.value if fact.value is not None else None


def _starts(fact: Fact[str], beginnings: tuple[str, ...]) -> bool | None:
    return fact.value.startswith(beginnings) if fact.value is not None else None

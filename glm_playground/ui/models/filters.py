"""Which models the wall shows, and in which order: the text searched for and the filters, as plain values."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal, NamedTuple

from glm_playground.catalog import Fact, ModelCard
from glm_playground.ui.shared.i18n import _, in_each_language
from glm_playground.ui.shared.searched import folded, has_words

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


PriceOf = Callable[[ModelCard], CardPrice]

Badge = Literal["new", "open_weights", "free", "vision", "delisted"]
NEW_DAYS = 120
"""So long after its release a model is called new."""

Order = Literal["release", "price", "context", "name"]
ORDERS: tuple[Order, ...] = ("release", "price", "context", "name")
"""Newest, cheapest, longest first, or by name."""


@dataclass(frozen=True)
class WantedModels:
    """What is searched for; an empty or None field asks for nothing."""

    text: str = ""
    context: int | None = None
    licence: str | None = None
    capabilities: tuple[str, ...] = ()
    price: Decimal | None = None
    status: str | None = None


def fits(card: ModelCard, price_of: PriceOf, listed: frozenset[str] | None, wanted: WantedModels) -> bool:
    """Whether the wall shows the card. An unknown never fulfils a filter that asks for a value.

    Args:
        card: the model.
        price_of: the price that a card shows; asked for only where it decides.
        listed: ids the configured gateway lists now, None where it was not read.
        wanted: what is searched for.
    """
    context = card.limits("runapi").context_tokens
    return (
        (not wanted.text.strip() or has_words(wanted.text, _searched(card, price_of(card))))
        and (wanted.context is None or (context is not None and context >= wanted.context))
        and (wanted.licence is None or card.facts.license.value == wanted.licence)
        and all(CAPABILITIES[name](card) for name in wanted.capabilities if name in CAPABILITIES)
        and (wanted.price is None or _costs_at_most(price_of(card).input, wanted.price))
        and _has_status(card, listed, wanted.status)
    )


def licences(cards: tuple[ModelCard, ...]) -> list[str]:
    """The licences there are."""
    return sorted({card.facts.license.value for card in cards if card.facts.license.value})


def in_order(cards: Iterable[ModelCard], order: Order, price_of: PriceOf) -> list[ModelCard]:
    """The cards in that order; where its figure is unknown, a card comes last."""
    found = list(cards)
    match order:
        case "release":
            return sorted(found, key=lambda card: -(card.facts.release.value or date.min).toordinal())
        case "price":
            return sorted(found, key=lambda card: _least_first(price_of(card).input.value))
        case "context":
            return sorted(found, key=lambda card: -(card.limits("runapi").context_tokens or 0))
        case "name":
            return sorted(found, key=lambda card: card.name.casefold())


def badges(card: ModelCard, price: CardPrice, today: date) -> tuple[Badge, ...]:
    """What is told of a model before its figures."""
    facts, release = card.facts, card.facts.release.value
    told: dict[Badge, bool | None] = {
        "new": release is not None and (today - release).days <= NEW_DAYS,
        "open_weights": facts.open_weights.value,
        "free": price.input.value == 0 and price.output.value == 0,
        "vision": card.takes_images("runapi"),
        "delisted": card.price("zai").historical,
    }
    return tuple(name for name, holds in told.items() if holds)


def badge_names() -> dict[Badge, str]:
    """The badges in words."""
    return {
        "new": _("New model"),
        "open_weights": _("Open weights"),
        "free": _("Free"),
        "vision": _("Vision"),
        "delisted": _("Delisted"),
    }


def capability_names() -> dict[str, str]:
    """What a model can do, in words."""
    return {
        "thinking": _("thinking"),
        "thinking_off": _("thinking can be off"),
        "tools": _("tools"),
        "structured_output": _("structured output"),
        "caching": _("caching"),
        "images": _("images as input"),
        "open_weights": _("open weights"),
    }


def _searched(card: ModelCard, price: CardPrice) -> str:
    """Everything of a card that a search looks at: what it says of itself, and in each language what it can do."""
    runapi = card.gateway("runapi")
    places = [card.id, card.name, card.facts.license.value, card.best_for.value]
    places += [runapi.card_text.value] if runapi else []
    told = badges(card, price, date.max)
    able = [name for name, holds in CAPABILITIES.items() if holds(card)]
    for words in in_each_language(lambda: " ".join((*_said(told, able), *_known_figures(card, price)))):
        places.append(words)
    return folded(" ".join(place for place in places if place))


def _said(told: Iterable[Badge], able: Iterable[str]) -> list[str]:
    names, capabilities = badge_names(), capability_names()
    return [*(names[badge] for badge in told), *(capabilities[name] for name in able)]


def _known_figures(card: ModelCard, price: CardPrice) -> list[str]:
    """The names of the figures that its card shows: who looks for "price" wants to see prices."""
    limits = card.limits("runapi")
    figures = {
        _("Size"): card.facts.size_total.known,
        _("Context"): limits.context.known,
        _("Output"): limits.max_output.known,
        _("Price"): price.input.known or price.output.known,
        _("Licence"): card.facts.license.known,
    }
    return [name for name, known in figures.items() if known]


def _costs_at_most(price: Fact[Decimal], limit: Decimal) -> bool:
    return price.value is not None and price.value <= limit


def _least_first(value: Decimal | None) -> tuple[bool, Decimal]:
    return value is None, value or Decimal(0)


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

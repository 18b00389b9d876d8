"""What somebody needs of a model, held against its facts: one that nobody published meets no need and misses none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple

from glm_playground.catalog.card import ModelCard
from glm_playground.catalog.comparison import fact_at
from glm_playground.catalog.sellers import OWN, SellerOffer, gateway_of
from glm_playground.catalog.types import AnyFact, Fact


class Use(StrEnum):
    """What the model is used for."""

    API = "api"
    """A commercial product that asks a gateway."""
    OWN_SERVERS = "own_servers"
    """A commercial product on the weights, run by oneself."""
    SERVICE = "service"
    """The weights offered to others as a service, by a firm above the revenue that GLM's own licence names."""


class Said(StrEnum):
    """Who says that a feature is there."""

    ADVERTISED = "advertised"
    """Whoever sells or makes the model."""
    MEASURED = "measured"
    """The user's own probes of a gateway."""


class Feature(NamedTuple):
    """Something that a gateway does with a model, as it is said by one or the other."""

    said: Said
    name: str


class NeedName(StrEnum):
    """One of the needs but for the features."""

    CONTEXT = "context"
    OUTPUT = "output"
    TOOLS = "tools"
    VISION = "vision"
    OPEN_WEIGHTS = "open_weights"
    THINKING_OFF = "thinking_off"
    USE = "use"
    PRICE = "price"
    SELLER = "seller"
    GPUS = "gpus"


@dataclass(frozen=True)
class Need:
    """What is needed; an empty, False or None field asks for nothing."""

    context: int | None = None
    """Tokens."""
    output: int | None = None
    """Tokens."""
    tools: bool = False
    vision: bool = False
    """Images as input."""
    open_weights: bool = False
    thinking_off: bool = False
    """Thinking that can be turned off."""
    use: Use | None = None
    price: Decimal | None = None
    """US dollars per 1M tokens at the workload, at most."""
    seller: str | None = None
    """One of `sellers.SELLERS`, `sellers.OWN`, or made by `sellers.seller_at`."""
    gpus: tuple[int, int] | None = None
    """How many, and GB of memory of each."""
    features: tuple[Feature, ...] = ()


class Evidence(NamedTuple):
    """A fact with its key, as `ModelCard.all_facts` names it."""

    key: str
    fact: AnyFact


class Checked(NamedTuple):
    """A need held against a model, with what was looked at."""

    need: NeedName | Feature
    met: bool | None
    """None where what is published, or measured, does not say."""
    evidence: tuple[Evidence, ...] = ()


Features = Mapping[Feature, Checked]
"""What was found of features of one model."""


GPU_FORMATS = ("bf16", "fp8", "nvfp4")
"""Formats of weights, the most exact first."""

_PROVIDERS: Mapping[str, str] = {"runapi": "RunAPI", "zai": "Z.ai", "vercel": "Vercel AI Gateway"}
_LICENSE, _CONDITIONS, _OPEN = "facts.license", "facts.license_conditions", "facts.open_weights"
# What each licence allows of running the weights: a product of one's own, and a service for others by a large firm.
_ALLOWED: Mapping[str, Mapping[Use, bool]] = {
    "MIT": {Use.OWN_SERVERS: True, Use.SERVICE: True},
    # A firm above the threshold needs the maker's leave.
    "GLM-5.3 License (HF tag 'other')": {Use.OWN_SERVERS: True, Use.SERVICE: False},
    "proprietary (no open weights)": {Use.OWN_SERVERS: False, Use.SERVICE: False},
}


def check(
    card: ModelCard, need: Need, offer: SellerOffer, listed: Fact[bool] | None = None, features: Features | None = None
) -> tuple[Checked, ...]:
    """Each need that asks for something.

    Args:
        card: the model.
        need: what is needed.
        offer: at whose price, and with whose limits.
        listed: whether the seller that is needed lists the model now; None where it was not asked.
        features: what was found of the model's features; one that is missing is unknown.
    """
    checks: tuple[tuple[NeedName, object, Callable[[], Checked]], ...] = (
        (NeedName.CONTEXT, need.context, lambda: _at_least(card, offer, NeedName.CONTEXT, need.context)),
        (NeedName.OUTPUT, need.output, lambda: _at_least(card, offer, NeedName.OUTPUT, need.output)),
        (NeedName.TOOLS, need.tools, lambda: _tools(card, offer)),
        (NeedName.VISION, need.vision, lambda: _vision(card, offer)),
        (NeedName.OPEN_WEIGHTS, need.open_weights, lambda: _flag(card, NeedName.OPEN_WEIGHTS, _OPEN)),
        (NeedName.THINKING_OFF, need.thinking_off, lambda: _thinking_off(card)),
        (NeedName.USE, need.use, lambda: _allowed(card, need.use or Use.API)),
        (NeedName.PRICE, need.price is not None, lambda: _price(offer, need.price or Decimal(0))),
        (NeedName.SELLER, need.seller, lambda: _sold(card, need.seller or "", listed)),
        (NeedName.GPUS, need.gpus, lambda: _fits(card, *(need.gpus or (0, 0)))),
    )
    found = features or {}
    return (
        *(run() for _name, asked, run in checks if asked),
        *(found.get(feature, Checked(feature, None)) for feature in need.features),
    )


def limit_key(card: ModelCard, seller: str | None, name: str) -> str:
    """The key of a limit: the seller's own claim where it makes one, else the model's."""
    own = f"gateways.{seller}.{name}"
    return own if seller and fact_at(card, own).known else f"facts.{name}"


def _evidence(card: ModelCard, *keys: str) -> tuple[Evidence, ...]:
    return tuple(Evidence(key, fact_at(card, key)) for key in keys)


def _at_least(card: ModelCard, offer: SellerOffer, name: NeedName, wanted: int | None) -> Checked:
    field = "context_tokens" if name is NeedName.CONTEXT else "max_output_tokens"
    key = limit_key(card, offer.seller, field)
    value: int | None = fact_at(card, key).value
    return Checked(name, None if value is None else value >= (wanted or 0), _evidence(card, key))


def _flag(card: ModelCard, name: NeedName, key: str) -> Checked:
    value: bool | None = fact_at(card, key).value
    return Checked(name, value, _evidence(card, key))


def _refused(card: ModelCard, offer: SellerOffer, capability: str) -> tuple[Evidence, ...]:
    """What the seller says where it refuses what the model could do."""
    key = f"gateways.{offer.seller}.capabilities.{capability}"
    found = _evidence(card, key) if offer.seller and card.gateway(offer.seller) else ()
    return tuple(evidence for evidence in found if evidence.fact.value == "rejected")


def _tools(card: ModelCard, offer: SellerOffer) -> Checked:
    if refused := _refused(card, offer, "function_tools"):
        return Checked(NeedName.TOOLS, False, refused)
    return _flag(card, NeedName.TOOLS, "facts.tool_calling")


def _vision(card: ModelCard, offer: SellerOffer) -> Checked:
    if refused := _refused(card, offer, "multimodal_input"):
        return Checked(NeedName.VISION, False, refused)
    return _contains(card, NeedName.VISION, "facts.input_modalities", "image")


def _thinking_off(card: ModelCard) -> Checked:
    return _contains(card, NeedName.THINKING_OFF, "facts.thinking_types", "disabled")


def _contains(card: ModelCard, name: NeedName, key: str, entry: str) -> Checked:
    values: tuple[str, ...] | None = fact_at(card, key).value
    return Checked(name, None if values is None else entry in values, _evidence(card, key))


def _allowed(card: ModelCard, use: Use) -> Checked:
    if use is Use.API:
        said = [Evidence(f"gateways.{table.id}.commercial", table.commercial) for table in card.gateways]
        known = tuple(evidence for evidence in said if evidence.fact.known)
        says_yes = any(str(evidence.fact.value).casefold().startswith(("yes", "sim")) for evidence in known)
        return Checked(NeedName.USE, True if says_yes else None, known or _evidence(card, "gateways.runapi.commercial"))
    if card.facts.open_weights.value is False:
        return Checked(NeedName.USE, False, _evidence(card, _OPEN))
    allowed = _ALLOWED.get(card.facts.license.value or "", {}).get(use)
    keys = (_LICENSE, _CONDITIONS) if card.facts.license_conditions.known else (_LICENSE,)
    return Checked(NeedName.USE, allowed, _evidence(card, *keys))


def _price(offer: SellerOffer, most: Decimal) -> Checked:
    price = offer.cost.per_million
    terms = offer.cost.missing or offer.cost.terms
    seller = offer.seller or offer.first
    evidence = tuple(
        Evidence(f"gateways.{seller}.price.{term.token_class}", term.price) for term in terms if term.tokens_a_day
    )
    return Checked(NeedName.PRICE, None if price is None else price <= most, evidence)


def _sold(card: ModelCard, seller: str, listed: Fact[bool] | None) -> Checked:
    if seller == OWN or gateway_of(seller) is not None:
        fact = listed if listed is not None else Fact[bool]()
        return Checked(NeedName.SELLER, fact.value, (Evidence(f"gateways.{seller}.listed", fact),))
    # What the list says now goes before what was published.
    if listed is not None and listed.known:
        return Checked(NeedName.SELLER, listed.value, (Evidence(f"gateways.{seller}.listed", listed),))
    if card.price(seller).historical:
        return Checked(NeedName.SELLER, False, _evidence(card, "facts.availability"))
    if seller == "runapi" and card.facts.on_runapi.known:
        return Checked(NeedName.SELLER, card.gateway(seller) is not None, _evidence(card, "facts.on_runapi"))
    providers = card.facts.providers
    met = None if providers.value is None else _PROVIDERS[seller] in providers.value
    if card.gateway(seller) is not None:
        return Checked(NeedName.SELLER, True, _evidence(card, f"gateways.{seller}.model_id", "facts.providers")[:1])
    return Checked(NeedName.SELLER, met, _evidence(card, "facts.providers"))


def _fits(card: ModelCard, gpus: int, memory: int) -> Checked:
    """Whether the weights fit in some format that has a published figure; the most exact that fits is the evidence."""
    found = _evidence(card, *(f"facts.gpu_memory_{name}" for name in GPU_FORMATS))
    known = tuple(evidence for evidence in found if evidence.fact.known)
    if not known:
        closed = card.facts.open_weights.value is False
        return Checked(NeedName.GPUS, False if closed else None, _evidence(card, _OPEN) if closed else found)
    fitting = [evidence for evidence in known if _gigabytes(evidence) <= gpus * memory]
    if fitting:
        return Checked(NeedName.GPUS, True, (fitting[0],))
    return Checked(NeedName.GPUS, False, (min(known, key=_gigabytes),))


def _gigabytes(evidence: Evidence) -> int:
    value: Any = evidence.fact.value
    return int(value)

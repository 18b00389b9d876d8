"""Who sells a model at what price: input and output of a price are always of one seller."""

from __future__ import annotations

from typing import NamedTuple

from glm_playground.catalog.card import ModelCard, PriceFacts
from glm_playground.catalog.comparison import LaidOver
from glm_playground.catalog.running_cost import Load, RunningCost, running_cost

OWN = "own"
"""Stands for the configured gateway where it is none of the published sellers."""

_AT = "at:"


def seller_at(name: str) -> str:
    """Stands for a further configured gateway with prices of its own."""
    return f"{_AT}{name}"


def gateway_of(seller: str) -> str | None:
    """The name of the gateway that `seller_at` made it of; None where it is another seller."""
    return seller.removeprefix(_AT) if seller.startswith(_AT) else None


SELLERS = ("runapi", "zai", "vercel")
"""Gateways of the catalog that publish prices."""

Basis = tuple[str, ...]
"""Sellers in the order in which they are asked for a price: the first that has one is the model's seller."""

BASES: tuple[Basis, ...] = (("runapi", "zai"), ("runapi",), ("zai",), ("vercel",), SELLERS)
"""The bases to choose from."""


class SellerOffer(NamedTuple):
    """What one seller asks for a model, and what a load costs there."""

    seller: str | None
    """None where no seller of the basis has a price for the load; the price is then the first one's, to say why."""
    price: PriceFacts
    cost: RunningCost
    """Of one request."""
    first: str
    """Who is asked first."""


def price_now(card: ModelCard, seller: str, over: LaidOver) -> PriceFacts:
    """The seller's prices for the model, with what was read now in place of what was published."""
    price = card.price(seller)
    if not over:
        return price
    now = {key: over.get((card.id, f"gateways.{seller}.price.{key}")) for key, _fact in price.classes}
    update = {key: fact for key, fact in now.items() if fact is not None}
    return price.model_copy(update=update) if update else price


def offer(card: ModelCard, basis: Basis, load: Load, over: LaidOver) -> SellerOffer:
    """The offer of the first seller of `basis` whose prices are enough for `load`.

    Raises:
        ValueError: the basis names nobody.
    """
    first: SellerOffer | None = None
    one = load.one_request
    for seller in basis:
        price = price_now(card, seller, over)
        cost = running_cost(card, price, one)
        if cost.per_million is not None:
            return SellerOffer(seller, price, cost, basis[0])
        first = first or SellerOffer(None, price, cost, seller)
    if first is None:
        raise ValueError("a basis without a seller")
    return first

"""What a steady load on a model costs by published prices, in exact decimals and with the prices it was made from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property

from glm_playground.catalog.card import ModelCard, PriceFacts
from glm_playground.catalog.types import Fact

DAYS = 30
"""Days of the longer period."""

NOT_LISTED = "the gateway no longer lists this model; its last prices say nothing about today"
"""Why a published price is not computed with."""

_MILLION = Decimal(1_000_000)


@dataclass(frozen=True)
class Load:
    """What is asked of a model each day: the same request so many times.

    Raises ValueError for a negative figure or a share above 100 percent.
    """

    requests_a_day: int
    tokens_in: int
    tokens_out: int
    cached_percent: Decimal = Decimal(0)
    """How much of the input is read from the gateway's cache."""
    tokens_thinking: int = 0
    """Written before the answer, and paid as output is."""

    def __post_init__(self) -> None:
        if min(self.requests_a_day, self.tokens_in, self.tokens_out, self.tokens_thinking) < 0:
            raise ValueError("a load cannot be negative")
        if not 0 <= self.cached_percent <= 100:
            raise ValueError("the share of cached input is between 0 and 100 percent")

    @cached_property
    def tokens_a_day(self) -> dict[str, Decimal]:
        """Tokens a day by the class they are priced in."""
        incoming = Decimal(self.requests_a_day) * self.tokens_in
        cached = incoming * self.cached_percent / 100
        return {
            "input": incoming - cached,
            "cache_read": cached,
            "output": Decimal(self.requests_a_day) * (self.tokens_out + self.tokens_thinking),
        }

    @cached_property
    def one_request(self) -> Load:
        """One of the requests alone."""
        return replace(self, requests_a_day=1)


@dataclass(frozen=True, slots=True)
class Term:
    """One token class of the sum: how many tokens a day, and the price of a million of them."""

    token_class: str
    tokens_a_day: Decimal
    price: Fact[Decimal]

    @property
    def per_day(self) -> Decimal | None:
        """US dollars; nothing for no tokens, None where there are some and nobody published their price."""
        if self.tokens_a_day == 0:
            return Decimal(0)
        return None if self.price.value is None else self.tokens_a_day * self.price.value / _MILLION


@dataclass(frozen=True)
class RunningCost:
    """What the load costs on one model."""

    card: ModelCard
    terms: tuple[Term, ...]

    @property
    def missing(self) -> tuple[Term, ...]:
        """The terms that need a price nobody published."""
        return tuple(term for term in self.terms if term.per_day is None)

    @cached_property
    def per_day(self) -> Decimal | None:
        """US dollars a day, or None where a price is missing."""
        days = [term.per_day for term in self.terms]
        known = [amount for amount in days if amount is not None]
        return sum(known, Decimal(0)) if len(known) == len(days) else None

    @property
    def per_30_days(self) -> Decimal | None:
        """US dollars in 30 days, or None where a price is missing."""
        return None if self.per_day is None else self.per_day * DAYS

    @cached_property
    def per_million(self) -> Decimal | None:
        """The blended price: US dollars per 1M tokens of this load; None where a price is missing or no token is."""
        tokens = sum((term.tokens_a_day for term in self.terms), Decimal(0))
        return None if self.per_day is None or not tokens else self.per_day * _MILLION / tokens


def running_cost(card: ModelCard, price: PriceFacts, load: Load) -> RunningCost:
    """The cost of `load` by the classes of `price`; a list the model is no longer on gives none."""
    terms = []
    for token_class, tokens in load.tokens_a_day.items():
        fact: Fact[Decimal] = getattr(price, token_class)
        if price.historical and fact.known:
            fact = fact.model_copy(update={"value": None, "why": NOT_LISTED})
        terms.append(Term(token_class, tokens, fact))
    return RunningCost(card, tuple(terms))


def cheapest_first(costs: list[RunningCost]) -> list[RunningCost]:
    """By cost; those without one come last, in the order given."""
    return sorted(costs, key=lambda cost: (cost.per_day is None, cost.per_day or Decimal(0)))

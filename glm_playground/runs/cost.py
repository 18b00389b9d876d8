"""What a run cost, and how sure that is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar

from pydantic import ConfigDict

from glm_playground.runs.run import Outcome, Run

_MILLION = Decimal(1_000_000)
_AS_JSON = ConfigDict(extra="forbid")


class TokenClass(StrEnum):
    """A class of tokens with a price of its own."""

    INPUT = "input"
    CACHE_READ = "cache_read"
    OUTPUT = "output"


class CostState(StrEnum):
    """How a cost is known."""

    PREDICTED = "predicted"
    ESTIMATED = "estimated"
    """From the reported usage and a published price."""
    SETTLED = "settled"
    """The gateway said so."""
    NOT_CHARGED = "not_charged"
    """The gateway's published policy for a failed generation; RunAPI's words."""
    NO_USAGE = "no_usage"
    NO_PRICE = "no_price"
    FREE = "free"


@dataclass(frozen=True)
class Price:
    """US dollars per 1M tokens by class; a class nobody published is not in it."""

    __pydantic_config__: ClassVar = _AS_JSON

    per_million: Mapping[TokenClass, Decimal]
    source: str
    """Where the price stands: an address."""
    as_of: date
    play_money: bool = False
    """True for the sandbox, which charges nothing."""


@dataclass(frozen=True)
class CostTerm:
    """One summand: tokens x price."""

    __pydantic_config__: ClassVar = _AS_JSON

    token_class: TokenClass
    tokens: int
    per_million: Decimal

    @property
    def amount(self) -> Decimal:
        """US dollars."""
        return self.tokens * self.per_million / _MILLION


@dataclass(frozen=True)
class Cost:
    """A cost with its state; the amount is None where nobody can say."""

    __pydantic_config__: ClassVar = _AS_JSON

    state: CostState
    amount: Decimal | None = None
    """US dollars."""
    terms: tuple[CostTerm, ...] = ()
    price: Price | None = None


def cost_of(run: Run, price: Price | None) -> Cost:
    """The cost of an ended run.

    The gateway's own figure wins. A run that failed before its first token is not charged where that is the server's
    policy; what a stream costs that fails or is stopped midway is documented nowhere and so known only from its usage.
    """
    usage = run.usage
    if usage and usage.cost is not None:
        return Cost(CostState.SETTLED, usage.cost, price=price)
    if run.outcome is Outcome.FAILED and run.server.failed_not_charged and not run.has_delta:
        return Cost(CostState.NOT_CHARGED, price=price)
    if usage is None or usage.prompt_tokens is None or usage.completion_tokens is None:
        return Cost(CostState.NO_USAGE, price=price)
    if price is None:
        return Cost(CostState.NO_PRICE)
    terms = _terms(usage.prompt_tokens, usage.completion_tokens, usage.cached_tokens or 0, price)
    if terms is None:
        return Cost(CostState.NO_PRICE, price=price)
    if terms and all(term.per_million == 0 for term in terms):
        return Cost(CostState.FREE, Decimal(0), terms, price)
    return Cost(CostState.ESTIMATED, sum((term.amount for term in terms), Decimal(0)), terms, price)


def _terms(prompt: int, completion: int, cached: int, price: Price) -> tuple[CostTerm, ...] | None:
    """Tokens by class; None where a class that was used has no price."""
    rates = price.per_million
    # Without a price for cached input, all input is counted at the full price.
    cached = min(cached, prompt) if TokenClass.CACHE_READ in rates else 0
    counts = {TokenClass.INPUT: prompt - cached, TokenClass.CACHE_READ: cached, TokenClass.OUTPUT: completion}
    terms = []
    for token_class, tokens in counts.items():
        if tokens == 0:
            continue
        if token_class not in rates:
            return None
        terms.append(CostTerm(token_class, tokens, rates[token_class]))
    return tuple(terms)

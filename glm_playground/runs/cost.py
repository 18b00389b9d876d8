"""What a run cost, and how sure that is."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar

from pydantic import ConfigDict

from glm_playground.gateway import Event, EventKind
from glm_playground.runs.caps import CAP_REACHED
from glm_playground.runs.run import DELTAS, Outcome, Run
from glm_playground.runs.tokens import estimate_request_tokens, estimate_tokens

_MILLION = Decimal(1_000_000)
_WRITTEN = ("name", "arguments")
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
    """The gateway's published policy for a failed generation, in RunAPI's words; or a cap kept it from being sent."""
    NO_USAGE = "no_usage"
    NO_PRICE = "no_price"
    FREE = "free"


@dataclass(frozen=True)
class Price:
    """US dollars per 1M tokens by class; a class nobody published is not in it."""

    __pydantic_config__: ClassVar = _AS_JSON

    per_million: Mapping[TokenClass, Decimal]
    source: str
    """Where the price stands: an address, or `prices.OPERATORS_FILE`."""
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
class Received:
    """What came of an answer whose usage nobody reported, and its price: an estimate, never what was charged."""

    __pydantic_config__: ClassVar = _AS_JSON

    chunks: int
    """Deltas with text; at least one."""
    terms: tuple[CostTerm, ...] = ()
    """The request and the text received, in tokens by a rule of thumb (`runs.tokens`); empty without a price."""

    @property
    def amount(self) -> Decimal | None:
        """US dollars; None without a price."""
        return sum((term.amount for term in self.terms), Decimal(0)) if self.terms else None


@dataclass(frozen=True)
class Cost:
    """A cost with its state; the amount is None where nobody can say."""

    __pydantic_config__: ClassVar = _AS_JSON

    state: CostState
    amount: Decimal | None = None
    """US dollars."""
    terms: tuple[CostTerm, ...] = ()
    price: Price | None = None
    received: Received | None = None
    """Only where the usage is missing: beside the unknown cost stands what was received."""
    by_server: bool = False
    """True where an estimate is the server's own, from the usage of its answer."""


def cost_of(run: Run, price: Price | None) -> Cost:
    """The cost of an ended run.

    The gateway's own figure wins: settled where it charges what it says, else as its estimate. A run that failed
    before its first token is not charged where that is the server's policy; what a stream costs that fails or is
    stopped midway is documented nowhere and so known only from its usage. Without one the cost is unknown, with what
    was received beside it. A run that a cap kept from being sent is not charged.
    """
    usage = run.usage
    if run.error and run.error.kind == CAP_REACHED:
        return Cost(CostState.NOT_CHARGED, price=price)
    if usage and usage.cost is not None:
        if run.server.settles:
            return Cost(CostState.SETTLED, usage.cost, price=price)
        # Zero is what a gateway says that has no price of its own.
        if usage.cost:
            return Cost(CostState.ESTIMATED, usage.cost, by_server=True)
    if run.outcome is Outcome.FAILED and run.server.failed_not_charged and not run.has_delta:
        return Cost(CostState.NOT_CHARGED, price=price)
    if usage is None or usage.prompt_tokens is None or usage.completion_tokens is None:
        return Cost(CostState.NO_USAGE, price=price, received=_received(run, price))
    if price is None:
        return Cost(CostState.NO_PRICE)
    terms = _terms(usage.prompt_tokens, usage.completion_tokens, usage.cached_tokens or 0, price)
    if terms is None:
        return Cost(CostState.NO_PRICE, price=price)
    if terms and all(term.per_million == 0 for term in terms):
        return Cost(CostState.FREE, Decimal(0), terms, price)
    return Cost(CostState.ESTIMATED, sum((term.amount for term in terms), Decimal(0)), terms, price)


def is_play_money(run: Run, cost: Cost) -> bool:
    """True where the amount is one that nobody pays: a stand-in answered, or the price is the sandbox's."""
    return run.server.stand_in is not None or bool(cost.price and cost.price.play_money)


def _received(run: Run, price: Price | None) -> Received | None:
    deltas = [event for event in run.events if event.kind in DELTAS and event.text]
    if not deltas:
        return None
    terms = None
    if price:
        prompt = run.usage.prompt_tokens if run.usage else None
        prompt = estimate_request_tokens(run.request) if prompt is None else prompt
        terms = _terms(prompt, estimate_tokens("".join(map(_generated, deltas))), 0, price)
    return Received(len(deltas), terms or ())


def _generated(delta: Event) -> str:
    """What the model wrote of a delta: of a tool call, its name and arguments."""
    if delta.kind is not EventKind.TOOL_CALLS:
        return delta.text
    try:
        calls = json.loads(delta.text)
    except ValueError:
        return ""
    functions = [call.get("function") for call in calls if isinstance(call, dict)] if isinstance(calls, list) else []
    said = [function.get(name) for function in functions if isinstance(function, dict) for name in _WRITTEN]
    return "".join(text for text in said if isinstance(text, str))


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

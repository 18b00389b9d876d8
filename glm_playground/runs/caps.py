"""Caps on what is sent at the operator's cost: what a run may use at most, what counts, and why one is refused.

The engine asks a `Counter` before each request, and tells it what the request really used. Everything else here is a
value: amounts are whole tokens and whole picodollars (1e-12 US dollars), times are UTC, a day is a day of UTC.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import NamedTuple, Protocol, Self

from glm_playground.runs.run import RunError

MINUTE = timedelta(minutes=1)
CAP_REACHED = "CapReached"
"""The `RunError.kind` of a run that was not sent because of a cap."""
MORE_REFUSED = "more_refused"
"""The field of such an error that says how many later ones of the hour are not stored."""

_PICODOLLARS = 10**12
_MILLION = 10**6
_MOST_TOKENS, _MOST_PICODOLLARS = 10**12, 10**17


class Scope(StrEnum):
    """Whose use a cap bounds."""

    OWNER = "owner"
    ADDRESS = "address"
    """All owners at one client address: without its cookie a browser is a new owner."""
    TOTAL = "total"
    """Everybody, over all processes with the same database."""
    PRESENT = "present"
    """An owner on the page Present: by dollars, and by tokens where a request has no price."""


class Measure(StrEnum):
    """What a cap bounds."""

    RUNNING = "running"
    """Requests at once."""
    REQUESTS = "requests"
    """Requests within a minute."""
    TOKENS = "tokens"
    """Tokens a day, of input and output."""
    DOLLARS = "dollars"
    """US dollars a day; only of requests with a price."""


class Limits(NamedTuple):
    """The caps of one scope; None for no cap."""

    running: int | None = None
    requests: int | None = None
    tokens: int | None = None
    dollars: Decimal | None = None

    def of(self, measure: Measure) -> Decimal | None:
        """The cap on `measure`."""
        value: int | Decimal | None = getattr(self, measure.value)
        return None if value is None else Decimal(value)


Caps = Mapping[Scope, Limits]
"""Every cap; a scope that is missing has none."""


class Key(NamedTuple):
    """Somebody whose use is counted: a scope, and who in it."""

    scope: Scope
    of: str = ""


class Amount(NamedTuple):
    """What was used."""

    tokens: int = 0
    picodollars: int = 0

    def plus(self, other: "Amount") -> "Amount":
        """The sum."""
        return Amount(self.tokens + other.tokens, self.picodollars + other.picodollars)

    def minus(self, other: "Amount") -> "Amount":
        """The difference."""
        return Amount(self.tokens - other.tokens, self.picodollars - other.picodollars)

    @property
    def dollars(self) -> Decimal:
        """US dollars."""
        return Decimal(self.picodollars) / _PICODOLLARS


def picodollars_of(dollars: Decimal) -> int:
    """US dollars in picodollars, bounded so that sums of many fit into 64 bits."""
    return int(min(max(dollars * _PICODOLLARS, Decimal(0)), Decimal(_MOST_PICODOLLARS)))


class Tally(NamedTuple):
    """What one key has used: now, within the last minute, and on this day."""

    running: int = 0
    requests: int = 0
    oldest: datetime | None = None
    """When the first of `requests` began."""
    used: Amount = Amount()
    """With what running requests may use at most."""

    def plus(self, amount: Amount, now: datetime) -> "Tally":
        """With one more request that begins `now`."""
        return Tally(self.running + 1, self.requests + 1, self.oldest or now, self.used.plus(amount))

    def of(self, measure: Measure) -> Decimal:
        """How much of `measure` is used."""
        if measure is Measure.DOLLARS:
            return self.used.dollars
        if measure is Measure.TOKENS:
            return Decimal(self.used.tokens)
        return Decimal(self.running if measure is Measure.RUNNING else self.requests)


@dataclass(frozen=True)
class UsageClaim:
    """What one request may use at most, and for whom it counts."""

    keys: tuple[Key, ...]
    prompt_tokens: int
    """A bound."""
    output_tokens: int
    """A bound, over all `answers`."""
    input_rate: Decimal | None = None
    """US dollars per million tokens; None where there is no price."""
    output_rate: Decimal | None = None
    answers: int = 1
    """How many answers the request asks for."""

    @property
    def priced(self) -> bool:
        """Whether dollars can be counted; else tokens alone are."""
        return self.input_rate is not None and self.output_rate is not None

    @property
    def at_operators_cost(self) -> bool:
        """False for the sandbox and a user's own key, which no stop of the operator is about."""
        return any(key.scope is Scope.TOTAL for key in self.keys)

    @property
    def most(self) -> Amount:
        """What it uses at most."""
        return self.amount(self.prompt_tokens, self.output_tokens)

    def amount(self, prompt: int, output: int) -> Amount:
        """So many tokens, at the price of the claim."""
        tokens = min(prompt + output, _MOST_TOKENS)
        if self.input_rate is None or self.output_rate is None:
            return Amount(tokens)
        return Amount(tokens, picodollars_of((prompt * self.input_rate + output * self.output_rate) / _MILLION))


class Cap(NamedTuple):
    """One cap."""

    scope: Scope
    measure: Measure
    limit: Decimal


@dataclass(frozen=True)
class Refusal:
    """Why a request is not sent."""

    cap: Cap | None = None
    """The cap that it would exceed; None where the operator has stopped sending."""
    used: Decimal = Decimal(0)
    asked: Decimal = Decimal(0)
    """What the request would add at most."""
    frees_at: datetime | None = None
    """When it could be sent if nothing else is; None where that depends on others, or it is above the cap by itself."""
    more: int = 0
    """How many later requests of the hour were refused and are not stored."""

    @property
    def too_large(self) -> bool:
        """True where the request alone is above the cap."""
        return self.cap is not None and self.asked > self.cap.limit

    def error(self, now: datetime) -> RunError:
        """The error of a run that ends with it."""
        if self.cap is None:
            return RunError(CAP_REACHED, "not sent: the operator has stopped sending")
        scope, measure, limit = self.cap
        values = {"limit": str(limit), "used": str(self.used), "asked": str(self.asked)}
        if self.frees_at:
            values["frees_at"] = self.frees_at.isoformat(timespec="seconds")
        wait = None if self.frees_at is None else max((self.frees_at - now).total_seconds(), 0.0)
        return RunError(
            CAP_REACHED,
            f"not sent: the cap of {limit} {measure.value} of scope {scope.value} is reached",
            code=f"{scope.value}.{measure.value}",
            fields=tuple((name, (value,)) for name, value in values.items()),
            retry_after=wait,
        )

    @classmethod
    def of(cls, error: RunError) -> Self | None:
        """The refusal that an error was made of; None where it is another's, or cannot be read."""
        if error.kind != CAP_REACHED:
            return None
        values = {name: texts[0] for name, texts in error.fields if texts}
        counted = values.get(MORE_REFUSED, "")
        more = int(counted) if re.fullmatch("[0-9]{1,9}", counted) else 0
        if error.code is None:
            return cls(more=more)
        scope, _dot, measure = error.code.partition(".")
        try:
            limit, used, asked = (Decimal(values[name]) for name in ("limit", "used", "asked"))
            frees_at = datetime.fromisoformat(values["frees_at"]) if "frees_at" in values else None
            return cls(Cap(Scope(scope), Measure(measure), limit), used, asked, frees_at, more)
        except (KeyError, ValueError, InvalidOperation):
            return None


class Counter(Protocol):
    """Counts requests against the caps; called on the engine's loop only."""

    async def reserve(self, run_id: str, claim: UsageClaim) -> Refusal | None:
        """Reserves what the run may use at most; why it must not be sent, where a cap is reached."""

    def settle(self, run_id: str, used: Amount | None) -> None:
        """Counts what the run used in place of what was reserved; None where nothing was sent.

        Does nothing for a run without a reservation.
        """


# What blocks for longest is named first.
_ORDER = (Measure.DOLLARS, Measure.TOKENS, Measure.REQUESTS, Measure.RUNNING)


def refusal_of(claim: UsageClaim, tallies: Mapping[Key, Tally], caps: Caps, now: datetime) -> Refusal | None:
    """Why a request must not be sent; None where it fits into every cap."""
    most = claim.most
    asked = {
        Measure.DOLLARS: most.dollars,
        Measure.TOKENS: Decimal(most.tokens),
        Measure.REQUESTS: Decimal(1),
        Measure.RUNNING: Decimal(1),
    }
    for measure in _ORDER:
        if measure is Measure.DOLLARS and not claim.priced:
            continue
        for key in claim.keys:
            if key.scope is Scope.PRESENT and measure is Measure.TOKENS and claim.priced:
                # There tokens stand in for dollars.
                continue
            limit = caps.get(key.scope, Limits()).of(measure)
            tally = tallies.get(key, Tally())
            if limit is not None and tally.of(measure) + asked[measure] > limit:
                cap = Cap(key.scope, measure, limit)
                return Refusal(cap, tally.of(measure), asked[measure], _frees_at(cap, asked[measure], tally, now))
    return None


def _frees_at(cap: Cap, asked: Decimal, tally: Tally, now: datetime) -> datetime | None:
    if asked > cap.limit or cap.measure is Measure.RUNNING:
        return None
    if cap.measure is Measure.REQUESTS:
        return (tally.oldest or now) + MINUTE
    return datetime.combine(now.astimezone(UTC).date() + timedelta(days=1), time(), UTC)

"""Which of several runs was fastest, cheapest, shortest; and how far repeats of one request spread."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median
from typing import NamedTuple

from glm_playground.runs.cost import Cost
from glm_playground.runs.metrics import Metrics
from glm_playground.runs.run import Outcome, Run

_ANSWERED = frozenset({Outcome.COMPLETED, Outcome.TOOL_CALLS})
# An answer that was cut says when it began, not how long or dear it would have been.
_BEGUN = _ANSWERED | {Outcome.LENGTH}
# Times closer than this are the same: the network and the scheduler differ by more from try to try.
_TIME_TIE = 0.05


class Measure(StrEnum):
    """What runs are compared by; less is better."""

    TTFT = "ttft"
    E2E = "e2e"
    COST = "cost"
    TOKENS = "tokens"


class Entrant(NamedTuple):
    """One lane's run in a comparison."""

    name: str
    run: Run
    metrics: Metrics
    cost: Cost


@dataclass(frozen=True)
class Standing:
    """The best by one measure; nobody where the best are too close to tell."""

    measure: Measure
    best: str | None
    value: float
    """Nanoseconds, US dollars or tokens."""
    tied: tuple[str, ...] = ()
    """Who shares the place, where it is not one's alone."""


def standings(entrants: Sequence[Entrant]) -> tuple[Standing, ...]:
    """The best by each measure that at least two runs have; failed and stopped ones take no part."""
    found = []
    for measure in Measure:
        values = [
            (value, entrant.name)
            for entrant in entrants
            if entrant.run.outcome in (_BEGUN if measure is Measure.TTFT else _ANSWERED)
            and (value := _value(entrant, measure)) is not None
        ]
        if len(values) >= 2:
            found.append(_standing(measure, values))
    return tuple(found)


def _standing(measure: Measure, values: list[tuple[float, str]]) -> Standing:
    least = min(value for value, _ in values)
    is_time = measure in {Measure.TTFT, Measure.E2E}
    near = [name for value, name in values if value <= (least * (1 + _TIME_TIE) if is_time else least)]
    best = near[0] if len(near) == 1 else None
    return Standing(measure, best, least, () if best else tuple(near))


def _value(entrant: Entrant, measure: Measure) -> float | None:
    values = {
        Measure.TTFT: entrant.metrics.ttft,
        Measure.E2E: entrant.metrics.e2e,
        Measure.COST: entrant.cost.amount,
        Measure.TOKENS: entrant.run.usage.completion_tokens if entrant.run.usage else None,
    }
    value = values[measure]
    return None if value is None else float(value)


class Spread(NamedTuple):
    """Least, median and most of `n` values."""

    n: int
    least: float
    median: float
    most: float


def spread(values: Sequence[float | None]) -> Spread | None:
    """The spread of what is known; None where fewer than two are."""
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return None
    return Spread(len(known), min(known), median(known), max(known))

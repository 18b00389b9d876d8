"""Lanes that were asked the same, compared: a row a figure, a column a lane, and who was best where that can be told.

All that is said of who was fastest or cheapest is read from these values.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from statistics import median
from typing import NamedTuple

from glm_playground.runs.cost import Cost, is_play_money
from glm_playground.runs.marks import unmarked_request
from glm_playground.runs.metrics import Metrics, metrics_of
from glm_playground.runs.run import Outcome, Run
from glm_playground.runs.totals import counted

_WHOLE = frozenset({Outcome.COMPLETED, Outcome.TOOL_CALLS})
# One that was cut has figures, but its end says nothing of how long or dear it would have been.
_ANSWERED = _WHOLE | {Outcome.LENGTH}
# Single times closer than this are the same: the network and the scheduler differ by more from try to try.
_TIME_TIE = 0.05


class FigureName(StrEnum):
    """What lanes are compared by."""

    TTFT = "ttft"
    E2E = "e2e"
    SPEED = "speed"
    TOKENS = "tokens"
    COST = "cost"

    @property
    def is_time(self) -> bool:
        """True for what the network and the scheduler change from try to try."""
        return self in {FigureName.TTFT, FigureName.E2E, FigureName.SPEED}


class Spread(NamedTuple):
    """Least, median and most of `n` values."""

    n: int
    least: float
    median: float
    most: float


@dataclass(frozen=True)
class LaneRuns:
    """A lane and its runs of one request."""

    name: str
    runs: Sequence[Run]
    costs: Mapping[str, Cost]
    """By run id; a run that is not in it has no cost yet."""


@dataclass(frozen=True)
class Value:
    """One cell: nanoseconds, tokens a second, tokens or US dollars."""

    spread: Spread | None
    """Of the runs that have the figure; None where none has, which is unknown and not nothing."""
    unknown: int
    """The ended runs that are not in it: they lack the figure, or failed or were stopped."""
    comparable: bool
    """False where an end that says nothing is among them, so that the lane is not ranked."""


@dataclass(frozen=True)
class ComparisonRow:
    """One figure over all lanes."""

    figure: FigureName
    values: tuple[Value, ...]
    """A lane each, in order."""
    lead: int | None
    """The lane with the best median; None where the best share it, or fewer than two lanes can be ranked."""
    clear: bool
    """True where no spread of another lane overlaps that of `lead`: only then is it marked as the best."""
    tied: tuple[int, ...] = ()
    """The lanes that share the best value."""

    @property
    def best(self) -> int | None:
        """The lane to mark as the best."""
        return self.lead if self.clear else None


@dataclass(frozen=True)
class LaneComparison:
    """Lanes that were asked the same."""

    names: tuple[str, ...]
    outcomes: tuple[tuple[tuple[Outcome | None, int], ...], ...]
    """By lane: how many runs ended how; None last, for those that are running."""
    rows: tuple[ComparisonRow, ...]
    """In the order of `FigureName`."""
    play_money: bool
    """True where costs are in play money."""
    shared: tuple["SharedModel", ...] = ()
    """The models that answered for more than one of the models asked."""


class SharedModel(NamedTuple):
    """One model that answered lanes which asked for different ones."""

    model: str
    """As the server names it."""
    lanes: tuple[int, ...]


def compare(lanes: Sequence[LaneRuns]) -> LaneComparison | None:
    """The comparison; None for fewer than two lanes with a run that ended. Warm-ups take no part."""
    runs = [[run for run in lane.runs if not run.warm_up] for lane in lanes]
    if sum(any(run.ended for run in theirs) for theirs in runs) < 2:
        return None
    measured = [
        [(run, metrics_of(run), lane.costs.get(run.id)) for run in theirs if run.ended]
        for lane, theirs in zip(lanes, runs, strict=True)
    ]
    play = {is_play_money(run, cost) for lane in measured for run, _metrics, cost in lane if cost}
    rows = []
    for figure in FigureName:
        values = tuple(_value(figure, lane) for lane in measured)
        # Dollars are not compared with play money.
        rows.append(_row(figure, values, can_rank=figure is not FigureName.COST or len(play) < 2))
    return LaneComparison(
        names=tuple(lane.name for lane in lanes),
        outcomes=tuple(counted([run.outcome for run in theirs], Outcome) for theirs in runs),
        rows=tuple(rows),
        play_money=True in play,
        shared=_shared(runs),
    )


def _shared(lanes: Sequence[Sequence[Run]]) -> tuple[SharedModel, ...]:
    """The stand-in says by itself that it answers for all."""
    asked: dict[str, dict[int, set[str]]] = {}
    for at, runs in enumerate(lanes):
        for run in runs:
            if run.served_model and run.server.stand_in is None:
                asked.setdefault(run.served_model, {}).setdefault(at, set()).add(run.request.model)
    return tuple(
        SharedModel(model, tuple(by_lane))
        for model, by_lane in asked.items()
        if len(by_lane) > 1 and len(set().union(*by_lane.values())) > 1
    )


def repeats_of(shown: Run, runs: Sequence[Run]) -> tuple[Run, ...]:
    """Those of `runs` that were asked what `shown` was; the mark against prompt caches is all that may differ."""
    asked = unmarked_request(shown.request)
    return tuple(run for run in runs if unmarked_request(run.request) == asked)


def spread(values: Sequence[float | None]) -> Spread | None:
    """The spread of what is known; None where nothing is."""
    known = [value for value in values if value is not None]
    return Spread(len(known), min(known), median(known), max(known)) if known else None


_Measured = tuple[Run, Metrics, Cost | None]

_FIGURES: Mapping[FigureName, Callable[[_Measured], float | Decimal | None]] = {
    FigureName.TTFT: lambda one: one[1].ttft,
    FigureName.E2E: lambda one: one[1].e2e,
    FigureName.SPEED: lambda one: one[1].output_speed,
    FigureName.TOKENS: lambda one: one[0].usage.completion_tokens if one[0].usage else None,
    FigureName.COST: lambda one: one[2].amount if one[2] else None,
}


def _value(figure: FigureName, lane: Sequence[_Measured]) -> Value:
    counted_runs = [one for one in lane if one[0].outcome in _ANSWERED]
    found = [None if (value := _FIGURES[figure](one)) is None else float(value) for one in counted_runs]
    known = spread(found)
    is_whole = all(one[0].outcome in _WHOLE for one in counted_runs)
    return Value(
        spread=known,
        unknown=len(lane) - (known.n if known else 0),
        comparable=known is not None and (is_whole or figure in {FigureName.TTFT, FigureName.SPEED}),
    )


def _row(figure: FigureName, values: tuple[Value, ...], *, can_rank: bool) -> ComparisonRow:
    # Less is better, but for the speed.
    sign = -1 if figure is FigureName.SPEED else 1
    ranked = {at: value.spread for at, value in enumerate(values) if value.comparable and value.spread}
    if len(ranked) < 2 or not can_rank:
        return ComparisonRow(figure, values, None, clear=False)
    first = min(ranked, key=lambda at: sign * ranked[at].median)
    best = ranked[first]
    near = tuple(at for at, other in ranked.items() if at == first or _is_same(figure, best, other))
    if len(near) > 1:
        return ComparisonRow(figure, values, None, clear=False, tied=near)
    others = [other for at, other in ranked.items() if at != first]
    is_clear = all(best.most < other.least if sign > 0 else best.least > other.most for other in others)
    return ComparisonRow(figure, values, first, clear=is_clear)


def _is_same(figure: FigureName, best: Spread, other: Spread) -> bool:
    """Whether two lanes share a place. Repeats show themselves how far times vary; single times are taken as near."""
    if figure.is_time and best.n == other.n == 1:
        return max(best.median, other.median) <= min(best.median, other.median) * (1 + _TIME_TIE)
    return best.median == other.median

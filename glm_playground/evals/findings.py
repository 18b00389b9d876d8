"""What the cells of an evaluation came to together, found in one pass; it holds no answer."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from glm_playground import bounds
from glm_playground.chat.setup import Setup
from glm_playground.evals.grade import Grade
from glm_playground.evals.results import CellResult, Figures, results_of
from glm_playground.evals.suite import Suite
from glm_playground.evals.verdict import GradedAnswer, PairedDifference, PassRate, differences, pass_rates
from glm_playground.ledger import Ledger, StoredRun
from glm_playground.ledger.evaluation_values import CellRow, CellState, EvaluationRow
from glm_playground.runs.cost import Cost
from glm_playground.runs.run import Run

_MOST_SERVERS = 200


class CaseRates(NamedTuple):
    """What share of the answers to a case passes, by candidate."""

    case: str
    """Its name, as the verdict pairs it."""
    place: int
    """In `Suite.asked`."""
    rates: tuple[float | None, ...]
    """In the order of the candidates; None where none can be told."""

    @property
    def regression(self) -> float:
        """How much less the worst of the others passes than the first; 0 where none does worse."""
        first, *others = self.rates
        known = [rate for rate in others if rate is not None]
        return 0.0 if first is None or not known else max(first - min(known), 0.0)

    @property
    def spread(self) -> float:
        """How far the candidates lie apart."""
        known = [rate for rate in self.rates if rate is not None]
        return max(known) - min(known) if known else 0.0

    @property
    def least(self) -> float:
        """What the worst passes; 1 where nothing can be told."""
        return min((rate for rate in self.rates if rate is not None), default=1.0)


class Untold(NamedTuple):
    """A check that could not be told, and why."""

    check: str
    reason: str


class AskedRun(NamedTuple):
    """Who was asked and at which price, by one run."""

    run: Run
    """Without its messages and events."""
    cost: Cost | None


@dataclass(frozen=True)
class Findings:
    """What was found."""

    rates: tuple[PassRate, ...]
    """By candidate, in their order."""
    candidates: tuple[tuple[Setup, str | None], ...]
    """In the same order: who it is, and what answered in its place."""
    figures: tuple[Figures, ...]
    """In the same order."""
    differences: tuple[PairedDifference, ...]
    """Those that are told apart first, the largest of them before the others."""
    cases: tuple[CaseRates, ...]
    """By regression: those that the first candidate passes and another does not come first, then those in which they
    differ otherwise, then those that fail."""
    untold: Counter[Untold]
    states: Counter[CellState]
    """Of the cells that are finished, failed, interrupted or refused."""
    without_checks: int
    """Finished cells of cases that have no check."""
    deleted: int
    """Finished cells whose run is not there any more."""
    runs: int
    """That are still there."""
    stood_in: Counter[str]
    """Runs that stand-ins answered, by their name."""
    asked: tuple[AskedRun, ...]
    """A run for each model, gateway, answering model and price."""
    period: tuple[datetime, datetime] | None
    """When the first and the last run began; None where there is no run."""

    @property
    def names(self) -> tuple[str, ...]:
        """Of the candidates, as the verdict has them."""
        return tuple(rate.candidate for rate in self.rates)


def findings_of(results: Iterable[CellResult]) -> Findings:
    """What `results`, in the order of their cells, come to; cells that were not asked yet are left out."""
    gathered = _Gathered()
    for result in results:
        if result.cell.state not in (CellState.WAITING, CellState.CLAIMED):
            gathered.add(result)
    return gathered.findings()


def examples_of(
    ledger: Ledger, row: EvaluationRow, suite: Suite, setups: Sequence[Setup], findings: Findings
) -> list[CellResult]:
    """The first answers of the first candidates to the cases that come first in `findings`."""
    places = {one.place for one in findings.cases[: bounds.REPORT_EXAMPLES]}

    def wanted(cell: CellRow) -> bool:
        key = cell.key
        return not key.repeat and key.case in places and key.candidate < bounds.REPORT_EXAMPLE_ANSWERS

    return list(results_of(ledger, row, suite, setups, wanted))


class _Gathered:
    """What was found so far."""

    def __init__(self) -> None:
        self.points: list[GradedAnswer] = []
        self.places: dict[str, int] = {}
        self.candidates: dict[str, tuple[int, Setup, str | None]] = {}
        self.figures: dict[str, Figures] = {}
        self.untold: Counter[Untold] = Counter()
        self.states: Counter[CellState] = Counter()
        self.stood_in: Counter[str] = Counter()
        self.without_checks = self.deleted = self.runs = 0
        self.asked: dict[object, AskedRun] = {}
        self.times: list[datetime] = []

    def add(self, result: CellResult) -> None:
        name = result.candidate
        self.points.append(result.point)
        self.places.setdefault(result.case, result.cell.key.case)
        self.candidates.setdefault(name, (result.cell.key.candidate, result.setup, result.stand_in))
        self.figures.setdefault(name, Figures()).add(result)
        self.states[result.cell.state] += 1
        if result.cell.state is CellState.FINISHED:
            self.deleted += result.stored is None
            self.without_checks += not result.asked.case.checks
        self.untold.update(
            Untold(one.check.name, one.reason) for one in result.checks if one.grade is Grade.UNTOLD and one.reason
        )
        if result.stored:
            self._add_run(result.stored)

    def _add_run(self, stored: StoredRun) -> None:
        run, cost = stored.run, stored.cost
        self.runs += 1
        if run.server.stand_in:
            self.stood_in[run.server.stand_in] += 1
        begun = run.started_at
        self.times = [min([begun, *self.times]), max([begun, *self.times])]
        server, price = run.server, cost.price if cost else None
        key = (run.request.model, server, run.served_by or run.served_model, repr(price))
        if key not in self.asked and len(self.asked) < _MOST_SERVERS:
            bare = replace(run, events=[], request=run.request.model_copy(update={"messages": ()}))
            self.asked[key] = AskedRun(bare, cost)

    def findings(self) -> Findings:
        names = sorted(self.candidates, key=lambda name: self.candidates[name][0])
        places = {name: place for place, name in enumerate(names)}
        points = sorted(self.points, key=lambda point: places[point.candidate])
        pairs = sorted(differences(points), key=lambda one: (not one.separable, -abs(one.points.estimate)))
        return Findings(
            rates=tuple(pass_rates(points)),
            candidates=tuple(self.candidates[name][1:] for name in names),
            figures=tuple(self.figures[name] for name in names),
            differences=tuple(pairs),
            cases=self._cases(names),
            untold=self.untold,
            states=self.states,
            without_checks=self.without_checks,
            deleted=self.deleted,
            runs=self.runs,
            stood_in=self.stood_in,
            asked=tuple(self.asked.values()),
            period=(self.times[0], self.times[1]) if self.times else None,
        )

    def _cases(self, names: Sequence[str]) -> tuple[CaseRates, ...]:
        counts: dict[str, dict[str, list[bool]]] = {}
        for point in self.points:
            theirs = counts.setdefault(point.case, {}).setdefault(point.candidate, [])
            if point.passed is not None:
                theirs.append(point.passed)
        cases = [
            CaseRates(case, self.places[case], tuple(_share(theirs.get(name, ())) for name in names))
            for case, theirs in counts.items()
        ]
        return tuple(sorted(cases, key=lambda one: (-one.regression, -one.spread, one.least, one.place)))


def _share(passed: Sequence[bool]) -> float | None:
    return sum(passed) / len(passed) if passed else None

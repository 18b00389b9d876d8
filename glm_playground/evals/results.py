"""What the cells of an evaluation came to: graded from the stored runs each time they are asked for."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import count, groupby
from typing import NamedTuple

from glm_playground.chat.setup import Setup
from glm_playground.evals.candidates import name_of
from glm_playground.evals.grade import JUDGE_WAITS, NO_JUDGE, Grade, Graded, Output, grade, grade_of, reasons_of
from glm_playground.evals.judge import rubric_graded, stored_judge
from glm_playground.evals.judge_cells import PairPlace, Places, RubricPlace
from glm_playground.evals.suite import Check, CheckKind, FilledCase, Suite
from glm_playground.evals.verdict import GradedAnswer
from glm_playground.ledger import Ledger, StoredRun
from glm_playground.ledger.evaluation_values import CellRow, CellState, EvaluationRow
from glm_playground.runs.cost import Cost, CostState
from glm_playground.runs.metrics import metrics_of
from glm_playground.runs.thinking import answer_of

_RUNS_AT_ONCE = 50


@dataclass(frozen=True)
class CellResult:
    """A cell with its run, graded."""

    cell: CellRow
    asked: FilledCase
    setup: Setup
    stored: StoredRun | None
    """None where there is no run, such as of a cell that waits, or whose run was deleted."""
    stand_in: str | None
    """What answers in the model's place, also where this cell has no run."""
    checks: tuple[Graded, ...]
    """Empty where no answer came."""
    grade: Grade

    @property
    def candidate(self) -> str:
        """Its name, with what answers in the model's place."""
        return name_of(self.setup, self.stand_in)

    @property
    def case(self) -> str:
        """Case and prompt, as the verdict pairs them."""
        return self.asked.name

    @property
    def cost(self) -> Cost | None:
        """Of its run, or None."""
        return self.stored.cost if self.stored else None

    @property
    def latency_ms(self) -> float | None:
        """Until the last token; None where none came."""
        e2e = metrics_of(self.stored.run).e2e if self.stored else None
        return None if e2e is None else e2e / 1e6

    @property
    def point(self) -> GradedAnswer:
        """What the verdict counts."""
        return GradedAnswer(self.case, self.candidate, self.grade.passed)

    @property
    def reason(self) -> str:
        """Why it did not pass, in plain English; empty where it did."""
        if said := reasons_of(self.checks):
            return said
        run = self.stored.run if self.stored else None
        if run and run.error:
            return f"{run.error.kind}: {run.error.message}"
        return "" if self.checks or self.grade is Grade.PASSED else f"no answer ({self.cell.state})"


class Figures:
    """Sums over the results of one candidate; they hold no run."""

    def __init__(self) -> None:
        self.answers = 0
        self.known_costs = 0
        self.dollars = Decimal(0)
        self.costs: list[float] = []
        """US dollars of each answer that was charged."""
        self.play_money = False
        self.latencies: list[float] = []

    def add(self, result: CellResult) -> None:
        """Counts one."""
        self.answers += result.cell.state is CellState.FINISHED
        cost = result.cost
        if cost and cost.amount is not None:
            self.known_costs += 1
            self.dollars += cost.amount
            if cost.state is not CostState.NOT_CHARGED:
                self.costs.append(float(cost.amount))
            self.play_money |= bool(cost.price and cost.price.play_money)
        if result.cell.state is CellState.FINISHED and (latency := result.latency_ms) is not None:
            self.latencies.append(latency)


def results_of(
    ledger: Ledger,
    row: EvaluationRow,
    suite: Suite,
    setups: Sequence[Setup],
    wanted: Callable[[CellRow], bool] | None = None,
) -> Iterator[CellResult]:
    """The cells in their order, a few runs in memory at a time; checks may take some seconds each.

    Args:
        ledger: with its runs.
        row: the evaluation.
        suite: what was asked.
        setups: of whom, in the order of the evaluation.
        wanted: whether a cell is; all are where it is None.
    """
    cases = tuple(suite.asked())
    judge = stored_judge(row.judge)
    about = Places.of(suite, len(setups), judge).all if judge else {}
    stand_ins = _stand_ins(ledger, row, len(setups))
    cells = (
        cell
        for cell in ledger.evaluations.cells(row.number)
        if not _is_of_a_pair(about, cell) and (cell.key.candidate in about or wanted is None or wanted(cell))
    )
    for some, runs in _with_runs(ledger, row, cells):
        replies: dict[tuple[int, int], dict[PairPlace | RubricPlace, str | None]] = defaultdict(dict)
        for cell in some:
            if cell.key.candidate in about:
                replies[cell.key[:2]][about[cell.key.candidate]] = reply_of(cell, runs)
        for cell in some:
            if cell.key.candidate in about:
                continue
            stored = _stored(cell, runs)
            stand_in = stored.run.server.stand_in if stored else stand_ins.get(cell.key.candidate)
            said = Replies(judge is not None, cell.key.candidate, replies[cell.key[:2]])
            asked, setup = cases[cell.key.case], setups[cell.key.candidate]
            yield _result(cell, asked, setup, stored=stored, stand_in=stand_in, replies=said)


class Replies(NamedTuple):
    """What the judge says of the rubrics of a case."""

    judged: bool
    """Whether there is a judge."""
    candidate: int
    found: Mapping[PairPlace | RubricPlace, str | None]
    """None where it has not answered; one that was not asked is missing."""

    def graded(self, check: Check, rubric: int) -> Graded:
        """What becomes of a rubric."""
        place = RubricPlace(self.candidate, rubric)
        if not self.judged:
            return Graded(check, Grade.UNTOLD, NO_JUDGE)
        if self.found.get(place) is None:
            return Graded(check, Grade.UNTOLD, JUDGE_WAITS)
        return rubric_graded(check, self.found[place])


def reply_of(cell: CellRow, runs: Mapping[str, StoredRun]) -> str | None:
    """The text with which the judge answered in a cell; None where it did not."""
    stored = _stored(cell, runs)
    return answer_of(stored.run) if stored and cell.state is CellState.FINISHED else None


def _stored(cell: CellRow, runs: Mapping[str, StoredRun]) -> StoredRun | None:
    return runs.get(cell.run_id) if cell.run_id and cell.state is not CellState.WAITING else None


def _is_of_a_pair(about: Mapping[int, PairPlace | RubricPlace], cell: CellRow) -> bool:
    return isinstance(about.get(cell.key.candidate), PairPlace)


def _stand_ins(ledger: Ledger, row: EvaluationRow, candidates: int) -> dict[int, str | None]:
    """What answers in the place of each candidate's model, by the first of its runs that is still there."""
    stand_ins: dict[int, str | None] = {}
    every = ledger.evaluations.cells(row.number)
    asked = (cell for cell in every if cell.run_id and cell.key.candidate < candidates)
    for some, runs in _with_runs(ledger, row, (cell for cell in asked if cell.key.candidate not in stand_ins)):
        for cell in some:
            if cell.run_id in runs:
                stand_ins.setdefault(cell.key.candidate, runs[cell.run_id].run.server.stand_in)
        if len(stand_ins) == candidates:
            break
    return stand_ins


def _with_runs(
    ledger: Ledger, row: EvaluationRow, cells: Iterator[CellRow]
) -> Iterator[tuple[list[CellRow], dict[str, StoredRun]]]:
    """The cells, whole cases at a time, with their runs."""
    some: list[CellRow] = []
    for _case, of_case in groupby(cells, lambda cell: (cell.key.repeat, cell.key.case)):
        some += of_case
        if len(some) >= _RUNS_AT_ONCE:
            yield some, ledger.runs(row.owner, [cell.run_id for cell in some if cell.run_id])
            some = []
    if some:
        yield some, ledger.runs(row.owner, [cell.run_id for cell in some if cell.run_id])


def _result(
    cell: CellRow,
    asked: FilledCase,
    setup: Setup,
    *,
    stored: StoredRun | None,
    stand_in: str | None,
    replies: Replies,
) -> CellResult:
    answer = Output.of(stored.run, stored.cost) if stored and cell.state is CellState.FINISHED else None
    rubrics = count()
    checks = tuple(
        replies.graded(check, next(rubrics)) if check.kind is CheckKind.RUBRIC else grade(check, answer)
        for check in (asked.case.checks if answer else ())
        if answer
    )
    whole = grade_of(checks) if answer else Grade.UNTOLD
    return CellResult(cell, asked, setup, stored, stand_in, checks, whole)

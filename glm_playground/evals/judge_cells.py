"""What the judge of an evaluation is asked: cells of its own behind those of the candidates, claimed and capped alike.

A judge stands on several places, as a candidate stands on one: two for each pair of candidates, one an order, and one
for each candidate and rubric of a case. A cell comes to be once the answers that it is about are there.
"""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import combinations, groupby, islice
from typing import NamedTuple

from glm_playground.evals.judge import Judge, pair_requests, rubric_request
from glm_playground.evals.suite import Check, CheckKind, FilledCase, Suite
from glm_playground.gateway import ChatRequest
from glm_playground.ledger import Ledger
from glm_playground.ledger.evaluation_values import CellKey, CellRow, CellState
from glm_playground.runs.thinking import answer_of

_CASES_AT_ONCE = 25
_UNSEEN = "(The task shows images, which are not shown here.)"


class PairPlace(NamedTuple):
    """A pair of candidates, the one on `first` in slot one."""

    first: int
    second: int


class RubricPlace(NamedTuple):
    """A candidate, and which rubric of a case."""

    candidate: int
    rubric: int


@dataclass(frozen=True)
class Places:
    """What each place of the judge is about; they follow those of the candidates.

    Attributes:
        candidates: how many there are.
        rubrics: of the case with the most.
        in_pairs: whether answers are compared.
    """

    candidates: int
    rubrics: int
    in_pairs: bool

    @classmethod
    def of(cls, suite: Suite, candidates: int, judge: Judge) -> "Places":
        """Those of an evaluation."""
        return cls(candidates, max(len(rubrics_of(case.checks)) for case in suite.cases), judge.in_pairs)

    @property
    def all(self) -> Mapping[int, PairPlace | RubricPlace]:
        """By place."""
        pairs = list(combinations(range(self.candidates), 2)) if self.in_pairs else []
        both = [place for one, other in pairs for place in (PairPlace(one, other), PairPlace(other, one))]
        rubrics = [RubricPlace(one, rubric) for one in range(self.candidates) for rubric in range(self.rubrics)]
        return dict(enumerate([*both, *rubrics], start=self.candidates))


def rubrics_of(checks: Sequence[Check]) -> list[Check]:
    """The checks that take a judge."""
    return [check for check in checks if check.kind is CheckKind.RUBRIC]


def task_of(asked: FilledCase, *, images: bool = True) -> str:
    """What the candidates were asked, as the judge reads it.

    Args:
        asked: the case.
        images: whether the judge is shown its images.
    """
    messages = asked.messages
    unseen = [] if images or not asked.has_images else [_UNSEEN]
    if len(messages) == 1:
        return "\n\n".join([*unseen, messages[0].content])
    return "\n\n".join([*unseen, *(f"[{message.role}]\n{message.content}" for message in messages)])


class Answers:
    """The answers of an evaluation, a few cases in memory at a time, as they are judged in that order.

    Args:
        ledger: where they are.
        number: of the evaluation.
        owner: whose it is.
    """

    def __init__(self, ledger: Ledger, number: int, owner: str) -> None:
        self._ledger, self._number, self._owner = ledger, number, owner
        self._kept: dict[tuple[int, int], dict[int, str]] = {}

    def of(self, repeat: int, case: int, places: Set[int]) -> Mapping[int, str]:
        """By candidate's place: the texts that came, those of `places` among them where they are stored."""
        # Several threads of a worker may ask at once: what one has read is not looked for in what another reads.
        kept = self._kept
        if not places <= kept.get((repeat, case), {}).keys():
            cells = self._ledger.evaluations.cells(self._number, CellKey(repeat, case, -1))
            self._kept = kept = dict(islice(self._texts(cells), _CASES_AT_ONCE))
        return kept.get((repeat, case), {})

    def found(self, candidates: int) -> Iterator[tuple[int, int, set[int]]]:
        """Repeat, case, and which candidates have an answer that is stored still."""
        for (repeat, case), cells in groupby(self._ledger.evaluations.cells(self._number), _case_of):
            some = {cell.key.candidate: cell for cell in cells if cell.key.candidate < candidates}
            yield repeat, case, {place for place, cell in some.items() if cell.state is CellState.FINISHED}

    def _texts(self, cells: Iterator[CellRow]) -> Iterator[tuple[tuple[int, int], dict[int, str]]]:
        for which, some in groupby(cells, _case_of):
            finished = (cell for cell in some if cell.state is CellState.FINISHED)
            by_run = {cell.run_id: cell.key.candidate for cell in finished if cell.run_id}
            runs = self._ledger.runs(self._owner, [run_id for run_id in by_run if run_id])
            yield which, {by_run[run_id]: answer_of(stored.run) for run_id, stored in runs.items()}


class JudgeCells:
    """The judge's side of an evaluation.

    Args:
        judge: who judges.
        suite: what was asked.
        candidates: how many there are.
        answers: what came.
    """

    def __init__(self, judge: Judge, suite: Suite, candidates: int, answers: Answers) -> None:
        self.judge = judge
        self.places = Places.of(suite, candidates, judge)
        self._cases = tuple(suite.asked())
        self._by_place = self.places.all
        self._answers = answers

    @property
    def first(self) -> int:
        """Its first place."""
        return self.places.candidates

    def keys(self) -> Iterator[CellKey]:
        """The cells that can be asked as things are: those whose answers are there."""
        for repeat, case, answered in self._answers.found(self.first):
            rubrics = len(rubrics_of(self._cases[case].case.checks))
            for place, about in self._by_place.items():
                if isinstance(about, PairPlace):
                    ready = {about.first, about.second} <= answered
                else:
                    ready = about.candidate in answered and about.rubric < rubrics
                if ready:
                    yield CellKey(repeat, case, place)

    def request(self, key: CellKey, *, images: bool) -> ChatRequest:
        """What the judge is asked in that cell; an answer that was deleted meanwhile is empty.

        Args:
            key: of the cell.
            images: whether its model takes any; one that does not is told that there are some.
        """
        asked, about = self._cases[key.case], self._by_place[key.candidate]
        places = {about.first, about.second} if isinstance(about, PairPlace) else {about.candidate}
        texts, task = self._answers.of(key.repeat, key.case, places), task_of(asked, images=images)
        shown = tuple(url for message in asked.messages for url in message.images) if images else ()
        if isinstance(about, PairPlace):
            first, second = texts.get(about.first, ""), texts.get(about.second, "")
            return pair_requests(self.judge, task, first, second, shown)[0]
        rubric = rubrics_of(asked.case.checks)[about.rubric]
        return rubric_request(self.judge, str(rubric.value), task, texts.get(about.candidate, ""), shown)


def _case_of(cell: CellRow) -> tuple[int, int]:
    return cell.key.repeat, cell.key.case

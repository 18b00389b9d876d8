"""What the judge of an evaluation made of the pairs of answers, with the owner's own votes on the same pairs."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import combinations, groupby, islice
from typing import NamedTuple

from glm_playground import bounds
from glm_playground.chat.setup import Setup, asked_text
from glm_playground.evals.ballot import BallotQuestion
from glm_playground.evals.candidates import name_of
from glm_playground.evals.judge import Judge, read_pair, stored_judge
from glm_playground.evals.judge_cells import PairPlace, Places
from glm_playground.evals.judge_figures import JudgedPair, JudgeFigures, Pair, WinRate, judge_figures, win_rates
from glm_playground.evals.rating import Choice
from glm_playground.evals.results import reply_of
from glm_playground.evals.standings import PERSON
from glm_playground.evals.suite import FilledCase, Suite
from glm_playground.ledger import Ledger, StoredRun
from glm_playground.ledger.evaluation_values import CellRow, CellState, EvaluationRow
from glm_playground.runs.caps import Amount
from glm_playground.runs.thinking import answer_of

_LOOKED_AT = 20


class PairResult(NamedTuple):
    """Two answers to a case, judged, with what the judge said in each order."""

    repeat: int
    judged: JudgedPair
    reasons: tuple[str, str]
    run_ids: tuple[str | None, str | None]
    """Of the judge's runs."""


class JudgeWork(NamedTuple):
    """How far the judge is, and what it used; rubrics and pairs together."""

    answered: int
    left: int
    """Waiting, or under way."""
    not_answered: int
    """Failed, interrupted or refused."""
    spent: Amount
    reserved: Amount


class JudgeVerdict(NamedTuple):
    """All that is told of a judge and by it."""

    judge: Judge
    work: JudgeWork
    figures: JudgeFigures
    wins: tuple[WinRate, ...]
    pairs: tuple[PairResult, ...]
    stand_in: str | None = None
    """What answers in the place of its model."""
    play_money: bool = False


def judge_verdict(ledger: Ledger, row: EvaluationRow, suite: Suite, setups: Sequence[Setup]) -> JudgeVerdict | None:
    """What the judge of an evaluation says; None where nobody judges.

    Raises:
        ValueError: a later version of the app has written it.
    """
    judge = stored_judge(row.judge)
    if judge is None:
        return None
    results = tuple(_pairs(ledger, row, suite, setups, judge))
    judged = [one.judged for one in results]
    votes = own_votes(ledger, row.owner, suite, setups, _names(judged, setups))
    models = {name: setup.model for setup in setups for name in _names(judged, [setup]).values()}
    figures = judge_figures(judge, judged, votes, models)
    work, wins, first = _work(ledger, row, len(setups)), tuple(win_rates(judged)), _first_run(ledger, row, len(setups))
    stand_in = first.run.server.stand_in if first else None
    play_money = bool(first and first.cost and first.cost.price and first.cost.price.play_money)
    return JudgeVerdict(judge, work, figures, wins, results, stand_in, play_money)


def _first_run(ledger: Ledger, row: EvaluationRow, candidates: int) -> StoredRun | None:
    """The first of the judge's runs that is still there, looked for among the first ones."""
    asked = (
        cell.run_id
        for cell in ledger.evaluations.cells(row.number)
        if cell.key.candidate >= candidates and cell.run_id and cell.state is CellState.FINISHED
    )
    return next(iter(ledger.runs(row.owner, list(islice(asked, _LOOKED_AT))).values()), None)


def own_votes(
    ledger: Ledger, owner: str, suite: Suite, setups: Sequence[Setup], names: Mapping[int, str]
) -> dict[Pair, Choice]:
    """The owner's last vote on each case and pair; candidates of one model at one gateway cannot be told apart.

    Args:
        ledger: where the votes are.
        owner: whose they are.
        suite: what was asked.
        setups: the candidates.
        names: what each is called, by its place.
    """
    asked = [asked_text(setup.model, setup.gateway) for setup in setups]
    by_asked = {text: place for place, text in enumerate(asked) if asked.count(text) == 1}
    cases = {_digest(one): one.name for one in suite.asked()}
    found: dict[Pair, Choice] = {}
    for vote in ledger.votes.newest(owner, bounds.VOTES_READ):
        first, second = by_asked.get(vote.candidate_a), by_asked.get(vote.candidate_b)
        case = cases.get(vote.prompt)
        if case is None or first is None or second is None or vote.source != PERSON or vote.verdict not in _CHOICES:
            continue
        pair = case, names[first], names[second]
        if pair not in found and (case, names[second], names[first]) not in found:
            found[pair] = Choice(vote.verdict)
    return found


_CHOICES = frozenset(choice.value for choice in Choice)


def _digest(asked: FilledCase) -> str:
    return BallotQuestion(asked.messages, tools=asked.case.tools).digest


def _names(judged: Iterable[JudgedPair], setups: Sequence[Setup]) -> dict[int, str]:
    """What each candidate is called in the pairs; a stand-in's name is part of it."""
    seen = list(dict.fromkeys(name for pair in judged for name in (pair.first, pair.second)))
    plain = [name_of(setup) for setup in setups]
    found = {}
    for place, setup in enumerate(setups):
        possible = (name for name in seen if name == plain[place] or _without_stand_in(name) == plain[place])
        found[place] = next(possible, name_of(setup))
    return found


def _without_stand_in(name: str) -> str:
    head, mark, tail = name.partition(" (stand-in model, not GLM: ")
    return f"{head}{tail.partition(')')[2]}" if mark else name


def _pairs(
    ledger: Ledger, row: EvaluationRow, suite: Suite, setups: Sequence[Setup], judge: Judge
) -> Iterator[PairResult]:
    cases, about = tuple(suite.asked()), Places.of(suite, len(setups), judge).all
    for (repeat, case), some in groupby(ledger.evaluations.cells(row.number), lambda one: one.key[:2]):
        cells = list(some)
        answers = {cell.key.candidate: cell for cell in cells if cell.key.candidate < len(setups)}
        asked = {
            place: cell
            for cell in cells
            if isinstance(place := about.get(cell.key.candidate), PairPlace) and cell.state is not CellState.WAITING
        }
        if not asked:
            continue
        runs = ledger.runs(row.owner, [cell.run_id for cell in (*answers.values(), *asked.values()) if cell.run_id])
        for first, second in combinations(range(len(setups)), 2):
            both = asked.get(PairPlace(first, second)), asked.get(PairPlace(second, first))
            said = [
                (setups[place], stored)
                for place in (first, second)
                if place in answers and (stored := runs.get(answers[place].run_id or ""))
            ]
            if any(both) and len(said) == 2:
                yield _pair(cases[case], repeat, said, both, runs)


def _pair(
    asked: FilledCase,
    repeat: int,
    answers: Sequence[tuple[Setup, StoredRun]],
    cells: tuple[CellRow | None, CellRow | None],
    runs: Mapping[str, StoredRun],
) -> PairResult:
    replies = [read_pair(reply_of(cell, runs) if cell else None) for cell in cells]
    names = [name_of(setup, one.run.server.stand_in) for setup, one in answers]
    lengths = [len(answer_of(one.run)) for _setup, one in answers]
    judged = JudgedPair(
        asked.name, names[0], names[1], replies[0].slot, replies[1].slot, lengths[0], lengths[1], _cost(cells, runs)
    )
    ids = tuple(cell.run_id if cell and cell.run_id in runs else None for cell in cells)
    return PairResult(repeat, judged, (replies[0].reason, replies[1].reason), (ids[0], ids[1]))


def _cost(cells: Sequence[CellRow | None], runs: Mapping[str, StoredRun]) -> Decimal | None:
    """US dollars of both replies; None where one is unknown."""
    found = Decimal(0)
    for cell in cells:
        stored = runs.get(cell.run_id or "") if cell else None
        if stored is None or stored.cost is None or stored.cost.amount is None:
            return None
        found += stored.cost.amount
    return found


def _work(ledger: Ledger, row: EvaluationRow, candidates: int) -> JudgeWork:
    states: dict[CellState, int] = defaultdict(int)
    spent = reserved = Amount()
    for cell in ledger.evaluations.cells(row.number):
        if cell.key.candidate >= candidates:
            states[cell.state] += 1
            spent, reserved = spent.plus(cell.spent), reserved.plus(cell.reserved)
    answered, left = states[CellState.FINISHED], states[CellState.WAITING] + states[CellState.CLAIMED]
    return JudgeWork(answered, left, sum(states.values()) - answered - left, spent, reserved)

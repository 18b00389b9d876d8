"""An evaluation from its suite to its work: what it will cost, its row in the ledger, and what asks its cells."""

import secrets
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import NamedTuple

from glm_playground import bounds
from glm_playground.chat.forecast import predict
from glm_playground.chat.setup import Setup
from glm_playground.evals.candidates import CandidateError, name_of, write_candidates
from glm_playground.evals.execution import Execution
from glm_playground.evals.judge import Judge, stored_judge, write_judge
from glm_playground.evals.judge_cells import Answers, JudgeCells, rubrics_of
from glm_playground.evals.suite import Suite
from glm_playground.evals.work import Candidate, CellRequest, Work
from glm_playground.gateway import Gateway, Gateways
from glm_playground.ledger import Ledger, RunFilter
from glm_playground.ledger.evaluation_values import EvaluationRow, NewEvaluation, Spending
from glm_playground.runs.caps import Amount, Scope, picodollars_of
from glm_playground.service import dialects, runtime, storage
from glm_playground.service.caps import keys_of
from glm_playground.service.limits import limits_of

_KNOWN_WITHIN_S = 5.0
_PAST_RUNS = 50


class CapError(Exception):
    """Caps that cannot hold; the text is a sentence.

    Attributes:
        names: of the candidates that they cannot hold for.
    """

    def __init__(self, sentence: str, names: Sequence[str] = ()) -> None:
        super().__init__(sentence)
        self.names = tuple(names)


class UnpricedError(CapError):
    """Dollars alone cannot be counted where there is no price."""


class UncappedError(CapError):
    """A stand-in alone may be asked without a cap."""


class NoGatewayError(CandidateError):
    """A candidate at a gateway that nobody knows.

    Attributes:
        name: of the gateway.
        known: the names that there are.
    """

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(f"there is no gateway named {name!r}; known are {', '.join(known)}")
        self.name, self.known = name, tuple(known)


class EvaluationForecast(NamedTuple):
    """What an evaluation will use, before it is sent."""

    cells: int
    likely_dollars: Decimal | None
    """None where a candidate has no price, or no earlier runs to judge by."""
    most: Amount
    """A bound, over all cells; in dollars only of the candidates with a price."""
    unpriced: tuple[str, ...]
    """The candidates without a price."""
    play_money: bool
    judge_requests: int = 0
    """What the judge is asked besides, at most; it may use what the caps leave."""
    unsupported: int = 0
    """Cells that are not sent: they have an image, and nobody says that the model takes any."""


def named(setups: Sequence[Setup], gateways: Gateways) -> tuple[Setup, ...]:
    """The candidates, each with the name of the gateway that it asks.

    Raises:
        CandidateError: there is no such gateway, there are too many candidates, or one stands twice.
    """
    if not 1 <= len(setups) <= bounds.EVALUATION_CANDIDATES:
        raise CandidateError(f"an evaluation has from 1 to {bounds.EVALUATION_CANDIDATES} candidates")
    found = tuple(setup.model_copy(update={"gateway": _gateway_of(setup, gateways).name}) for setup in setups)
    names = [name_of(setup) for setup in found]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise CandidateError(f"{twice} stands twice among the candidates: use repeats to ask it again")
    return found


def check_cells(suite: Suite, candidates: int, repeats: int = 1) -> None:
    """Refuses more cells than an evaluation may have.

    Raises:
        CandidateError: there would be too many.
    """
    if suite.requests * candidates * repeats > bounds.EVALUATION_CELLS:
        raise CandidateError(f"an evaluation has at most {bounds.EVALUATION_CELLS:,} cells")


class JudgeOf(NamedTuple):
    """Who judges an evaluation, and where its answers are."""

    judge: Judge
    ledger: Ledger
    number: int
    """Of the evaluation; 0 where it is not stored yet."""


def work_of(
    suite: Suite, setups: Sequence[Setup], gateways: Gateways, owner: str, judge: JudgeOf | None = None
) -> Work:
    """The cells of an evaluation, with what the gateways say of limits and prices; waits for them a few seconds.

    Raises:
        CandidateError: there is no gateway of that name any more, or there would be too many cells.
    """
    check_cells(suite, len(setups))
    candidates = [_candidate(setup, gateways, owner) for setup in setups]
    if judge is None:
        return Work(suite, candidates)
    who = judge.judge
    setup = Setup(model=who.model, gateway=who.gateway, parameters=who.parameters)
    judge_cells = JudgeCells(who, suite, len(setups), Answers(judge.ledger, judge.number, owner))
    return Work(suite, candidates, (_candidate(setup, gateways, owner), judge_cells))


def judge_for(ledger: Ledger, row: EvaluationRow) -> JudgeOf | None:
    """Who judges an evaluation; None where nobody does.

    Raises:
        ValueError: a later version of the app has written it.
    """
    judge = stored_judge(row.judge)
    return JudgeOf(judge, ledger, row.number) if judge else None


def named_judge(judge: Judge, gateways: Gateways) -> Judge:
    """The judge, with the name of the gateway that it asks.

    Raises:
        CandidateError: there is no such gateway.
    """
    return replace(judge, gateway=_gateway_of(Setup(model=judge.model, gateway=judge.gateway), gateways).name)


def _candidate(setup: Setup, gateways: Gateways, owner: str) -> Candidate:
    gateway = _gateway_of(setup, gateways)
    runtime.wait_known(gateway, _KNOWN_WITHIN_S)
    return Candidate(
        setup,
        gateway,
        keys=keys_of(gateway, owner),
        limits=limits_of(gateway, setup.model),
        price=partial(runtime.price_of, gateway, setup.model),
        dialect=partial(dialects.dialect_of, gateway),
    )


def outlook(work: Work, repeats: int, ledger: Ledger, owner: str) -> EvaluationForecast:
    """What `repeats` of each cell will use.

    Raises:
        CandidateError: there would be too many cells.
    """
    check_cells(work.suite, len(work.candidates), repeats)
    past = [_past_outputs(ledger, owner, candidate) for candidate in work.candidates]
    likely: Decimal | None = Decimal(0)
    most, unsupported = Amount(), 0
    for place, asked in enumerate(work.once()):
        if asked.unsupported:
            unsupported += 1
            continue
        one = _likely(asked, past[place % len(past)])
        likely = None if likely is None or one is None else likely + one
        most = most.plus(asked.most)
    unpriced = tuple(asked.candidate.name for asked in _first_cells(work) if not asked.claim.priced)
    prices = [candidate.price() for candidate in work.candidates]
    return EvaluationForecast(
        cells=len(work.cases) * len(work.candidates) * repeats,
        likely_dollars=None if likely is None else likely * repeats,
        most=Amount(most.tokens * repeats, most.picodollars * repeats),
        unpriced=unpriced,
        play_money=any(price.play_money for price in prices if price),
        judge_requests=judge_requests(work.suite, len(work.candidates), work.judge[1].judge) * repeats
        if work.judge
        else 0,
        unsupported=unsupported * repeats,
    )


def check_caps(work: Work, dollars: Decimal | None, tokens: int | None) -> None:
    """Refuses caps that would not hold.

    Raises:
        UnpricedError: dollars alone cannot be counted where there is no price.
        UncappedError: a stand-in alone may be asked without a cap.
    """
    unpriced = [asked.candidate.name for asked in _first_cells(work) if not asked.claim.priced]
    asked_too = (work.judge[0],) if work.judge else ()
    unpriced += [judge.name for judge in asked_too if judge.price() is None and judge.name not in unpriced]
    if dollars is not None and unpriced and tokens is None:
        raise UnpricedError(
            f"no price is known of {', '.join(unpriced)}: dollars cannot be counted, so give a cap on tokens", unpriced
        )
    paid = [candidate.name for candidate in (*work.candidates, *asked_too) if not candidate.gateway.stand_in]
    if dollars is None and tokens is None and paid:
        raise UncappedError(f"{', '.join(paid)} may cost something: give a cap", paid)


def new_evaluation(
    suite: Suite,
    setups: Sequence[Setup],
    repeats: int,
    *,
    name: str,
    dollars: Decimal | None,
    tokens: int | None,
    judge: Judge | None = None,
) -> NewEvaluation:
    """The evaluation as it is stored.

    Raises:
        CandidateError: it would have too many cells.
    """
    if not 1 <= repeats <= bounds.EVALUATION_REPEATS:
        raise CandidateError(f"repeats are from 1 to {bounds.EVALUATION_REPEATS}")
    check_cells(suite, len(setups), repeats)
    return NewEvaluation(
        id=secrets.token_hex(4),
        name=name or suite.name,
        suite=suite.stored,
        digest=suite.digest,
        candidates=write_candidates(setups),
        cases=suite.requests,
        candidate_count=len(setups),
        repeats=repeats,
        cap_picodollars=None if dollars is None else picodollars_of(dollars),
        cap_tokens=tokens,
        judge=write_judge(judge) if judge else "",
    )


def execution_of(ledger: Ledger, row: EvaluationRow, work: Work, at_most: int | None = None) -> Execution:
    """Opens an evaluation and gives what works on it here, within the caps of `row`."""
    return Execution(
        ledger.evaluations,
        opened(ledger, row),
        work,
        runtime.engine(),
        runtime.price_question,
        at_most=most_at_once(work, at_most),
    )


def opened(ledger: Ledger, row: EvaluationRow) -> EvaluationRow:
    """The same, opened within the caps of `row`: its cells may be claimed."""
    spending = row.spending
    ledger.evaluations.open(row.number, cap_picodollars=spending.cap_picodollars, cap_tokens=spending.cap_tokens)
    found = ledger.evaluations.find(row.owner, row.id)
    assert found
    return found


def most_at_once(work: Work, at_most: int | None) -> int:
    """Requests at once at each gateway: what is asked for, within the bounds and the operator's caps."""
    limit = min(at_most or bounds.EVALUATION_AT_ONCE, bounds.EVALUATION_MOST_AT_ONCE)
    if any(work.at(place).keys for places in work.by_gateway.values() for place in places):
        # More would only be refused.
        caps = storage.counter().caps
        limits = [caps[scope].running for scope in (Scope.OWNER, Scope.TOTAL) if scope in caps]
        limit = max(min([limit, *(one for one in limits if one is not None)]), 1)
    return limit


def judge_requests(suite: Suite, candidates: int, judge: Judge) -> int:
    """What a judge is asked in one repeat, where every answer comes."""
    pairs = candidates * (candidates - 1) if judge.in_pairs else 0
    rubrics = sum(len(rubrics_of(asked.case.checks)) for asked in suite.asked())
    return pairs * suite.requests + rubrics * candidates


def with_caps(spending: Spending, dollars: Decimal | None, tokens: int | None) -> Spending:
    """The same with other caps, where they are given."""
    return spending._replace(
        cap_picodollars=spending.cap_picodollars if dollars is None else picodollars_of(dollars),
        cap_tokens=spending.cap_tokens if tokens is None else tokens,
    )


def _gateway_of(setup: Setup, gateways: Gateways) -> Gateway:
    gateway = gateways.find(setup.gateway)
    if gateway is None:
        raise NoGatewayError(setup.gateway, gateways.names)
    return gateway


def _first_cells(work: Work) -> list[CellRequest]:
    """A cell of each candidate."""
    once = work.once()
    return [next(once) for _candidate in work.candidates]


def _likely(asked: CellRequest, past_outputs: Sequence[int]) -> Decimal | None:
    candidate = asked.candidate
    return predict(
        asked.request,
        candidate.price(),
        context_tokens=candidate.limits.most_context,
        max_output_tokens=candidate.limits.most_output,
        past_outputs=past_outputs,
    ).likely_cost


def _past_outputs(ledger: Ledger, owner: str, candidate: Candidate) -> list[int]:
    setup = candidate.setup
    wanted = RunFilter(models=(setup.model,), servers=(candidate.gateway.name,), warm_up=False)
    rows = ledger.page(owner, wanted, limit=_PAST_RUNS).rows
    return [row.completion_tokens for row in rows if row.completion_tokens]

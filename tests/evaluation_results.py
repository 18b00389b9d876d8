"""What the cells of an evaluation came to, made by hand: models, over cases of whose answers some pass."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from glm_playground.chat.setup import Setup
from glm_playground.evals.candidates import write_candidates
from glm_playground.evals.grade import Grade, Graded, grade_of
from glm_playground.evals.results import CellResult
from glm_playground.evals.suite import Case, Check, CheckKind, FilledCase, PromptTemplate, Suite
from glm_playground.gateway import ChatRequest, Event, EventKind, Message, Parameters, Usage
from glm_playground.ledger import RunRow, StoredRun
from glm_playground.ledger.evaluation_values import (
    CellKey,
    CellRow,
    CellState,
    EvaluationRow,
    EvaluationState,
    Spending,
)
from glm_playground.runs.caps import Amount
from glm_playground.runs.cost import Price, cost_of
from glm_playground.runs.run import Outcome, Run, RunError, Server
from tests.report_lanes import AT, MILLISECOND, PRICE, SERVER, run_of

SETUPS = (
    Setup(model="glm-5.1", gateway="RunAPI", system="Answer in one word.", parameters=Parameters(temperature=0.0)),
    Setup(model="glm-4.5-air", gateway="RunAPI", parameters=Parameters(max_tokens=400)),
    Setup(model="glm-4.6", gateway="RunAPI"),
)
CAPITALS = (
    "Lima",
    "Santiago",
    "Brasília",
    "Quito",
    "La Paz",
    "Asunción",
    "Bogotá",
    "Caracas",
    "Montevideo",
    "Paramaribo",
)


def suite_of(cases: int = 10) -> Suite:
    """A suite that asks for capitals."""
    prompt = PromptTemplate(
        label="", messages=(Message(role="user", content="What is the capital of country {{number}}? One word."),)
    )
    made = tuple(
        Case(
            id=f"country-{number:02}",
            variables={"number": str(number)},
            checks=(Check(kind=CheckKind.ICONTAINS, value=CAPITALS[number % len(CAPITALS)]),),
        )
        for number in range(cases)
    )
    return Suite(name="Capitals of South America", prompts=(prompt,), cases=made)


def results_of(
    suite: Suite,
    setups: Sequence[Setup] = SETUPS[:2],
    *,
    repeats: int = 1,
    server: Server = SERVER,
    price: Price = PRICE,
    states: Mapping[CellKey, CellState] | None = None,
    answer: str = "",
) -> list[CellResult]:
    """Each cell: the first candidate passes four of five cases, every later one fewer."""
    found = []
    for repeat in range(repeats):
        for place, asked in enumerate(suite.asked()):
            for number, setup in enumerate(setups):
                key = CellKey(repeat, place, number)
                state = (states or {}).get(key, CellState.FINISHED)
                found.append(_result(key, state, asked, setup, server=server, price=price, answer=answer))
    return found


def _result(
    key: CellKey, state: CellState, asked: FilledCase, setup: Setup, *, server: Server, price: Price, answer: str
) -> CellResult:
    passes = (key.case * 3 + key.repeat) % 5 >= key.candidate + 1
    if state in (CellState.WAITING, CellState.CLAIMED):
        return CellResult(_cell(key, state, None), asked, setup, None, server.stand_in, (), Grade.UNTOLD)
    expected = str(asked.case.checks[0].value)
    text = answer or (f"It is **{expected}**." if passes else "I do not know that country.")
    run = _run(key, state, asked, setup, server=server, text=text)
    stored = StoredRun(run, cost_of(run, price), _run_row(run))
    checks: tuple[Graded, ...] = ()
    if state is CellState.FINISHED:
        grade = Grade.PASSED if passes else Grade.FAILED
        reason = "" if passes else f"does not contain '{expected}'"
        checks = tuple(Graded(check, grade, reason) for check in asked.case.checks)
    return CellResult(
        _cell(key, state, run.id),
        asked,
        setup,
        stored,
        server.stand_in,
        checks,
        grade_of(checks) if checks else Grade.UNTOLD,
    )


def _run_row(run: Run) -> RunRow:
    return RunRow(
        id=run.id,
        started_at=run.started_at,
        model=run.request.model,
        server=run.server.name,
        stand_in=run.server.stand_in,
        outcome=run.outcome,
        prompt="",
        prompt_tokens=None,
        completion_tokens=None,
        ttft_ns=None,
        e2e_ns=None,
        output_speed=None,
        cost_state=None,
        cost=None,
        task_id=None,
        tags=(),
        note="",
    )


def _cell(key: CellKey, state: CellState, run_id: str | None) -> CellRow:
    return CellRow(key, state, run_id, 1, Amount(), Amount())


def _run(key: CellKey, state: CellState, asked: FilledCase, setup: Setup, *, server: Server, text: str) -> Run:
    first = 300 + 90 * key.candidate + 7 * key.case
    last = first + 900 + 400 * key.candidate + 31 * (key.case % 7)
    fields: dict[str, object] = {
        "id": f"run-{key.repeat}-{key.case}-{key.candidate}",
        "events": [
            Event(first * MILLISECOND, EventKind.CONTENT, text[:5]),
            Event(last * MILLISECOND, EventKind.CONTENT, text[5:]),
        ],
        "request": ChatRequest(model=setup.model, messages=asked.messages, **dict(setup.parameters)),
        "usage": Usage(120, 40 + 3 * key.case + 20 * key.candidate, 160 + 3 * key.case + 20 * key.candidate),
        "started_at": AT + timedelta(seconds=key.case + 60 * key.repeat),
        "served_model": setup.model,
    }
    if state is CellState.FAILED:
        error = RunError("RateLimited", "the key has used up its requests of this minute", status=429, code="1302")
        fields |= {"events": [], "outcome": Outcome.FAILED, "error": error, "usage": None, "finish_reason": None}
    return run_of(server=server, **fields)


def row_of(suite: Suite, results: Sequence[CellResult], setups: Sequence[Setup] = SETUPS[:2]) -> EvaluationRow:
    """The evaluation as its ledger has it."""
    cells: dict[CellState, int] = {}
    for result in results:
        cells[result.cell.state] = cells.get(result.cell.state, 0) + 1
    dollars = sum((result.cost.amount or Decimal(0) for result in results if result.cost), Decimal(0))
    return EvaluationRow(
        number=1,
        id="291a1b3e",
        owner="me",
        name=suite.name,
        created_at=datetime(2026, 3, 4, 5, 0, tzinfo=UTC),
        state=EvaluationState.FINISHED,
        why="",
        digest=suite.digest,
        candidates=write_candidates(setups),
        cases=len(suite.cases) * len(suite.prompts),
        repeats=max((result.cell.key.repeat for result in results), default=0) + 1,
        spending=Spending(None, None, Amount(), Amount(12_345, int(dollars * 10**12))),
        cells=cells,
    )

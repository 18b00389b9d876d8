"""What ends an evaluation: a cap, a refusal, a stop, an error, a database that is away. What was paid stays."""

import sqlite3
import threading
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import SecretStr

from glm_playground import bounds
from glm_playground.cli.evaluation_run import watched
from glm_playground.cli.failure import Failure
from glm_playground.evals import background
from glm_playground.evals.execution import CAP_REACHED, INTERRUPTED, STOPPED
from glm_playground.evals.work import Candidate, Work
from glm_playground.gateway import Dialect, Gateway
from glm_playground.ledger import Ledger
from glm_playground.ledger.evaluation_values import (
    CellState,
    EvaluationState,
)
from glm_playground.runs.caps import Cap, Key, Measure, Refusal, Scope, UsageClaim
from glm_playground.runs.engine import Engine
from glm_playground.sandbox.process import SandboxProcess
from tests.condition import wait_until
from tests.evaluations import (
    OWNER,
    add,
    balance,
    execution,
    opened,
    run_ids,
    setup_of,
    states,
    stored,
    suite_of,
    work_of,
)


def test_the_cap_ends_it_in_the_middle_and_a_larger_one_has_it_go_on(
    ledger: Ledger, engine: Engine, gateway: Gateway, sandbox: SandboxProcess
) -> None:
    work = work_of(suite_of(*["tokens=20"] * 12), gateway)
    most = next(work.once()).claim.most
    before = balance(sandbox)
    cap = most.dollars * 3
    row = add(ledger, work, dollars=cap)
    assert execution(ledger, row, work, engine).run() is EvaluationState.STOPPED
    now = stored(ledger, row)
    # What an answer really cost makes room for the next: more than three were asked.
    assert 3 < now.cells[CellState.FINISHED] < 12
    assert now.spending.spent.dollars == before - balance(sandbox) <= cap
    assert now.why == CAP_REACHED
    kept = run_ids(ledger, row)[: now.cells[CellState.FINISHED]]
    larger = opened(ledger, row, dollars=most.dollars * 13)
    assert execution(ledger, larger, work, engine).run() is EvaluationState.FINISHED
    assert states(ledger, row) == {CellState.FINISHED: 12}
    assert run_ids(ledger, row)[: len(kept)] == kept
    assert stored(ledger, row).spending.spent.dollars == before - balance(sandbox)


def test_a_cap_on_tokens_holds_where_there_is_no_price(ledger: Ledger, engine: Engine, gateway: Gateway) -> None:
    work = Work(suite_of(*["text=yes usage=0"] * 5), [Candidate(setup_of(gateway), gateway)])
    most = next(work.once()).claim.most
    assert most.picodollars == 0
    row = add(ledger, work, tokens=most.tokens * 2)
    execution(ledger, row, work, engine).run()
    now = stored(ledger, row)
    assert (now.why, now.cells[CellState.FINISHED] < 5) == (CAP_REACHED, True)
    assert 0 < now.spending.spent.tokens <= most.tokens * 2


def test_a_gateway_that_refuses_the_key_is_asked_no_more_and_its_cells_wait(
    ledger: Ledger, engine: Engine, gateway: Gateway
) -> None:
    wrong = replace(gateway, name="Wrong key", key=SecretStr("not-the-key"))
    work = work_of(suite_of(*["text=yes"] * 6), gateway, Candidate(setup_of(wrong), wrong))
    row = add(ledger, work)
    assert execution(ledger, row, work, engine, at_most=2).run() is EvaluationState.STOPPED
    now = stored(ledger, row)
    assert now.cells == {CellState.FINISHED: 6, CellState.WAITING: 6}
    assert "Wrong key" in now.why
    assert "401" in now.why
    assert not any(cell.reserved.tokens for cell in ledger.evaluations.cells(row.number))


def test_a_gateway_that_fails_from_half_way_on_is_given_up_and_its_failures_are_retried_apart(
    ledger: Ledger, engine: Engine, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "EVALUATION_FAILURES", 3)
    work = work_of(
        suite_of(*["text=yes"] * 3, *["text=yes status=500 fail_times=1 key=h"], *["status=500"] * 8), gateway
    )
    row = add(ledger, work)
    execution(ledger, row, work, engine, at_most=1).run()
    now = stored(ledger, row)
    assert now.cells == {CellState.FINISHED: 3, CellState.FAILED: 3, CellState.WAITING: 6}
    assert "3 failures in a row: 500" in now.why
    assert ledger.evaluations.retry(row.number, [CellState.FAILED]) == 3
    execution(ledger, row, work, engine, at_most=1).run()
    assert states(ledger, row)[CellState.FINISHED] == 4


def test_a_stop_interrupts_what_is_under_way_and_keeps_its_reservation(
    ledger: Ledger, engine: Engine, gateway: Gateway
) -> None:
    work = work_of(suite_of("text=yes", *["tokens=2000 rate=5"] * 2, "text=yes", "text=yes"), gateway)
    row = add(ledger, work, dollars=Decimal(1))
    working = execution(ledger, row, work, engine, at_most=2)
    thread = threading.Thread(target=working.run)
    thread.start()
    both = {CellState.FINISHED: 1, CellState.CLAIMED: 2, CellState.WAITING: 2}
    wait_until(lambda: states(ledger, row) == both and working.progress.running == 2)
    wait_until(lambda: all(run.has_delta for run in engine.live_of(OWNER)))
    working.stop()
    thread.join(10)
    now = stored(ledger, row)
    assert now.cells == {CellState.FINISHED: 1, CellState.INTERRUPTED: 2, CellState.WAITING: 2}
    assert (now.state, now.why) == (EvaluationState.STOPPED, STOPPED)
    kept = now.spending.reserved
    assert kept.tokens == sum(cell.reserved.tokens for cell in ledger.evaluations.cells(row.number)) > 0
    # Resumed, it asks only what waited.
    interrupted = [cell.run_id for cell in ledger.evaluations.cells(row.number) if cell.state is CellState.INTERRUPTED]
    assert execution(ledger, row, work, engine).run() is EvaluationState.STOPPED
    now = stored(ledger, row)
    assert now.cells == {CellState.FINISHED: 3, CellState.INTERRUPTED: 2}
    assert now.why == INTERRUPTED
    assert now.spending.reserved == kept
    assert all(ledger.run(OWNER, str(run_id)) for run_id in interrupted)


def test_a_request_that_cannot_be_made_ends_it_with_that_reason(
    ledger: Ledger, engine: Engine, gateway: Gateway
) -> None:
    dialects = iter([Dialect(), Dialect()])

    def dialect() -> Dialect:
        found = next(dialects, None)
        if found is None:
            raise ValueError("no such field\nand more")
        return found

    work = Work(suite_of(*["text=yes"] * 4), [Candidate(setup_of(gateway), gateway, dialect=dialect)])
    row = add(ledger, work)
    assert execution(ledger, row, work, engine, at_most=1).run() is EvaluationState.STOPPED
    now = stored(ledger, row)
    # What was paid is stored.
    assert now.cells == {CellState.FINISHED: 2, CellState.WAITING: 2}
    assert now.why == "a request cannot be made: no such field"


def test_whatever_ends_it_in_the_middle_is_said(
    ledger: Ledger,
    engine: Engine,
    gateway: Gateway,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    work = work_of(suite_of("text=yes"), gateway)
    row = add(ledger, work)
    broken, also_broken = (execution(ledger, row, work, engine) for _ in range(2))

    def unforeseen() -> EvaluationState:
        raise LookupError("nobody thought of that")

    for one in (broken, also_broken):
        monkeypatch.setattr(one, "run", unforeseen)
    with pytest.raises(Failure, match="nobody thought of that"):
        watched(broken, ledger, row)
    assert background.begin(row, also_broken)
    wait_until(lambda: background.here(row) is None)
    told = [one for one in caplog.records if one.exc_info]
    assert [one.getMessage() for one in told] == [f"evaluation {row.id} ends in the middle"] * 2


def test_somebody_else_stops_it_and_what_is_under_way_comes_to_its_end(
    ledger: Ledger, engine: Engine, gateway: Gateway
) -> None:
    work = work_of(suite_of(*["tokens=10 rate=20"] * 20), gateway)
    row = add(ledger, work)
    working = execution(ledger, row, work, engine, at_most=2)
    thread = threading.Thread(target=working.run)
    thread.start()
    wait_until(lambda: states(ledger, row).get(CellState.FINISHED, 0) >= 1)
    ledger.evaluations.stop(row.number, "a click")
    thread.join(20)
    now = stored(ledger, row)
    assert set(now.cells) == {CellState.FINISHED, CellState.WAITING}
    assert now.why == "a click"


def test_a_database_that_is_away_loses_nothing_that_was_paid(
    ledger: Ledger, engine: Engine, gateway: Gateway, sandbox: SandboxProcess, path: Path
) -> None:
    work = work_of(suite_of(*["tokens=10 rate=20"] * 6), gateway)
    before = balance(sandbox)
    row = add(ledger, work)
    working = execution(ledger, row, work, engine, at_most=3)
    thread = threading.Thread(target=working.run)
    thread.start()
    wait_until(lambda: working.progress.running == 3)
    blocker = sqlite3.connect(path, isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    # All that was under way ends meanwhile; nothing else is sent.
    wait_until(lambda: working.progress.problem and not working.progress.running, 20)
    assert engine.running == 0
    blocker.execute("ROLLBACK")
    blocker.close()
    thread.join(30)
    assert states(ledger, row) == {CellState.FINISHED: 6}
    assert stored(ledger, row).spending.spent.dollars == before - balance(sandbox)
    assert all(cell.attempts == 1 for cell in ledger.evaluations.cells(row.number))


def test_the_operators_caps_bind_it_too(gateway: Gateway, ledger: Ledger) -> None:
    asked: list[str] = []

    class OneADay:
        """Grants three requests; a fourth is above the cap of the day."""

        async def reserve(self, run_id: str, claim: UsageClaim) -> Refusal | None:
            asked.append(run_id)
            cap = Cap(Scope.OWNER, Measure.DOLLARS, Decimal(1))
            return Refusal(cap, Decimal("0.9"), Decimal("0.5")) if len(asked) > 3 else None

        def settle(self, run_id: str, used: object) -> None:
            pass

    engine = Engine(counter=OneADay())
    candidate = Candidate(setup_of(gateway), gateway, keys=(Key(Scope.OWNER, OWNER),))
    work = Work(suite_of(*["text=yes"] * 8), [candidate])
    row = add(ledger, work)
    working = execution(ledger, row, work, engine, at_most=1)
    thread = threading.Thread(target=working.run)
    thread.start()
    wait_until(lambda: len(asked) > 4, 20)
    working.stop()
    thread.join(10)
    engine.close()
    assert states(ledger, row) == {CellState.FINISHED: 3, CellState.WAITING: 5}

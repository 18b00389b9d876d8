"""Evaluations against the scripted sandbox, whose balance and log say what was really paid and asked."""

import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from glm_playground import bounds
from glm_playground.chat.plan import RequestLimits
from glm_playground.cli.evaluation_run import watched
from glm_playground.cli.failure import Failure
from glm_playground.evals import execution as running_execution
from glm_playground.evals import running
from glm_playground.evals.case_files import CaseFile
from glm_playground.evals.execution import CAP_REACHED, INTERRUPTED, STOPPED
from glm_playground.evals.grade import Grade
from glm_playground.evals.results import results_of
from glm_playground.evals.suite import Suite
from glm_playground.evals.work import Candidate, Work
from glm_playground.gateway import Dialect, Gateway
from glm_playground.ledger import Ledger, RunFilter
from glm_playground.ledger.evaluation_values import (
    RETRIED,
    CellKey,
    CellState,
    EvaluationRow,
    EvaluationState,
    Step,
    Want,
)
from glm_playground.runs.caps import Cap, Claim, Key, Measure, Refusal, Scope
from glm_playground.runs.engine import Engine
from glm_playground.sandbox.process import SandboxProcess
from tests.condition import wait_until
from tests.evaluations import OWNER, PRICE, add, balance, execution, opened, setup_of, states, stored, suite_of, work_of

Logged = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "runs.sqlite3"


@pytest.fixture
def ledger(path: Path) -> Iterator[Ledger]:
    opened_here = Ledger.open(f"sqlite:///{path}", timeout=0.2)
    yield opened_here
    opened_here.close()


def run_ids(ledger: Ledger, row: EvaluationRow) -> list[str]:
    return [cell.run_id for cell in ledger.evaluations.cells(row.number) if cell.run_id]


def test_each_cell_is_asked_once_paid_once_and_stored_with_its_run(
    ledger: Ledger, engine: Engine, gateway: Gateway, sandbox: SandboxProcess, logged: Logged
) -> None:
    work = work_of(suite_of("text=yes", "text=no", "text=yes reasoning=3"), gateway)
    before = balance(sandbox)
    row = add(ledger, work, repeats=3, dollars=Decimal(2))
    assert execution(ledger, row, work, engine).run() is EvaluationState.FINISHED
    now = stored(ledger, row)
    assert now.cells == {CellState.FINISHED: 9}
    assert now.spending.reserved.picodollars == now.spending.reserved.tokens == 0
    assert now.spending.spent.dollars == before - balance(sandbox)
    # A repeat is a request of its own, and its run is one of the history.
    assert all(len(logged(run_id)) == 1 for run_id in run_ids(ledger, row))
    assert {one.id for one in ledger.page(OWNER, RunFilter()).rows} == set(run_ids(ledger, row))
    results = list(results_of(ledger, row, work.suite, [one.setup for one in work.candidates]))
    assert Counter((one.asked.case.id, one.grade) for one in results) == {
        ("case-0", Grade.PASSED): 3, ("case-1", Grade.FAILED): 3, ("case-2", Grade.PASSED): 3,
    }  # fmt: skip
    assert all(one.cost and one.cost.amount and one.latency_ms is not None for one in results)
    assert "stand-in model, not GLM" in results[0].candidate


RED = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC"
)


def test_an_image_that_a_model_does_not_take_is_unsupported_and_nothing_is_paid(
    ledger: Ledger, engine: Engine, gateway: Gateway, sandbox: SandboxProcess, logged: Logged
) -> None:
    suite = suite_of(*["text=yes"] * 3)
    files = (CaseFile(name="red.png", image=RED), CaseFile(name="notes.txt", text="Seen."))
    cases = (suite.cases[0], *(case.model_copy(update={"attachments": files}) for case in suite.cases[1:]))
    suite = Suite(name=suite.name, prompts=suite.prompts, cases=cases)
    sees = Candidate(setup_of(gateway, "glm-4.5v"), gateway, limits=RequestLimits(images=True), price=lambda: PRICE)
    work = work_of(suite, gateway, sees)
    before = balance(sandbox)
    row = add(ledger, work, dollars=Decimal(2))
    assert execution(ledger, row, work, engine, at_most=1).run() is EvaluationState.FINISHED
    now = stored(ledger, row)
    assert now.cells[CellState.UNSUPPORTED] == 2
    assert now.spending.reserved.tokens == 0
    assert now.spending.spent.dollars == before - balance(sandbox)
    cells = {cell.key: cell for cell in ledger.evaluations.cells(row.number)}
    assert [cells[CellKey(0, case, 0)].state for case in range(3)] == [
        CellState.FINISHED, CellState.UNSUPPORTED, CellState.UNSUPPORTED,
    ]  # fmt: skip
    results = list(results_of(ledger, row, suite, [one.setup for one in work.candidates]))
    first = [one for one in results if not one.cell.key.candidate]
    assert [(one.grade, one.reason) for one in first] == [
        (Grade.PASSED, ""), (Grade.UNTOLD, "no answer (unsupported)"), (Grade.UNTOLD, "no answer (unsupported)"),
    ]  # fmt: skip
    (request,) = logged(cells[CellKey(0, 1, 1)].run_id or "")
    parts = request["body"]["messages"][0]["content"]
    assert [part["type"] for part in parts] == ["image_url", "text"]
    assert parts[1]["text"].startswith("```notes.txt\nSeen.\n```\n\n@script")
    # Where it is known later that the model takes them, they are asked on request.
    assert ledger.evaluations.retry(row.number, RETRIED) >= 2


def test_a_cell_without_a_run_is_of_the_same_candidate(
    ledger: Ledger, path: Path, engine: Engine, gateway: Gateway
) -> None:
    work = work_of(suite_of(*["text=yes"] * 4), gateway)
    row = add(ledger, work)
    # Its process is gone before the run is stored.
    gone = Ledger.open(f"sqlite:///{path}")
    opened(gone, row)
    gone.evaluations.step(row.number, Step((), (Want((0,), 1),), lambda key: work.asked(key).claim.most))
    gone.close()
    ledger.interrupt_abandoned()
    execution(ledger, row, work, engine).run()
    deleted = run_ids(ledger, row)[1]
    ledger.delete(OWNER, [deleted])
    results = list(results_of(ledger, row, work.suite, [one.setup for one in work.candidates]))
    assert [(one.cell.state, one.stored is None) for one in results] == [
        (CellState.INTERRUPTED, True), (CellState.FINISHED, True), (CellState.FINISHED, False),
        (CellState.FINISHED, False),
    ]  # fmt: skip
    ((name, stand_in),) = {(one.candidate, one.stand_in) for one in results}
    assert stand_in == gateway.stand_in
    assert "stand-in model, not GLM" in name


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


def test_what_is_refused_is_asked_again_later_and_is_no_failure(
    ledger: Ledger, engine: Engine, gateway: Gateway, sandbox: SandboxProcess
) -> None:
    flaky = [
        f"text=yes status={status} fail_times=1 key=k{status}{number}" for status in (429, 503) for number in (1, 2)
    ]
    work = work_of(suite_of(*flaky, "text=yes"), gateway)
    before = balance(sandbox)
    row = add(ledger, work)
    working = execution(ledger, row, work, engine)
    assert working.run() is EvaluationState.FINISHED
    cells = list(ledger.evaluations.cells(row.number))
    assert [cell.attempts for cell in cells] == [2, 2, 2, 2, 1]
    assert stored(ledger, row).spending.spent.dollars == before - balance(sandbox)
    # Nothing is said in the history of what was not charged.
    assert len(ledger.page(OWNER, RunFilter()).rows) == 5
    assert working.progress.given_up == {}


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


def test_its_runs_follow_a_history_that_is_moved_meanwhile(ledger: Ledger, engine: Engine, gateway: Gateway) -> None:
    work = work_of(suite_of(*["tokens=10 rate=20"] * 6), gateway)
    row = add(ledger, work)
    working = execution(ledger, row, work, engine, at_most=2)
    thread = threading.Thread(target=working.run)
    thread.start()
    wait_until(lambda: states(ledger, row).get(CellState.FINISHED, 0) >= 1 and working.progress.running == 2)
    assert ledger.move(ledger.offer_move(OWNER).code, "you")
    thread.join(20)
    moved = ledger.evaluations.find("you", row.id)
    assert moved
    assert moved.cells == {CellState.FINISHED: 6}
    assert {one.id for one in ledger.page("you", RunFilter()).rows} == set(run_ids(ledger, row))
    assert ledger.page(OWNER, RunFilter()).rows == ()


def claimed_elsewhere(path: Path, row: EvaluationRow, work: Work, *candidates: int) -> Ledger:
    """Another process, which has claimed all that waits of these candidates."""
    other = Ledger.open(f"sqlite:///{path}")
    opened(other, row)
    other.evaluations.step(row.number, Step((), (Want(candidates, 100),), lambda key: work.asked(key).claim.most))
    return other


def given_back(ledger: Ledger, row: EvaluationRow, other: Ledger) -> None:
    other.close()
    ledger.interrupt_abandoned()
    ledger.evaluations.retry(row.number, [CellState.INTERRUPTED])


def test_what_another_process_gave_back_is_asked_before_it_ends(
    ledger: Ledger, path: Path, engine: Engine, gateway: Gateway
) -> None:
    second = replace(gateway, name="Second")
    slow = work_of(suite_of("tokens=10 rate=20"), gateway, Candidate(setup_of(second), second, price=lambda: PRICE))
    row = add(ledger, slow)
    other = claimed_elsewhere(path, row, slow, 1)
    working = execution(ledger, row, slow, engine)
    thread = threading.Thread(target=working.run)
    thread.start()
    wait_until(lambda: working.progress.running == 1)
    given_back(ledger, row, other)
    thread.join(20)
    assert states(ledger, row) == {CellState.FINISHED: 2}
    assert stored(ledger, row).state is EvaluationState.FINISHED


def test_what_another_process_gave_back_does_not_wait_until_all_else_is_asked(
    ledger: Ledger, path: Path, engine: Engine, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Something is stored more often than that all the time.
    monkeypatch.setattr(running_execution, "_BEAT_S", 0.5)
    second = replace(gateway, name="Second")
    work = work_of(
        suite_of(*["tokens=4 rate=20"] * 20), gateway, Candidate(setup_of(second), second, price=lambda: PRICE)
    )
    row = add(ledger, work)
    other = claimed_elsewhere(path, row, work, 1)
    working = execution(ledger, row, work, engine, at_most=1)
    thread = threading.Thread(target=working.run)
    thread.start()
    wait_until(lambda: states(ledger, row).get(CellState.FINISHED, 0) >= 1)
    given_back(ledger, row, other)
    wait_until(
        lambda: any(c.key.candidate and c.run_id and c.attempts > 1 for c in ledger.evaluations.cells(row.number))
    )
    left = [cell for cell in ledger.evaluations.cells(row.number) if cell.state is CellState.WAITING]
    assert any(cell.key.candidate == 0 for cell in left)
    working.stop()
    thread.join(20)


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
    assert running.begin(row, also_broken)
    wait_until(lambda: running.here(row) is None)
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

        async def reserve(self, run_id: str, claim: Claim) -> Refusal | None:
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

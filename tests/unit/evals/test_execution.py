"""Evaluations against the scripted sandbox, whose balance and log say what was really paid and asked."""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from glm_playground.chat.plan import RequestLimits
from glm_playground.evals import execution as running_execution
from glm_playground.evals.case_files import CaseFile
from glm_playground.evals.grade import Grade
from glm_playground.evals.results import results_of
from glm_playground.evals.suite import Suite
from glm_playground.evals.work import Candidate, Work
from glm_playground.gateway import Gateway
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
from glm_playground.runs.engine import Engine
from glm_playground.sandbox.process import SandboxProcess
from tests.condition import wait_until
from tests.evaluations import (
    OWNER,
    PRICE,
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

Logged = Callable[..., list[dict[str, Any]]]


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

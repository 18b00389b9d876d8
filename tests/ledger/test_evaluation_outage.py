"""A database that is lost in the middle of an evaluation: what is finished stays, nothing is paid twice, it ends."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from glm_playground.gateway import Gateway
from glm_playground.ledger import Ledger, LedgerUnreachable
from glm_playground.ledger.evaluation_values import CellState, EvaluationState, Step, Stepped
from glm_playground.runs.engine import Engine
from glm_playground.sandbox.process import SandboxProcess
from tests.condition import wait_until
from tests.evaluations import add, balance, execution, states, stored, suite_of, work_of
from tests.ledger import postgres


@pytest.mark.slow
def test_a_server_that_crashes_and_comes_back_costs_nothing_twice(
    own_server: postgres.Server, engine: Engine, gateway: Gateway, sandbox: SandboxProcess
) -> None:
    ledger = Ledger.open(own_server.url)
    work = work_of(suite_of(*["tokens=10 rate=20"] * 24), gateway)
    before = balance(sandbox)
    row = add(ledger, work)
    working = execution(ledger, row, work, engine, at_most=4)
    thread = threading.Thread(target=working.run)
    thread.start()
    wait_until(lambda: working.progress.asked >= 6, 30)
    own_server.stop()
    # All that was under way ends meanwhile; nothing else is sent.
    wait_until(lambda: working.progress.problem and not working.progress.running, 30)
    asked = working.progress.asked
    assert engine.running == 0
    own_server.start()
    thread.join(60)
    assert not thread.is_alive()
    assert 6 <= asked < 24
    assert states(ledger, row) == {CellState.FINISHED: 24}
    assert stored(ledger, row).state is EvaluationState.FINISHED
    assert stored(ledger, row).spending.spent.dollars == before - balance(sandbox)
    ledger.close()


def test_what_was_claimed_by_a_transaction_taken_for_lost_is_asked_once(
    url: str, engine: Engine, gateway: Gateway, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = Ledger.open(url)
    work = work_of(suite_of(*["text=yes"] * 6), gateway)
    before = balance(sandbox)
    row = add(ledger, work)
    step: Callable[[int, Step], Stepped] = ledger.evaluations.step
    lost: list[Any] = []

    def lose_one(number: int, wanted: Step) -> Stepped:
        stepped = step(number, wanted)
        if not lost and stepped.claimed:
            # It is done, and the answer does not arrive.
            lost.extend(stepped.claimed)
            raise LedgerUnreachable("the connection is gone")
        return stepped

    monkeypatch.setattr(ledger.evaluations, "step", lose_one)
    assert execution(ledger, row, work, engine, at_most=3).run() is EvaluationState.FINISHED
    cells = list(ledger.evaluations.cells(row.number))
    assert len(lost) == 3
    assert sorted(cell.attempts for cell in cells) == [1, 1, 1, 2, 2, 2]
    now = stored(ledger, row)
    assert (now.spending.reserved.tokens, now.total) == (0, 6)
    assert now.spending.spent.dollars == before - balance(sandbox)
    ledger.close()

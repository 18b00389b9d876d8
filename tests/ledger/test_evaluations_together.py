"""Eight processes on one evaluation, some of them killed: the cap holds, and nothing is paid twice."""

import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx
import pytest

from glm_playground.gateway import Gateway
from glm_playground.ledger import Ledger
from glm_playground.ledger.evaluation_values import CellState, EvaluationRow
from glm_playground.sandbox.process import SandboxProcess
from tests.condition import wait_until
from tests.evaluations import add, balance, opened, states, stored, suite_of, work_of

PROCESSES, KILLED, CELLS, ROOM = 8, 3, 60, 24


@contextmanager
def _processes(url: str, row: EvaluationRow, sandbox: SandboxProcess, count: int) -> Iterator[list[Any]]:
    command = [sys.executable, "-m", "tests.ledger.evaluating_process", url, row.id, sandbox.base_url, sandbox.key]
    with ExitStack() as stack:
        processes = [
            stack.enter_context(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
            for _ in range(count)
        ]
        for process in processes:
            stack.callback(process.kill)
        for process in processes:
            assert process.stdout
            assert process.stdout.readline() == "ready\n"
        # Their first requests are at once.
        for process in processes:
            assert process.stdin
            process.stdin.write("go\n")
            process.stdin.flush()
        yield processes


def _asked(sandbox: SandboxProcess, mark: str) -> Counter[str]:
    """How often each case with that mark was asked."""
    headers = {"Authorization": f"Bearer {sandbox.key}"}
    log = httpx.get(f"{sandbox.base_url}/sandbox/log", headers=headers, trust_env=False, timeout=20).json()
    prompts = [entry["body"]["messages"][-1]["content"] for entry in log["requests"] if entry["body"]]
    return Counter(prompt for prompt in prompts if mark in prompt)


@pytest.mark.slow
def test_eight_processes_some_killed_stay_below_the_cap_and_pay_nothing_twice(
    url: str, sandbox: SandboxProcess, gateway: Gateway
) -> None:
    mark = f"key={url.rpartition('/')[2][:12].replace('.', '')}"
    work = work_of(suite_of(*[f"tokens=20 rate=40 {mark}"] * CELLS), gateway)
    most = next(work.once()).claim.most
    ledger = Ledger.open(url)
    cap = most.dollars * ROOM
    row = opened(ledger, add(ledger, work, dollars=cap))
    before = balance(sandbox)
    with _processes(url, row, sandbox, PROCESSES) as processes:
        wait_until(lambda: states(ledger, row).get(CellState.FINISHED, 0) >= 4, 90)
        for process in processes[:KILLED]:
            process.send_signal(signal.SIGKILL)
        said = [process.communicate(timeout=120)[0] for process in processes[KILLED:]]
    assert set(said) <= {"stopped\n", "running\n"}
    ledger.interrupt_abandoned()
    now = stored(ledger, row)
    paid = before - balance(sandbox)
    spent, reserved = now.spending.spent.dollars, now.spending.reserved.dollars
    assert spent + reserved <= cap
    assert spent <= paid <= spent + reserved
    assert not now.cells.get(CellState.CLAIMED)
    # As much as there was room for was asked, but for what the killed ones hold.
    interrupted = now.cells.get(CellState.INTERRUPTED, 0)
    assert reserved == most.dollars * interrupted
    assert spent + reserved + most.dollars > cap
    assert set(_asked(sandbox, mark).values()) == {1}
    # With a larger cap others go on; what was interrupted is asked again on request only.
    row = opened(ledger, row, dollars=most.dollars * CELLS * 2)
    with _processes(url, row, sandbox, 2) as processes:
        said = [process.communicate(timeout=120)[0] for process in processes]
    assert states(ledger, row).get(CellState.INTERRUPTED, 0) == interrupted
    assert states(ledger, row)[CellState.FINISHED] == CELLS - interrupted
    assert set(_asked(sandbox, mark).values()) == {1}
    now = stored(ledger, row)
    paid = before - balance(sandbox)
    assert now.spending.spent.dollars <= paid <= now.spending.spent.dollars + now.spending.reserved.dollars
    ledger.close()

"""An evaluation on Dask: a real scheduler and workers on loopback, a real PostgreSQL, and the sandbox's balance."""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from glm_playground.cli.evaluation import OWNER
from glm_playground.ledger import Ledger
from glm_playground.ledger.evaluation_values import CellState, EvaluationRow, EvaluationState
from glm_playground.sandbox.process import SandboxProcess
from tests.condition import wait_until
from tests.dask_processes import DaskProcesses, dask_processes, environment
from tests.evaluations import balance, stored

pytestmark = pytest.mark.slow
CELLS = 40
Started = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def url(make_url: Callable[[str], str]) -> str:
    return make_url("postgresql")


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    opened = Ledger.open(url)
    yield opened
    opened.close()


@pytest.fixture
def dask(tmp_path: Path) -> Iterator[DaskProcesses]:
    with dask_processes(tmp_path) as processes:
        yield processes


@pytest.fixture
def variables(url: str, sandbox: SandboxProcess, tmp_path: Path) -> dict[str, str]:
    """What a worker finds in its environment."""
    return {
        "GLM_PLAYGROUND_DATABASE_URL": url,
        "GLM_PLAYGROUND_DATA_FOLDER": str(tmp_path / "data"),
        "RUNAPI_BASE_URL": sandbox.base_url,
        "RUNAPI_API_KEY": sandbox.key,
    }


@pytest.fixture
def eval_(tmp_path: Path, variables: dict[str, str]) -> Iterator[Started]:
    """Starts `glm-playground eval ...`."""
    started = []

    def start(*arguments: str, **more: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "glm_playground", "eval", *arguments]
        process = subprocess.Popen(
            command,
            cwd=tmp_path,
            env=environment(**variables | more),
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def suite(folder: Path, script: str, mark: str, cells: int = CELLS) -> str:
    numbers = ", ".join(map(str, range(cells)))
    name = f"{mark}.yaml"
    text = f'description: {mark}\nprompts: ["@script {script}\\n{mark} {{{{n}}}}."]\ntests: [{{vars: {{n: [{numbers}]}}}}]\n'
    (folder / name).write_text(text)
    return name


def asked(sandbox: SandboxProcess, mark: str) -> Counter[str]:
    """How often each case with that mark was asked and answered or broken off: a refusal is none."""
    headers = {"Authorization": f"Bearer {sandbox.key}"}
    log = httpx.get(f"{sandbox.base_url}/sandbox/log", headers=headers, trust_env=False, timeout=20).json()
    prompts = [entry["body"]["messages"][-1]["content"] for entry in log["requests"] if entry["body"]]
    return Counter(prompt for prompt in prompts if mark in prompt)


def only(ledger: Ledger) -> EvaluationRow:
    (row,) = ledger.evaluations.all(OWNER)
    return row


def cells(ledger: Ledger) -> dict[CellState, int]:
    found = ledger.evaluations.all(OWNER)
    return dict(found[0].cells) if found else {}


def run(eval_: Started, suite: str, dask: DaskProcesses, *more: str) -> "subprocess.Popen[str]":
    options = ["--models", "glm-5.1", "--cap", "2", "--max-tokens", "40", "--scheduler", dask.address, *more]
    return eval_("run", suite, *options)


def test_two_workers_one_killed_pay_nothing_twice_and_the_cap_holds(
    eval_: Started,
    dask: DaskProcesses,
    variables: dict[str, str],
    ledger: Ledger,
    sandbox: SandboxProcess,
    tmp_path: Path,
) -> None:
    before = balance(sandbox)
    workers = [dask.start_worker(variables) for _ in range(2)]
    running = run(eval_, suite(tmp_path, "tokens=20 rate=20", "killed"), dask)
    wait_until(lambda: cells(ledger).get(CellState.FINISHED, 0) >= 8, 120)
    workers[0].kill()
    said = running.communicate(timeout=120)[0]
    row = only(ledger)
    interrupted = row.cells.get(CellState.INTERRUPTED, 0)
    assert row.cells == {CellState.FINISHED: CELLS - interrupted, CellState.INTERRUPTED: interrupted}, said
    assert 1 <= interrupted <= 4
    assert row.state is EvaluationState.STOPPED
    assert set(asked(sandbox, "killed").values()) == {1}
    paid, spending = before - balance(sandbox), row.spending
    assert spending.spent.dollars <= paid <= spending.spent.dollars + spending.reserved.dollars
    assert f"eval retry {row.id} --interrupted" in said
    assert "worker" in said
    # Asked again on request only, by whoever is there.
    again = eval_("retry", row.id, "--interrupted", "--scheduler", dask.address).communicate(timeout=120)[0]
    assert only(ledger).cells == {CellState.FINISHED: CELLS}, again
    assert only(ledger).state is EvaluationState.FINISHED


def test_the_cap_is_one_over_all_workers(
    eval_: Started,
    dask: DaskProcesses,
    variables: dict[str, str],
    ledger: Ledger,
    sandbox: SandboxProcess,
    tmp_path: Path,
) -> None:
    for _ in range(2):
        dask.start_worker(variables)
    before = balance(sandbox)
    cap = Decimal("0.0015")
    name = suite(tmp_path, "tokens=20", "capped")
    said = run(eval_, name, dask, "--cap", str(cap)).communicate(timeout=120)[0]
    row = only(ledger)
    assert row.state is EvaluationState.STOPPED
    assert "its cap is reached" in said
    assert 0 < row.cells[CellState.FINISHED] < CELLS
    assert before - balance(sandbox) == row.spending.spent.dollars <= cap
    assert row.spending.reserved.tokens == 0
    # As much as there was room for.
    assert max(asked(sandbox, "capped").values()) == 1
    said = eval_("resume", row.id, "--cap", "2", "--scheduler", dask.address).communicate(timeout=120)[0]
    assert only(ledger).cells == {CellState.FINISHED: CELLS}, said


def test_a_scheduler_that_dies_loses_nothing_and_another_goes_on(
    eval_: Started,
    dask: DaskProcesses,
    variables: dict[str, str],
    ledger: Ledger,
    sandbox: SandboxProcess,
    tmp_path: Path,
) -> None:
    dask.start_worker(variables)
    before = balance(sandbox)
    running = run(eval_, suite(tmp_path, "tokens=20 rate=20", "orphaned"), dask)
    wait_until(lambda: cells(ledger).get(CellState.FINISHED, 0) >= 4, 120)
    assert dask.scheduler
    dask.scheduler.kill()
    said = running.communicate(timeout=180)[0]
    row = only(ledger)
    assert row.state is EvaluationState.STOPPED
    assert "the Dask scheduler at tcp://127.0.0.1" in said
    assert not row.cells.get(CellState.CLAIMED)
    dask.start_scheduler()
    dask.start_worker(variables)
    eval_("resume", row.id, "--scheduler", dask.address).communicate(timeout=180)
    interrupted = only(ledger).cells.get(CellState.INTERRUPTED, 0)
    assert only(ledger).cells[CellState.FINISHED] == CELLS - interrupted
    assert set(asked(sandbox, "orphaned").values()) == {1}
    spending = only(ledger).spending
    assert spending.spent.dollars <= before - balance(sandbox) <= spending.spent.dollars + spending.reserved.dollars

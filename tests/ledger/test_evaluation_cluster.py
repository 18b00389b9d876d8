"""An evaluation on Dask: a real scheduler and workers on loopback, a real PostgreSQL, and the sandbox's balance."""

import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import httpx
import psutil
import pytest

from glm_playground.cli.evaluation import OWNER
from glm_playground.ledger import Ledger
from glm_playground.ledger.evaluation_values import CellState, EvaluationRow, EvaluationState
from glm_playground.sandbox.process import SandboxProcess
from tests import judges
from tests.condition import wait_until
from tests.dask_processes import DaskProcesses, dask_processes, environment
from tests.evaluations import balance
from tests.ledger import postgres
from tests.live.canary.echoing_gateway import EchoingGateway
from tests.live.canary.traces import Canary

pytestmark = pytest.mark.slow
CELLS = 40
RED = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC"


@dataclass
class Site:
    """A scheduler, what a worker finds in its environment, and the ledger that they share."""

    dask: DaskProcesses
    variables: dict[str, str]
    ledger: Ledger
    sandbox: SandboxProcess
    folder: Path
    started: "list[subprocess.Popen[str]]" = field(default_factory=list)

    def eval_(self, *arguments: str, **more: str) -> "subprocess.Popen[str]":
        """Starts `glm-playground eval ...`."""
        process = subprocess.Popen(
            [sys.executable, "-m", "glm_playground", "eval", *arguments],
            cwd=self.folder,
            env=environment(**self.variables | more),
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self.started.append(process)
        return process

    def run(self, script: str, mark: str, *more: str, cells: int = CELLS) -> "subprocess.Popen[str]":
        """Starts an evaluation of so many cases, on the scheduler."""
        numbers = ", ".join(map(str, range(cells)))
        prompt = f"@script {script}\\n{mark} {{{{n}}}}."
        text = f'description: {mark}\nprompts: ["{prompt}"]\ntests: [{{vars: {{n: [{numbers}]}}}}]\n'
        (self.folder / "suite.yaml").write_text(text)
        options = ["--models", "glm-5.1", "--cap", "2", "--max-tokens", "40", "--scheduler", self.dask.address]
        return self.eval_("run", "suite.yaml", *options, *more)

    @property
    def row(self) -> EvaluationRow:
        """The one evaluation."""
        (row,) = self.ledger.evaluations.all(OWNER)
        return row

    @property
    def finished(self) -> int:
        """How many cells have an answer."""
        return sum(row.cells.get(CellState.FINISHED, 0) for row in self.ledger.evaluations.all(OWNER))

    @property
    def claimed(self) -> int:
        """How many cells are being asked."""
        return sum(row.cells.get(CellState.CLAIMED, 0) for row in self.ledger.evaluations.all(OWNER))

    def asked(self, mark: str) -> Counter[str]:
        """How often each case with that mark was asked."""
        headers = {"Authorization": f"Bearer {self.sandbox.key}"}
        log = httpx.get(f"{self.sandbox.base_url}/sandbox/log", headers=headers, trust_env=False, timeout=20).json()
        prompts = [entry["body"]["messages"][-1]["content"] for entry in log["requests"] if entry["body"]]
        return Counter(prompt for prompt in prompts if mark in prompt)


@pytest.fixture
def url(make_url: Callable[[str], str]) -> str:
    return make_url("postgresql")


@pytest.fixture
def site(url: str, sandbox: SandboxProcess, tmp_path: Path) -> Iterator[Site]:
    variables = {
        "GLM_PLAYGROUND_DATABASE_URL": url,
        "GLM_PLAYGROUND_DATA_FOLDER": str(tmp_path / "data"),
        "RUNAPI_BASE_URL": sandbox.base_url,
        "RUNAPI_API_KEY": sandbox.key,
    }
    ledger = Ledger.open(url)
    with dask_processes(tmp_path) as dask:
        made = Site(dask, variables, ledger, sandbox, tmp_path)
        yield made
        for process in made.started:
            process.kill()
            process.communicate()
    ledger.close()


def test_two_workers_one_killed_pay_nothing_twice_and_the_cap_holds(site: Site) -> None:
    before = balance(site.sandbox)
    workers = [site.dask.start_worker(site.variables) for _ in range(2)]
    running = site.run("tokens=20 rate=20", "killed")
    # More are being asked than one worker has threads: each of the two asks one.
    wait_until(lambda: site.finished >= 4 and site.claimed > 4, 120)
    workers[0].kill()
    said = running.communicate(timeout=120)[0]
    row = site.row
    interrupted = row.cells.get(CellState.INTERRUPTED, 0)
    assert row.cells == {CellState.FINISHED: CELLS - interrupted, CellState.INTERRUPTED: interrupted}, said
    assert 1 <= interrupted <= 4
    assert row.state is EvaluationState.STOPPED
    assert set(site.asked("killed").values()) == {1}
    paid, spending = before - balance(site.sandbox), row.spending
    assert spending.spent.dollars <= paid <= spending.spent.dollars + spending.reserved.dollars
    assert f"eval retry {row.id} --interrupted" in said
    assert "worker" in said
    # Asked again on request only, by whoever is there.
    again = site.eval_("retry", row.id, "--interrupted", "--scheduler", site.dask.address).communicate(timeout=120)[0]
    assert site.row.cells == {CellState.FINISHED: CELLS}, again
    assert site.row.state is EvaluationState.FINISHED


@pytest.mark.parametrize("nanny", [False, True])
def test_a_worker_that_is_told_to_end_or_restarted_pays_nothing_twice(site: Site, *, nanny: bool) -> None:
    before = balance(site.sandbox)
    workers = [site.dask.start_worker(site.variables, nanny=nanny), site.dask.start_worker(site.variables)]
    mark = "restarted" if nanny else "terminated"
    running = site.run("tokens=20 rate=20", mark)
    wait_until(lambda: site.finished >= 8, 120)
    if nanny:
        # As the nanny does it to a worker that takes too much memory; it starts another in its place.
        asking = max(psutil.Process(workers[0].pid).children(recursive=True), key=lambda one: one.memory_info().rss)
        asking.terminate()
    else:
        workers[0].send_signal(signal.SIGTERM)
    said = running.communicate(timeout=180)[0]
    row = site.row
    interrupted = row.cells.get(CellState.INTERRUPTED, 0)
    assert row.cells == (
        {CellState.FINISHED: CELLS - interrupted} | ({CellState.INTERRUPTED: interrupted} if interrupted else {})
    ), said
    assert interrupted <= 4
    assert set(site.asked(mark).values()) == {1}
    paid, spending = before - balance(site.sandbox), row.spending
    assert spending.spent.dollars <= paid <= spending.spent.dollars + spending.reserved.dollars
    if interrupted:
        again = site.eval_("retry", row.id, "--interrupted", "--scheduler", site.dask.address)
        said = again.communicate(timeout=180)[0]
    assert site.row.cells == {CellState.FINISHED: CELLS}, said


def test_workers_ask_the_judge_too_also_one_that_is_named_later(site: Site) -> None:
    models = {
        "alpha-1": lambda _messages: "Lima",
        "beta-1": lambda _messages: "It is Lima.",
        "gamma-first": judges.first_slot,
        "gamma-longer": judges.longer,
    }
    with judges.Server(models) as server:
        site.variables["RUNAPI_BASE_URL"] = f"{server.url}/v1"
        for _ in range(2):
            site.dask.start_worker(site.variables)
        tests = ", ".join(f"{{vars: {{n: {n}}}, assert: [{{type: llm-rubric, value: names Lima}}]}}" for n in range(12))
        tests += f", {{vars: {{n: 13}}, metadata: {{attachments: [{{name: red.png, base64: {RED}}}]}}}}"
        text = f"description: judged\nprompts: ['{{{{n}}}}: the capital of Peru?']\ntests: [{tests}]\n"
        (site.folder / "judged.yaml").write_text(text)
        options = ["--cap-tokens", "10000000", "--max-tokens", "50", "--scheduler", site.dask.address]
        begin = ["run", "judged.yaml", "--models", "alpha-1,beta-1", *options]
        said = site.eval_(*begin, "--judge", "gamma-first").communicate(timeout=180)[0]
        assert Counter(server.asked) == {"alpha-1": 12, "beta-1": 12, "gamma-first": 48}, said
        assert "12 of 12 pairs change with the order" in said
        assert "alpha-1 at 127.0.0.1, max_tokens=50: 12 of 12 answers passed" in said
        # Nobody says that they take images: nothing of that case is asked.
        assert site.row.cells == {CellState.FINISHED: 72, CellState.UNSUPPORTED: 2}
        assert site.row.state is EvaluationState.FINISHED
        # The workers know this one without a judge, and are told of it by what they are asked.
        server.asked.clear()
        said = site.eval_(*begin).communicate(timeout=180)[0]
        newest = site.ledger.evaluations.all(OWNER)[0]
        assert newest.cells == {CellState.FINISHED: 24, CellState.UNSUPPORTED: 2}, said
        judge = ["judge", newest.id, "--judge", "gamma-longer", "--scheduler", site.dask.address]
        said = site.eval_(*judge).communicate(timeout=180)[0]
        assert Counter(server.asked) == {"alpha-1": 12, "beta-1": 12, "gamma-longer": 48}, said
        assert "the longer answer is preferred in 100%" in said


def test_the_cap_is_one_over_all_workers(site: Site) -> None:
    for _ in range(2):
        site.dask.start_worker(site.variables)
    before = balance(site.sandbox)
    cap = Decimal("0.0015")
    said = site.run("tokens=20", "capped", "--cap", str(cap)).communicate(timeout=120)[0]
    row = site.row
    assert row.state is EvaluationState.STOPPED
    assert "its cap is reached" in said
    assert 0 < row.cells[CellState.FINISHED] < CELLS
    assert before - balance(site.sandbox) == row.spending.spent.dollars <= cap
    assert row.spending.reserved.tokens == 0
    # As much as there was room for.
    assert max(site.asked("capped").values()) == 1
    said = site.eval_("resume", row.id, "--cap", "2", "--scheduler", site.dask.address).communicate(timeout=120)[0]
    assert site.row.cells == {CellState.FINISHED: CELLS}, said


def test_a_scheduler_that_dies_loses_nothing_and_another_goes_on(site: Site) -> None:
    site.dask.start_worker(site.variables)
    before = balance(site.sandbox)
    running = site.run("tokens=20 rate=20", "orphaned")
    wait_until(lambda: site.finished >= 4, 120)
    assert site.dask.scheduler
    site.dask.scheduler.kill()
    said = running.communicate(timeout=180)[0]
    row = site.row
    assert row.state is EvaluationState.STOPPED
    assert "the Dask scheduler at tcp://127.0.0.1" in said
    assert not row.cells.get(CellState.CLAIMED)
    site.dask.start_scheduler()
    site.dask.start_worker(site.variables)
    site.eval_("resume", row.id, "--scheduler", site.dask.address).communicate(timeout=180)
    interrupted = site.row.cells.get(CellState.INTERRUPTED, 0)
    assert site.row.cells[CellState.FINISHED] == CELLS - interrupted
    assert set(site.asked("orphaned").values()) == {1}
    spending = site.row.spending
    assert (
        spending.spent.dollars <= before - balance(site.sandbox) <= spending.spent.dollars + spending.reserved.dollars
    )


def test_a_database_that_crashes_in_the_middle_costs_nothing_twice(site: Site, own_server: postgres.Server) -> None:
    site.variables["GLM_PLAYGROUND_DATABASE_URL"] = own_server.url
    site.ledger = Ledger.open(own_server.url)
    before = balance(site.sandbox)
    for _ in range(2):
        site.dask.start_worker(site.variables)
    running = site.run("tokens=20 rate=20", "outage")
    wait_until(lambda: site.finished >= 8, 120)
    own_server.stop()
    begun = site.asked("outage").total()
    # What is under way comes to its end, and nothing else is sent.
    wait_until(lambda: site.dask.said().count("waits for the database") >= 1, 60)
    assert site.asked("outage").total() <= begun + 8
    own_server.start()
    said = running.communicate(timeout=180)[0]
    assert site.row.cells == {CellState.FINISHED: CELLS}, said
    assert set(site.asked("outage").values()) == {1}
    assert site.row.spending.spent.dollars == before - balance(site.sandbox)
    site.ledger.close()


def test_a_burst_of_refusals_on_both_workers_halves_the_pace_once(site: Site) -> None:
    for _ in range(2):
        site.dask.start_worker(site.variables)
    said = site.run("text=yes status=429 fail_times=4 key=burst", "refused").communicate(timeout=120)[0]
    assert site.row.cells == {CellState.FINISHED: CELLS}, said
    attempts = [cell.attempts for cell in site.ledger.evaluations.cells(site.row.number)]
    assert sum(attempts) == CELLS + 4
    assert site.row.spending.reserved.tokens == 0


def test_keys_are_those_of_the_workers_and_go_nowhere_else(site: Site) -> None:
    key = "canary-5bd1<&>0e9c/77aa+41"
    canary = Canary(key)
    with EchoingGateway() as gateway:
        mine = site.variables | {"RUNAPI_BASE_URL": gateway.url, "RUNAPI_API_KEY": key}
        site.variables["RUNAPI_BASE_URL"] = gateway.url
        for _ in range(2):
            site.dask.start_worker(mine)
        names = ["whole", "headers", "midstream", "status-400", "status-422", "status-500", "plain", "page"]
        text = f"prompts: ['{{{{n}}}}']\ntests: [{{vars: {{n: [{', '.join(names)}]}}}}]\n"
        (site.folder / "suite.yaml").write_text(text)
        options = ["--models", "glm-5.1", "--cap-tokens", "1000000", "--scheduler", site.dask.address]
        said = site.eval_("run", "suite.yaml", *options).communicate(timeout=120)[0]
        assert key in gateway.keys
    assert not {CellState.WAITING, CellState.CLAIMED} & site.row.cells.keys(), said
    assert canary.traces(said.encode()) == []
    assert canary.traces(site.dask.said().encode()) == []
    assert site.dask.scheduler
    assert key.encode() not in memory_of(site.dask.scheduler.pid)
    # It would have been found.
    assert key.encode() in memory_of(site.dask.workers[0].pid)


def test_a_worker_that_cannot_ask_is_said_with_its_reason(site: Site, make_url: Callable[[str], str]) -> None:
    elsewhere = make_url("postgresql")
    no_gateway = {name: value for name, value in site.variables.items() if not name.startswith("RUNAPI_")}
    for wrong, reason in (
        (site.variables | {"GLM_PLAYGROUND_DATABASE_URL": elsewhere}, "its database has no evaluation"),
        ({"RUNAPI_BASE_URL": site.sandbox.base_url}, "its ledger is a file of its own"),
        (no_gateway | {"RUNAPI_BASE_URL": "http://127.0.0.9:9"}, "there is no gateway named '127.0.0.1"),
    ):
        worker = site.dask.start_worker(wrong)
        said = site.run("text=yes", "unfit", cells=2).communicate(timeout=120)[0]
        assert "it cannot be asked there: worker tcp://127.0.0.1:" in said
        assert reason in said
        worker.kill()
        worker.wait()
    assert site.asked("unfit").total() == 0


def memory_of(process_id: int) -> bytes:
    """All that a process holds in memory of its own."""
    found = []
    with Path(f"/proc/{process_id}/mem").open("rb", buffering=0) as memory:
        for line in Path(f"/proc/{process_id}/maps").read_text().splitlines():
            place, rights, *_others = line.split()
            start, end = (int(part, 16) for part in place.split("-"))
            if rights.startswith("rw") and "[v" not in line:
                with suppress(OSError):
                    memory.seek(start)
                    found.append(memory.read(end - start))
    return b"".join(found)

"""What the server says of itself, and what becomes of running answers when it is told to end."""

import asyncio
import json
import os
import signal
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import httpx
import pytest

from glm_playground.ledger import Ledger, RunFilter
from glm_playground.runs.run import Outcome
from glm_playground.sandbox.process import SandboxProcess
from tests.black_hole import BlackHole
from tests.condition import wait_until
from tests.ledger import postgres
from tests.ledger.made import ids, owners
from tests.live.app_process import AppProcess
from tests.live.browser_session import BrowserSession
from tests.live.conftest import problems, serve

pytestmark = [pytest.mark.slow, pytest.mark.measures]


def asks(sandbox: SandboxProcess, **more: str) -> dict[str, str]:
    return {"RUNAPI_BASE_URL": sandbox.base_url, "RUNAPI_API_KEY": sandbox.key, **more}


def ready(app: AppProcess) -> tuple[int, dict[str, Any]]:
    answer = httpx.get(f"{app.base_url}/readyz", trust_env=False, timeout=5)
    return answer.status_code, answer.json()


def wait_ready(app: AppProcess, wanted: int = 200, seconds: float = 15) -> float:
    """Seconds until it is ready, or is not any more."""
    return wait_until(lambda: ready(app)[0] == wanted, seconds)


async def _run_until(tab: BrowserSession, shown: Callable[[], bool], seconds: float = 15) -> None:
    """Loads the page again and again until it shows something: what ended just now may be stored a moment later."""
    deadline = time.monotonic() + seconds
    await tab.run()
    while not shown():
        assert time.monotonic() < deadline, tab.text
        await tab.run()


@pytest.fixture
def server() -> Any:
    folder = postgres.binaries()
    if folder is None:
        pytest.skip("PostgreSQL is not installed (Debian's package postgresql)")
    with postgres.new_server(folder) as made:
        yield made


def test_health_is_told_under_the_base_path_without_a_path_or_a_host(sandbox: SandboxProcess, tmp_path: Path) -> None:
    with serve(tmp_path, asks(sandbox), {"server.baseUrlPath": "glm"}) as app:
        wait_ready(app)
        alive = httpx.get(f"{app.base_url}/healthz", trust_env=False)
        assert alive.json() == {"alive": True}
        answer = httpx.get(f"{app.base_url}/readyz", trust_env=False)
        assert answer.headers["cache-control"] == "no-store"
        assert answer.json() == {
            "ready": True,
            "draining": False,
            "database": {"ok": True},
            "recorder": {"ok": True, "waiting": 0, "most": 1000},
            "sandbox": {"ok": True, "state": "unused"},
        }


def test_a_database_file_that_is_removed_is_said_and_made_anew(sandbox: SandboxProcess, tmp_path: Path) -> None:
    folder = tmp_path / "data"

    async def visit(app: AppProcess) -> None:
        async with BrowserSession(app.base_url, path="/playground") as tab:
            await tab.run()
            await tab.submit_chat("@script tokens=30 rate=0\nabout plovers")
            await tab.wait_finished()
            for file in folder.iterdir():
                if file.name.startswith("runs.sqlite3"):
                    file.unlink()
            async with BrowserSession(app.base_url, path="/history", cookies=dict(tab.cookies)) as other:
                await other.run()
                await other.wait_for(lambda: "was removed or replaced" in other.text)
            await tab.submit_chat("@script tokens=30 rate=0\nabout owls")
            await tab.wait_finished()
            assert not problems(tab)
            async with BrowserSession(app.base_url, path="/history", cookies=dict(tab.cookies)) as other:
                await _run_until(other, lambda: bool(other.widgets("expandable")))
                await other.set_value(other.find_widget("expandable", "history_reading"), True)
                # What was open in the app is stored anew.
                await other.wait_for(lambda: "about owls" in other.text and "about plovers" in other.text)
                assert "was removed or replaced" in other.text
                assert str(folder) not in other.text

    with serve(tmp_path, asks(sandbox, GLM_PLAYGROUND_DATA_FOLDER=str(folder))) as app:
        wait_ready(app)
        asyncio.run(visit(app))
        assert "removed or replaced while it was open" in app.output


def test_a_server_with_the_sandbox_is_ready_once_it_answers(tmp_path: Path) -> None:
    with serve(tmp_path, {"GLM_PLAYGROUND_SANDBOX_ENGINE": "scripted"}) as app:
        wait_ready(app)
        assert ready(app)[1]["sandbox"] == {"ok": True, "state": "ready"}


def test_a_database_that_is_down_at_the_start_is_logged_and_used_within_5_s(
    sandbox: SandboxProcess, tmp_path: Path, server: postgres.Server
) -> None:
    with serve(
        tmp_path, asks(sandbox, GLM_PLAYGROUND_DATABASE_URL=server.url, GLM_PLAYGROUND_LOG_FORMAT="json")
    ) as app:
        wait_until(lambda: ready(app)[1]["database"].get("why") == "LedgerUnreachable")
        status, found = ready(app)
        assert (status, found["ready"]) == (503, False)
        log_id = found["database"]["log_id"]

        async def ask() -> None:
            async with BrowserSession(app.base_url, path="/playground") as tab:
                await tab.run()
                await tab.submit_chat("@script tokens=30 rate=0\nmeanwhile")
                await tab.wait_finished()
                assert "cannot be reached" in tab.text
                assert not problems(tab)

        asyncio.run(ask())
        server.start()
        assert wait_ready(app) <= 5
        server.stop()
        wait_ready(app, 503)
        server.start()
        assert wait_ready(app) <= 5
        lines = [json.loads(line) for line in app.output.splitlines() if line.startswith("{")]
        errors = [line["message"] for line in lines if line["level"] == "error"]
        assert any(log_id in message for message in errors), app.output
        (ended,) = [line for line in lines if line["message"] == "run ended"]
        ledger = Ledger.open(server.url)
        (owner,) = owners(ledger)
        assert owner.startswith(ended["owner"])
        assert ids(ledger, owner) == [ended["run"]]
        ledger.close()


async def _visit_while_it_is_gone(app: AppProcess, gone: AbstractContextManager[None], secret: str) -> None:
    """Nobody who does not need the database waits for it meanwhile; the others are told, and it is used once it is
    back."""

    async def timed(tab: BrowserSession) -> float:
        began = time.monotonic()
        await tab.run(timeout=30)
        return time.monotonic() - began

    tabs = [BrowserSession(app.base_url, path=path) for path in ("/history", "/history", "/history", "/")]
    await asyncio.gather(*(tab.connect() for tab in tabs))
    for tab in tabs:
        # The first one loads what the page needs.
        await tab.run(timeout=60)
    *history, models = tabs
    with gone:
        waits = [asyncio.create_task(timed(tab)) for tab in history]
        # While those wait for the database, this one does not wait for them.
        for _ in range(5):
            assert await timed(models) < 1.5
        first = await asyncio.gather(*waits)
        assert max(first) < 9, first
        assert wait_ready(app, 503) < 15
        again = [await timed(tab) for tab in history]
        assert max(again) < 1.5, again
        for tab in history:
            assert "The database of runs cannot be reached." in tab.text
            assert secret not in tab.text
            assert not problems(tab)
        # Answers come and are stored later.
        async with BrowserSession(app.base_url, path="/playground", cookies=dict(models.cookies)) as tab:
            await tab.run(timeout=30)
            await tab.submit_chat(
                "@script tokens=30 rate=0\nabout plovers", await tab.wait_for_widget("chat_input", timeout=20)
            )
            await tab.wait_finished(20)
            assert "Section 1" in tab.text
    assert wait_ready(app) <= 5
    assert await timed(history[0]) < 3
    assert "cannot be reached" not in history[0].text
    async with BrowserSession(app.base_url, path="/history", cookies=dict(models.cookies)) as tab:
        await _run_until(tab, lambda: bool(tab.widgets("expandable")))
    await asyncio.gather(*(tab.close() for tab in tabs))


def test_a_frozen_database_holds_up_nobody_who_does_not_need_it(
    sandbox: SandboxProcess, tmp_path: Path, server: postgres.Server
) -> None:
    server.start()
    with serve(tmp_path, asks(sandbox, GLM_PLAYGROUND_DATABASE_URL=server.url)) as app:
        wait_ready(app)
        asyncio.run(_visit_while_it_is_gone(app, server.frozen(), server.folder))


def test_a_network_that_swallows_what_is_sent_to_the_database_holds_up_nobody_either(
    sandbox: SandboxProcess, tmp_path: Path, server: postgres.Server
) -> None:
    server.start()
    with BlackHole(f"{server.folder}/.s.PGSQL.5432") as network:
        url = f"postgresql://tests@127.0.0.1:{network.port}/postgres?sslmode=disable"
        with serve(tmp_path, asks(sandbox, GLM_PLAYGROUND_DATABASE_URL=url)) as app:
            wait_ready(app)
            asyncio.run(_visit_while_it_is_gone(app, network.swallowing(), str(network.port)))


STREAMS = 20


async def _streaming(app: AppProcess, count: int, script: str) -> list[BrowserSession]:
    tabs = [BrowserSession(app.base_url, path="/playground") for _ in range(count)]
    await asyncio.gather(*(tab.connect() for tab in tabs))
    await asyncio.gather(*(tab.run(timeout=30) for tab in tabs))

    async def ask(tab: BrowserSession) -> None:
        await tab.submit_chat(script)
        await tab.wait_for(lambda: "Section 1" in tab.text, 30)

    await asyncio.gather(*(ask(tab) for tab in tabs))
    return tabs


def _outcomes(folder: Path) -> list[Outcome | None]:
    ledger = Ledger.open(f"sqlite:///{folder / 'runs.sqlite3'}")
    rows = [row for owner in owners(ledger) for row in ledger.page(owner, RunFilter()).rows]
    ledger.close()
    return [row.outcome for row in rows if "too late" not in row.prompt]


def _drained(
    sandbox: SandboxProcess,
    tmp_path: Path,
    *,
    seconds: str,
    count: int,
    script: str,
    during: Callable[[AppProcess], Any],
) -> tuple[float, list[Outcome | None], list[BrowserSession]]:
    """How long it took from SIGTERM to the end, what became of the runs, and the tabs."""
    folder = tmp_path / "data"
    settings = {"GLM_PLAYGROUND_DATA_FOLDER": str(folder), "GLM_PLAYGROUND_DRAIN_SECONDS": seconds}

    async def visit(app: AppProcess) -> tuple[float, list[BrowserSession]]:
        tabs = await _streaming(app, count, script)
        app.terminate()
        began = time.monotonic()
        await during(app)
        await asyncio.to_thread(app.wait, 40)
        took = time.monotonic() - began
        await asyncio.gather(*(tab.close() for tab in tabs), return_exceptions=True)
        return took, tabs

    with serve(tmp_path, asks(sandbox, **settings)) as app:
        took, tabs = asyncio.run(visit(app))
    return took, _outcomes(folder), tabs


def test_running_answers_end_before_the_server_does_and_none_begins(sandbox: SandboxProcess, tmp_path: Path) -> None:
    async def another(app: AppProcess) -> None:
        wait_ready(app, 503)
        assert ready(app)[1]["draining"] is True
        assert httpx.get(f"{app.base_url}/healthz", trust_env=False).status_code == 200
        async with BrowserSession(app.base_url, path="/playground") as tab:
            await tab.run(timeout=30)
            await tab.submit_chat("@script tokens=30 rate=0\ntoo late")
            await tab.wait_finished()
            assert "This app is about to restart." in tab.text
            assert not problems(tab)

    script = "@script tokens=160 rate=20"
    took, outcomes, tabs = _drained(sandbox, tmp_path, seconds="30", count=STREAMS, script=script, during=another)
    assert outcomes == [Outcome.COMPLETED] * STREAMS
    assert took < 25
    # Those who watched saw the end, with its figures.
    assert all("160 tok" in tab.text or "160" in tab.text for tab in tabs)


def test_what_does_not_end_in_that_time_is_kept_as_interrupted(sandbox: SandboxProcess, tmp_path: Path) -> None:
    async def nothing(app: AppProcess) -> None: ...

    script = "@script tokens=4000 rate=20"
    took, outcomes, _tabs = _drained(sandbox, tmp_path, seconds="2", count=5, script=script, during=nothing)
    assert outcomes == [Outcome.INTERRUPTED] * 5
    assert 2 <= took < 15


@pytest.mark.parametrize("again", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_ends_it_at_once_and_what_still_runs_is_kept_as_interrupted(
    sandbox: SandboxProcess, tmp_path: Path, again: signal.Signals
) -> None:
    async def impatient(app: AppProcess) -> None:
        await asyncio.to_thread(wait_ready, app, 503)
        os.kill(app.pid, again)

    script = "@script tokens=4000 rate=20"
    took, outcomes, _tabs = _drained(sandbox, tmp_path, seconds="60", count=2, script=script, during=impatient)
    assert outcomes == [Outcome.INTERRUPTED] * 2
    assert took < 20

"""What the app keeps of runs on a live server: each browser its own, whatever happens to the app."""

import asyncio
import time
from pathlib import Path

import pytest

from glm_playground.ledger import Ledger, RunFilter, StoredRun
from glm_playground.runs.run import Outcome
from glm_playground.sandbox.process import SandboxProcess
from glm_playground.sandbox.script_text import markdown_tokens
from tests.live.app_process import AppProcess
from tests.live.browser_session import BrowserSession
from tests.live.conftest import problems, serve
from tests.live.stream_socket import owner_in

STREAMS = 20


def history(app: AppProcess, cookies: dict[str, str], query: str = "") -> BrowserSession:
    return BrowserSession(app.base_url, path="/history", query_string=query, cookies=cookies)


def test_a_browser_sees_its_own_runs_and_no_others(app: AppProcess) -> None:
    async def visit() -> None:
        async with BrowserSession(app.base_url, path="/playground") as tab:
            await tab.run()
            await tab.submit_chat("@script tokens=30 rate=0\nminealone")
            await tab.wait_finished()
            cookies = dict(tab.cookies)
        async with history(app, cookies) as mine:
            await mine.run()
            await mine.set_value(mine.find_widget("expandable", "history_reading"), True)
            await mine.wait_for(lambda: "minealone" in mine.text)
            run_id = mine.text.split("(?run=")[1].split(")")[0]
            assert not problems(mine)
        async with history(app, {}) as other:
            await other.run()
            assert "No runs yet" in other.text
        async with history(app, {}, f"run={run_id}") as other:
            await other.run()
            assert "There is no such run of yours" in other.text
            assert "minealone" not in other.text
        async with history(app, cookies, f"run={run_id}") as mine:
            await mine.run()
            assert "Section 1" in mine.text
            assert not problems(mine)

    asyncio.run(visit())


@pytest.mark.slow
def test_a_killed_app_leaves_every_run_as_interrupted_with_its_text(sandbox: SandboxProcess, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    environment = {
        "RUNAPI_BASE_URL": sandbox.base_url,
        "RUNAPI_API_KEY": sandbox.key,
        "GLM_PLAYGROUND_DATA_FOLDER": str(folder),
    }
    rate = 20

    async def streams(app: AppProcess) -> dict[str, tuple[str, float]]:
        """By owner, the prompt and how long its answer had streamed when the app was killed."""
        # Each tab is a browser of its own: the tabs of one share their workbench, which is asked once at a time.
        tabs = [BrowserSession(app.base_url, path="/playground") for _ in range(STREAMS)]
        await asyncio.gather(*(tab.connect() for tab in tabs))
        await asyncio.gather(*(tab.run() for tab in tabs))
        began: dict[str, tuple[str, float]] = {}

        async def ask(tab: BrowserSession, prompt: str) -> None:
            await tab.submit_chat(f"@script tokens=4000 rate={rate}\n{prompt}")
            await tab.wait_for(lambda: "Section 1" in tab.text)
            began[owner_in(tab.cookies)] = prompt, time.monotonic()

        await asyncio.gather(*(ask(tab, f"stream-{number:02}") for number, tab in enumerate(tabs)))
        last = max(since for _prompt, since in began.values())
        await tabs[0].wait_for(lambda: time.monotonic() - last > 3, timeout=10)
        app.kill()
        killed = time.monotonic()
        await asyncio.gather(*(tab.close() for tab in tabs), return_exceptions=True)
        return {owner: (prompt, killed - since) for owner, (prompt, since) in began.items()}

    with serve(tmp_path, environment) as app:
        asked = asyncio.run(streams(app))
    assert len(asked) == STREAMS
    ledger = Ledger.open(f"sqlite:///{folder / 'runs.sqlite3'}")
    whole = "".join(markdown_tokens(4000))
    for owner, (prompt, seconds) in asked.items():
        (row,) = ledger.page(owner, RunFilter()).rows
        assert row.prompt.splitlines()[-1] == prompt
        stored = ledger.run(owner, row.id)
        assert isinstance(stored, StoredRun)
        run = stored.run
        assert run.outcome is Outcome.INTERRUPTED
        assert whole.startswith(run.content)
        # What came until two seconds before the end was saved.
        assert len(run.events) >= rate * (seconds - 2) * 0.8
    ledger.close()

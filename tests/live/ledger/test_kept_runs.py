"""What the app keeps of runs on a live server: each browser its own, whatever happens to the app."""

import asyncio
import time
from pathlib import Path

import pytest

from glm_playground.ledger import Ledger, RunFilter
from glm_playground.runs.run import Outcome
from glm_playground.sandbox.process import SandboxProcess
from glm_playground.sandbox.script_text import markdown_tokens
from glm_playground.ui.server.owner import COOKIE, owner_of_browser
from tests.live.app_process import AppProcess
from tests.live.browser_session import BrowserSession
from tests.live.conftest import problems, serve

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
            run_id = mine.text.split("/history?run=")[1].split(")")[0]
            assert not problems(mine)
        async with history(app, {}) as other:
            await other.run()
            assert "No run is kept yet" in other.text
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

    async def streams(app: AppProcess) -> tuple[str, dict[str, float]]:
        """Whose runs they are, and how long each had streamed when the app was killed."""
        first = BrowserSession(app.base_url, path="/playground")
        await first.connect()
        others = [BrowserSession(app.base_url, path="/playground", cookies=first.cookies) for _ in range(STREAMS - 1)]
        await asyncio.gather(*(tab.connect() for tab in others))
        tabs = [first, *others]
        await asyncio.gather(*(tab.run() for tab in tabs))
        begun: dict[str, float] = {}

        async def ask(tab: BrowserSession, number: int) -> None:
            await tab.submit_chat(f"@script tokens=4000 rate={rate}\nstream-{number:02}")
            await tab.wait_for(lambda: "Section 1" in tab.text)
            begun[f"stream-{number:02}"] = time.monotonic()

        await asyncio.gather(*(ask(tab, number) for number, tab in enumerate(tabs)))
        await first.wait_for(lambda: time.monotonic() - max(begun.values()) > 3, timeout=10)
        app.kill()
        killed = time.monotonic()
        await asyncio.gather(*(tab.close() for tab in tabs), return_exceptions=True)
        return owner_of_browser(first.cookies[COOKIE]), {prompt: killed - since for prompt, since in begun.items()}

    with serve(tmp_path, environment) as app:
        owner, seconds = asyncio.run(streams(app))
    ledger = Ledger.open(f"sqlite:///{folder / 'runs.sqlite3'}")
    rows = ledger.page(owner, RunFilter(), None, 100).rows
    assert sorted(row.prompt.splitlines()[-1] for row in rows) == sorted(seconds)
    whole = "".join(markdown_tokens(4000))
    for row in rows:
        stored = ledger.run(owner, row.id)
        assert stored
        run = stored.run
        assert run.outcome is Outcome.INTERRUPTED
        assert whole.startswith(run.content)
        # What came until two seconds before the end was saved.
        assert len(run.events) >= rate * (seconds[row.prompt.splitlines()[-1]] - 2) * 0.8
    ledger.close()

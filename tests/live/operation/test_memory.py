"""What a server holds of sessions that are gone."""

import asyncio
import shutil
from pathlib import Path

import httpx
import pytest

from glm_playground.sandbox.process import SandboxProcess
from tests.condition import wait_until
from tests.live.app_process import AppProcess
from tests.live.browser_session import BrowserSession
from tests.live.conftest import APP, UNSET, problems

SESSIONS = 6
OF_A_SESSION = ("LiveRun", "Answer", "Conversation", "OpenWorkbench", "Workbench", "WorkbenchCopy")
GONE_S = 30
CHATS = 60
AT_ONCE = 4
MOST_BLOCKS = 250


def held(app: AppProcess) -> dict[str, int]:
    """How many objects of sessions the server has, by class; those it has none of are left out."""
    objects = httpx.get(f"{app.base_url}/objects", trust_env=False, timeout=10).json()
    return {name: objects[name] for name in OF_A_SESSION if name in objects}


def blocks(app: AppProcess) -> int:
    """How many pieces of memory Python has given out in the server."""
    return int(httpx.get(f"{app.base_url}/blocks", trust_env=False, timeout=10).json())


def observed(sandbox: SandboxProcess, folder: Path) -> AppProcess:
    """The app with its own configuration, which lets a session go a second after its tab closed; to be entered.

    Left alone, Streamlit collects all garbage after each script run, which hides what only a collection frees; and its
    watcher of files, once it has watched for a session, leaves it to a collection.
    """
    shutil.copytree(APP.parent / ".streamlit", folder / ".streamlit", ignore=shutil.ignore_patterns("secrets.toml"))
    script = Path(__file__).with_name("observed_app.py")
    env = UNSET | {"RUNAPI_BASE_URL": sandbox.base_url, "RUNAPI_API_KEY": sandbox.key}
    return AppProcess(script, env=env, cwd=folder, options={"server.disconnectedSessionTTL": "1"})


async def chat(app: AppProcess, number: int) -> None:
    """A tab that asks once, waits for the whole answer and closes."""
    async with BrowserSession(app.base_url, "/playground") as tab:
        await tab.run(20)
        await tab.submit_chat(f"@script tokens=30 rate=0\nnumber {number}")
        await tab.wait_for(lambda: ":green-badge[completed]" in tab.text, 20)
        assert not problems(tab)


@pytest.mark.slow
@pytest.mark.parametrize("alone", [True, False])
def test_nothing_of_a_session_that_is_gone_is_held(sandbox: SandboxProcess, tmp_path: Path, *, alone: bool) -> None:
    """Whether the server is quiet afterwards, which lets it collect garbage, or another one is being answered.

    So few sessions must then be gone without a collection.
    """

    async def visit(app: AppProcess) -> None:
        # Streamlit holds the session that it served last until it serves another one.
        async with BrowserSession(app.base_url, "/models") as other:
            await other.run(20)
            for number in range(SESSIONS):
                await chat(app, number)
            assert await asyncio.to_thread(held, app)
            await other.run(20)
            if alone:
                await asyncio.to_thread(wait_until, lambda: not held(app), GONE_S)
                return
            async with BrowserSession(app.base_url, "/playground") as busy:
                await busy.run(20)
                await busy.submit_chat("@script tokens=4000 rate=20\nbusy")
                await asyncio.to_thread(wait_until, lambda: set(held(app).values()) == {1}, GONE_S)
                assert ":green-badge[completed]" not in busy.text

    with observed(sandbox, tmp_path) as app:
        asyncio.run(visit(app))


@pytest.mark.slow
@pytest.mark.measures
def test_a_server_that_is_never_quiet_grows_little_by_a_chat(sandbox: SandboxProcess, tmp_path: Path) -> None:
    """Garbage of the chats that are over counts, too: it waits for a collection that a busy server puts off."""

    async def chats(app: AppProcess, count: int) -> None:
        for number in range(count):
            await chat(app, number)

    async def visit(app: AppProcess) -> None:
        async with BrowserSession(app.base_url, "/playground") as busy:
            await busy.run(20)
            await busy.submit_chat("@script tokens=400 rate=1\nbusy")
            await chats(app, 2 * AT_ONCE)
            before = blocks(app)
            await asyncio.gather(*(chats(app, CHATS // AT_ONCE) for _ in range(AT_ONCE)))
            await asyncio.to_thread(wait_until, lambda: blocks(app) - before < MOST_BLOCKS * CHATS, GONE_S)
            assert ":green-badge[completed]" not in busy.text

    with observed(sandbox, tmp_path) as app:
        asyncio.run(visit(app))

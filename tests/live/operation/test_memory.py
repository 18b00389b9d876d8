"""What a server holds of sessions that are gone."""

import asyncio
from pathlib import Path

import httpx
import pytest

from glm_playground.sandbox.process import SandboxProcess
from tests.condition import wait_until
from tests.live.app_process import AppProcess
from tests.live.browser_session import BrowserSession
from tests.live.conftest import UNSET, problems

SESSIONS = 6
OF_A_SESSION = ("LiveRun", "Answer", "Conversation", "OpenWorkbench", "Workbench", "WorkbenchCopy")
GONE_S = 30


def held(app: AppProcess) -> dict[str, int]:
    """How many objects of sessions the server has, by class; those it has none of are left out."""
    objects = httpx.get(f"{app.base_url}/objects", trust_env=False, timeout=10).json()
    return {name: objects[name] for name in OF_A_SESSION if name in objects}


@pytest.mark.slow
@pytest.mark.parametrize("alone", [True, False])
def test_nothing_of_a_session_that_is_gone_is_held(sandbox: SandboxProcess, tmp_path: Path, *, alone: bool) -> None:
    """Whether the server is quiet afterwards, which lets it collect garbage, or another one is being answered."""
    script = Path(__file__).with_name("observed_app.py")
    env = UNSET | {"RUNAPI_BASE_URL": sandbox.base_url, "RUNAPI_API_KEY": sandbox.key}
    options = {"server.disconnectedSessionTTL": "1"}

    async def chat(app: AppProcess, number: int) -> None:
        async with BrowserSession(app.base_url, "/playground") as tab:
            await tab.run(20)
            await tab.submit_chat(f"@script tokens=30 rate=0\nnumber {number}")
            await tab.wait_for(lambda: ":green-badge[completed]" in tab.text, 20)
            assert not problems(tab)

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

    with AppProcess(script, env=env, cwd=tmp_path, options=options) as app:
        asyncio.run(visit(app))

"""Servers that are silent: what is sent to them is swallowed on the way, and so is the question for their address."""

import asyncio
import time
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from glm_playground.sandbox.process import SandboxProcess
from tests.live.app_process import AppProcess
from tests.live.browser_session import BrowserSession
from tests.live.conftest import problems, serve
from tests.live.operation.namespace import NotAllowed, swallowed

pytestmark = [pytest.mark.slow, pytest.mark.measures]

FILE = """
[[gateway]]
name = "Here"
address = "{here}"
key_env = "KEY_HERE"

[[gateway]]
name = "Silent"
address = "http://203.0.113.9:8000"
key_env = "KEY_ELSEWHERE"

[[gateway]]
name = "Nameless"
address = "http://gateway.example:8000"
key_env = "KEY_ELSEWHERE"

[[gateway]]
name = "Nameless too"
address = "http://other.example:8000"
key_env = "KEY_ELSEWHERE"
"""
SILENT = ("Silent", "Nameless", "Nameless too")
CONNECT_S = 2
# Three tries of so many seconds, with a second and a half between them.
GIVES_UP_S = 3 * CONNECT_S + 2
SLOW_S = 3.0
STREAMED = 400


def tab_of(app: AppProcess, gateway: str) -> BrowserSession:
    """A browser of its own whose only lane asks `gateway`."""
    return BrowserSession(app.base_url, path="/playground", query_string=f"lane={quote(f'glm-5.1;gateway={gateway}')}")


async def ask(tab: BrowserSession, text: str) -> None:
    await tab.run(30)
    await tab.submit_chat(text, await tab.wait_for_widget("chat_input", timeout=20))


async def answered(app: AppProcess) -> float:
    """Seconds until a new browser has a whole answer of the gateway that is here."""
    async with tab_of(app, "Here") as tab:
        await tab.run(30)
        began = time.monotonic()
        await tab.submit_chat("@script tokens=5 rate=0\nmeanwhile", await tab.wait_for_widget("chat_input", timeout=20))
        await tab.wait_for(lambda: ":green-badge[completed]" in tab.text, 30)
        assert not problems(tab)
        return time.monotonic() - began


async def health(app: AppProcess, slowest: list[float]) -> None:
    """Asks again and again how the server is, until it is cancelled."""
    async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
        while True:
            for route in ("healthz", "readyz"):
                began = time.monotonic()
                assert (await client.get(f"{app.base_url}/{route}")).status_code == 200
                slowest.append(time.monotonic() - began)
            await asyncio.sleep(0.1)


async def visit(app: AppProcess) -> None:
    watched = tab_of(app, "Here")
    # Each gateway is asked by several browsers, which is more than threads that look for names in an event loop.
    lost = [tab_of(app, name) for name in SILENT * 3]
    times: list[float] = []
    await asyncio.gather(*(tab.connect() for tab in (watched, *lost)))
    await ask(watched, f"@script tokens={STREAMED} rate=20\nwatched")
    await watched.wait_for(lambda: "Section 1" in watched.text, 30)
    asking = asyncio.create_task(health(app, times))
    await asyncio.gather(*(tab.run(60) for tab in lost))
    began = time.monotonic()
    for tab in lost:
        await tab.submit_chat("@script tokens=5\nlost", await tab.wait_for_widget("chat_input", timeout=20))
    for _ in range(3):
        assert await answered(app) < SLOW_S
    await asyncio.gather(*(tab.wait_for(lambda tab=tab: ":red-badge[failed]" in tab.text, 60) for tab in lost))
    assert time.monotonic() - began < GIVES_UP_S + SLOW_S
    for tab in lost:
        assert "did not take the connection in time" in tab.text
        assert not problems(tab)
    await watched.wait_for(lambda: ":green-badge[completed]" in watched.text, 60)
    assert f"{STREAMED} tok" in watched.text
    assert not asking.done(), asking.exception()
    asking.cancel()
    assert max(times) < SLOW_S
    await asyncio.gather(*(tab.close() for tab in (watched, *lost)))


def test_servers_that_are_silent_hold_up_nobody_who_asks_another(tmp_path: Path) -> None:
    def work() -> None:
        with SandboxProcess.start("scripted") as sandbox:
            (tmp_path / "gateways.toml").write_text(
                FILE.format(here=sandbox.base_url.replace("127.0.0.1", "localhost"))
            )
            environment = {
                "GLM_PLAYGROUND_GATEWAYS": "gateways.toml",
                "GLM_PLAYGROUND_CONNECT_TIMEOUT": str(CONNECT_S),
                "KEY_HERE": sandbox.key,
                "KEY_ELSEWHERE": "of-nobody-who-answers",
            }
            with serve(tmp_path, environment) as app:
                asyncio.run(visit(app))

    try:
        swallowed(work, tmp_path)
    except NotAllowed as why:
        pytest.skip(f"no network namespace here: {why}")

"""Caps on a live server: many tabs at once, a restart, browsers without their cookie, and a proxy before them."""

import asyncio
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import pytest

from glm_playground.sandbox.process import SandboxProcess
from tests.live import stream_socket
from tests.live.app_process import AppProcess
from tests.live.browser_session import BrowserSession
from tests.live.conftest import AskedLog, problems, serve

pytestmark = pytest.mark.slow

ACTS_S = 20
REFUSED = "Too many requests within a minute."


def tab_of(app: AppProcess, browser: BrowserSession | None = None) -> BrowserSession:
    """A tab in a new browser, or in that of another tab, with the same workbench."""
    query, cookies = (browser.query_string, browser.cookies) if browser else ("", None)
    return BrowserSession(app.base_url, path="/playground", query_string=query, cookies=cookies)


async def begin_another(tab: BrowserSession) -> None:
    """Gives the tab a workbench of its own."""
    await tab.run(ACTS_S)
    await tab.click(tab.find_widget("button", "workbench_new"))
    await tab.wait_finished(ACTS_S)


async def refusals(tabs: list[BrowserSession], word: str) -> int:
    """How many are told no, where all tabs ask at once."""

    async def ask(tab: BrowserSession) -> int:
        before = tab.text.count(REFUSED)
        await tab.submit_chat(f"@script tokens=5 rate=0\n{word}")
        await tab.wait_finished(ACTS_S)
        assert not problems(tab)
        return tab.text.count(REFUSED) - before

    return sum(await asyncio.gather(*map(ask, tabs)))


def test_tabs_of_one_browser_share_its_caps_also_after_the_app_was_killed(
    sandbox: SandboxProcess, asked: AskedLog, tmp_path: Path
) -> None:
    environment = {
        "RUNAPI_BASE_URL": sandbox.base_url,
        "RUNAPI_API_KEY": sandbox.key,
        "GLM_PLAYGROUND_OWNER_CAPS": "requests=4",
        "GLM_PLAYGROUND_DATA_FOLDER": str(tmp_path / "data"),
    }

    async def visit(app: AppProcess) -> None:
        async with AsyncExitStack() as stack:
            first = await stack.enter_async_context(tab_of(app))
            await first.run(ACTS_S)
            assert await refusals([first], "first of capped tabs") == 0
            tabs = [await stack.enter_async_context(tab_of(app, first)) for _tab in range(5)]
            for tab in tabs:
                await begin_another(tab)
            assert await refusals(tabs, "together of capped tabs") == 2
            assert len(asked.entries("together of capped tabs")) == 3
            app.kill()
            app.close()
            app.start()
            again = await stack.enter_async_context(tab_of(app, first))
            await again.run(ACTS_S)
            assert await refusals([again], "restarted of capped tabs") == 1
            assert not asked.entries("restarted of capped tabs")
            # Another browser has caps of its own.
            other = await stack.enter_async_context(tab_of(app))
            await other.run(ACTS_S)
            assert await refusals([other], "other of capped tabs") == 0

    with serve(tmp_path, environment) as app:
        asyncio.run(visit(app))


def test_a_browser_without_its_cookie_still_has_its_address(
    sandbox: SandboxProcess, asked: AskedLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = {
        "RUNAPI_BASE_URL": sandbox.base_url,
        "RUNAPI_API_KEY": sandbox.key,
        "GLM_PLAYGROUND_ADDRESS_CAPS": "requests=2",
    }

    async def visit(app: AppProcess, address: str, times: int) -> int:
        """As a proxy on loopback passes a client on, each time with a new cookie; how many are refused."""
        forwarded = partial(_connect_for, address)
        refused = 0
        with monkeypatch.context() as patch:
            patch.setattr(stream_socket, "connect", forwarded)
            for _time in range(times):
                async with tab_of(app) as tab:
                    await tab.run(ACTS_S)
                    refused += await refusals([tab], f"from {address}")
        return refused

    with serve(tmp_path, environment) as app:
        # Of what a client claims, only the last address is the proxy's word.
        assert asyncio.run(visit(app, "198.51.100.9, 203.0.113.7", 3)) == 1
        assert asyncio.run(visit(app, "198.51.100.10, 203.0.113.7", 1)) == 1
        assert asyncio.run(visit(app, "2001:db8::1", 2)) == 0
        assert asyncio.run(visit(app, "2001:db8::2", 1)) == 1
        assert asyncio.run(visit(app, "203.0.113.8", 2)) == 0


_connect = stream_socket.connect


def _connect_for(address: str, uri: str, **options: object) -> object:
    headers = {**options.pop("additional_headers"), "X-Forwarded-For": address}  # type: ignore[dict-item]
    return _connect(uri, additional_headers=headers, **options)  # type: ignore[arg-type]

"""Files that a page offers are for the browser that was offered them."""

import asyncio

import httpx
import pytest

from tests.live.app_process import AppProcess
from tests.live.recording_tab import RecordingTab

pytestmark = pytest.mark.slow


def status(app: AppProcess, path: str, cookies: dict[str, str], method: str = "GET") -> int:
    return httpx.request(method, f"{app.base_url}{path}", cookies=cookies, trust_env=False).status_code


async def conversation(app: AppProcess) -> RecordingTab:
    tab = RecordingTab(app.base_url, path="/playground")
    await tab.connect()
    await tab.run(30)
    await tab.submit_chat("@script tokens=5 rate=0\nabout plovers")
    await tab.wait_finished()
    await tab.open("share")
    return tab


def test_a_file_is_for_whom_it_was_sent_to(app: AppProcess) -> None:
    async def visit() -> None:
        mine, stranger = await conversation(app), await conversation(app)
        addresses = [await mine.file_address(button) for button in mine.widgets("download_button")]
        assert len(addresses) >= 3
        for address in addresses:
            assert status(app, address, mine.cookies) == 200
            assert status(app, address, stranger.cookies) == 404
            assert status(app, address, stranger.cookies, "HEAD") == 404
            assert status(app, address.rpartition(".")[0], stranger.cookies) == 404
            assert status(app, address, {}) == 404
        # To have its name drawn on a page of one's own is of no help.
        await stranger.submit_chat(f"@script tokens=5 rate=0\n{addresses[0]}")
        await stranger.wait_finished()
        assert status(app, addresses[0], stranger.cookies) == 404
        await mine.close()
        await stranger.close()

    asyncio.run(visit())

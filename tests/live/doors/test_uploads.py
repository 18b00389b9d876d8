"""Uploads go into the sessions of the browser that sends them, and are bounded."""

import asyncio
import tomllib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from glm_playground.bundles.bundle import MAX_FILE_BYTES
from glm_playground.chat.attachments import MAX_ATTACHMENT_BYTES
from glm_playground.sandbox.process import SandboxProcess
from glm_playground.ui.server.uploads import MAX_SESSION_BYTES
from tests.live.app_process import AppProcess
from tests.live.browser_session import BrowserSession
from tests.live.conftest import APP, problems, serve

pytestmark = pytest.mark.slow

MB = 1024 * 1024


class Browser:
    """Uploads as the page does."""

    def __init__(self, app: AppProcess, tab: BrowserSession, cookies: dict[str, str] | None = None) -> None:
        self._tab = tab
        self._base = f"{app.base_url}/_stcore/upload_file"
        cookies = tab.cookies if cookies is None else cookies
        self._headers = {
            "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
            "X-Xsrftoken": cookies.get("_streamlit_xsrf", ""),
            "Origin": app.base_url,
        }

    async def put(self, name: str, size: int, session: str | None = None) -> int:
        async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
            url = f"{self._base}/{session or self._tab.session_id}/{name}"
            answer = await client.put(url, headers=self._headers, files={"file": (name, b"x" * size)})
        return answer.status_code

    async def delete(self, name: str, session: str | None = None) -> int:
        async with httpx.AsyncClient(trust_env=False) as client:
            url = f"{self._base}/{session or self._tab.session_id}/{name}"
            return (await client.delete(url, headers=self._headers)).status_code


@pytest.fixture(scope="module")
def upload_app(sandbox: SandboxProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppProcess]:
    environment = {"RUNAPI_BASE_URL": sandbox.base_url, "RUNAPI_API_KEY": sandbox.key}
    with serve(tmp_path_factory.mktemp("uploads"), environment) as process:
        yield process


def rss(app: AppProcess) -> int:
    status = Path(f"/proc/{app.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) * 1024


def test_uploads_are_the_sessions_own(upload_app: AppProcess) -> None:
    async def visit() -> None:
        async with BrowserSession(upload_app.base_url) as mine, BrowserSession(upload_app.base_url) as other:
            await mine.run(30)
            await other.run(30)
            own, foreign = Browser(upload_app, mine), Browser(upload_app, other)
            without_owner = {"_streamlit_xsrf": mine.cookies["_streamlit_xsrf"]}
            assert await own.put("a", 10) == 204
            for stranger in (foreign, Browser(upload_app, mine, without_owner), Browser(upload_app, mine, {})):
                assert await stranger.put("b", 10, mine.session_id) == 403
                assert await stranger.delete("a", mine.session_id) == 403
            assert await own.put("a", 10, "no-such-session") == 403
            assert await own.delete("a", "no-such-session") == 403
            assert await own.delete("a") == 204

    asyncio.run(visit())


def test_four_files_of_150_mb_are_not_taken(upload_app: AppProcess) -> None:
    async def visit() -> None:
        async with BrowserSession(upload_app.base_url) as tab:
            await tab.run(30)
            browser = Browser(upload_app, tab)
            before = rss(upload_app)
            for number in range(4):
                with pytest.raises((AssertionError, httpx.HTTPError)):
                    # Refused before it is read, so that the connection may be closed while it is sent.
                    assert await browser.put(f"big{number}", 150 * MB) != 413
            for number in range(12):
                assert await browser.put(f"file{number}", 8 * MB) == 204
            assert rss(upload_app) - before < MAX_SESSION_BYTES + 64 * MB
            assert problems(tab) == []

    asyncio.run(visit())


def test_the_limit_is_what_the_app_takes() -> None:
    settings = tomllib.loads((APP.parent / ".streamlit" / "config.toml").read_text())
    largest = settings["server"]["maxUploadSize"] * MB
    assert max(MAX_FILE_BYTES, MAX_ATTACHMENT_BYTES) < largest <= MAX_SESSION_BYTES
    assert largest - MAX_FILE_BYTES <= MB

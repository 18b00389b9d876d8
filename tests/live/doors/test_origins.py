"""Pages of other sites are refused at the door, and nothing is asked of an outside address."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin, Subprotocol

from glm_playground.sandbox.process import SandboxProcess
from tests.live.app_process import AppProcess
from tests.live.browser_session import BrowserSession
from tests.live.conftest import problems, serve
from tests.live.doors.outside import OutsideLog, watched

pytestmark = pytest.mark.slow

NAMED = "https://glm.example.org"


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> OutsideLog:
    return OutsideLog(tmp_path_factory.mktemp("watch"))


@pytest.fixture(scope="module")
def open_app(
    outside: OutsideLog, sandbox: SandboxProcess, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[AppProcess]:
    """The app as a server for others starts it: headless, on all addresses."""
    environment = {"RUNAPI_BASE_URL": sandbox.base_url, "RUNAPI_API_KEY": sandbox.key, **watched(outside)}
    with serve(tmp_path_factory.mktemp("open"), environment, {"server.address": "0.0.0.0"}) as process:
        yield process


async def handshake(app: AppProcess, origin: str | None, host: str | None = None) -> int:
    """The status that a websocket's handshake is answered with; 101 where it is taken."""
    url = urlsplit(app.base_url)
    try:
        socket = await connect(
            f"ws://{host or url.netloc}{url.path}/_stcore/stream",
            host=url.hostname,
            port=url.port,
            origin=Origin(origin) if origin else None,
            subprotocols=[Subprotocol("streamlit")],
            proxy=None,
        )
    except InvalidStatus as refused:
        return refused.response.status_code
    await socket.close()
    return 101


FOREIGN = [
    "http://evil.example",
    "http://evil.example:{port}",
    "https://evil.example",
    "http://127.0.0.1:1",
    "http://127.0.0.1",
    "http://127.0.0.1.:{port}",
    "http://127.0.0.1.evil.example:{port}",
    "http://localhost:{port}",
    "http://evil@127.0.0.1:{port}",
    "HTTP://EVIL.EXAMPLE:{port}",
    "http://127.0.0.1:{port}/path",
    "http://127.0.0.1:{port}, http://evil.example",
    "file://127.0.0.1:{port}",
    "null",
]


@pytest.mark.parametrize("origin", FOREIGN)
def test_a_foreign_page_is_refused(app: AppProcess, origin: str) -> None:
    assert asyncio.run(handshake(app, origin.format(port=app.port))) == 403


@pytest.mark.parametrize("origin", FOREIGN)
def test_nor_may_it_change_anything(app: AppProcess, origin: str) -> None:
    headers = {"Origin": origin.format(port=app.port)}
    for method, path in (("PUT", "/_stcore/upload_file/a/b"), ("DELETE", "/_stcore/upload_file/a/b"), ("POST", "/")):
        assert httpx.request(method, app.base_url + path, headers=headers, trust_env=False).status_code == 403


@pytest.mark.parametrize("origin", ["http://127.0.0.1:{port}", "HTTP://127.0.0.1:{port}", "https://127.0.0.1:{port}"])
def test_the_apps_own_page_is_not(app: AppProcess, origin: str) -> None:
    assert asyncio.run(handshake(app, origin.format(port=app.port))) == 101


def test_a_program_that_is_no_page_is_let_in(app: AppProcess) -> None:
    assert asyncio.run(handshake(app, None)) == 101


def test_a_name_that_was_led_here_is_refused_where_only_this_computer_is_served(app: AppProcess) -> None:
    evil = f"evil.example:{app.port}"
    assert asyncio.run(handshake(app, f"http://{evil}", host=evil)) == 403
    page = httpx.get(app.base_url, headers={"Host": evil, "Accept": "text/html"}, trust_env=False)
    assert page.status_code == 403
    assert "GLM_PLAYGROUND_ORIGINS" in page.text
    # A probe asks by whatever address it has.
    assert httpx.get(f"{app.base_url}/_stcore/health", headers={"Host": evil}, trust_env=False).status_code == 200
    for own in (f"localhost:{app.port}", f"[::1]:{app.port}"):
        assert asyncio.run(handshake(app, f"http://{own}", host=own)) == 101


def test_nothing_is_asked_of_an_outside_address(open_app: AppProcess, outside: OutsideLog) -> None:
    async def use() -> None:
        for _again in range(10):
            assert await handshake(open_app, "http://evil.example") == 403
        for origin in FOREIGN:
            assert await handshake(open_app, origin.format(port=open_app.port)) == 403
        name = f"glm.example.org:{open_app.port}"
        assert await handshake(open_app, f"http://{name}", host=name) == 101
        assert await handshake(open_app, f"HTTP://{name.upper()}", host=name) == 101
        for path in ("/", "/playground", "/history", "/compare", "/present"):
            async with BrowserSession(open_app.base_url, path) as tab:
                await tab.run(30)
                assert problems(tab) == []

    asyncio.run(use())
    assert f"GLM Playground: http://localhost:{open_app.port}" in open_app.output
    assert outside.asked_outside() == []
    # It would have been noted.
    script = "from streamlit.net_util import get_external_ip; get_external_ip()"
    # A proxy that nobody runs, so that the question stays here.
    environment = os.environ | watched(outside) | {"no_proxy": "", "http_proxy": "http://192.0.2.1:9"}
    subprocess.run([sys.executable, "-c", script], env=environment, check=True, timeout=30, capture_output=True)
    assert outside.asked_outside() != []


def test_named_origins_are_the_only_ones(tmp_path: Path, sandbox: SandboxProcess) -> None:
    environment = {"RUNAPI_BASE_URL": sandbox.base_url, "RUNAPI_API_KEY": sandbox.key, "GLM_PLAYGROUND_ORIGINS": NAMED}
    with serve(tmp_path, environment, {"server.address": "0.0.0.0"}) as named:

        async def ask() -> None:
            # Whatever the proxy before it makes of the host.
            for host in (None, "glm.example.org", "app:8501"):
                assert await handshake(named, NAMED, host) == 101
                assert await handshake(named, "http://glm.example.org", host) == 403
                assert await handshake(named, f"{NAMED}:444", host) == 403
            other = f"other.example:{named.port}"
            assert await handshake(named, f"http://{other}", other) == 403
            assert await handshake(named, f"http://127.0.0.1:{named.port}") == 101

        asyncio.run(ask())

"""Whoever asks for large files and does not take them keeps little of them in memory, and none for long."""

import asyncio
import secrets
import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
import streamlit

from glm_playground import bounds
from glm_playground.ledger import Ledger
from glm_playground.service import storage
from tests.condition import wait_until
from tests.ledger.made import keep, made_run
from tests.live.app_process import AppProcess
from tests.live.conftest import serve
from tests.live.doors.test_uploads import rss
from tests.live.recording_tab import RecordingTab
from tests.live.stream_socket import owner_in

pytestmark = pytest.mark.slow

MB = 1024 * 1024
READERS = 40
FILE_BYTES = 10 * MB


class Reader:
    """A connection that asks for a file and takes as little of it as the system lets it."""

    def __init__(self, port: int, path: str, cookies: Mapping[str, str], **headers: str) -> None:
        self._socket = socket.socket()
        # Else the system itself keeps all of it for a reader on the same computer.
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self._socket.settimeout(120)
        self._socket.connect(("127.0.0.1", port))
        cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
        lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", f"Cookie: {cookie}"]
        lines += [f"{name}: {value}" for name, value in ({"Accept-Encoding": "identity"} | headers).items()]
        self._socket.sendall("\r\n".join([*lines, "", ""]).encode())

    def status(self) -> int:
        head = b""
        while b"\r\n" not in head:
            head += self._socket.recv(64)
        return int(head.split()[1])

    def close(self) -> None:
        self._socket.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the app keeps its database."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def app(folder: Path) -> Iterator[AppProcess]:
    environment = {"GLM_PLAYGROUND_DATA_FOLDER": str(folder), "GLM_PLAYGROUND_SANDBOX_ENGINE": "scripted"}
    with serve(folder, environment) as process:
        yield process


@pytest.fixture
def reading() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


async def _large_file(app: AppProcess, folder: Path) -> tuple[RecordingTab, str]:
    """A tab that is offered a file of a long answer, and the file's address."""
    tab = RecordingTab(app.base_url, path="/history")
    await tab.connect()
    await tab.run(30)
    ledger = Ledger.open(f"sqlite:///{folder / storage.FILE_NAME}")
    keep(ledger, owner_in(tab.cookies), made_run(answer=[secrets.token_hex(FILE_BYTES // 2)]))
    ledger.close()
    await tab.run(30)
    await tab.open("history_export")
    for button in tab.widgets("download_button"):
        address = await tab.file_address(button)
        asked = {"Accept-Encoding": "identity"}
        head = httpx.head(f"{app.base_url}{address}", cookies=tab.cookies, headers=asked, trust_env=False)
        if int(head.headers["content-length"]) > FILE_BYTES:
            return tab, address
    raise AssertionError(f"no file is large: {tab.text[-600:]}")


@pytest.mark.parametrize(
    "how", [{}, {"Range": "bytes=1-"}, {"Accept-Encoding": "gzip"}], ids=["whole", "a part", "compressed"]
)
def test_who_takes_no_file_keeps_little_of_them(
    app: AppProcess, folder: Path, reading: ExitStack, how: dict[str, str]
) -> None:
    async def visit() -> None:
        tab, address = await _large_file(app, folder)
        before = rss(app)
        readers = [Reader(app.port, address, tab.cookies, **how) for _ in range(READERS)]
        for reader in readers:
            reading.callback(reader.close)
        said = [reader.status() for reader in readers]
        assert rss(app) - before < 2 * bounds.ANSWERS_BYTES_AN_ADDRESS
        assert set(said[:4]) <= {200, 206, 429}
        assert said.count(429) > READERS / 2
        # What is short still finds room, and what is large does once they are gone.
        assert httpx.get(f"{app.base_url}/healthz", trust_env=False).status_code == 200
        reading.close()
        wait_until(lambda: file_of(app, address, tab.cookies).status_code == 200, 10)
        assert len(file_of(app, address, tab.cookies).content) > FILE_BYTES
        await tab.close()

    asyncio.run(visit())


def test_who_takes_no_script_of_the_page_keeps_none_of_it(app: AppProcess, reading: ExitStack) -> None:
    scripts = sorted((Path(streamlit.__file__).parent / "static" / "static" / "js").glob("*.js"), key=size_of)
    path = f"/static/js/{scripts[-1].name}"
    assert size_of(scripts[-1]) > 2 * MB
    httpx.get(f"{app.base_url}{path}", trust_env=False).raise_for_status()
    before = rss(app)
    readers = [Reader(app.port, path, {}) for _ in range(4 * READERS)]
    for reader in readers:
        reading.callback(reader.close)
    assert {reader.status() for reader in readers} == {200}
    assert rss(app) - before < bounds.ANSWERS_BYTES_AN_ADDRESS


def file_of(app: AppProcess, address: str, cookies: Mapping[str, str]) -> httpx.Response:
    return httpx.get(f"{app.base_url}{address}", cookies=dict(cookies), trust_env=False)


def size_of(path: Path) -> int:
    return path.stat().st_size

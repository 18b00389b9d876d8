"""A key of known spelling goes through the app, every page, fault, file and crash of it, and is found nowhere."""

import asyncio
import base64
import html
import io
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import zipfile
import zlib
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from pydantic import SecretStr

from glm_playground.gateway.callbacks import sign
from tests.certificates import certificate
from tests.ledger import postgres
from tests.live.app_process import AppProcess
from tests.live.canary.echoing_gateway import FAULTS, EchoingGateway
from tests.live.canary.traces import Canary
from tests.live.conftest import UNSET, serve
from tests.live.recording_tab import RecordingTab

pytestmark = pytest.mark.slow

# Each of JSON, addresses, HTML, shells and Markdown spells some of it in its own way.
KEY = """sk-7Qx/9+Zk"w&4Vd<3%E'u~m_C*j"""
OWN = """sk-4Tb'2*Hn/r_8Yf>6+K"q&c%~Xd"""
CALLBACK_SECRET = "Y2FuYXJ5IG9mIHRoZSBjYWxsYmFja3M="
PLANTED = Path(__file__).parent / "planted"


class Found:
    """What was received or stored, by where; looked through at the end."""

    def __init__(self, *keys: str) -> None:
        self._canaries = [Canary(key) for key in keys]
        self.seen: dict[str, list[str]] = {}

    def look(self, where: str, data: bytes) -> None:
        assert data, f"nothing came of {where}"
        if traces := [trace for canary in self._canaries for trace in canary.traces(data)]:
            self.seen[where] = traces


async def paste(tab: RecordingTab, key: str) -> None:
    await tab.open("options")
    await tab.set_value(tab.find_widget("text_input", "key_field"), key)
    await tab.click(tab.find_button("key_use"))
    await tab.wait_finished(20)
    assert "RunAPI lists" in tab.text, tab.text


async def ask_of_faults(tab: RecordingTab, found: Found) -> None:
    for name in FAULTS:
        await tab.submit_chat(f"fault {name}")
        await tab.wait_finished(40)
        await tab.look_everywhere()
        assert {"Markdown", "JSON", "HTML", "Download the bundle"} <= set(tab.files), tab.files
        found.look(f"the answer to {name}", bytes(tab.received))
        tab.received.clear()
        tab.files.clear()
        await tab.press("clear")
    await tab.submit_chat("fail in the engine")
    await tab.wait_finished(40)
    await tab.press("clear")
    await tab.submit_chat("fail on the page")
    await tab.wait_finished(40)
    assert "Something went wrong in this app" in tab.text
    await tab.press("clear")
    found.look("failures", bytes(tab.received))


async def visit(app: AppProcess, found: Found, own_key: str | None) -> None:
    """Goes through every fault, page, file and route."""
    async with RecordingTab(app.base_url, path="/playground") as tab:
        await tab.run(timeout=30)
        if own_key:
            await paste(tab, own_key)
        await ask_of_faults(tab, found)
        # A pasted key is its session's, so the same tab goes on to the other pages.
        runs: list[bytes] = []
        for page in tab.pages:
            tab.received.clear()
            await tab.go_to(page.url_pathname)
            await tab.wait_finished(30)
            await tab.look_everywhere("balance_read", "tasks_look_up")
            runs += re.findall(rb"run=([\w-]+)", tab.received)
            found.look(f"the page {page.url_pathname!r}", bytes(tab.received))
        assert len(set(runs)) >= len(FAULTS)
        await tab.go_to("history")
        await tab.wait_finished(30)
        for run in sorted(set(runs)):
            tab.received.clear()
            tab.query_string = f"run={run.decode()}"
            await tab.run(timeout=30)
            await tab.look_everywhere("task-")
            found.look(f"the page of a run, {tab.query_string}", bytes(tab.received))
        cookies = dict(tab.cookies)
    for path in ("/no-such-page", "/history"):
        async with RecordingTab(app.base_url, path=path, query_string="run=none", cookies=cookies) as tab:
            await tab.run(timeout=30)
            found.look(path, bytes(tab.received))
    await asyncio.to_thread(ask_routes, app, found)
    async with RecordingTab(app.base_url, path="/playground") as tab:
        await tab.run(timeout=30)
        if own_key:
            await paste(tab, own_key)
        await tab.submit_chat("fault letters")
        # faulthandler writes the stack of each thread.
        os.kill(app.pid, signal.SIGABRT)
        await asyncio.to_thread(app.wait, 20)


def ask_routes(app: AppProcess, found: Found) -> None:
    body = json.dumps({"id": "task_1", "status": "completed", KEY: [f"key {KEY}"]}).encode()
    headers = sign("callback-1", body, SecretStr(CALLBACK_SECRET), datetime.now(UTC))
    with httpx.Client(base_url=app.base_url, trust_env=False, timeout=20) as client:
        answers = [
            client.post("/callbacks/runapi", content=body, headers=headers),
            client.post("/callbacks/runapi", content=body),
            *map(client.get, ("/", "/healthz", "/readyz", "/llms.txt", "/api/models.json", "/media/none", "/nothing")),
            *map(client.get, ("/_stcore/health", "/_stcore/metrics", "/_stcore/host-config")),
        ]
    assert answers[0].json() == {"stored": True}
    for answer in answers:
        found.look(str(answer.url), repr(answer.headers).encode() + answer.content)


def stored_values(file: Path) -> bytes:
    """All values of a SQLite file, each whole."""
    with closing(sqlite3.connect(file)) as connection:
        tables = [
            name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE TABLE%'")
        ]
        rows = [row for table in tables for row in connection.execute(f'SELECT * FROM "{table}"')]
    values = [value for row in rows for value in row if value is not None]
    return b"\n".join(value if isinstance(value, bytes) else str(value).encode() for value in values)


def look_at_files(found: Found, folder: Path) -> None:
    for file in folder.rglob("*"):
        if file.is_file() and file.stat().st_size:
            found.look(str(file), file.read_bytes())


def go_through(found: Found, folder: Path, gateway: EchoingGateway, settings: dict[str, str], own: str | None) -> None:
    """Runs the app with its log at its most talkative, goes through it, and lets it crash."""
    environment = {
        "GLM_PLAYGROUND_DATA_FOLDER": str(folder / "data"),
        "GLM_PLAYGROUND_CALLBACK_SECRET": CALLBACK_SECRET,
        "GLM_PLAYGROUND_LOG_LEVEL": "debug",
        "GLM_PLAYGROUND_SANDBOX_ENGINE": "scripted",
        "PYTHONFAULTHANDLER": "1",
        "PYTHONPATH": str(PLANTED),
        **settings,
    }
    (folder / "app").mkdir()
    with serve(folder / "app", environment, {"logger.level": "debug"}) as app:
        asyncio.run(visit(app, found, own))
        log = app.output
    assert "planted" in log
    assert "Fatal Python error: Aborted" in log
    assert "run ended" in log
    assert gateway.keys - {""} == {own or KEY}
    found.look("the log", log.encode())


def test_the_operators_key_is_nowhere(tmp_path: Path) -> None:
    found = Found(KEY)
    with EchoingGateway() as gateway:
        settings = {"RUNAPI_BASE_URL": gateway.url, "RUNAPI_API_KEY": KEY, "PLANTED_IN_WORDS": "1"}
        go_through(found, tmp_path, gateway, settings, None)
        command = [sys.executable, "-m", "glm_playground", "doctor", "--json"]
        said = subprocess.run(
            command, env={**os.environ, **UNSET, **settings}, cwd=tmp_path, capture_output=True, check=False
        )
        found.look("doctor", said.stdout + said.stderr)
    look_at_files(found, tmp_path)
    found.look("the database", stored_values(tmp_path / "data" / "runs.sqlite3"))
    assert found.seen == {}


def test_a_key_that_a_user_pasted_is_nowhere(tmp_path: Path) -> None:
    binaries = postgres.binaries()
    if binaries is None:
        pytest.skip("PostgreSQL is not installed (Debian's package postgresql)")
    found = Found(OWN)
    # RunAPI's own address, which a proxy answers for here.
    made = certificate(tmp_path, "DNS:runapi.ai")
    with EchoingGateway(made) as gateway, postgres.new_server(binaries) as server:
        server.start()
        settings = {
            "HTTPS_PROXY": gateway.url,
            "https_proxy": gateway.url,
            "NO_PROXY": "",
            "no_proxy": "",
            "SSL_CERT_FILE": str(made.authority),
            "GLM_PLAYGROUND_DATABASE_URL": server.url,
            "GLM_PLAYGROUND_LOG_FORMAT": "json",
        }
        go_through(found, tmp_path, gateway, settings, OWN)
        dump = [binaries / "pg_dump", "-h", server.folder, "-U", "tests", "postgres"]
        found.look("the dump", subprocess.run(dump, check=True, capture_output=True).stdout)
        look_at_files(found, Path(server.folder) / "data" / "pg_wal")
    look_at_files(found, tmp_path)
    assert found.seen == {}


def test_the_search_finds_what_it_looks_for(tmp_path: Path) -> None:
    """The canary sings: what is nowhere above would have been seen."""
    canary = Canary(KEY)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.json", json.dumps({"a": f"x{KEY}y"}))
    hidden = [
        f"x{KEY}y".encode(),
        KEY[3:21].encode(),
        json.dumps({"a": KEY}).encode(),
        quote(KEY).encode(),
        html.escape(KEY).encode(),
        *(base64.b64encode(b"x" * before + KEY.encode() + b"y") for before in range(3)),
        zlib.compress(f"x{KEY}y".encode()),
        b"\\x" + zlib.compress(f"x{KEY}y".encode()).hex().encode(),
        packed.getvalue(),
    ]
    assert all(canary.traces(data) for data in hidden)
    assert canary.traces(f"{OWN} {KEY[:10]}".encode()) == []

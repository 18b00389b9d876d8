"""A key of known spelling goes through the app, every page, fault, file and crash of it, and is found nowhere."""

import asyncio
import base64
import html
import io
import json
import sqlite3
import subprocess
import zipfile
import zlib
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.certificates import certificate
from tests.ledger import postgres
from tests.live.canary.echoing_gateway import EchoingGateway
from tests.live.canary.found import KEY, OWN, Found
from tests.live.canary.traces import Canary
from tests.live.canary.visit import CALLBACK_SECRET, visit
from tests.live.conftest import serve

pytestmark = pytest.mark.slow

PLANTED = Path(__file__).parent / "planted"


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
        "GLM_PLAYGROUND_SHARING": "7d",
        "GLM_PLAYGROUND_AUDIENCE_VOTES": "on",
        "PYTHONFAULTHANDLER": "1",
        "PYTHONPATH": str(PLANTED),
        **settings,
    }
    (folder / "app").mkdir()
    with serve(folder / "app", environment, {"logger.level": "debug"}) as app:
        asyncio.run(visit(app, found, own))
        log = app.output
    for where in ("in the engine", "on the page"):
        assert f"planted {where}" in log
    assert "Fatal Python error: Aborted" in log
    assert "run ended" in log
    assert gateway.keys - {""} == {own or KEY}
    found.look("the log", log.encode())


def test_the_operators_key_is_nowhere(tmp_path: Path) -> None:
    found = Found(KEY)
    with EchoingGateway() as gateway:
        settings = {"RUNAPI_BASE_URL": gateway.url, "RUNAPI_API_KEY": KEY, "PLANTED_IN_WORDS": "1"}
        go_through(found, tmp_path, gateway, settings, None)
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
        dump = [str(binaries / "pg_dump"), "-h", str(server.folder), "-U", "tests", "postgres"]
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
    nested = io.BytesIO()
    with zipfile.ZipFile(nested, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("book.xlsx", packed.getvalue())
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
        nested.getvalue(),
    ]
    assert all(canary.traces(data) for data in hidden)
    assert canary.traces(f"{OWN} {KEY[:10]}".encode()) == []

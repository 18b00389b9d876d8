"""Callbacks over real sockets, as the app's route takes them."""

import asyncio
import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from glm_playground.gateway.callbacks import MAX_CALLBACK_BYTES, SIGNATURE_HEADER, sign
from glm_playground.ledger.errors import LedgerLocked
from glm_playground.ui.server import callbacks
from glm_playground.ui.server.callbacks import PATH, callback_route
from tests.live.app_process import AppProcess
from tests.live.sandbox.callback_receiver import KEY, SECRET, SECRET_TEXT, Kept

TEN_MB = 10 * 1024 * 1024
ROOT = Path(__file__).parents[3]


def post(url: str, content: Any, headers: dict[str, str]) -> httpx.Response:
    return httpx.post(url, content=content, headers=headers, trust_env=False, timeout=10)


class TestTaking:
    BODY = json.dumps({"id": "task_1", "status": "completed", "usage": {"cost": 0.0021}}).encode()

    def test_a_new_one_is_stored_and_a_repeated_one_is_not(self, url: str, kept: Kept) -> None:
        now = datetime.now(UTC)
        first = post(url, self.BODY, sign("cb-1", self.BODY, SECRET, now))
        again = post(url, self.BODY, sign("cb-1", self.BODY, SECRET, now + timedelta(seconds=2)))
        assert (first.status_code, first.json()) == (200, {"stored": True})
        assert (again.status_code, again.json()) == (200, {"stored": False})
        assert [(one.id, one.task_id, one.status) for one in kept.callbacks] == [("cb-1", "task_1", "completed")]
        assert kept.callbacks[0].sent_at == now.replace(microsecond=0)
        # A database that is slow must not stop the server's loop.
        assert kept.thread != "receiver"

    @pytest.mark.parametrize(
        ("content", "change", "away", "status"),
        [
            (BODY, {SIGNATURE_HEADER: "cb-1"}, 0, 401),
            (BODY, {SIGNATURE_HEADER: ""}, 0, 401),
            (BODY, {"X-Callback-Id": "cb-2"}, 0, 401),
            (BODY, {}, -301, 401),
            (BODY, {}, 302, 401),
            (b"[1]", {}, 0, 400),
            (b"", {}, 0, 400),
            (b"[" * 100_000, {}, 0, 400),
            (b"{}" + b" " * (MAX_CALLBACK_BYTES - 1), {}, 0, 413),
        ],
    )
    def test_what_is_not_right_is_refused_without_a_word_of_it(
        self, url: str, kept: Kept, *, content: bytes, change: dict[str, str], away: int, status: int
    ) -> None:
        headers = sign("cb-1", content, SECRET, datetime.now(UTC) + timedelta(seconds=away))
        refused = post(url, content, headers | change)
        assert refused.status_code == status
        assert list(refused.json()) == ["error"]
        assert "cb-" not in refused.text
        assert kept.callbacks == []

    @pytest.mark.parametrize("chunked", [True, False])
    def test_ten_megabytes_are_refused(self, url: str, kept: Kept, chunked: bool) -> None:
        content = b'{"a": "' + b"x" * TEN_MB + b'"}'
        pieces = (content[start : start + 65_536] for start in range(0, len(content), 65_536))
        refused = post(url, pieces if chunked else content, sign("cb-1", content, SECRET, datetime.now(UTC)))
        assert refused.status_code == 413
        assert kept.callbacks == []

    @pytest.mark.slow
    def test_half_of_many_bodies_is_not_waited_for(self, url: str, kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(callbacks, "BODY_DEADLINE_S", 0.5)
        now = datetime.now(UTC)
        signed = sign("cb-1", self.BODY, SECRET, now)
        old = sign("cb-1", self.BODY, SECRET, now - timedelta(hours=1))
        halves = {401: [{}, old, signed | {SIGNATURE_HEADER: "short"}], 408: [signed]}
        for status, kinds in halves.items():
            for headers in kinds:
                with half_sent(url, headers) as connection:
                    assert connection.recv(12).decode().split()[1] == str(status)
                    assert rest(connection)
        with ExitStack() as held:
            many = [held.enter_context(half_sent(url, signed)) for _ in range(300)]
            first = [connection.recv(12).decode().split()[1] for connection in many]
            assert set(first) == {"408", "503"}
            assert all(rest(connection) for connection in many)
        assert post(url, self.BODY, signed).json() == {"stored": True}

    @pytest.mark.parametrize(("declared", "most"), [(None, MAX_CALLBACK_BYTES + 65_536), (TEN_MB, 0)])
    def test_no_more_is_read_than_may_be_kept(self, kept: Kept, declared: int | None, most: int) -> None:
        read, answered = asyncio.run(call(kept, declared))
        assert read <= most
        assert answered == 413

    def test_a_sender_that_leaves_is_not_answered(self, kept: Kept) -> None:
        assert asyncio.run(call(kept, None, pieces=3)) == (3 * 65_536, None)
        assert kept.callbacks == []

    def test_a_key_that_its_sender_repeats_is_not_kept(self, url: str, kept: Kept) -> None:
        body = json.dumps(
            {"task_id": f"task-{KEY}", "status": KEY, KEY: [{"said": f"with {KEY}"}, SECRET_TEXT]}
        ).encode()
        assert (
            httpx.post(url, content=body, headers=sign(f"id-{KEY}", body, SECRET, datetime.now(UTC))).status_code == 200
        )
        (stored,) = kept.callbacks
        assert (stored.id, stored.task_id, stored.status) == ("id-[key]", "task-[key]", "[key]")
        assert stored.body["[key]"] == [{"said": "with [key]"}, "[key]"]
        assert KEY not in repr(stored)
        assert SECRET_TEXT not in repr(stored)

    def test_a_ledger_that_cannot_store_has_it_sent_again(self, url: str, kept: Kept) -> None:
        kept.problem = LedgerLocked("runs.sqlite3: another program holds it")
        refused = post(url, self.BODY, sign("cb-1", self.BODY, SECRET, datetime.now(UTC)))
        assert refused.status_code == 503
        assert int(refused.headers["Retry-After"]) > 0
        assert "sqlite" not in refused.text
        kept.problem = None
        assert post(url, self.BODY, sign("cb-1", self.BODY, SECRET, datetime.now(UTC))).json() == {"stored": True}

    def test_without_a_secret_there_is_nothing_here(self, url: str, kept: Kept) -> None:
        kept.secret = None
        assert post(url, self.BODY, sign("cb-1", self.BODY, SECRET, datetime.now(UTC))).status_code == 404

    @pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
    def test_other_methods_are_not_allowed(self, url: str, method: str) -> None:
        refused = httpx.request(method, url, trust_env=False)
        assert (refused.status_code, refused.headers["Allow"]) == (405, "POST")

    @pytest.mark.slow
    def test_it_stands_beside_the_pages_of_streamlit(self, tmp_path: Path) -> None:
        (tmp_path / "page.py").write_text("import streamlit as st\nst.write('a page')\n")
        script = tmp_path / "app.py"
        script.write_text(
            "import streamlit as st\n"
            "from pydantic import SecretStr\n"
            "from glm_playground.ui.server.callbacks import callback_route\n"
            f"secret = SecretStr({SECRET.get_secret_value()!r})\n"
            "app = st.App('page.py', routes=[callback_route(lambda: secret, lambda callback: True)])\n"
        )
        with AppProcess(script, env={"PYTHONPATH": str(ROOT)}) as app:
            url = app.base_url + PATH
            taken = post(url, self.BODY, sign("cb-1", self.BODY, SECRET, datetime.now(UTC)))
            assert (taken.status_code, taken.json()) == (200, {"stored": True})
            assert httpx.get(url, trust_env=False).status_code == 405
            assert post(url, b"x" * TEN_MB, {}).status_code == 401
            page = httpx.get(app.base_url, trust_env=False)
            assert page.headers["content-type"].startswith("text/html")


@contextmanager
def half_sent(url: str, headers: dict[str, str]) -> Iterator[socket.socket]:
    """A connection on which half of a callback was sent."""
    parts = urlsplit(url)
    lines = [f"POST {parts.path} HTTP/1.1", f"Host: {parts.netloc}", "Content-Length: 1000"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=10) as connection:
        connection.sendall("\r\n".join([*lines, "", "{"]).encode())
        yield connection


def rest(connection: socket.socket) -> bool:
    """Whether the other side closes."""
    while connection.recv(4096):
        pass
    return True


async def call(kept: Kept, declared: int | None, pieces: int = TEN_MB // 65_536) -> tuple[int, int | None]:
    """How many bytes of a large body the route reads before it answers, and the status it answers with."""
    route = callback_route(lambda: kept.secret, kept.store)
    signed = sign("cb-1", b"another body", SECRET, datetime.now(UTC))
    headers = [(name.lower().encode(), value.encode()) for name, value in signed.items()]
    if declared:
        headers.append((b"content-length", str(declared).encode()))
    read = before = 0
    status: int | None = None

    async def receive() -> dict[str, Any]:
        nonlocal read
        if read >= pieces * 65_536:
            return {"type": "http.disconnect"}
        read += 65_536
        return {"type": "http.request", "body": b"x" * 65_536, "more_body": True}

    async def send(message: Any) -> None:
        nonlocal before, status
        if message["type"] == "http.response.start":
            before, status = read, message["status"]

    scope = {"type": "http", "method": "POST", "path": PATH, "headers": headers, "query_string": b""}
    await route.app(scope, receive, send)
    return before if status else read, status

"""Callbacks over real sockets: the sandbox sends them, the app's route takes them."""

import asyncio
import base64
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import httpx
import pytest
import uvicorn
from pydantic import SecretStr
from starlette.applications import Starlette

from glm_playground.gateway.callbacks import MAX_CALLBACK_BYTES, SIGNATURE_HEADER, sign, verify
from glm_playground.ledger.errors import LedgerError, LedgerLocked
from glm_playground.ledger.values import Callback
from glm_playground.sandbox.process import SandboxFailed, SandboxProcess
from glm_playground.ui.server import callbacks
from glm_playground.ui.server.callbacks import PATH, callback_route
from tests.live.app_process import AppProcess
from tests.loopback import CannedServer, answer

SECRET = SecretStr(base64.b64encode(b"never to be seen, 32 bytes long.").decode())
SECRET_TEXT = SECRET.get_secret_value()
KEY = "sk-of-the-operator-7c1f"
TEN_MB = 10 * 1024 * 1024
ROOT = Path(__file__).parents[3]


@dataclass
class Kept:
    """What the route stored, by id, as the ledger does."""

    callbacks: list[Callback] = field(default_factory=list)
    secret: SecretStr | None = SECRET
    problem: LedgerError | None = None
    thread: str = ""

    def store(self, callback: Callback) -> bool:
        self.thread = threading.current_thread().name
        if self.problem:
            raise self.problem
        if any(kept.id == callback.id for kept in self.callbacks):
            return False
        self.callbacks.append(callback)
        return True


class Receiver:
    """The route in a Starlette application under uvicorn, in a thread of its own."""

    def __init__(self, kept: Kept) -> None:
        app = Starlette(routes=[callback_route(lambda: kept.secret, kept.store, key=lambda: SecretStr(KEY))])
        self._server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_config=None, timeout_graceful_shutdown=1))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}{PATH}"
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._listener]}, name="receiver")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=10)
        self._listener.close()


@pytest.fixture(scope="module")
def sender() -> Iterator[SandboxProcess]:
    """A sandbox that was given a secret for its callbacks."""
    with SandboxProcess.start("scripted", script="rate=0", callback_secret=SECRET) as process:
        yield process


@pytest.fixture
def client(sender: SandboxProcess) -> Iterator[httpx.Client]:
    with client_of(sender) as client:
        yield client


@pytest.fixture(scope="module")
def receiver() -> Iterator[tuple[Receiver, Kept]]:
    kept = Kept()
    with Receiver(kept) as server:
        yield server, kept


@pytest.fixture
def kept(receiver: tuple[Receiver, Kept]) -> Kept:
    """What the receiver keeps: nothing yet."""
    fresh = receiver[1]
    fresh.callbacks.clear()
    fresh.secret, fresh.problem, fresh.thread = SECRET, None, ""
    return fresh


@pytest.fixture
def url(receiver: tuple[Receiver, Kept], kept: Kept) -> str:
    return receiver[0].url


def client_of(sandbox: SandboxProcess) -> httpx.Client:
    headers = {"Authorization": f"Bearer {sandbox.key}"}
    return httpx.Client(base_url=sandbox.base_url, headers=headers, trust_env=False, timeout=10)


def body_of(script: str, callback_url: object, stream: bool = False) -> dict[str, Any]:
    messages = [{"role": "user", "content": f"@script {script}"}]
    return {"model": "glm-5.1", "messages": messages, "stream": stream, "callback_url": callback_url}


def ask(client: httpx.Client, script: str, callback_url: object, stream: bool = False) -> httpx.Response:
    return client.post("/v1/chat/completions", json=body_of(script, callback_url, stream))


def post(url: str, content: Any, headers: dict[str, str]) -> httpx.Response:
    return httpx.post(url, content=content, headers=headers, trust_env=False, timeout=10)


def wait_for(condition: Callable[[], bool], seconds: float = 8) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        threading.Event().wait(0.005)


class TestSending:
    @pytest.mark.parametrize("stream", [True, False])
    def test_a_finished_run_is_told_with_the_task_that_a_look_up_gives(
        self, client: httpx.Client, url: str, kept: Kept, stream: bool
    ) -> None:
        response = ask(client, "tokens=20", url, stream)
        task_id = response.headers["X-RunAPI-Task-Id"]
        assert "x-sandbox-ignored" not in response.headers
        wait_for(lambda: len(kept.callbacks) == 1)
        (callback,) = kept.callbacks
        assert callback.body == client.get(f"/api/v1/tasks/{task_id}").json()
        assert (callback.task_id, callback.status) == (task_id, "completed")
        assert callback.body["usage"]["cost"] > 0
        assert abs(callback.received_at - callback.sent_at) < timedelta(seconds=5)

    def test_failed_and_abandoned_runs_are_told_once_and_cost_nothing(
        self, client: httpx.Client, url: str, kept: Kept
    ) -> None:
        failed = [
            ask(client, script, url, stream=True).headers["X-RunAPI-Task-Id"]
            for script in ("status=500", "tokens=6 fault=error_midstream", "tokens=6 finish=sensitive")
        ]
        body = body_of("tokens=900 rate=20", url, stream=True)
        with client.stream("POST", "/v1/chat/completions", json=body) as aborted:
            failed.append(aborted.headers["X-RunAPI-Task-Id"])
            next(aborted.iter_raw())
        wait_for(lambda: len(kept.callbacks) == 4)
        told = {callback.task_id: (callback.status, callback.body["usage"]["cost"]) for callback in kept.callbacks}
        assert told == dict.fromkeys(failed, ("failed", 0.0))

    def test_it_is_sent_again_under_its_id_until_it_is_taken_and_no_redirect_is_followed(
        self, client: httpx.Client
    ) -> None:
        with CannedServer(answer(200)) as elsewhere:
            answers = answer(503), answer(307, location=elsewhere.url), answer(204)
            with CannedServer(*answers) as server:
                ask(client, "tokens=3", f"{server.url}/told?by=sandbox")
                wait_for(lambda: len(server.asked) == 3)
            now = datetime.now(UTC)
            signed = [verify(asked.headers, asked.body, SECRET, now) for asked in server.asked]
            assert len({callback.id for callback in signed}) == 1
            assert {(asked.method, asked.path) for asked in server.asked} == {("POST", "/told?by=sandbox")}
            assert all("authorization" not in asked.headers for asked in server.asked)
            assert elsewhere.asked == []

    def test_a_receiver_that_says_nothing_does_not_hold_up_the_answer(self, client: httpx.Client) -> None:
        release = threading.Event()

        def say_nothing(connection: socket.socket) -> None:
            release.wait(8)

        with CannedServer(say_nothing) as silent:
            started = time.perf_counter()
            told = ask(client, "tokens=20", silent.url, stream=True).content
            assert told.endswith(b"data: [DONE]\n\n")
            wait_for(lambda: len(silent.asked) == 1)
            assert ask(client, "tokens=20", silent.url).status_code == 200
            assert time.perf_counter() - started < 2
            release.set()

    @pytest.mark.parametrize(
        "address",
        [
            "https://127.0.0.1/told",
            "http://example.org/told",
            "http://127.0.0.1.example.org/told",
            "http://127.0.0.2/told",
            "http://0.0.0.0/told",
            "http://2130706433/told",
            "http://user@127.0.0.1/told",
            "http://127.0.0.1@example.org/told",
            "http://127.0.0.1\\@example.org/told",
            "http://[::2]/told",
            "http://[::1/told",
            "http://127.0.0.1:99999/",
            "http://127.0.0.1:0/",
            "http://localhost/\n",
            "//127.0.0.1/told",
            "file:///etc/passwd",
            "told",
            "",
        ],
    )
    def test_only_loopback_is_told(self, client: httpx.Client, address: str) -> None:
        refused = ask(client, "tokens=3", address)
        assert (refused.status_code, refused.json()["code"]) == (400, "invalid_request")
        assert refused.json()["error"].startswith("callback_url ")
        assert "X-RunAPI-Task-Id" not in refused.headers

    @pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "LOCALHOST"])
    def test_every_name_of_loopback_is_taken(self, client: httpx.Client, host: str) -> None:
        # Nobody listens on port 9; the answer does not depend on it.
        assert ask(client, "tokens=3", f"http://{host}:9/").status_code == 200

    def test_an_address_is_text(self, client: httpx.Client) -> None:
        assert ask(client, "tokens=3", 7).json()["errors"].keys() == {"callback_url"}
        assert ask(client, "tokens=3", "http://127.0.0.1/" + "a" * 2000).json()["errors"].keys() == {"callback_url"}
        body = json.dumps(body_of("tokens=3", "http://127.0.0.1/\ud800"))
        lone = client.post("/v1/chat/completions", content=body, headers={"Content-Type": "application/json"})
        assert lone.json()["errors"].keys() == {"callback_url"}
        assert ask(client, "tokens=3", None).status_code == 200

    def test_without_a_secret_none_are_sent(self, sandbox: SandboxProcess, url: str) -> None:
        with client_of(sandbox) as client:
            refused = ask(client, "tokens=3", url)
        assert (refused.status_code, refused.json()["code"]) == (400, "invalid_request")
        assert "without a callback secret" in refused.json()["error"]

    def test_the_secret_is_in_no_command_line_and_no_message(self, sender: SandboxProcess) -> None:
        command_line = Path(f"/proc/{sender.pid}/cmdline").read_bytes()
        assert SECRET.get_secret_value().encode() not in command_line
        with pytest.raises(SandboxFailed, match="CALLBACK_SECRET cannot be used") as caught:
            SandboxProcess.start("scripted", callback_secret=SecretStr("no-base64!"))
        assert "no-base64!" not in str(caught.value)


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

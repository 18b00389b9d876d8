"""Callbacks that the sandbox sends over real sockets."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from glm_playground.gateway.callbacks import verify
from glm_playground.sandbox.process import SandboxFailed, SandboxProcess
from tests.live.sandbox.callback_receiver import SECRET, Kept
from tests.loopback import CannedServer, answer


@pytest.fixture(scope="module")
def sender() -> Iterator[SandboxProcess]:
    """A sandbox that was given a secret for its callbacks."""
    with SandboxProcess.start("scripted", script="rate=0", callback_secret=SECRET) as process:
        yield process


@pytest.fixture
def client(sender: SandboxProcess) -> Iterator[httpx.Client]:
    with client_of(sender) as client:
        yield client


def client_of(sandbox: SandboxProcess) -> httpx.Client:
    headers = {"Authorization": f"Bearer {sandbox.key}"}
    return httpx.Client(base_url=sandbox.base_url, headers=headers, trust_env=False, timeout=10)


def body_of(script: str, callback_url: object, stream: bool = False) -> dict[str, Any]:
    messages = [{"role": "user", "content": f"@script {script}"}]
    return {"model": "glm-5.1", "messages": messages, "stream": stream, "callback_url": callback_url}


def ask(client: httpx.Client, script: str, callback_url: object, stream: bool = False) -> httpx.Response:
    return client.post("/v1/chat/completions", json=body_of(script, callback_url, stream))


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

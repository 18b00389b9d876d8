"""What is sent again, what is not, and how long the client waits."""

import socket
import threading
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from glm_playground.gateway import Gateway, GatewayError, errors
from tests.asking import ask_for
from tests.loopback import CannedServer, answer, content, stream
from tests.unit.gateway.exchange import CLASSES, PLAIN, streamed


def refused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


class TestRetries:
    @pytest.mark.parametrize("status", [429, 503])
    def test_what_charged_nothing_is_sent_again(
        self, gateway: Gateway, logged: Callable[..., Any], status: int
    ) -> None:
        told = streamed(gateway, ask_for(f"status={status} fail_times=2 key={uuid.uuid4().hex} text=late"))
        assert (told.error, told.text) == (None, "late")
        assert [attempt.error.status for attempt in told.attempts] == [status, status]
        assert told.pauses == [attempt.pause for attempt in told.attempts]
        assert 0.375 <= told.pauses[0] <= 0.625
        assert 0.75 <= told.pauses[1] <= 1.25
        assert [entry["status"] for entry in logged(told.id)] == [status, status, 200]

    def test_twice_at_most(self, gateway: Gateway, logged: Callable[..., Any]) -> None:
        told = streamed(gateway, ask_for("status=503 retry_after=0"))
        assert isinstance(told.error, errors.ServiceUnavailable)
        assert told.pauses == [0, 0]
        assert len(logged(told.id)) == 3

    def test_a_refused_connection_is_tried_again(self) -> None:
        told = streamed(Gateway("x", f"http://127.0.0.1:{refused_port()}"), PLAIN)
        assert isinstance(told.error, errors.ConnectionRefused)
        assert len(told.attempts) == 2

    def test_every_address_of_a_host_has_to_refuse(self, monkeypatch: pytest.MonkeyPatch) -> None:
        port = refused_port()
        both = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port)) for host in ("127.0.0.1", "127.0.0.2")]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: both)
        told = streamed(Gateway("x", f"http://two.test:{port}"), PLAIN)
        assert isinstance(told.error, errors.ConnectionRefused)

    def test_retry_after_is_obeyed(self, gateway: Gateway) -> None:
        told = streamed(gateway, ask_for(f"status=429 retry_after=30 fail_times=1 key={uuid.uuid4().hex}"))
        assert (told.error, told.pauses) == (None, [30])

    def test_a_date_to_retry_after_is_obeyed(self) -> None:
        date = format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)
        with CannedServer(answer(503, b"", retry_after=date), stream(content("a"), b"[DONE]")) as server:
            told = streamed(Gateway("x", server.url), PLAIN)
        assert told.text == "a"
        assert 17 < told.pauses[0] <= 20

    @pytest.mark.parametrize("nonsense", ["soon", "nan", "-5", "Wed, 99 Foo 2026"])
    def test_a_senseless_retry_after_does_not_matter(self, nonsense: str) -> None:
        with CannedServer(answer(503, b"", retry_after=nonsense), stream(content("a"), b"[DONE]")) as server:
            told = streamed(Gateway("x", server.url), PLAIN)
        assert told.text == "a"
        assert 0 <= told.pauses[0] <= 0.625

    def test_a_long_retry_after_is_not_waited_for(self, gateway: Gateway, logged: Callable[..., Any]) -> None:
        told = streamed(gateway, ask_for("status=429 retry_after=31"))
        assert isinstance(told.error, errors.RateLimited)
        assert (told.error.retry_after, told.pauses) == (31, [])
        assert len(logged(told.id)) == 1

    @pytest.mark.parametrize(
        ("script", "expected"),
        [
            *((f"status={status}", CLASSES[status]) for status in CLASSES if status not in {429, 503}),
            ("tokens=4 fault=drop@0", errors.StreamBroken),
            ("tokens=4 fault=drop@2", errors.StreamBroken),
            ("tokens=4 fault=error_midstream", errors.StreamFailed),
            ("tokens=4 fault=long_line long_line=9000000", errors.StreamLineTooLong),
        ],
    )
    def test_anything_else_is_sent_once(
        self, gateway: Gateway, logged: Callable[..., Any], script: str, expected: type[GatewayError]
    ) -> None:
        told = streamed(gateway, ask_for(script))
        assert type(told.error) is expected
        assert told.attempts == []
        assert len(logged(told.id)) == 1

    @pytest.mark.parametrize(("script", "text"), [("delay=60000", ""), ("text=a%20b%20c%20d fault=hang@3", "a b ")])
    def test_silence_ends_at_the_read_timeout_and_is_not_repeated(
        self, gateway: Gateway, logged: Callable[..., Any], script: str, text: str
    ) -> None:
        told = streamed(gateway, ask_for(script), read_timeout=0.2)
        assert type(told.error) is errors.StreamSilent
        assert (told.text, told.attempts) == (text, [])
        assert len(logged(told.id, until="closed_by_client_ns")) == 1

    def test_silence_before_the_response_is_not_repeated(self) -> None:
        over = threading.Event()
        with CannedServer(lambda _: over.wait(10)) as server:
            told = streamed(Gateway("x", server.url), PLAIN, read_timeout=0.1)
            over.set()
        assert type(told.error) is errors.StreamSilent
        assert len(server.asked) == 1

    def test_no_connection_in_time(self) -> None:
        # TLS that never answers: what is reached is not a connection yet.
        with socket.create_server(("127.0.0.1", 0)) as listener:
            told = streamed(Gateway("x", f"https://127.0.0.1:{listener.getsockname()[1]}"), PLAIN, connect_timeout=0.1)
        assert type(told.error) is errors.ConnectTimeout
        assert told.attempts == []

    def test_a_host_that_is_none(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def unknown(*_: object, **__: object) -> None:
            raise socket.gaierror(-2, "Name or service not known")

        monkeypatch.setattr(socket, "getaddrinfo", unknown)
        told = streamed(Gateway("x", "http://nowhere.test"), PLAIN)
        assert type(told.error) is errors.ConnectionFailed
        assert told.attempts == []

"""The client against real servers on loopback: what it sends, reads, refuses, repeats and never tells."""

import asyncio
import gzip
import logging
import socket
import threading
import traceback
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime
from typing import Any, TypeVar

import pytest
from pydantic import SecretStr

from glm_playground.gateway import (
    Event,
    EventKind,
    Gateway,
    GatewayClient,
    GatewayError,
    connection_pool,
    errors,
    usage_of,
)
from glm_playground.gateway.live import read_prices
from glm_playground.sandbox.errors import STATUS_ERRORS
from glm_playground.sandbox.prices import PLAY_PRICES
from tests.asking import ask_for
from tests.loopback import CannedServer, answer, content, read_request, stream
from tests.unit.gateway.exchange import PLAIN, asked, streamed

T = TypeVar("T")
KEY = "sk-never-to-be-seen-7c1f"


def refused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


CLASSES = {
    400: errors.RequestRejected,
    401: errors.AuthenticationFailed,
    402: errors.CreditsExhausted,
    403: errors.PermissionDenied,
    404: errors.ModelNotFound,
    408: errors.GatewayTimeout,
    409: errors.RequestConflict,
    410: errors.ModelRetired,
    413: errors.PayloadRejected,
    415: errors.PayloadRejected,
    422: errors.RequestRejected,
    429: errors.RateLimited,
    500: errors.ServerFailed,
    502: errors.ServerFailed,
    503: errors.ServiceUnavailable,
    504: errors.GatewayTimeout,
    529: errors.Overloaded,
}


class TestStatuses:
    @pytest.mark.parametrize("shape", [1, 2, 3])
    @pytest.mark.parametrize("status", CLASSES)
    def test_each_status_in_each_shape_has_its_class(self, gateway: Gateway, status: int, shape: int) -> None:
        error = streamed(gateway, ask_for(f"status={status} error_shape={shape}")).error
        code, message = STATUS_ERRORS[status]
        assert error is not None
        assert (type(error), error.status, error.message) == (CLASSES[status], status, message)
        assert error.code == (code if shape != 2 else None)
        assert error.fields == ({"base": (message,)} if shape == 2 else {})
        assert error.request_id
        assert error.request_id.startswith("req_")
        assert error.task_id
        assert error.task_id.startswith("task_")

    @pytest.mark.parametrize(
        ("body", "status", "expected", "message", "code"),
        [
            ({"code": "1211", "message": "no such model"}, 400, errors.ModelNotFound, "no such model", "1211"),
            ({"error": {"code": "1113", "message": "m"}}, 429, errors.CreditsExhausted, "m", "1113"),
            ({"error": "m", "code": "model_limit_exceeded"}, 400, errors.LimitExceeded, "m", "model_limit_exceeded"),
            ({"error": {"message": "m", "code": 7}}, 400, errors.RequestRejected, "m", "7"),
            ({"error": {"message": "m", "type": "t"}}, 418, errors.RequestRejected, "m", "t"),
            ({"error": {"detail": "m"}}, 500, errors.ServerFailed, "m", None),
            (b"<html><TITLE>\n 502 Bad\tGateway</TITLE>body", 502, errors.ServerFailed, "502 Bad Gateway", None),
            (b"<html>nothing to tell", 599, errors.ServerFailed, "Said", None),
            (b"plain words", 500, errors.ServerFailed, "plain words", None),
            ([], 500, errors.ServerFailed, "Said", None),
            (b"[" * 10_000, 500, errors.ServerFailed, "[" * 300, None),
        ],
    )
    def test_bodies_the_sandbox_does_not_send(
        self, body: object, status: int, expected: type[GatewayError], message: str, code: str | None
    ) -> None:
        with CannedServer(answer(status, body)) as server:
            error = streamed(Gateway("x", server.url), PLAIN).error
        assert error is not None
        assert (type(error), error.status, error.message, error.code) == (expected, status, message, code)

    def test_a_proxys_page_is_reduced_to_its_title(self, gateway: Gateway) -> None:
        error = streamed(gateway, ask_for("html=1")).error
        assert isinstance(error, errors.ServerFailed)
        assert error.message == "502 Bad Gateway"

    def test_a_refused_capability_is_told_apart(self, gateway: Gateway) -> None:
        request = ask_for("tokens=3", thinking=True).model_copy(update={"model": "glm-5.2"})
        error = streamed(gateway, request).error
        assert isinstance(error, errors.CapabilityUnsupported)
        assert error.code == "unsupported_model_capability"

    def test_messages_by_field_are_kept(self, gateway: Gateway) -> None:
        error = streamed(gateway, ask_for("tokens=3", temperature=1.5)).error
        assert isinstance(error, errors.RequestRejected)
        assert list(error.fields) == ["temperature"]

    def test_a_body_without_end_is_not_read_to_its_end(self) -> None:
        def endless(connection: socket.socket) -> None:
            connection.sendall(b"HTTP/1.1 500 Said\r\n\r\n")
            while True:
                connection.sendall(b"x" * 65_536)

        with CannedServer(endless) as server:
            error = streamed(Gateway("x", server.url), PLAIN).error
        assert isinstance(error, errors.ServerFailed)


class TestKey:
    def test_a_redirect_is_refused_and_the_key_stays(self) -> None:
        with CannedServer(answer(200, {"data": []})) as other:
            moved = answer(307, b"", location=f"{other.url}/v1/chat/completions")
            with CannedServer(moved) as server:
                gateway = Gateway("x", server.url, key=SecretStr(KEY))
                error = streamed(gateway, PLAIN).error
                with pytest.raises(errors.RedirectRefused):
                    asked(gateway, lambda client: client.models())
                assert server.asked[0].headers["authorization"] == f"Bearer {KEY}"
        assert isinstance(error, errors.RedirectRefused)
        assert error.status == 307
        assert other.asked == []

    def test_the_sandboxs_redirect_is_not_followed(self, gateway: Gateway, logged: Callable[..., Any]) -> None:
        told = streamed(gateway, ask_for("redirect=1"))
        assert isinstance(told.error, errors.RedirectRefused)
        assert [entry["path"] for entry in logged(told.id)] == ["/v1/chat/completions"]

    def test_the_key_goes_to_its_own_origin_only(self) -> None:
        listing = answer(200, {"data": []})
        with CannedServer(listing) as server, CannedServer(listing) as other:
            for url in (f"{other.url}/v1/models", f"{server.url}/v1/models"):
                gateway = Gateway("x", server.url, key=SecretStr(KEY))
                asked(gateway, lambda client, url=url: client.get_json(url))
        assert "authorization" not in other.asked[0].headers
        assert server.asked[0].headers["authorization"] == f"Bearer {KEY}"

    def test_without_a_key_none_is_sent(self) -> None:
        with CannedServer(answer(200, {"data": []})) as server:
            asked(Gateway("x", server.url), lambda client: client.models())
        assert "authorization" not in server.asked[0].headers

    @pytest.mark.parametrize(
        "said",
        [
            answer(401, {"error": f"wrong key {KEY}", "code": KEY}),
            answer(401, {"error": {"message": f"wrong key {KEY}", "code": f"bad:{KEY}"}}),
            answer(422, {"error": "m", "errors": {KEY: [f"of {KEY}"]}}),
            answer(400, {"code": KEY, "message": f"Bearer {KEY}"}),
            answer(500, f"<title>{KEY}</title>".encode()),
            answer(500, f"{'x' * 270} Bearer {KEY}".encode()),
            answer(500, {"error": f"{'x' * 1980} {KEY}"}),
            answer(500, b'{"error": "\\u0073' + KEY[1:].encode() + b'"}'),
            answer(200, {"error": {"message": f"wrong key {KEY}", "code": KEY}}),
            stream(content("a"), {"error": {"message": f"wrong key {KEY}", "code": KEY}}),
            stream(content("a"), {"error": f"wrong key {KEY}"}),
        ],
    )
    def test_a_server_that_echoes_the_key_is_not_repeated(self, said: bytes) -> None:
        with CannedServer(said) as server:
            told = streamed(Gateway("x", server.url, key=SecretStr(KEY)), PLAIN)
        assert told.error is not None
        seen = repr((vars(told.error), str(told.error), repr(told.error), told.events))
        assert KEY[:12] not in seen
        assert "[key]" in seen or "xxxx" in seen

    def test_the_key_is_in_nothing_that_is_printed_or_logged(
        self, gateway: Gateway, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        key = gateway.key
        assert key
        client = GatewayClient(connection_pool(connect_timeout=1, read_timeout=1), gateway)
        told = streamed(gateway, ask_for("status=401"))
        assert told.error
        printed = "".join(traceback.format_exception(told.error)) + repr((gateway, client, told)) + str(vars(client))
        assert key.get_secret_value() not in printed + caplog.text
        assert "receive_response_headers" in caplog.text

    def test_a_proxy_of_the_environment_is_not_between_the_app_and_loopback(
        self, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with CannedServer(answer(418)) as proxy:
            for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
                monkeypatch.setenv(name, proxy.url)
            monkeypatch.delenv("NO_PROXY", raising=False)
            monkeypatch.delenv("no_proxy", raising=False)
            assert asked(gateway, lambda client: client.models())
        assert proxy.asked == []


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


class TestStreams:
    def test_a_stream_with_everything(self, gateway: Gateway) -> None:
        told = streamed(
            gateway, ask_for("text=answer%20here reasoning=3 crlf=1 comments=1 tool_call=1 usage_in_finish=1 done=2")
        )
        kinds = [event.kind for event in told.events]
        assert told.text == "answer here"
        assert kinds[0] is EventKind.ROLE
        assert kinds.count(EventKind.REASONING) == 3
        assert EventKind.COMMENT in kinds
        assert EventKind.TOOL_CALLS in kinds
        assert kinds[-3:] == [EventKind.FINISH, EventKind.USAGE, EventKind.DONE]
        assert told.events == sorted(told.events, key=lambda event: event.at_ns)

    @pytest.mark.parametrize(
        ("fault", "text"),
        [
            ("glued_json", "a b c d e f "),
            ("truncated_json", "a b d e f "),
            ("null_content", "a b c d e f "),
            ("list_content", "a b c d e f "),
            ("long_line", "a b c d e f "),
            ("invalid_utf8", "a b c \ufffd\ufffdd e f "),
        ],
    )
    def test_a_fault_in_one_event_leaves_the_others(self, gateway: Gateway, fault: str, text: str) -> None:
        told = streamed(gateway, ask_for(f"text=a%20b%20c%20d%20e%20f%20 fault={fault}@3"))
        assert (told.error, told.text) == (None, text)

    def test_an_error_in_the_stream(self, gateway: Gateway) -> None:
        told = streamed(gateway, ask_for("text=a%20b%20c%20d fault=error_midstream@3"))
        assert told.text == "a b "
        assert isinstance(told.error, errors.StreamFailed)
        assert (told.error.code, told.error.status) == ("server_error", None)
        assert "stopped in the middle" in told.error.message
        assert told.error.request_id
        assert told.error.task_id

    def test_a_gateway_that_does_not_stream(self) -> None:
        completion = {
            "id": "c",
            "model": "m",
            "choices": [{"message": {"role": "assistant", "content": "whole"}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 1, "completion_tokens": 2},
        }
        with CannedServer(answer(200, completion)) as server:
            told = streamed(Gateway("x", server.url), PLAIN)
        assert [(event.kind, event.text) for event in told.events[:2]] == [
            (EventKind.CONTENT, "whole"),
            (EventKind.FINISH, "stop"),
        ]
        assert usage_of(told.events[2].text).completion_tokens == 2
        assert told.events[3].kind is EventKind.DONE

    @pytest.mark.parametrize(
        "said",
        [
            answer(200, b"<html><title>Welcome</title></html>", content_type="text/html"),
            answer(200, b"", content_type="text/event-stream"),
            answer(200, {"hello": "world"}),
            answer(200, b"not JSON"),
        ],
    )
    def test_what_is_no_chat_completion(self, said: bytes) -> None:
        with CannedServer(said) as server:
            told = streamed(Gateway("x", server.url), PLAIN)
        assert type(told.error) is errors.ResponseUnreadable

    def test_a_compressed_stream(self) -> None:
        head, _, body = stream(content("a"), content("b"), b"[DONE]", content_encoding="gzip").partition(b"\r\n\r\n")
        with CannedServer(head + b"\r\n\r\n" + gzip.compress(body)) as server:
            told = streamed(Gateway("x", server.url), PLAIN)
        assert (told.error, told.text) == (None, "ab")

    def test_the_callback_tells_of_each_read(self) -> None:
        more = threading.Event()
        texts: list[str] = []

        def in_two(connection: socket.socket) -> None:
            connection.sendall(stream(content("a")))
            assert more.wait(5)
            connection.sendall(stream(content("b"), b"[DONE]").partition(b"\r\n\r\n")[2])

        async def question(client: GatewayClient) -> None:
            events: list[Event] = []

            def changed() -> None:
                texts.append("".join(event.text for event in events))
                more.set()

            async with client.stream(PLAIN) as answering:
                await answering.read_into(events, changed)

        with CannedServer(in_two) as server:
            asked(Gateway("x", server.url), question)
        assert texts[0] == "a"
        assert texts[-1] == "ab"


class TestRequests:
    @pytest.mark.parametrize(
        ("base", "chat", "prices"),
        [
            ("", "/v1/chat/completions", "/api/v1/price_schedules"),
            ("/", "/v1/chat/completions", "/api/v1/price_schedules"),
            ("/v1", "/v1/chat/completions", "/api/v1/price_schedules"),
            ("/v1/", "/v1/chat/completions", "/api/v1/price_schedules"),
            ("/api/paas/v4", "/api/paas/v4/chat/completions", "/api/paas/api/v1/price_schedules"),
        ],
    )
    def test_the_address_has_its_version_once(self, base: str, chat: str, prices: str) -> None:
        with CannedServer(stream(b"[DONE]"), answer(200, {"price_schedules": []})) as server:
            gateway = Gateway("x", server.url + base)
            streamed(gateway, PLAIN)
            asked(gateway, lambda client: read_prices(client, None))
        assert [request.path for request in server.asked] == [chat, prices]

    def test_what_is_sent(self, gateway: Gateway, logged: Callable[..., Any]) -> None:
        request = ask_for("tokens=1", "ü", temperature=0.0, max_tokens=7, thinking=False, extra={"seed": 1})
        (entry,) = logged(streamed(gateway, request).id)
        assert entry["body"] == {
            "model": "glm-5.1",
            "messages": [{"role": "user", "content": "@script tokens=1 rate=0\nü"}],
            "stream": True,
            "stream_options": {"include_usage": True},
            "temperature": 0.0,
            "max_tokens": 7,
            "thinking": {"type": "disabled"},
            "seed": 1,
        }

    def test_a_whole_answer(self, gateway: Gateway) -> None:
        completion = asked(gateway, lambda client: client.chat(ask_for("text=whole reasoning=2")))
        texts = {event.kind: event.text for event in completion.events}
        assert texts[EventKind.CONTENT] == "whole"
        assert texts[EventKind.FINISH] == "stop"
        assert usage_of(texts[EventKind.USAGE]).reasoning_tokens == 2
        assert completion.identity.model == "glm-5.1"

    @pytest.mark.parametrize(
        ("fault", "expected"),
        [
            ("error_midstream", errors.StreamFailed),
            ("truncated_json", errors.ResponseUnreadable),
            ("drop", errors.StreamBroken),
            ("hang", errors.StreamSilent),
        ],
    )
    def test_a_whole_answer_that_is_none(self, gateway: Gateway, fault: str, expected: type[GatewayError]) -> None:
        with pytest.raises(expected):
            asked(gateway, lambda client: client.chat(ask_for(f"tokens=2 fault={fault}")), read_timeout=0.2)

    def test_the_models(self, gateway: Gateway) -> None:
        models = asked(gateway, lambda client: client.models())
        assert [model.id for model in models] == list(PLAY_PRICES)
        assert models[0].owned_by == "sandbox"

    @pytest.mark.parametrize(
        ("said", "expected"),
        [
            ({"data": [{"id": "a", "created": "1", "owned_by": 7}, {"id": 5}, None, [], {}]}, ["a"]),
            ({"object": "list", "data": ["a", "b"]}, ["a", "b"]),
            # Together
            ([{"id": "a", "object": "model"}, {"id": "b"}], ["a", "b"]),
            # Cohere, Google
            (
                {"models": [{"name": "command-r", "context_length": 9}, {"name": "models/gemini"}]},
                ["command-r", "models/gemini"],
            ),
            # llama.cpp
            ({"models": [{"name": "m.gguf", "model": "m.gguf"}], "object": "list", "data": [{"id": "m"}]}, ["m"]),
            # Ollama without a model
            ({"object": "list", "data": None}, []),
            ({"data": []}, []),
            (
                {"data": [{"id": "z-ai/glm 4.6 (free)"}, {"id": "模型-1:latest"}, {"id": " "}, {"id": ""}]},
                ["z-ai/glm 4.6 (free)", "模型-1:latest"],
            ),
            ({"data": [{"id": "a\ud800"}, {"id": "b\nc"}, {"id": "d\u202e"}, {"id": "e" * 201}]}, []),
            ({"data": [{"id": "a"}, {"id": "a", "owned_by": "second"}]}, ["a"]),
            ({"data": [{"id": f"m{number}"} for number in range(10_000)]}, [f"m{number}" for number in range(10_000)]),
        ],
    )
    def test_a_list_of_models_in_any_shape(self, said: object, expected: list[str]) -> None:
        with CannedServer(answer(200, said)) as server:
            models = asked(Gateway("x", server.url), lambda client: client.models())
        assert [model.id for model in models] == expected

    def test_a_list_in_pages_is_read_to_its_end(self) -> None:
        first = {"data": [{"id": "a"}, {"id": "b c"}], "has_more": True, "first_id": "a", "last_id": "b c"}
        with CannedServer(answer(200, first), answer(200, {"data": [{"id": "d"}], "has_more": False})) as server:
            models = asked(Gateway("x", server.url), lambda client: client.models())
        assert [model.id for model in models] == ["a", "b c", "d"]
        assert [request.path for request in server.asked] == ["/v1/models", "/v1/models?after_id=b%20c"]

    def test_a_list_that_says_the_same_page_again_is_read_once(self) -> None:
        page = {"data": [{"id": "a"}], "has_more": True, "last_id": "a"}
        with CannedServer(answer(200, page)) as server:
            assert len(asked(Gateway("x", server.url), lambda client: client.models())) == 1
        assert len(server.asked) == 2

    @pytest.mark.parametrize(
        ("said", "expected"),
        [
            (answer(200, {"data": {}}), errors.ResponseUnreadable),
            (answer(200, {"object": "error"}), errors.ResponseUnreadable),
            (answer(200, b"<html>Sign in</html>"), errors.ResponseUnreadable),
            (answer(401, {"error": {"message": "key?"}}), errors.AuthenticationFailed),
            (answer(404, {"detail": "Not Found"}), errors.PathNotFound),
        ],
    )
    def test_what_is_no_list_of_models(self, said: bytes, expected: type[GatewayError]) -> None:
        with CannedServer(said) as server, pytest.raises(expected):
            asked(Gateway("x", server.url), lambda client: client.models())

    def test_the_prices_are_exact_dollars(self, gateway: Gateway) -> None:
        schedule = asked(gateway, lambda client: read_prices(client, None)).prices.schedules["glm-4.5-air"]
        assert (schedule.input, schedule.output, schedule.cache_read) == (
            Decimal("0.1"),
            Decimal("0.55"),
            Decimal("0.02"),
        )
        assert schedule.as_of.startswith("2026-11-23")

    def test_prices_that_cannot_be_used_are_left_out_with_a_reason(self) -> None:
        row = {"currency": "USD", "action": "chat_completion", "output_price_per_1m_cents": 100}
        rows = [
            row | {"model": "good", "input_price_per_1m_cents": "12.5"},
            row | {"model": "odd", "input_price_per_1m_cents": True, "cache_read_price_per_1m_cents": -1},
            row | {"model": "euro", "currency": "EUR"},
            row | {"model": "picture", "action": "image"},
            {"currency": "USD"},
            "x",
        ]
        with CannedServer(answer(200, {"as_of": "then", "price_schedules": rows}), answer(200, [])) as server:
            found = asked(Gateway("x", server.url), lambda client: read_prices(client, None)).prices
            nothing = asked(Gateway("x", server.url), lambda client: read_prices(client, None)).prices
        assert {model: schedule[1:4] for model, schedule in found.schedules.items()} == {
            "good": (Decimal("0.125"), Decimal(1), None),
            "odd": (None, Decimal(1), None),
        }
        assert len(found.ignored) == 3
        assert "EUR" in found.ignored[0]
        assert (nothing.schedules, len(nothing.ignored)) == ({}, 1)

    def test_no_price_list(self) -> None:
        with CannedServer(answer(404, b"")) as server, pytest.raises(errors.NotFound):
            asked(Gateway("x", server.url), lambda client: read_prices(client, None))


def test_a_finished_stream_leaves_its_connection_for_the_next() -> None:
    def two_answers(connection: socket.socket) -> None:
        head, _, body = stream(content("a"), b"[DONE]").replace(b"connection: close", b"x: y").partition(b"\r\n\r\n")
        chunked = b"%b\r\ntransfer-encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (head, len(body), body)
        connection.sendall(chunked)
        read_request(connection)
        connection.sendall(chunked)

    async def question(client: GatewayClient) -> list[list[str]]:
        found = []
        for _ in range(2):
            events: list[Event] = []
            async with client.stream(PLAIN) as answering:
                await answering.read_into(events)
            found.append([event.text for event in events])
        return found

    with CannedServer(two_answers) as server:
        assert asked(Gateway("x", server.url), question) == [["a", ""]] * 2
    assert len(server.asked) == 1


def test_an_answer_ends_with_done_though_the_connection_stays_open() -> None:
    over = threading.Event()

    def left_open(connection: socket.socket) -> None:
        connection.sendall(stream(content("a"), b"[DONE]"))
        over.wait(10)

    with CannedServer(left_open) as server:
        told = streamed(Gateway("x", server.url), PLAIN)
        over.set()
    assert (told.error, told.text) == (None, "a")


def test_leaving_the_stream_closes_the_connection(gateway: Gateway, logged: Callable[..., Any]) -> None:
    request_id = uuid.uuid4().hex

    async def question(client: GatewayClient) -> None:
        async with client.stream(ask_for("tokens=50 fault=hang@3"), client_request_id=request_id):
            pass
        # The server's log says so while the pool is still open.
        await asyncio.to_thread(logged, request_id, "closed_by_client_ns")

    asked(gateway, question)

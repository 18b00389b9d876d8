"""The client against real servers on loopback: what it asks, and the answers it reads."""

import asyncio
import gzip
import socket
import threading
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from glm_playground.gateway import Event, EventKind, Gateway, GatewayClient, GatewayError, errors, usage_of
from glm_playground.gateway.live import read_prices
from tests.asking import ask_for
from tests.loopback import CannedServer, answer, content, read_request, stream
from tests.unit.gateway.exchange import PLAIN, asked, streamed


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

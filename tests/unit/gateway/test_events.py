"""What an event is: every shape that servers stream, as real bytes over loopback, whole and cut anywhere."""

import gzip
import json
import socket
import threading
import zlib
from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glm_playground.gateway import EventKind, Gateway, errors, usage_of
from glm_playground.gateway.sse import EventStreamReader
from tests.loopback import CannedServer, answer, content, stream
from tests.unit.gateway.exchange import PLAIN, Told, streamed
from tests.unit.gateway.shapes import ANSWERS, CONTENT, DONE_EVENT, ERRORS, FINISH, HEARTBEATS, HI, choice, event

DONE = b"[DONE]"


def said(body: bytes, content_type: str = "text/event-stream", status: int = 200) -> bytes:
    head = f"HTTP/1.1 {status} Said\r\ncontent-type: {content_type}\r\nconnection: close\r\n\r\n"
    return head.encode() + body


def told_of(body: bytes, content_type: str = "text/event-stream", status: int = 200) -> Told:
    with CannedServer(said(body, content_type, status)) as server:
        return streamed(Gateway("x", server.url), PLAIN)


def found(body: bytes, pieces: Iterable[int] = ()) -> list[tuple[EventKind, str]]:
    reader = EventStreamReader()
    cuts = sorted({0, len(body), *pieces})
    for start, end in pairwise(cuts):
        reader.feed(body[start:end], 1)
    reader.flush(1)
    return [(kind, text) for _, kind, text in reader.events]


class TestErrors:
    @pytest.mark.parametrize("shape", ERRORS)
    def test_an_error_in_a_stream_is_a_failure_in_the_servers_words(self, shape: str) -> None:
        body, words, code = ERRORS[shape]
        told = told_of(event(content("so far")) + body + DONE_EVENT)
        assert isinstance(told.error, errors.StreamFailed)
        assert told.error.message.startswith(words)
        assert told.error.code == code
        assert told.text == "so far"

    @pytest.mark.parametrize("shape", ERRORS)
    def test_an_error_is_one_wherever_the_bytes_are_cut(self, shape: str) -> None:
        body = event(content("a")) + ERRORS[shape][0]
        whole = found(body)
        assert [kind for kind, _ in whole] == [CONTENT, EventKind.ERROR]
        assert all(found(body, [at]) == whole for at in range(len(body)))
        assert found(body, range(len(body))) == whole

    @pytest.mark.parametrize(
        "harmless",
        [
            choice({"content": "x"}, error=None),
            choice({"content": "x"}, error={}),
            choice({"content": "x"}, error=""),
            choice({"content": "x"}, code=0, message="success"),
            choice({"content": "x"}, base_resp={"status_code": 0, "status_msg": ""}),
            choice({"content": "x"}, detail="cached", success=True),
            {"choices": [], "code": 200, "msg": "ok"},
            {"type": "ping"},
            {"choices": [], "prompt_filter_results": [{"content_filter_results": {"hate": {"filtered": False}}}]},
        ],
    )
    def test_what_only_looks_like_an_error(self, harmless: object) -> None:
        told = told_of(event(harmless) + HI + DONE_EVENT)
        assert told.error is None

    def test_a_good_event_behind_a_named_one_without_data_is_read(self) -> None:
        for end in ("\n", "\r\n", "\r"):
            body = (f"event: error{end}{end}" + HI.decode().replace("\n", end)).encode()
            assert all(found(body, [at])[0] == (CONTENT, "a") for at in range(len(body)))


class TestEnds:
    @pytest.mark.parametrize(
        "end",
        [
            "data:[DONE]",
            "data:  [DONE]  ",
            "data: [done]",
            'data: "[DONE]"',
            "data: DONE",
            "[DONE]",
            "data: data: [DONE]",
        ],
    )
    def test_the_end_in_every_spelling(self, end: str) -> None:
        told = told_of(HI + end.encode() + b"\n\n\xff behind it\n\n" + event({"error": "x"}))
        assert (told.error, told.text, told.kinds[-1]) == (None, "ab", EventKind.DONE)

    def test_a_word_that_an_answer_says_ends_nothing(self) -> None:
        told = told_of(event(content("[DONE]")) + event(content("data: ping")) + DONE_EVENT)
        assert told.text == "[DONE]data: ping"


class TestHeartbeats:
    @pytest.mark.parametrize("name", HEARTBEATS)
    def test_a_heartbeat_is_nothing_of_the_answer(self, name: str) -> None:
        beat = HEARTBEATS[name]
        told = told_of(beat + beat.join([HI, DONE_EVENT]) + beat)
        assert (told.error, told.text) == (None, "ab")
        assert EventKind.UNREADABLE not in told.kinds

    @pytest.mark.parametrize("name", HEARTBEATS)
    def test_heartbeats_without_end_do_not_keep_an_answer_that_ended(self, name: str) -> None:
        over = threading.Event()

        def beats(connection: socket.socket) -> None:
            connection.sendall(said(HI + event({"choices": [], "usage": {"completion_tokens": 2}})))
            while not over.wait(0.01):
                connection.sendall(HEARTBEATS[name])

        with CannedServer(beats) as server:
            told = streamed(Gateway("x", server.url), PLAIN, tail=0.2)
            over.set()
        assert (told.error, told.text, told.of(FINISH)) == (None, "ab", "stop")
        assert EventKind.USAGE in told.kinds
        assert EventKind.DONE not in told.kinds

    def test_an_answer_that_ended_waits_for_its_usage(self) -> None:
        waited = threading.Event()

        def late(connection: socket.socket) -> None:
            connection.sendall(said(HI))
            waited.wait(0.2)
            connection.sendall(event({"choices": [], "usage": {"completion_tokens": 2}}))
            waited.wait(0.2)
            connection.sendall(DONE_EVENT)

        with CannedServer(late) as server:
            told = streamed(Gateway("x", server.url), PLAIN, tail=5)
        assert told.kinds[-2:] == [EventKind.USAGE, EventKind.DONE]

    def test_a_connection_that_breaks_behind_the_end_of_the_answer_breaks_nothing(self) -> None:
        chunk = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n%x\r\n%b\r\n" % (len(HI), HI)
        with CannedServer(chunk) as server:
            told = streamed(Gateway("x", server.url), PLAIN)
        assert (told.error, told.text) == (None, "ab")

    def test_a_connection_that_breaks_before_it_does(self) -> None:
        half = event(content("a"))
        chunk = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n%x\r\n%b\r\n" % (len(half), half)
        with CannedServer(chunk) as server:
            told = streamed(Gateway("x", server.url), PLAIN)
        assert isinstance(told.error, errors.StreamBroken)
        assert told.error.speaker is errors.Speaker.APP


class TestAnswers:
    @pytest.mark.parametrize("name", ANSWERS)
    def test_what_servers_stream_is_read(self, name: str) -> None:
        body, expected = ANSWERS[name]
        assert found(body) == expected
        told = told_of(body + DONE_EVENT)
        assert told.error is None
        assert [(kind, text) for _, kind, text in told.events[:-1]] == expected

    @pytest.mark.parametrize("name", ANSWERS)
    def test_it_is_the_same_wherever_the_bytes_are_cut(self, name: str) -> None:
        body, expected = ANSWERS[name]
        for written in (body, body.replace(b"\n", b"\r\n"), b"\xef\xbb\xbf" + body):
            assert all(found(written, [at]) == expected for at in range(len(written)))
            assert found(written, range(len(written))) == expected

    def test_groq_has_usage_and_times_in_a_field_of_its_own(self) -> None:
        groq = {"id": "req", "usage": {"completion_tokens": 4, "queue_time": 0.02}}
        told = told_of(HI + event(choice({}, None, x_groq=groq)) + DONE_EVENT)
        usage = next(event.text for event in told.events if event.kind is EventKind.USAGE)
        assert usage_of(usage).completion_tokens == 4
        assert json.loads(told.of(EventKind.FIGURES)) == {"x_groq": groq}

    def test_azures_first_chunk_says_nothing_of_who_answers(self) -> None:
        first = {"id": "", "model": "", "choices": [], "prompt_filter_results": []}
        told = told_of(event(first) + event({**content("a"), "id": "c", "model": "glm-5.1"}) + DONE_EVENT)
        assert told.identity
        assert (told.identity.response_id, told.identity.model) == ("c", "glm-5.1")

    def test_a_broken_event_in_a_good_stream_is_counted(self) -> None:
        told = told_of(
            event(content("a")) + b'data: {"choices": [{"delta": {"con\n\n' + event(content("b")) + DONE_EVENT
        )
        assert told.text == "ab"
        assert told.kinds.count(EventKind.UNREADABLE) == 1


WHOLE = {"model": "m", "choices": [{"message": {"content": "ab"}, "finish_reason": "stop"}]}


class TestContentTypes:
    @pytest.mark.parametrize("status", [200, 201, 202])
    @pytest.mark.parametrize(
        "content_type",
        ["text/event-stream", "application/json", "application/json; charset=utf-8", "text/plain", "x/y"],
    )
    def test_a_stream_is_one_whatever_it_is_called(self, content_type: str, status: int) -> None:
        told = told_of(b"\xef\xbb\xbf\n" + HI + DONE_EVENT, content_type, status)
        assert (told.error, told.text) == (None, "ab")
        assert told.kinds[-1] is EventKind.DONE

    @pytest.mark.parametrize("content_type", ["application/json", "text/event-stream", "text/plain", ""])
    def test_a_whole_answer_is_one_whatever_it_is_called(self, content_type: str) -> None:
        told = told_of(json.dumps(WHOLE).encode(), content_type)
        assert (told.error, told.text) == (None, "ab")

    @pytest.mark.parametrize("content_type", ["application/x-ndjson", "application/jsonl", "application/json"])
    def test_one_chunk_a_line(self, content_type: str) -> None:
        lines = [content("a"), content("b"), choice({}, "stop")]
        told = told_of(b"".join(json.dumps(line).encode() + b"\n" for line in lines), content_type)
        assert (told.error, told.text, told.of(FINISH)) == (None, "ab", "stop")

    def test_an_answer_written_for_people_is_read(self) -> None:
        assert told_of(json.dumps(WHOLE, indent=2).encode(), "application/json").text == "ab"

    @pytest.mark.parametrize("encoding", ["gzip", "GZIP", "deflate", "identity", "none", None])
    def test_a_compressed_stream_is_read_though_it_was_not_asked_for(self, encoding: str | None) -> None:
        head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n"
        body = HI + DONE_EVENT
        if encoding:
            head += b"content-encoding: %b\r\n" % encoding.encode()
            body = {"gzip": gzip.compress, "deflate": zlib.compress}.get(encoding.lower(), bytes)(body)
        with CannedServer(head + b"\r\n" + body) as server:
            told = streamed(Gateway("x", server.url), PLAIN)
        assert told.text == "ab"
        assert server.asked[0].headers["accept-encoding"] == "identity"

    @pytest.mark.parametrize(
        ("coding", "kind", "words"),
        [
            ("br", errors.ResponseUnreadable, "the answer is compressed as br"),
            ("compress", errors.ResponseUnreadable, "the answer is compressed as compress"),
            ("gzip", errors.StreamBroken, "Error -3 while decompressing data: incorrect header check"),
        ],
    )
    def test_a_stream_that_cannot_be_unpacked_says_so(
        self, coding: str, kind: type[errors.GatewayError], words: str
    ) -> None:
        head = f"HTTP/1.1 200 OK\r\ncontent-encoding: {coding}\r\nconnection: close\r\n\r\n"
        with CannedServer(head.encode() + b"\x28\xb5\x2f\xfd\x00\x58") as server:
            error = streamed(Gateway("x", server.url), PLAIN).error
        assert type(error) is kind
        assert (error.message, error.speaker) == (words, errors.Speaker.APP)

    @pytest.mark.parametrize(
        ("body", "content_type", "words"),
        [
            (b"<html><title>Sign in</title></html>", "text/html", "the answer is a web page: Sign in"),
            (b"", "text/event-stream", "the answer is empty"),
            (b"[]", "application/json", "the answer is not a chat completion"),
            (b'{"data": []}', "application/json", "the answer is not a chat completion"),
        ],
    )
    def test_what_is_no_answer_is_said_in_our_words(self, body: bytes, content_type: str, words: str) -> None:
        told = told_of(body, content_type)
        assert isinstance(told.error, errors.ResponseUnreadable)
        assert (told.error.message, told.error.speaker) == (words, errors.Speaker.APP)

    @pytest.mark.parametrize(
        ("value", "words", "code"),
        [
            ({"code": 500, "msg": "404 NOT_FOUND", "success": False}, "404 NOT_FOUND", "500"),
            ({"error": {"message": "x", "code": "c"}}, "x", "c"),
            ([{"error": {"code": 400, "message": "x", "status": "INVALID_ARGUMENT"}}], "x", "INVALID_ARGUMENT"),
            ({"base_resp": {"status_code": 1004, "status_msg": "x"}, "choices": None}, "x", "1004"),
        ],
    )
    def test_an_error_with_status_200_fails(self, value: object, words: str, code: str) -> None:
        with CannedServer(answer(200, value)) as server:
            error = streamed(Gateway("x", server.url), PLAIN).error
        assert isinstance(error, errors.StreamFailed)
        assert (error.message, error.code) == (words, code)


def test_headers_that_say_what_the_server_did_are_kept() -> None:
    headers = {"x_litellm_call_id": "c1", "x_litellm_attempted_fallbacks": "2", "x_other": "no"}
    with CannedServer(stream(content("a"), DONE, **headers)) as server:
        told = streamed(Gateway("x", server.url), PLAIN)
    assert told.ids
    assert told.ids.said == (("x-litellm-call-id", "c1"), ("x-litellm-attempted-fallbacks", "2"))


shapes = st.sampled_from([*(body for body, _, _ in ERRORS.values()), *(body for body, _ in ANSWERS.values())])


bodies = st.lists(shapes | st.sampled_from([*HEARTBEATS.values(), DONE_EVENT, HI]), max_size=5).map(b"".join)


line_ends = st.sampled_from([b"\n", b"\r\n", b"\r"])


@settings(max_examples=200)
@given(bodies, line_ends, st.lists(st.integers(0, 5000), max_size=12))
def test_the_cut_of_a_stream_of_any_shapes_changes_nothing(body: bytes, end: bytes, at: list[int]) -> None:
    written = body.replace(b"\r\n", b"\n").replace(b"\n", end)
    assert found(written, [place % (len(written) + 1) for place in at]) == found(written)

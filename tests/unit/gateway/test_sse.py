"""The reader of event streams: the same events however the bytes arrive, and nothing it cannot survive."""

import json
from time import perf_counter

import httpx
import pytest
from httpx_sse import EventSource
from hypothesis import example, given
from hypothesis import strategies as st

from glm_playground.gateway import Event, EventKind, Identity, Usage, usage_of
from glm_playground.gateway.chunks import ChunkReader
from glm_playground.gateway.errors import StreamLineTooLong
from glm_playground.gateway.sse import MAX_LINE_BYTES, EventStreamReader

Found = list[tuple[EventKind, str]]
LINE_ENDS = ("\n", "\r\n", "\r")


def read(*pieces: bytes) -> EventStreamReader:
    reader = EventStreamReader()
    for piece in pieces:
        reader.feed(piece, 1)
    reader.flush(1)
    return reader


def found(*pieces: bytes) -> Found:
    return [(kind, text) for _, kind, text in read(*pieces).events]


def data(value: object, ascii_only: bool = False) -> bytes:
    return b"data: " + json.dumps(value, ensure_ascii=ascii_only).encode() + b"\n\n"


def chunk(content: object, **fields: object) -> dict[str, object]:
    return {"id": "c1", "model": "glm-5.1", "choices": [{"index": 0, "delta": {"content": content}}], **fields}


def cut_at(stream: bytes, places: list[int]) -> list[bytes]:
    """`stream` in pieces; a place beyond its end counts from its beginning again."""
    cuts = sorted({place % (len(stream) + 1) for place in places})
    return [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
counts = st.integers(0, 10**6)
deltas = st.one_of(
    st.fixed_dictionaries({}, optional={"content": st.none() | texts, "reasoning_content": texts, "role": texts}),
    st.fixed_dictionaries({"content": st.lists(st.fixed_dictionaries({"type": texts, "text": texts}), max_size=3)}),
    st.fixed_dictionaries({"tool_calls": st.lists(st.fixed_dictionaries({"index": counts}), max_size=2)}),
    st.none(),
)
choices = st.fixed_dictionaries({"delta": deltas}, optional={"finish_reason": st.none() | texts})
chunks = st.fixed_dictionaries(
    {"choices": st.lists(choices, max_size=2)},
    optional={"id": texts, "usage": st.none() | st.dictionaries(texts, counts, max_size=3), "error": texts},
)
# What a gateway really sends: one chunk after the other that differs in its text, or in little else.
near_texts = texts | st.sampled_from(["a", '"', "\\", '"}}]}', 'a","role":"b', '"content":"b"', "\n", "é😀", ""])
alike = st.one_of(
    st.builds(lambda text: {"choices": [{"delta": {"content": text}}]}, near_texts),
    st.builds(lambda text: {"choices": [{"delta": {"content": text, "role": "b"}}]}, near_texts),
    st.builds(
        lambda text, other: {"choices": [{"delta": {"content": text}}], "content": other}, near_texts, near_texts
    ),
    st.builds(lambda text: {"choices": [{"delta": {"content": [text]}}]}, near_texts),
    # With the fields that servers fill with nothing, or with something.
    st.builds(
        lambda delta, choice, top: {"choices": [{"delta": delta, **choice}], **top},
        st.fixed_dictionaries(
            {"content": near_texts | st.none()},
            optional={
                "reasoning_content": near_texts | st.none(),
                "tool_calls": st.none() | st.just([{"index": 0}]),
                "refusal": st.none() | near_texts,
                "thinking": near_texts,
            },
        ),
        st.fixed_dictionaries(
            {},
            optional={
                "index": st.none() | st.integers(0, 1) | st.just("0"),
                "finish_reason": st.sampled_from([None, "", "stop"]),
                "message": st.none() | st.just({"content": "b"}),
                "usage": st.none() | st.just({"total_tokens": 1}),
                "error": st.none() | near_texts,
                "logprobs": st.none() | st.just({"content": []}),
            },
        ),
        st.fixed_dictionaries(
            {},
            optional={
                "usage": st.none() | st.just({"total_tokens": 1}),
                "object": st.sampled_from(["chat.completion.chunk", "error", None]),
                "created": st.sampled_from([1, 1.5, "1"]),
                "timings": st.just({"predicted_ms": 1.5}),
            },
        ),
    ),
    st.builds(lambda text: {"choices": [{"delta": {"content": text}}], "error": text}, near_texts),
)
places = st.lists(st.integers(0, 2**20), max_size=20)


@st.composite
def streams(draw: st.DrawFn) -> bytes:
    """A valid stream, written in any of the ways the format allows."""
    end = draw(st.sampled_from(LINE_ENDS))
    lines = []
    for value in draw(st.lists(chunks, max_size=6) | st.lists(alike, max_size=12)):
        lines += draw(st.lists(st.sampled_from([": a comment", ":", "event: message", "id: 7", "x", ""]), max_size=2))
        space = draw(st.sampled_from(["", " "]))
        lines += [f"data:{space}{json.dumps(value, ensure_ascii=draw(st.booleans()))}", ""]
    if draw(st.booleans()):
        lines += ["data: [DONE]", ""]
    return "".join(line + end for line in lines).encode()


def by_httpx_sse(stream: bytes) -> Found:
    response = httpx.Response(200, headers={"content-type": "text/event-stream"}, content=stream)
    events: list[Event] = []
    chunks = ChunkReader()
    for sse in EventSource(response).iter_sse():
        if sse.data == "[DONE]":
            events.append(Event(1, EventKind.DONE, ""))
        elif sse.data:
            chunks.add(json.loads(sse.data), 1, events)
    return [(kind, text) for _, kind, text in events]


@given(streams(), places)
def test_valid_streams_are_read_as_httpx_sse_reads_them(stream: bytes, at: list[int]) -> None:
    events = [event for event in found(*cut_at(stream, at)) if event[0] is not EventKind.COMMENT]
    assert events == by_httpx_sse(stream)


plain_fields = st.fixed_dictionaries(
    {"choices": st.lists(choices | st.fixed_dictionaries({"index": st.integers(0, 1), "delta": deltas}), max_size=2)},
    optional={"id": texts, "object": st.sampled_from(["chat.completion.chunk", "error"]), "model": texts},
)


@given(st.lists(plain_fields, max_size=8))
def test_a_field_that_says_nothing_changes_nothing(values: list[dict[str, object]]) -> None:
    """Chunks with only the usual fields are read by `plain_chunk`."""
    first = chunk("a")
    plain = b"".join(data(value) for value in [first, *values])
    padded = b"".join(data({**value, "padding": 0}) for value in [first, *values])
    told = [event for event in found(plain) if event[0] is not EventKind.ERROR]
    assert told == [event for event in found(padded) if event[0] is not EventKind.ERROR]


pieces_of_streams = st.sampled_from(
    [
        *(b"data: ", b"data:", b"data: {", b'{"choices":', b'[{"delta":{"content":"x"}}]', b"}", b"{", b"[", b"]"),
        *(b"[DONE]", b"\n", b"\r", b"\n\n", b":", b"\xff", b"\xc3", b"\xef\xbb\xbf", b'"\\ud83d"', b"1 ", b"null"),
        *(b'"error":{"message":"m"}', b'"usage":{"a":1e999}', b"1" * 5000, b"[" * 2000, b'{"error":' * 500),
    ]
)
anything = st.lists(st.one_of(st.binary(max_size=12), pieces_of_streams), max_size=25).map(b"".join)


@given(anything, places)
@example(b'data: {"error":{"code":"\\ud800"}}\n', [])
@example(b'data: {x}\n\ndata: {"detail":"m"}\n\n', [11])
def test_any_bytes_are_survived_and_the_split_changes_nothing(stream: bytes, at: list[int]) -> None:
    reader = read(*cut_at(stream, at))
    assert [(kind, text) for _, kind, text in reader.events] == found(stream)
    for event in reader.events:
        event.text.encode()  # raises for what could not be stored
        if event.kind in {EventKind.ERROR, EventKind.USAGE, EventKind.TOOL_CALLS}:
            json.loads(event.text)


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        pytest.param(
            data(chunk("a"))[:-2] + data(chunk("b"))[6:] + data(chunk("c")),
            [(EventKind.CONTENT, "a"), (EventKind.CONTENT, "b"), (EventKind.CONTENT, "c")],
            id="two objects glued on one line",
        ),
        pytest.param(
            data(chunk("abcdef")).replace(b"abc", b"abc\n\ndata: ") + data(chunk("g")),
            [(EventKind.CONTENT, "abcdef"), (EventKind.CONTENT, "g")],
            id="an object cut in two lines",
        ),
        pytest.param(
            data(chunk("a"))[:30] + b"\n\n" + data(chunk("b")),
            [(EventKind.UNREADABLE, data(chunk("a"))[6:30].decode()), (EventKind.CONTENT, "b")],
            id="an object cut off, its rest never sent",
        ),
        pytest.param(
            data(chunk("a"))[:30],
            [(EventKind.UNREADABLE, data(chunk("a"))[6:30].decode())],
            id="the stream cut off inside an object",
        ),
        pytest.param(data(chunk("a"))[:-2], [(EventKind.CONTENT, "a")], id="no line end behind the last object"),
        pytest.param(
            data(chunk("aXb")).replace(b"X", b"\xff\xfe"), [(EventKind.CONTENT, "a\ufffd\ufffdb")], id="invalid UTF-8"
        ),
        pytest.param(
            data(chunk("a\ud83db"), ascii_only=True), [(EventKind.CONTENT, "a\ufffdb")], id="half a surrogate pair"
        ),
        pytest.param(data(chunk("😀"), ascii_only=True), [(EventKind.CONTENT, "😀")], id="a whole surrogate pair"),
        pytest.param(data(chunk(None)) + data(chunk("")), [(EventKind.EMPTY, "")] * 2, id="null and empty content"),
        pytest.param(
            data(chunk([{"type": "text", "text": "a"}, {"type": "image"}, "b", 7])),
            [(EventKind.CONTENT, "ab")],
            id="content as a list of parts",
        ),
        pytest.param(
            data({"choices": [{"delta": {"role": "assistant", "content": "", "reasoning": "r"}}]}),
            [(EventKind.REASONING, "r")],
            id="reasoning under its other name",
        ),
        pytest.param(
            data(chunk("a")) + b"data: [DONE]\n\ndata: [DONE]\n\n" + data(chunk("b")),
            [(EventKind.CONTENT, "a"), (EventKind.DONE, "")],
            id="[DONE] twice, and something behind it",
        ),
        pytest.param(
            data(chunk("a", usage={"completion_tokens": 1}) | {"choices": [{"finish_reason": "stop"}]}),
            [(EventKind.FINISH, "stop"), (EventKind.USAGE, '{"completion_tokens": 1}')],
            id="usage in the chunk with the finish_reason",
        ),
        pytest.param(b"\xef\xbb\xbf" + data(chunk("a")), [(EventKind.CONTENT, "a")], id="a byte order mark"),
        pytest.param(
            b'{"error": "no data: before it"}\n', [(EventKind.ERROR, '"no data: before it"')], id="an error on its own"
        ),
        pytest.param(
            data({"choices": "x"}) + data({"choices": [None]}) + data({"choices": [{"delta": 7, "finish_reason": 1}]}),
            [(EventKind.EMPTY, "")] * 3,
            id="fields of other types",
        ),
        pytest.param(
            b"data: {x}\n\n" + data({"usage": {"prompt_tokens": 1}}),
            [(EventKind.UNREADABLE, "{x}"), (EventKind.USAGE, '{"prompt_tokens": 1}')],
            id="usage behind a damaged object",
        ),
        pytest.param(
            b'data: {x\n\nevent: error\ndata: {\ndata: "message": "m"\ndata: }\n\n',
            [(EventKind.UNREADABLE, "{x"), (EventKind.ERROR, '{"message": "m"}')],
            id="an error in several lines behind a damaged object",
        ),
        pytest.param(
            b'event: error\ndata: {"message": "m", "param":\ndata: null\ndata: }\n\n',
            [(EventKind.ERROR, '{"message": "m", "param": null}')],
            id="an error with a line of nothing",
        ),
        pytest.param(
            b"data: 7\n\ndata: null\n\n", [(EventKind.UNREADABLE, "7"), (EventKind.COMMENT, "null")], id="no object"
        ),
    ],
)
def test_what_was_seen_in_the_wild_is_read(stream: bytes, expected: Found) -> None:
    assert found(stream) == expected
    assert found(*(event + b"\n\n" for event in stream.split(b"\n\n"))) == expected
    assert found(*(bytes([byte]) for byte in stream)) == expected


def test_an_error_in_the_stream_is_the_failure() -> None:
    reader = read(data(chunk("a")) + data({"error": {"message": "m", "code": "c"}}) + data({"error": "later"}))
    assert reader.failure == Event(1, EventKind.ERROR, '{"message": "m", "code": "c"}')
    assert reader.events[0].text == "a"


def test_a_null_error_is_none() -> None:
    reader = read(data(chunk("a", error=None)))
    assert reader.failure is None
    assert found(data(chunk("a", error=None))) == [(EventKind.CONTENT, "a")]


def test_the_identity_is_of_the_first_readable_chunk() -> None:
    reader = read(b"data: {broken\n\n" + data(chunk("a", system_fingerprint="f", id=7)) + data(chunk("b")))
    assert reader.identity == Identity(None, "glm-5.1", "f")


def test_events_carry_the_time_of_the_read_that_completed_them() -> None:
    reader = EventStreamReader()
    stream = data(chunk("a")) + data(chunk("b"))
    for at_ns, piece in enumerate(cut_at(stream, [10, 100])):
        reader.feed(piece, at_ns)
    assert [event.at_ns for event in reader.events] == [1, 2]


def test_a_line_of_two_megabytes_is_read() -> None:
    events = found(*cut_at(data(chunk("a", padding="x" * 2_000_000)), list(range(0, 2_000_000, 65_536))))
    assert events == [(EventKind.CONTENT, "a")]


def test_an_event_of_lines_without_end_is_given_up_at_its_limit() -> None:
    reader = EventStreamReader()
    line = b"data: " + b"[" * 65_536 + b"\n"
    with pytest.raises(StreamLineTooLong):
        reader.feed(line * (MAX_LINE_BYTES // 65_536 + 2), 1)


def test_an_event_of_many_lines_takes_linear_time() -> None:
    lines = b"".join(
        b"data: %b\n" % line for line in json.dumps(chunk("a", x=[[0]] * 20_000), indent=1).encode().splitlines()
    )
    start = perf_counter()
    assert found(lines + b"\n") == [(EventKind.CONTENT, "a")]
    assert perf_counter() - start < 5


@pytest.mark.parametrize("start", [b"data: ", b": ", b""])
def test_a_line_without_end_is_given_up_at_its_limit(start: bytes) -> None:
    reader = EventStreamReader()
    reader.feed(data(chunk("a")) + start, 1)
    for _ in range(MAX_LINE_BYTES // 65_536 - 1):
        reader.feed(b"x" * 65_536, 1)
    with pytest.raises(StreamLineTooLong):
        reader.feed(b"x" * 65_537, 1)
    assert [event.text for event in reader.events] == ["a"]


def test_a_long_line_in_many_reads_takes_linear_time() -> None:
    reader = EventStreamReader()
    piece = b"x" * 256
    start = perf_counter()
    for _ in range(MAX_LINE_BYTES // 256):
        reader.feed(piece, 1)
    # About 20 ms; putting the line together at each read would move 130 GB.
    assert perf_counter() - start < 5


def test_a_usage_with_fields_of_other_types_is_read_without_them() -> None:
    usage = {"prompt_tokens": True, "completion_tokens": "three", "total_tokens": -1, "cost": float("nan")}
    assert usage_of(json.dumps(usage)) == Usage()

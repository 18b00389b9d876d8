"""Reads the event stream of a chat completion: which lines carry a chunk, an error, or nothing of the answer.

The format is Server-Sent Events as chat gateways use them (html.spec.whatwg.org/multipage/server-sent-events.html):

    data: {..}             one chunk; `chunks` reads it. A few servers leave `data: ` out
    data: [DONE]           ends the stream
    : text                 a comment, such as a heartbeat
    event: error           the next data is an error, whatever its shape (Anthropic, SGLang behind gateways)
    event: ping            the next data is a heartbeat (Anthropic)
    error: {..}            an error (llama.cpp before 2025)

An event may have several lines of data, which are one value together.

Seen in the wild and survived here: CRLF, glued objects, an object cut in two, invalid UTF-8, control characters in
texts, a repeated [DONE], `data: data: {..}` (a proxy that wraps lines which are events already), a list around a chunk.

httpx-sse reads the same format in general; it is the reference in the tests. Here lines are split on the raw bytes,
which is twice as fast (`python -m bench.client`), bounds a line's length and gives up on one bad line only.
"""

import json
from typing import Any

from pydantic_core import from_json

from glm_playground import bounds
from glm_playground.gateway.chunks import ChunkReader
from glm_playground.gateway.errors import StreamLineTooLong
from glm_playground.gateway.plain_chunk import read_plain_chunk
from glm_playground.gateway.wire import Event, EventKind, Identity, clean_value

MAX_LINE_BYTES = bounds.STREAM_LINE_BYTES
_SHOWN_CHARACTERS = 200
_LONGEST_WORD = 20
_ERROR = b"error"
_HEARTBEATS = frozenset({b"ping", b"heartbeat", b"keepalive", b"keep-alive", b"keep_alive"})
"""Names of events, or whole payloads, that are not of the answer."""
_NOTHING = frozenset({b"null", b"[]"})
"""Payloads without anything in them, which some servers beat with."""
_ENDS = frozenset({b"[done]", b"done"})


class EventStreamReader:
    """Turns the bytes of a stream into events; holds at most one unfinished line and one unfinished object.

    Attributes:
        events: every event so far, oldest first.
        done: True once `[DONE]` was read; later lines are ignored.
        ending: True once the answer said why it ended, failed, or is done.
    """

    def __init__(self, events: list[Event] | None = None) -> None:
        self.events: list[Event] = [] if events is None else events
        self.done = False
        self.ending = False
        self._chunks = ChunkReader()
        self._line: list[bytes] = []
        self._line_bytes = 0
        self._after_cr = False
        self._cut = b""
        self._more: list[bytes] = []
        """Lines of data behind the cut one, of the same event."""
        self._more_bytes = 0
        self._named = b""
        self._inside = False
        """True in an event that has a name, or whose data is not whole yet."""
        self._at_ns = 0

    @property
    def identity(self) -> Identity | None:
        """Who answered, from the first readable chunks; None before."""
        return self._chunks.identity

    @property
    def failure(self) -> Event | None:
        """The error the gateway sent in the stream, if it sent one."""
        return self._chunks.failure

    @property
    def finished(self) -> bool:
        """True once the answer said why it ended; its usage may still come."""
        return self._chunks.finished

    def feed(self, data: bytes, at_ns: int) -> None:
        """Adds the events that `data` completes; they get the time `at_ns`.

        Raises:
            StreamLineTooLong: a line is above `MAX_LINE_BYTES`.
        """
        self._at_ns = at_ns
        if self._after_cr and data.startswith(b"\n"):
            # The second half of a line end.
            data = data[1:]
        if not data:
            return
        has_cr = b"\r" in data
        if not (has_cr or self._line or self._inside) and _is_one_event(data):
            self._after_cr = False
            self._read_object(data[6:-2])
            if self._inside:
                self._end_event()
            return
        end = (max(data.rfind(b"\n"), data.rfind(b"\r")) if has_cr else data.rfind(b"\n")) + 1
        self._after_cr = data.endswith(b"\r")
        if not end:
            self._hold(data)
            return
        complete = data[:end]
        if self._line:
            complete = b"".join(self._line) + complete
            self._line.clear()
            self._line_bytes = 0
        if end < len(data):
            self._hold(data[end:])
        if has_cr:
            complete = complete.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        self._read_lines(complete)

    def flush(self, at_ns: int) -> None:
        """Adds the events of a last line without its end; call it when the connection ended."""
        self._after_cr = False
        self.feed(b"\n", at_ns)
        self._end_event()
        self._give_up_cut()

    def _hold(self, data: bytes) -> None:
        self._line.append(data)
        self._line_bytes += len(data)
        if self._line_bytes > MAX_LINE_BYTES:
            raise StreamLineTooLong(f"one line of the stream is longer than {MAX_LINE_BYTES // 1024**2} MB")

    def _read_lines(self, complete: bytes) -> None:
        for line in complete.split(b"\n")[:-1]:
            if line.startswith(b"data: {"):
                self._read_object(line[6:])
            elif line:
                self._read_line(line)
            elif self._inside:
                # An empty line ends an event, also one without data.
                self._end_event()

    def _read_line(self, line: bytes) -> None:
        text = line.removeprefix(b"\xef\xbb\xbf").strip()
        if text.startswith(b":"):
            self._note(EventKind.COMMENT, text[1:].strip())
        elif text.startswith(b"data:"):
            self._read_data(text[5:].strip())
        elif text.startswith(b"event:"):
            self._end_event()
            name = text[6:].strip().lower()
            self._named = name if name == _ERROR or name in _HEARTBEATS else b""
            self._inside = bool(self._named)
        elif text.startswith(b"error:"):
            self._read_error(text[6:].strip())
        elif text.startswith(b"{"):
            self._read_object(text)
        elif text.lower() in _ENDS:
            self._end()

    def _read_data(self, payload: bytes) -> None:
        while payload.startswith(b"data:"):
            payload = payload[5:].strip()
        word = payload.strip(b'"').lower() if len(payload) < _LONGEST_WORD else b""
        if word in _ENDS:
            self._end()
        elif (
            self._named != _ERROR
            and not self._cut
            and (word in _HEARTBEATS or payload in _NOTHING or payload.startswith(b":"))
        ):
            self._note(EventKind.COMMENT, payload)
        elif payload:
            self._read_object(payload)

    def _end(self) -> None:
        if not self.done:
            self._end_event()
            self._give_up_cut()
            self._note(EventKind.DONE, b"")
            self.done = self.ending = True

    def _end_event(self) -> None:
        """Reads the lines of an event that has several."""
        if self._more:
            lines = b"".join(self._more)
            self._more.clear()
            self._more_bytes = 0
            if self._named:
                # Whatever is cut is of an earlier event.
                self._read_error(lines)
            else:
                whole = self._cut + lines
                self._cut = b""
                self._read_damaged(whole)
        self._named = b""
        self._inside = False

    def _read_object(self, payload: bytes) -> None:
        if self.done:
            return
        if self._named:
            self._read_named(payload)
            return
        if self._cut and self._inside:
            if not _is_chunk(payload):
                self._add_line(payload)
                return
            # Events without an empty line between them.
            self._end_event()
        chunks = self._chunks
        if chunks.told and not self._cut and (plain := read_plain_chunk(payload, chunks.index)):
            chunks.told.add(plain[0])
            self.events.append(Event(self._at_ns, *plain))
            return
        try:
            chunk = from_json(payload)
        except ValueError:
            self._read_damaged(payload)
            return
        if self._cut:
            self._give_up_cut()
        self._add(chunk)

    def _read_named(self, payload: bytes) -> None:
        """Reads the data of an event whose name says that it is none of the answer."""
        if self._named == _ERROR:
            if self._more or (payload.startswith(b"{") and _objects(payload.decode(errors="replace"))[1]):
                self._add_line(payload)
            else:
                self._read_error(payload)
        else:
            self._note(EventKind.COMMENT, payload)

    def _read_error(self, payload: bytes) -> None:
        """Reads what is an error whatever its shape."""
        if self.done or not payload:
            return
        self._give_up_cut()
        values, rest = _objects(payload.decode(errors="replace"))
        error = values[0] if values and not rest else payload.decode(errors="replace")
        if isinstance(error, dict) and error.get("error"):
            error = error["error"]
        self._chunks.fail(error, self._at_ns, self.events)
        self.ending = True

    def _read_damaged(self, payload: bytes) -> None:
        """Reads an object cut in two lines, several on one line, or one with bytes that are not UTF-8."""
        chunks, rest = _objects((self._cut + payload).decode(errors="replace"))
        if self._cut and not chunks:
            # The two halves do not fit: give up the first, keep the second for what follows.
            self._give_up_cut()
            chunks, rest = _objects(payload.decode(errors="replace"))
        for chunk in chunks:
            self._add(chunk)
        self._cut = rest.encode()
        self._inside = bool(rest)
        if len(self._cut) > MAX_LINE_BYTES:
            raise StreamLineTooLong(f"one object of the stream is longer than {MAX_LINE_BYTES // 1024**2} MB")

    def _add_line(self, payload: bytes) -> None:
        self._more.append(payload)
        self._more_bytes += len(payload)
        if self._more_bytes > MAX_LINE_BYTES:
            raise StreamLineTooLong(f"one event of the stream is longer than {MAX_LINE_BYTES // 1024**2} MB")

    def _add(self, chunk: Any) -> None:
        if isinstance(chunk, list) and len(chunk) == 1:
            # Google's compatible API wraps an error in a list, and others a chunk.
            chunk = chunk[0]
        if isinstance(chunk, dict):
            self._chunks.add(chunk, self._at_ns, self.events)
            self.ending = self._chunks.finished or self._chunks.failure is not None
        else:
            self._note(EventKind.UNREADABLE, str(chunk).encode())

    def _give_up_cut(self) -> None:
        if self._cut:
            self._note(EventKind.UNREADABLE, self._cut)
            self._cut = b""

    def _note(self, kind: EventKind, text: bytes) -> None:
        self.events.append(Event(self._at_ns, kind, text.decode(errors="replace")[:_SHOWN_CHARACTERS]))


def _is_one_event(data: bytes) -> bool:
    """Whether `data` is one object and its empty line, as most reads are; a shortcut (`python -m bench.client`)."""
    return data.startswith(b"data: {") and data.endswith(b"}\n\n") and data.find(b"\n") == len(data) - 2


def _is_chunk(payload: bytes) -> bool:
    """Whether a line of data is a chunk of its own, and not a part of one."""
    try:
        value = from_json(payload) if payload.startswith(b"{") else None
    except ValueError:
        return False
    return isinstance(value, dict) and ("choices" in value or "error" in value)


def _objects(text: str) -> tuple[list[Any], str]:
    """The JSON values that stand one behind the other in `text`, and what is left behind the last."""
    values: list[Any] = []
    # Some servers write control characters into texts as they are.
    decoder = json.JSONDecoder(strict=False)
    position = 0
    while position < len(text):
        try:
            value, end = decoder.raw_decode(text, position)
            values.append(clean_value(value))
        except (ValueError, RecursionError):
            break
        position = end
        while position < len(text) and text[position] in " \t,":
            position += 1
    return values, text[position:]

"""Reads the event stream of a chat completion.

The format is Server-Sent Events as chat gateways use them: each `data:` line is one JSON object, `data: [DONE]` ends
the stream, a line that begins with ":" is a comment (html.spec.whatwg.org/multipage/server-sent-events.html). Seen
in the wild and survived here: CRLF, glued objects, an object cut in two, invalid UTF-8, comments, a repeated [DONE].

httpx-sse reads the same format in general; it is the reference in the tests. Here lines are split on the raw bytes,
which is twice as fast (`python -m bench.client`), bounds a line's length and gives up on one bad line only.
"""

import json
from typing import Any

from pydantic_core import from_json

from glm_playground.gateway.errors import StreamLineTooLong
from glm_playground.gateway.wire import Event, EventKind, Identity, add_events, clean_text, identity_of

MAX_LINE_BYTES = 8 * 1024 * 1024
_SHOWN_CHARACTERS = 200


class EventStreamReader:
    """Turns the bytes of a stream into events; holds at most one unfinished line and one unfinished object.

    Attributes:
        events: every event so far, oldest first.
        identity: who answered, from the first readable chunk; None before.
        failure: the error the gateway sent in the stream, if it sent one.
        done: True once `[DONE]` was read; later lines are ignored.
    """

    def __init__(self, events: list[Event] | None = None) -> None:
        self.events: list[Event] = [] if events is None else events
        self.identity: Identity | None = None
        self.failure: Event | None = None
        self.done = False
        self._line: list[bytes] = []
        self._line_bytes = 0
        self._cut = b""
        self._at_ns = 0

    def feed(self, data: bytes, at_ns: int) -> None:
        """Adds the events that `data` completes; they get the time `at_ns`.

        Raises:
            StreamLineTooLong: a line is above `MAX_LINE_BYTES`.
        """
        self._at_ns = at_ns
        has_cr = b"\r" in data
        if not (has_cr or self._line) and _is_one_event(data):
            self._read_object(data[6:-2])
            return
        end = (max(data.rfind(b"\n"), data.rfind(b"\r")) if has_cr else data.rfind(b"\n")) + 1
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
            complete = complete.replace(b"\r", b"\n")
        for line in complete.split(b"\n"):
            if line.startswith(b"data: {"):
                self._read_object(line[6:])
            elif line:
                self._read_line(line)

    def flush(self, at_ns: int) -> None:
        """Adds the events of a last line without its end; call it when the connection ended."""
        self.feed(b"\n", at_ns)
        self._give_up_cut()

    def _hold(self, data: bytes) -> None:
        self._line.append(data)
        self._line_bytes += len(data)
        if self._line_bytes > MAX_LINE_BYTES:
            raise StreamLineTooLong(f"one line of the stream is longer than {MAX_LINE_BYTES // 1024**2} MB")

    def _read_line(self, line: bytes) -> None:
        text = line.removeprefix(b"\xef\xbb\xbf").strip()
        if text.startswith(b":"):
            self._note(EventKind.COMMENT, text[1:].strip())
        elif text.startswith(b"data:"):
            payload = text[5:].strip()
            if payload == b"[DONE]":
                self._end()
            elif payload:
                self._read_object(payload)
        elif text.startswith(b"{"):
            # Some gateways report an error in the middle of a stream without `data:`.
            self._read_object(text)

    def _end(self) -> None:
        if not self.done:
            self._give_up_cut()
            self._note(EventKind.DONE, b"")
            self.done = True

    def _read_object(self, payload: bytes) -> None:
        if self.done:
            return
        try:
            chunk = from_json(payload)
        except ValueError:
            self._read_damaged(payload)
            return
        if self._cut:
            self._give_up_cut()
        self._add(chunk)

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
        if len(self._cut) > MAX_LINE_BYTES:
            raise StreamLineTooLong(f"one object of the stream is longer than {MAX_LINE_BYTES // 1024**2} MB")

    def _add(self, chunk: Any) -> None:
        if not isinstance(chunk, dict):
            self._note(EventKind.UNREADABLE, str(chunk).encode())
            return
        if self.identity is None:
            self.identity = identity_of(chunk)
        add_events(chunk, self._at_ns, self.events)
        if "error" in chunk and self.failure is None and self.events[-1].kind is EventKind.ERROR:
            self.failure = self.events[-1]

    def _give_up_cut(self) -> None:
        if self._cut:
            self._note(EventKind.UNREADABLE, self._cut)
            self._cut = b""

    def _note(self, kind: EventKind, text: bytes) -> None:
        self.events.append(Event(self._at_ns, kind, text.decode(errors="replace")[:_SHOWN_CHARACTERS]))


def _is_one_event(data: bytes) -> bool:
    """Whether `data` is one object and its empty line, as most reads are; a shortcut (`python -m bench.client`)."""
    return data.startswith(b"data: {") and data.endswith(b"}\n\n") and data.find(b"\n") == len(data) - 2


def _objects(text: str) -> tuple[list[Any], str]:
    """The JSON values that stand one behind the other in `text`, and what is left behind the last."""
    values: list[Any] = []
    decoder = json.JSONDecoder()
    position = 0
    while position < len(text):
        try:
            value, end = decoder.raw_decode(text, position)
            values.append(_clean(value))
        except (ValueError, RecursionError):
            break
        position = end
        while position < len(text) and text[position] in " \t,":
            position += 1
    return values, text[position:]


def _clean(value: Any) -> Any:
    """`value` with every text made writable as UTF-8."""
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, list):
        return [_clean(item) for item in value]
    if isinstance(value, dict):
        return {clean_text(key): _clean(item) for key, item in value.items()}
    return value

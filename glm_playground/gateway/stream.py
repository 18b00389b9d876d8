"""An answer being read from a gateway."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass
from time import perf_counter_ns
from typing import cast

import httpx

from glm_playground import bounds
from glm_playground.gateway import errors
from glm_playground.gateway.bodies import MAX_BODY_BYTES, read_completion
from glm_playground.gateway.error_shapes import Told, read_error_value
from glm_playground.gateway.errors import GatewayError
from glm_playground.gateway.figures import FIGURE_HEADERS
from glm_playground.gateway.redaction import RedactedEvents, Redaction
from glm_playground.gateway.sse import EventStreamReader
from glm_playground.gateway.wire import Event, EventKind, Identity

TAIL_S = 2.0
"""How long a stream may go on without anything of the answer once that said why it ended."""

_END_WAIT_S = 0.05
_READ_CODINGS = frozenset({"gzip", "deflate", "identity"})
_LONGEST_CODING = 40
_LONGEST_HEADER = bounds.HEADER_CHARACTERS
_NOT_OF_THE_ANSWER = frozenset({EventKind.COMMENT, EventKind.EMPTY, EventKind.UNREADABLE})


@dataclass(frozen=True)
class ResponseIds:
    """What the response's headers say of itself."""

    request_id: str | None = None
    task_id: str | None = None
    served_by: str | None = None
    """The sandbox names what answered; no other gateway does."""
    said: tuple[tuple[str, str], ...] = ()
    """Name and value of those of `figures.FIGURE_HEADERS` that it carried."""


class _Tail:
    """Ends the reading of a stream that continues without anything of the answer once that said why it ended."""

    def __init__(self, seconds: float, reader: EventStreamReader) -> None:
        self._seconds = seconds
        self._reader = reader

    def postpone(self, deadline: asyncio.Timeout) -> None:
        """Counts from now, where something of the answer is among the reader's new events."""
        if self._reader.finished and any(event.kind not in _NOT_OF_THE_ANSWER for event in self._reader.events):
            deadline.reschedule(asyncio.get_running_loop().time() + self._seconds)


class ChatStream:
    """An answer being read.

    Attributes:
        ids: from the response's headers.
        identity: from the first readable chunks; None before the answer was read.
        t0_ns: `time.perf_counter_ns()` that the events' times count from, just before the request was written.
    """

    def __init__(
        self,
        response: httpx.Response,
        ids: ResponseIds,
        t0_ns: int,
        redaction: Redaction,
        *,
        tail: float = TAIL_S,
    ) -> None:
        self.ids = ids
        self.identity: Identity | None = None
        self._response = response
        self.t0_ns = t0_ns
        self._redaction = redaction
        self._tail = tail
        self._head = b""
        """What a stream of events began with."""

    async def read_into(self, events: list[Event], changed: Callable[[], None] = lambda: None) -> None:
        """Adds each event to `events` as it comes, until the gateway ends the answer.

        Args:
            events: where to add; its last entries stay when an error is raised.
            changed: called after each read of the network that added something.

        Raises:
            GatewayError: StreamFailed, StreamBroken, StreamSilent, StreamLineTooLong or ResponseUnreadable.
        """
        before = len(events)
        redacted = RedactedEvents(events, self._redaction, changed)
        reader = EventStreamReader(redacted.fresh)
        try:
            await self._read(reader, redacted.pass_on)
        except httpx.ReadTimeout:
            raise self._error(errors.StreamSilent, "no data for longer than the read timeout") from None
        except httpx.HTTPError as error:
            # An answer that said why it ended is whole, also where its connection was not closed in order.
            if not reader.finished:
                raise self._error(errors.StreamBroken, str(error) or type(error).__name__) from None
        except errors.StreamLineTooLong as error:
            raise self._error(errors.StreamLineTooLong, error.message) from None
        finally:
            redacted.end()
            self.identity = redacted_identity(self.identity or reader.identity, self._redaction)
        if reader.failure:
            raise stream_failed(reader.failure, self.ids, self._redaction)
        if len(events) == before:
            raise self._error(errors.ResponseUnreadable, self._nothing())

    async def _read(self, reader: EventStreamReader, pass_on: Callable[[], None]) -> None:
        source = self._bytes()
        head = b""
        async for data in source:
            head += data
            if begun := head.removeprefix(b"\xef\xbb\xbf").lstrip():
                break
        else:
            raise self._error(errors.ResponseUnreadable, "the answer is empty")
        # What the answer begins with tells more than its content type: servers mix them up both ways.
        if begun[:1] in b"{[" and self._is_one_value():
            await self._read_whole_body(head, source, reader)
        else:
            await self._read_events(head, source, reader, pass_on)

    async def _read_events(
        self, head: bytes, source: AsyncIterator[bytes], reader: EventStreamReader, pass_on: Callable[[], None]
    ) -> None:
        self._head = head
        t0_ns = self.t0_ns
        reader.feed(head, perf_counter_ns() - t0_ns)
        if reader.done or reader.failure:
            pass_on()
            await _read_to_end(source)
            return
        tail = _Tail(self._tail, reader)
        try:
            async with asyncio.timeout(None) as deadline:
                tail.postpone(deadline)
                pass_on()
                async for data in source:
                    reader.feed(data, perf_counter_ns() - t0_ns)
                    if reader.ending:
                        if reader.done or reader.failure:
                            pass_on()
                            await _read_to_end(source)
                            break
                        tail.postpone(deadline)
                    pass_on()
                else:
                    reader.flush(perf_counter_ns() - t0_ns)
        except TimeoutError:
            # Heartbeats only, since the answer said why it ended.
            return

    def _bytes(self) -> AsyncIterator[bytes]:
        if "content-encoding" in self._response.headers:
            return self._response.aiter_bytes()
        # The stream itself: what `aiter_raw` adds (byte counts, block sizes) costs as much as reading an event.
        return aiter(cast(httpx.AsyncByteStream, self._response.stream))

    def _is_one_value(self) -> bool:
        """Whether the content type is that of one JSON value, or of nothing in particular."""
        kind = self._response.headers.get("content-type", "").partition(";")[0].strip().lower()
        return kind in {"", "application/json", "text/json", "text/plain", "text/html"} or kind.endswith("+json")

    async def _read_whole_body(self, head: bytes, source: AsyncIterator[bytes], reader: EventStreamReader) -> None:
        """Reads the answer of a gateway that does not stream although it was asked to."""
        pieces, size = [head], len(head)
        async for data in source:
            pieces.append(data)
            size += len(data)
            if size > MAX_BODY_BYTES:
                break
        body = b"".join(pieces)
        at_ns = perf_counter_ns() - self.t0_ns
        completion = read_completion(body, at_ns)
        events = reader.events
        if completion is None:
            # One chunk a line, without `data: `.
            reader.feed(body, at_ns)
            reader.flush(at_ns)
            if all(event.kind in _NOT_OF_THE_ANSWER for event in events):
                raise self._error(errors.ResponseUnreadable, "the answer is not a chat completion")
            return
        self.identity = completion.identity
        events.extend(completion.events)
        last = completion.events[-1]
        if last.kind is EventKind.ERROR:
            raise stream_failed(last, self.ids, self._redaction)
        events.append(Event(last.at_ns, EventKind.DONE, ""))

    def _nothing(self) -> str:
        """What to say of a stream without any event."""
        if title := _title(self._head):
            return title
        coding = self._response.headers.get("content-encoding", "").strip().lower()[:_LONGEST_CODING]
        unread = coding and not _READ_CODINGS.issuperset(map(str.strip, coding.split(",")))
        return f"the answer is compressed as {coding}" if unread else "the answer holds no event"

    def _error(self, error: type[GatewayError], message: str) -> GatewayError:
        return error(self._redaction.text(message), request_id=self.ids.request_id, task_id=self.ids.task_id)


async def _read_to_end(source: AsyncIterator[bytes]) -> None:
    """Reads what stands behind the answer, so that the connection can be used again; for a moment at most."""
    with suppress(TimeoutError, httpx.HTTPError):
        async with asyncio.timeout(_END_WAIT_S):
            async for _ in source:
                pass


def _title(page: bytes) -> str:
    """What a web page that came in place of an answer is called."""
    found = re.search(rb"<title[^>]*>([^<]{1,300})", page, re.IGNORECASE)
    return f"the answer is a web page: {' '.join(found[1].decode(errors='replace').split())}" if found else ""


def stream_failed(failure: Event, ids: ResponseIds, redaction: Redaction) -> errors.StreamFailed:
    """What to raise for an error that came with status 200."""
    told = redacted_told(read_error_value(json.loads(failure.text)), redaction)
    return errors.StreamFailed(
        told.message or "an error without words",
        code=told.code,
        fields=told.fields,
        request_id=ids.request_id,
        task_id=ids.task_id,
    )


def redacted_told(told: Told, redaction: Redaction) -> Told:
    """An error's words without the key."""
    text = redaction.text
    fields = {text(name): tuple(map(text, texts)) for name, texts in told.fields.items()}
    return Told(text(told.message), redaction.optional(told.code), fields)


def redacted_identity(identity: Identity | None, redaction: Redaction) -> Identity | None:
    """Who answered, without the key and as short as a header."""
    return identity and Identity(*(_short(text, redaction) for text in identity))


def response_ids(response: httpx.Response, redaction: Redaction) -> ResponseIds:
    """What the headers say, without the key."""
    headers = response.headers
    said = ((name, _short(headers.get(name), redaction)) for name in FIGURE_HEADERS)
    return ResponseIds(
        _short(headers.get("x-request-id"), redaction),
        _short(headers.get("x-runapi-task-id"), redaction),
        _short(headers.get("x-sandbox-served-by"), redaction),
        tuple((name, value) for name, value in said if value),
    )


def _short(text: str | None, redaction: Redaction) -> str | None:
    return redaction.text(text)[:_LONGEST_HEADER] if text is not None else None

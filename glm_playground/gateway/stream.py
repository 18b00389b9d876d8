"""An answer being read from a gateway."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass
from time import perf_counter_ns
from typing import cast

import httpx

from glm_playground.gateway import errors
from glm_playground.gateway.bodies import MAX_BODY_BYTES, read_completion, read_up_to
from glm_playground.gateway.errors import GatewayError
from glm_playground.gateway.sse import EventStreamReader
from glm_playground.gateway.wire import Event, EventKind, Identity, error_fields

_END_WAIT_S = 0.05


@dataclass(frozen=True)
class ResponseIds:
    """What the response's headers say of itself."""

    request_id: str | None = None
    task_id: str | None = None
    served_by: str | None = None
    """The sandbox names what answered; no other gateway does."""


class ChatStream:
    """An answer being read.

    Attributes:
        ids: from the response's headers.
        identity: from the first readable chunk; None before the answer was read.
        t0_ns: `time.perf_counter_ns()` that the events' times count from, just before the request was written.
    """

    def __init__(self, response: httpx.Response, ids: ResponseIds, t0_ns: int, redact: Callable[[str], str]) -> None:
        self.ids = ids
        self.identity: Identity | None = None
        self._response = response
        self.t0_ns = t0_ns
        self._redact = redact

    async def read_into(self, events: list[Event], changed: Callable[[], None] = lambda: None) -> None:
        """Adds each event to `events` as it comes, until the gateway ends the answer.

        Args:
            events: where to add; its last entries stay when an error is raised.
            changed: called after each read of the network that added something.

        Raises:
            GatewayError: StreamFailed, StreamBroken, StreamSilent, StreamLineTooLong or ResponseUnreadable.
        """
        try:
            if "json" in self._response.headers.get("content-type", ""):
                await self._read_whole_body(events)
            else:
                await self._read_events(events, changed)
        except httpx.ReadTimeout:
            raise self._error(errors.StreamSilent, "no data for longer than the read timeout") from None
        except httpx.HTTPError as error:
            raise self._error(errors.StreamBroken, str(error) or type(error).__name__) from None
        except errors.StreamLineTooLong as error:
            raise self._error(errors.StreamLineTooLong, error.message) from None

    async def _read_events(self, events: list[Event], changed: Callable[[], None]) -> None:
        before = len(events)
        t0_ns = self.t0_ns
        reader = EventStreamReader(events)
        source = self._bytes()
        try:
            async for data in source:
                reader.feed(data, perf_counter_ns() - t0_ns)
                changed()
                if reader.done or reader.failure:
                    await _read_to_end(source)
                    break
            else:
                reader.flush(perf_counter_ns() - t0_ns)
        finally:
            self.identity = reader.identity
        if reader.failure:
            raise self._failed(reader.failure, events)
        if len(events) == before:
            raise self._error(errors.ResponseUnreadable, "the answer holds no event")

    def _bytes(self) -> AsyncIterator[bytes]:
        if "content-encoding" in self._response.headers:
            return self._response.aiter_bytes()
        # The stream itself: what `aiter_raw` adds (byte counts, block sizes) costs as much as reading an event.
        return aiter(cast(httpx.AsyncByteStream, self._response.stream))

    async def _read_whole_body(self, events: list[Event]) -> None:
        """Reads the answer of a gateway that does not stream although it was asked to."""
        body = await read_up_to(self._response, MAX_BODY_BYTES)
        completion = read_completion(body, perf_counter_ns() - self.t0_ns)
        if completion is None:
            raise self._error(errors.ResponseUnreadable, "the answer is not a chat completion")
        self.identity = completion.identity
        events.extend(completion.events)
        last = completion.events[-1]
        if last.kind is EventKind.ERROR:
            raise self._failed(last, events)
        events.append(Event(last.at_ns, EventKind.DONE, ""))

    def _failed(self, failure: Event, events: list[Event]) -> GatewayError:
        """The error of `failure`; whatever errors the events hold are kept without the key."""
        for index, event in enumerate(events):
            if event.kind is EventKind.ERROR:
                events[index] = event._replace(text=self._redact(event.text))
        return stream_failed(failure, self.ids, self._redact)

    def _error(self, error: type[GatewayError], message: str) -> GatewayError:
        return error(message, request_id=self.ids.request_id, task_id=self.ids.task_id)


async def _read_to_end(source: AsyncIterator[bytes]) -> None:
    """Reads what stands behind the answer, so that the connection can be used again; for a moment at most."""
    with suppress(TimeoutError, httpx.HTTPError):
        async with asyncio.timeout(_END_WAIT_S):
            async for _ in source:
                pass


def stream_failed(failure: Event, ids: ResponseIds, redact: Callable[[str], str]) -> errors.StreamFailed:
    """What to raise for an error that came with status 200."""
    message, code = error_fields(json.loads(failure.text))
    return errors.StreamFailed(
        redact(message), code=redact(code) if code else None, request_id=ids.request_id, task_id=ids.task_id
    )


def response_ids(response: httpx.Response) -> ResponseIds:
    headers = response.headers
    return ResponseIds(headers.get("x-request-id"), headers.get("x-runapi-task-id"), headers.get("x-sandbox-served-by"))

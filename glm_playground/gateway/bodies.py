"""Reads the bodies and headers of answers that are not streams."""

import json
import math
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from glm_playground import bounds
from glm_playground.gateway.chunks import ChunkReader
from glm_playground.gateway.error_shapes import error_in_chunk
from glm_playground.gateway.wire import ChatCompletion, Event, Identity, clean_value

MAX_BODY_BYTES = bounds.BODY_BYTES
MAX_ERROR_BYTES = bounds.ERROR_BYTES


def read_completion(body: bytes, at_ns: int) -> ChatCompletion | None:
    """The completion that a body of status 200 holds, or its error as the last event; None where it holds neither."""
    try:
        value = clean_value(json.loads(body))
    except (ValueError, RecursionError):
        return None
    if isinstance(value, list) and len(value) == 1:
        # Google's compatible API wraps an error in a list.
        value = value[0]
    if not isinstance(value, dict) or not (isinstance(value.get("choices"), list) or error_in_chunk(value)):
        return None
    events: list[Event] = []
    reader = ChunkReader()
    reader.add(value, at_ns, events)
    return ChatCompletion(tuple(events), reader.identity or Identity())


async def read_up_to(response: httpx.Response, limit: int) -> bytes:
    """At most `limit` bytes of the body; the rest is not read."""
    chunks: list[bytes] = []
    size = 0
    async for chunk in response.aiter_bytes():
        chunks.append(chunk)
        size += len(chunk)
        if size > limit:
            break
    return b"".join(chunks)[:limit]


def read_retry_after(value: str | None) -> float | None:
    """Seconds of a `Retry-After`, which is a number of seconds or an HTTP date."""
    if not value:
        return None
    try:
        seconds: float = float(value)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError):
            return None
    return max(seconds, 0.0) if math.isfinite(seconds) else None

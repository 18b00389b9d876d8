"""Reads the bodies and headers of answers that are not streams."""

import json
import math
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from glm_playground.gateway.wire import ChatCompletion, Event, add_events, error_fields, identity_of

MAX_BODY_BYTES = 32 * 1024 * 1024
MAX_ERROR_BYTES = 64 * 1024


def read_error_body(body: bytes, reason: str) -> tuple[str, str | None, dict[str, tuple[str, ...]]]:
    """Message, code and messages by field of an error's body.

    Understood: {"error": "text", "code": ".."}, {"error": "text", "errors": {field: [..]}}, {"error": {"code",
    "message", "type"}}, Z.ai's flat {"code", "message"}, and an HTML page, reduced to its title. Anything else is
    `reason`.
    """
    text = body.decode(errors="replace").strip()
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        title = re.search(r"<title[^>]*>([^<]{1,300})", text, re.IGNORECASE)
        plain = "" if text.startswith("<") else text
        return (" ".join(title[1].split()) if title else plain[:300] or reason), None, {}
    if not isinstance(value, dict):
        return reason, None, {}
    error = value.get("error")
    if error:
        message, code = error_fields(error)
    else:
        message, code = error_fields(value) if isinstance(value.get("message"), str) else (reason, None)
    outer = value.get("code")
    fields = value.get("errors")
    return (
        message[:2000],
        code or (str(outer) if isinstance(outer, str | int) else None),
        {
            str(name): tuple(str(item)[:500] for item in (items if isinstance(items, list) else [items]))
            for name, items in (fields.items() if isinstance(fields, dict) else ())
        },
    )


def read_completion(body: bytes, at_ns: int) -> ChatCompletion | None:
    """The completion that a body of status 200 holds, or its error as the last event; None where it holds neither."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict) or not (isinstance(value.get("choices"), list) or value.get("error")):
        return None
    events: list[Event] = []
    add_events(value, at_ns, events)
    return ChatCompletion(tuple(events), identity_of(value))


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

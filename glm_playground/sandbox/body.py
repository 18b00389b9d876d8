"""Reading a JSON body, within a limit."""

import json
from typing import Any

from starlette.requests import Request

from glm_playground.sandbox.errors import ApiError

MAX_BODY_BYTES = 8 * 1024 * 1024
_DRAINED_BYTES = 4 * MAX_BODY_BYTES


async def read_json(request: Request) -> tuple[Any, int]:
    """The parsed body and its size in bytes. Raises ApiError 415, 413 or 400, and starlette's ClientDisconnect."""
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        raise ApiError.of_status(415)
    data = bytearray()
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= MAX_BODY_BYTES:
            data += chunk
        # A client that is still writing would not read the answer: read on for a while, keeping nothing.
        elif size > _DRAINED_BYTES:
            break
    if size > MAX_BODY_BYTES:
        raise ApiError(413, "payload_too_large", f"The request body exceeds {MAX_BODY_BYTES} bytes.")
    try:
        return json.loads(bytes(data), parse_constant=_refuse_constant), size
    except (ValueError, RecursionError) as error:
        raise ApiError(400, "invalid_json", f"The body is not valid JSON: {error}") from None


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")

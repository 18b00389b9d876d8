"""How a request is refused before its body is read."""

import asyncio
from contextlib import suppress

from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from glm_playground import logs

LINGER_S = 1.0
MOST_DISCARDED = 8 * 1024 * 1024


class RefusalResponse(JSONResponse):
    """Says why, with the request's id, and closes the connection, so that the rest of a body is not waited for.

    Not at once: a sender that still sends when it is closed would not read why.
    """

    def __init__(self, status: int, why: str, **headers: str) -> None:
        asked = logs.request_id.get()
        said = {"error": why, "request_id": asked} if asked else {"error": why}
        super().__init__(said, status, {"Connection": "close", **headers})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers, and reads what little was under way."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self.body, "more_body": True})
        with suppress(TimeoutError):
            async with asyncio.timeout(LINGER_S):
                await _discard(receive)
        await send({"type": "http.response.body", "body": b""})


async def _discard(receive: Receive) -> None:
    size = 0
    while size < MOST_DISCARDED:
        message = await receive()
        size += len(message.get("body", b""))
        if not message.get("more_body", False):
            return

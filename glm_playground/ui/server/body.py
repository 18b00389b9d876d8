"""The body of a request, read no further than it may be long."""

from contextlib import aclosing

from starlette.requests import Request


async def read_body(request: Request, most: int) -> bytes | None:
    """The body; None where it has more than `most` bytes, of which no more than that is read."""
    try:
        declared = int(request.headers.get("content-length", "0"))
    except ValueError:
        declared = 0
    if declared > most:
        return None
    body = bytearray()
    async with aclosing(request.stream()) as chunks:
        async for chunk in chunks:
            body += chunk
            if len(body) > most:
                return None
    return bytes(body)

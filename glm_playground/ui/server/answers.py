"""Answers on their way to browsers: sent piece by piece, within bounds of bytes, in all and by address, and of time.

What is handed to the server whole is kept until the reader has taken it, for ever where one never does. So no more is
handed over than a piece, each once the one before is on its way, and what waits behind it is counted.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from glm_playground import bounds
from glm_playground.ui.server.address import counted_address
from glm_playground.ui.server.request_heads import abort_connection

RETRY_AFTER_S = 5
_BODY, _START = "http.response.body", "http.response.start"
_log = logging.getLogger(__name__)


class NoRoomForAnswer(Exception):
    """So much is being sent, to this address or to all, that another answer has to wait."""


class SentBytes:
    """Counts the bytes of answers that are being sent.

    Args:
        most: to all addresses.
        most_an_address: to one of them.
    """

    def __init__(self, most: int, most_an_address: int) -> None:
        self._most, self._most_an_address = most, most_an_address
        self._sent: Counter[str] = Counter()
        self.total = 0
        """To all addresses."""

    @contextmanager
    def counting(self, address: str, size: int) -> Iterator[None]:
        """Counts an answer for as long as it is being sent.

        Raises:
            NoRoomForAnswer: it is one too many.
        """
        if self._sent[address] + size > self._most_an_address or self.total + size > self._most:
            raise NoRoomForAnswer
        self._add(address, size)
        try:
            yield
        finally:
            self._add(address, -size)

    def _add(self, address: str, size: int) -> None:
        self.total += size
        self._sent[address] += size
        if not self._sent[address]:
            del self._sent[address]


def pieces(message: Message) -> Iterator[Message]:
    """A body, or a part of one, in pieces of `ANSWER_PIECE_BYTES` at most."""
    body, size = message.get("body", b""), bounds.ANSWER_PIECE_BYTES
    if len(body) <= size:
        yield message
        return
    view, more = memoryview(body), message.get("more_body", False)
    for start in range(0, len(body), size):
        piece = bytes(view[start : start + size])
        yield {"type": _BODY, "body": piece, "more_body": more or start + size < len(body)}


class BoundedAnswers:
    """Sends the answers of `app` so; one for which there is no room is refused, and one that is not taken ends."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.sent = SentBytes(bounds.ANSWERS_BYTES, bounds.ANSWERS_BYTES_AN_ADDRESS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        client = scope.get("client")
        with ExitStack() as counted:
            answer = _Answer(send, self.sent, counted_address(client[0] if client else None), counted)
            await self._app(scope, receive, answer.send)


class _Answer:
    """One answer that is being sent."""

    def __init__(self, send: Send, sent: SentBytes, address: str, counted: ExitStack) -> None:
        self._send, self._sent, self._address, self._counted = send, sent, address, counted
        self._start: Message | None = None
        self._size = 0
        self._deadline = 0.0
        self._over = False

    async def send(self, message: Message) -> None:
        """Sends what `app` says; once the answer is over, nothing."""
        if self._over:
            return
        if message["type"] == _START:
            # Until its body is there nobody knows whether there is room for it.
            self._start = message
        elif message["type"] == _BODY:
            await self._send_body(message)
        else:
            await self._send(message)

    async def _send_body(self, message: Message) -> None:
        start, self._start = self._start, None
        try:
            self._count(len(message.get("body", b"")))
        except NoRoomForAnswer:
            if start is not None:
                await self._refuse()
                return
        loop = asyncio.get_running_loop()
        self._deadline = self._deadline or loop.time() + bounds.ANSWER_S
        try:
            if start is not None:
                await self._send(start)
            for piece in pieces(message):
                async with asyncio.timeout_at(min(self._deadline, loop.time() + bounds.ANSWER_PIECE_S)):
                    await self._send(piece)
        except TimeoutError:
            self._over = True
            _log.info("a reader did not take an answer in time")
            await abort_connection()

    def _count(self, size: int) -> None:
        # What the app sends in parts is no larger at any time than a part.
        more = max(size, bounds.ANSWER_PIECE_BYTES) - self._size
        if more > 0:
            self._counted.enter_context(self._sent.counting(self._address, more))
            self._size += more

    async def _refuse(self) -> None:
        self._over = True
        why = {"error": "too much is being sent to this address already: try again in a moment"}
        said = JSONResponse(why, 429, {"Retry-After": str(RETRY_AFTER_S)})
        await self._send({"type": _START, "status": said.status_code, "headers": said.raw_headers})
        await self._send({"type": _BODY, "body": said.body})

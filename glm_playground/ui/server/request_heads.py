"""Requests whose head never comes whole: their connections are closed at a deadline, and are bounded in number.

The server itself waits for the first whole head of a connection for ever, and so it does for one that began after an
answer. It has no setting for that, so its protocol is extended here.
"""

import asyncio
import logging
import signal
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, Protocol, cast

from glm_playground import bounds

DEADLINE_S = bounds.HEAD_S
MOST_WAITING = bounds.HEADS
_log = logging.getLogger(__name__)
_connection: ContextVar[asyncio.WriteTransport | None] = ContextVar("connection", default=None)
"""Of the request that is being answered."""


class _Config(Protocol):
    """What is used of `uvicorn.Config`."""

    http_protocol_class: type[asyncio.Protocol]


def bound_request_heads() -> None:
    """Bounds them for the connections that the running server takes from now on; for its loop, at its start."""
    # The server puts its own end before SIGTERM; Streamlit, which made it, gives no other way to it.
    server = getattr(signal.getsignal(signal.SIGTERM), "__self__", None)
    config = cast("_Config | None", getattr(server, "config", None))
    if config is None or not isinstance(getattr(config, "http_protocol_class", None), type):
        _log.warning("the server is not the expected one: half-sent heads of requests are not bounded")
        return
    config.http_protocol_class = bounded(config.http_protocol_class)


async def abort_connection() -> None:
    """Ends the connection of the request that is being answered at once, and forgets what waits to be taken.

    The server would wait for ever until that is taken.

    Raises:
        TimeoutError: it is not known; the server closes the connection of an answer that is not whole.
    """
    connection = _connection.get()
    if connection is None:
        raise TimeoutError
    connection.abort()
    # The server learns of it in the next turn of the loop.
    await asyncio.sleep(0)


def bounded(
    protocol: type[asyncio.Protocol], deadline: float = DEADLINE_S, most: int = MOST_WAITING
) -> type[asyncio.Protocol]:
    """`protocol`, one of uvicorn's, with the bounds: `deadline` in seconds, and `most` connections at once, of which
    the oldest makes room."""
    waiting: dict[Any, asyncio.TimerHandle] = {}
    base: Any = protocol

    class Bounded(base):  # type: ignore[misc]
        """A connection."""

        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            super().connection_made(transport)
            self._wait()

        def data_received(self, data: bytes) -> None:
            # The task that answers begins in here, with what is known here.
            known = _connection.set(self.transport)
            try:
                super().data_received(data)
            finally:
                _connection.reset(known)
            # Its task begins later, so what came whole just now is not answered yet.
            has_head = self.cycle is not None and not self.cycle.response_complete
            if has_head or self.transport.is_closing() or self.transport.get_protocol() is not self:
                self._go_on()
            else:
                self._wait()

        def connection_lost(self, exc: Exception | None) -> None:
            self._go_on()
            super().connection_lost(exc)

        def _wait(self) -> None:
            if self in waiting:
                return
            if len(waiting) >= most:
                next(iter(waiting))._give_up()
            waiting[self] = asyncio.get_running_loop().call_later(deadline, self._give_up)

        def _go_on(self) -> None:
            if timer := waiting.pop(self, None):
                timer.cancel()

        def _give_up(self) -> None:
            self._go_on()
            abort: Callable[[], None] = self.transport.abort
            abort()

    return Bounded

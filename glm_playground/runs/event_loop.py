"""The event loop that streams are driven in."""

import asyncio
import socket
import sys
from concurrent.futures import Future
from threading import Thread
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    _Loop = asyncio.SelectorEventLoop
elif sys.platform == "win32":
    _Loop = asyncio.ProactorEventLoop
else:
    # Each chunk of a slow stream is a read of its own, and uvloop does those at a third of the cost
    # (`python -m bench.load many --chats 160`); it does not exist for Windows.
    from uvloop import Loop as _Loop

_Addresses = list[tuple[Any, ...]]
_Question = tuple[Any, ...]


class EventLoop(_Loop):
    """A loop in which the address of a host is looked up in a thread of its own, once for all who ask meanwhile.

    A look-up cannot be ended: where the server of names is silent it takes 10 s or more. In the few threads that loops
    have for all of them, those for one host that nobody knows would hold up the requests to every other one.
    """

    def __init__(self) -> None:
        super().__init__()
        self._lookups: dict[_Question, asyncio.Future[_Addresses]] = {}

    async def getaddrinfo(
        self, host: Any, port: Any, *, family: int = 0, type: int = 0, proto: int = 0, flags: int = 0
    ) -> _Addresses:
        """As `socket.getaddrinfo`."""
        question = (host, port, family, type, proto, flags)
        if question not in self._lookups:
            told: Future[_Addresses] = Future()
            # It cannot be cancelled from now on.
            told.set_running_or_notify_cancel()
            Thread(target=_look_up, args=(question, told), name="look-up of a host", daemon=True).start()
            lookup = self._lookups[question] = asyncio.wrap_future(told, loop=self)
            lookup.add_done_callback(lambda _: self._forget(question))
        # Who asked may leave; the others go on waiting.
        return await asyncio.shield(self._lookups[question])

    def close(self) -> None:
        """Ends the loop; what is still looked up is told to nobody."""
        for lookup in self._lookups.values():
            lookup.cancel()
        super().close()

    def _forget(self, question: _Question) -> None:
        lookup = self._lookups.pop(question)
        # Nobody may be there any more to take the error.
        if not lookup.cancelled():
            lookup.exception()


def _look_up(question: _Question, told: "Future[_Addresses]") -> None:
    try:
        told.set_result(socket.getaddrinfo(*question))
    except Exception as error:  # noqa: BLE001 - who waits must be told
        told.set_exception(error)

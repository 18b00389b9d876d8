"""SIGTERM: nothing new is sent, answers that are running go on for a while, then the server ends.

`/readyz` says so meanwhile. A second SIGTERM, and Ctrl-C, end it at once; what still runs is kept as interrupted.
"""

import asyncio
import logging
import signal
import threading
from time import monotonic

from glm_playground.logs import fields
from glm_playground.service import runtime

_log = logging.getLogger(__name__)
_LOOKS_UP_EVERY_S = 0.05
_LAST_TOKENS_S = 0.5
"""The last tokens are still on their way to the browsers when the last answer has ended."""


def drain_on_terminate(seconds: float) -> None:
    """Puts the draining before what SIGTERM does; for the server's loop, once its own handler is in place."""
    end = signal.getsignal(signal.SIGTERM)
    if threading.current_thread() is not threading.main_thread() or not callable(end) or not seconds:
        return
    loop = asyncio.get_running_loop()
    tasks: list[asyncio.Task[None]] = []

    async def drain() -> None:
        engine = runtime.engine()
        engine.drain()
        deadline = monotonic() + seconds
        _log.warning("draining", extra=fields(running=engine.asking, seconds=seconds))
        had_some = bool(engine.asking)
        while engine.asking and monotonic() < deadline:
            await asyncio.sleep(_LOOKS_UP_EVERY_S)
        if had_some:
            await asyncio.sleep(min(_LAST_TOKENS_S, max(0.0, deadline - monotonic())))
        _log.warning("drained", extra=fields(cut=engine.asking))
        end(signal.SIGTERM, None)

    def begin(_number: int, _frame: object) -> None:
        signal.signal(signal.SIGTERM, end)
        loop.call_soon_threadsafe(lambda: tasks.append(loop.create_task(drain())))

    signal.signal(signal.SIGTERM, begin)

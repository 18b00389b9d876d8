"""What the engine keeps of one run while it drives it."""

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta

from glm_playground.runs.caps import UsageClaim
from glm_playground.runs.cost import Price
from glm_playground.runs.live_run import LiveRun

_log = logging.getLogger(__name__)

AskPrice = Callable[[], Awaitable[Price | None]]
"""Gives the price that a run's cost is computed with; asked once, when it has ended."""


async def no_price() -> Price | None:
    """Nobody says the price."""
    return None


@dataclass
class Drive:
    """A running run, its task, and who waits for it."""

    run: LiveRun
    price: AskPrice
    claim: UsageClaim | None = None
    """What the run may use at most; None where no cap holds for it, or one refused it."""
    on_end: Callable[[LiveRun], None] | None = None
    """Called once, when it has ended."""
    repeat: bool = True
    """Whether a request that was refused before anything was charged is sent again."""
    changed: threading.Condition = field(default_factory=threading.Condition)
    waiting: int = 0
    ended: threading.Event = field(default_factory=threading.Event)
    watchers: list[threading.Event] = field(default_factory=list)
    first_watchers: list[threading.Event] = field(default_factory=list)
    stopping: bool = False
    behind: "Drive | None" = None
    task: "asyncio.Task[None] | None" = None
    t0_ns: int = 0
    """`perf_counter_ns()` that the run's times count from."""

    def begin(self, t0_ns: int) -> None:
        """Counts times from `t0_ns` on; what was refused before has times below zero."""
        earlier = t0_ns - self.t0_ns
        events = self.run.events
        events[:] = [event._replace(at_ns=event.at_ns - earlier) for event in events]
        self.run.started_at += timedelta(microseconds=earlier / 1000)
        self.t0_ns = t0_ns

    def tell(self) -> None:
        # Nobody waits most of the time; then a chunk costs no lock.
        if self.waiting:
            with self.changed:
                self.changed.notify_all()
        if self.first_watchers and self.run.has_delta:
            for watcher in tuple(self.first_watchers):
                watcher.set()


async def price_of(drive: Drive) -> Price | None:
    """The price of an ended run; None where asking for it fails."""
    if drive.run.replayed:
        return None
    try:
        return await drive.price()
    except asyncio.CancelledError:
        return None
    except Exception:  # noqa: BLE001 - the run must end whatever its price does
        _log.exception("the price of run %s is not known", drive.run.id)
        return None


async def turn_of(drive: Drive) -> None:
    """Waits until every run before this one has ended."""
    ahead = drive.behind
    while ahead and ahead.task:
        await asyncio.wait({ahead.task})
        # One that was stopped while it waited stood behind another, behind which this one stands now.
        ahead = ahead.behind
    drive.behind = None

"""Plays a recorded run: the same events at the recorded pace, or at a multiple of it."""

import asyncio
from collections.abc import Callable
from time import perf_counter_ns

from glm_playground.runs.run import Outcome, Run

FASTEST = 1000.0
"""Times as fast as it was recorded."""

_EARLY_NS = 500_000
"""An event that is due within this time is played: timers count in milliseconds."""
_LONGEST_SLEEP_S = 3600.0
_EVENTS_AT_ONCE = 1000
"""After as many without a pause, others get their turn on the loop."""


class Replay:
    """One recording on its way into a run of its own.

    Args:
        recorded: an ended run; its events are never changed.
        run: what is filled. The times of its events are those of the recording.
        speed: how many times as fast as it was recorded.

    Raises:
        ValueError: `speed` is not above 0, or above `FASTEST`.
    """

    def __init__(self, recorded: Run, run: Run, speed: float) -> None:
        if not 0 < speed <= FASTEST:
            raise ValueError(f"the speed of a replay is above 0 and at most {FASTEST:g}")
        self._recorded = recorded
        self._events = tuple(recorded.events)
        self._speed = speed
        self._run = run

    async def play(self, tell: Callable[[], None]) -> Outcome | None:
        """Fills the run; gives the recorded outcome. One that is cancelled keeps what was played.

        Every wait is for a moment counted from the beginning, so that no delay adds to the next.

        Args:
            tell: called after events were added.
        """
        run, recorded = self._run, self._recorded
        run.sent = recorded.sent
        # What was refused before the request that was answered has times below zero.
        first_ns = min((event.at_ns for event in self._events), default=0)
        self._began_ns, self._first_ns = perf_counter_ns(), min(first_ns, 0)
        try:
            await self._play_events(tell)
            if recorded.ended_ns is not None:
                await self._wait_until(recorded.ended_ns)
        except asyncio.CancelledError:
            last_ns = run.events[-1].at_ns if run.events else 0
            run.ended_ns = max(self._now_ns(), last_ns)
            raise
        for name in _AT_THE_END:
            setattr(run, name, getattr(recorded, name))
        return recorded.outcome

    async def _play_events(self, tell: Callable[[], None]) -> None:
        for number, event in enumerate(self._events, start=1):
            if event.at_ns > self._now_ns() + self._early_ns:
                tell()
                await self._wait_until(event.at_ns)
            self._run.events.append(event)
            if number % _EVENTS_AT_ONCE == 0:
                await asyncio.sleep(0)
        tell()

    def _now_ns(self) -> int:
        """The moment of the recording that is played now."""
        return self._first_ns + int((perf_counter_ns() - self._began_ns) * self._speed)

    @property
    def _early_ns(self) -> int:
        return int(_EARLY_NS * self._speed)

    async def _wait_until(self, at_ns: int) -> None:
        while (left_ns := at_ns - self._now_ns()) > self._early_ns:
            await asyncio.sleep(min(left_ns / self._speed / 1e9, _LONGEST_SLEEP_S))


_AT_THE_END = (
    "ended_ns",
    "finish_reason",
    "usage",
    "error",
    "request_id",
    "task_id",
    "response_id",
    "served_model",
    "served_by",
    "server_said",
    "complete_stream",
)
"""What a run holds once it has ended, but for its outcome, which is set last."""

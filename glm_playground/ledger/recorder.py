"""Writes runs down in the background, so that neither the engine nor a page ever waits for the database."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from glm_playground.ledger.errors import LedgerError
from glm_playground.ledger.ledger import Ledger
from glm_playground.runs.cost import Price, cost_of
from glm_playground.runs.run import Run

_log = logging.getLogger(__name__)

MOST_WAITING = 2000
"""So many ended runs are kept while the database cannot be written; then the oldest are given up."""

_BEGIN_WITHIN_S = 0.25
_BETWEEN_ENDED_S = 0.05
_LONGEST_INTERVAL_S = 2.0
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 10.0
_CLOSE_S = 10.0


@dataclass
class _Watched:
    run: Run
    owner: str
    price: Callable[[], Price | None]
    since: float
    begun: bool = False


class Recorder:
    """One thread that writes. Every method may be called from any thread, and none but `flush` and `close` waits.

    Args:
        ledger: where to.
        interval: seconds between two times that the events of runs that go on are stored, 2 at most.
    """

    def __init__(self, ledger: Ledger, interval: float = 1.0) -> None:
        self._ledger = ledger
        self._interval = min(interval, _LONGEST_INTERVAL_S)
        self._changed = threading.Condition()
        self._going_on: dict[str, _Watched] = {}
        self._ended: deque[_Watched] = deque()
        self._problem: LedgerError | None = None
        self._failures = 0
        self._hurry = False
        self._closing = False
        self._next_save = 0.0
        self._retry_at = 0.0
        self._thread = threading.Thread(target=self._work, name="recorder", daemon=True)
        self._thread.start()

    @property
    def problem(self) -> LedgerError | None:
        """Why the last write failed; None when it did not."""
        return self._problem

    @property
    def waiting(self) -> int:
        """How many runs are not stored yet: those that ended and are not stored whole, and new ones that go on."""
        with self._changed:
            return self._count_waiting()

    def watch(self, run: Run, owner: str, price: Callable[[], Price | None]) -> None:
        """Has `run` stored from now on; `price` is asked, on the recorder's thread, once it has ended."""
        with self._changed:
            self._going_on[run.id] = _Watched(run, owner, price, time.monotonic())
            # It may have ended before it was watched.
            if run.ended:
                self._move_to_ended(run)
            self._changed.notify_all()

    def ended(self, run: Run) -> None:
        """Has a watched run that ended stored whole, soon."""
        with self._changed:
            self._move_to_ended(run)
            self._changed.notify_all()

    def flush(self, timeout: float) -> bool:
        """Waits until nothing waits to be stored, also where the last write failed; False after `timeout` seconds."""
        with self._changed:
            self._hurry = True
            self._changed.notify_all()
            return self._changed.wait_for(lambda: not self._count_waiting(), timeout)

    def close(self) -> None:
        """Tries once more to write what waits, and ends the thread. The ledger stays open."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join(_CLOSE_S)

    def _count_waiting(self) -> int:
        return len(self._ended) + sum(not watched.begun for watched in self._going_on.values())

    def _move_to_ended(self, run: Run) -> None:
        if watched := self._going_on.pop(run.id, None):
            self._ended.append(watched)
            if len(self._ended) > MOST_WAITING:
                lost = self._ended.popleft()
                _log.error("run %s is not stored: too many wait for the database", lost.run.id)

    def _work(self) -> None:
        while True:
            with self._changed:
                while not self._closing and not self._hurry and (pause := self._pause()) > 0:
                    self._changed.wait(pause)
                closing, self._hurry = self._closing, False
            self._write(everything=closing)
            if closing:
                return

    def _pause(self) -> float:
        """Seconds until there is something to do."""
        now = time.monotonic()
        due = now + self._interval
        if self._ended:
            due = now
        elif self._going_on:
            new = [watched.since + _BEGIN_WITHIN_S for watched in self._going_on.values() if not watched.begun]
            due = min([self._next_save, *new])
        return max(due, self._retry_at) - now

    def _write(self, *, everything: bool) -> None:
        try:
            self._write_begun()
            self._write_ended()
            if everything or time.monotonic() >= self._next_save:
                self._write_progress()
                self._next_save = time.monotonic() + self._interval
        except LedgerError as error:
            if self._problem is None:
                _log.warning("runs wait to be stored: %s", error)
            self._problem = error
            pause = min(_FIRST_PAUSE_S * 2**self._failures, _LONGEST_PAUSE_S)
            self._failures = min(self._failures + 1, 10)
            self._retry_at = time.monotonic() + pause
        else:
            self._problem, self._failures, self._retry_at = None, 0, 0.0
        with self._changed:
            self._changed.notify_all()

    def _write_begun(self) -> None:
        new = [watched for watched in self._snapshot() if not watched.begun]
        if not new:
            return
        self._all_or_each(new, lambda some: self._ledger.begin([(watched.run, watched.owner) for watched in some]))
        for watched in new:
            watched.begun = True

    def _write_progress(self) -> None:
        # One that was played, not asked for, ends without a word.
        for watched in self._snapshot():
            if watched.run.ended:
                self.ended(watched.run)
        if going_on := [watched for watched in self._snapshot() if watched.begun]:
            self._all_or_each(going_on, lambda some: self._ledger.save_progress([watched.run for watched in some]))

    def _write_ended(self) -> None:
        while True:
            with self._changed:
                if not self._ended:
                    return
                watched = self._ended[0]
            self._all_or_each([watched], self._finish)
            with self._changed:
                # It is gone where too many waited.
                if self._ended and self._ended[0] is watched:
                    self._ended.popleft()
                self._changed.notify_all()
                # Many runs that end together would take the processor from those whose last tokens are still to come.
                if self._going_on and not self._closing:
                    self._changed.wait_for(lambda: self._hurry or self._closing, _BETWEEN_ENDED_S)

    def _finish(self, some: Sequence[_Watched]) -> None:
        for watched in some:
            self._ledger.finish(watched.run, watched.owner, cost_of(watched.run, watched.price()))

    def _all_or_each(self, watched: Sequence[_Watched], write: Callable[[Sequence[_Watched]], None]) -> None:
        """Writes them together; where one cannot be written by its own fault, the others are, and it is given up."""
        try:
            write(watched)
        except LedgerError:
            raise
        except Exception:  # noqa: BLE001 - the thread must outlive a run that no database takes
            if len(watched) > 1:
                for one in watched:
                    self._all_or_each([one], write)
                return
            _log.exception("run %s is not stored", watched[0].run.id)
            with self._changed:
                self._going_on.pop(watched[0].run.id, None)

    def _snapshot(self) -> list[_Watched]:
        with self._changed:
            return list(self._going_on.values())

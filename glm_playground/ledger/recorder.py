"""Opens the ledger and stores runs in the background, so that neither the engine nor a page waits for the database."""

import logging
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from glm_playground.ledger.errors import LedgerError, LedgerNoRoom, LedgerOpening, LedgerReplaced, LedgerUnreachable
from glm_playground.ledger.ledger import Ledger
from glm_playground.ledger.refused_runs import RefusedRuns, Storing
from glm_playground.ledger.run_writes import GONE_AFTER
from glm_playground.ledger.workbench_queue import WorkbenchCopy, WorkbenchQueue
from glm_playground.runs.cost import Cost, Price, cost_of
from glm_playground.runs.live_run import LiveRun
from glm_playground.runs.run import Run

_log = logging.getLogger(__name__)

MOST_WAITING = 2000
"""Ended runs that wait at most while the database cannot be written; further ones push out the oldest."""

_STARTED_WITHIN_S = 0.25
_BETWEEN_ENDED_S = 0.05
_STARTED_AT_ONCE = 100
_LONGEST_INTERVAL_S = 2.0
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 2.0
_BEAT_S = 5.0
"""Seconds between two looks at the database and at the runs that others left."""
_CLOSE_S = 10.0
_MOST_LEFT_OUT = 10_000


@dataclass
class _Watched:
    run: Run
    owner: str
    price: Callable[[], Price | None]
    since: float
    stored: bool = False
    known_cost: Cost | None = None

    def cost(self) -> Cost:
        """Of the ended run, as the engine computed it; of one that no engine drove, computed here."""
        known = self.run.cost if isinstance(self.run, LiveRun) else None
        return self.known_cost or known or cost_of(self.run, self.price())


class Recorder:
    """Owns a ledger from its opening to its end, and the one thread that writes runs and workbenches.

    Where the database cannot be opened or written, it is tried again, less and less often, until it can; what is to be
    written waits. Every few seconds it looks whether the database is still there, and ends the runs that other
    processes left. Where the database's file was removed or replaced, it opens the one that is there now, or a new
    one, and writes what it still has. Every method may be called from any thread; only `wait_open`, `flush` and `close`
    wait.

    Args:
        open_ledger: opens it, on the recorder's thread.
        interval: seconds between two times that the events of running runs are stored, 2 at most.
        on_replaced: called there once another database is open in place of one whose file is gone.
    """

    def __init__(
        self,
        open_ledger: Callable[[], Ledger],
        interval: float = 1.0,
        on_replaced: Callable[[], None] = lambda: None,
    ) -> None:
        self._open_ledger = open_ledger
        self._interval = min(interval, _LONGEST_INTERVAL_S)
        self._changed = threading.Condition()
        self._ledger: Ledger | None = None
        self._running: dict[str, _Watched] = {}
        self._ended: deque[_Watched] = deque()
        self._workbenches = WorkbenchQueue(self._changed)
        self._refused = RefusedRuns()
        self._left_out: OrderedDict[str, str] = OrderedDict()
        """Owners by the ids of their runs for which there was no room."""
        self._problem: LedgerError | None = None
        self._failures = 0
        self._hurry = False
        self._closing = False
        self._next_save = 0.0
        self._retry_at = 0.0
        self._next_beat = 0.0
        self._look_from = 0.0
        self._on_replaced = on_replaced
        self._left = False
        self._replaced: LedgerReplaced | None = None
        self._replaced_at = 0.0
        self._thread = threading.Thread(target=self._work, name="recorder", daemon=True)
        self._thread.start()

    @property
    def ledger(self) -> Ledger | LedgerError:
        """The ledger, or why it is not open or cannot be reached, in which case nobody should wait for it."""
        problem = self._problem
        if isinstance(problem, LedgerUnreachable):
            return problem
        return self._ledger or problem or LedgerOpening("the database is being opened")

    @property
    def problem(self) -> LedgerError | None:
        """Why the ledger cannot be opened or written, since the first failure of an outage; None where it can."""
        return self._problem

    def replaced(self, within: float) -> LedgerReplaced | None:
        """That another database took the place of the one that was open, where it did so in the last seconds."""
        return self._replaced if time.monotonic() - self._replaced_at < within else None

    def left_out(self, run_id: str) -> bool:
        """Whether there was no room for a run, so that it is not stored."""
        return run_id in self._left_out

    def may_be_full(self, owner: str) -> bool:
        """Whether there was no room for a run of `owner` lately."""
        with self._changed:
            return owner in self._left_out.values()

    @property
    def waiting(self) -> int:
        """How much is not stored yet: ended runs, running ones that are new, workbenches."""
        with self._changed:
            return self._count_waiting()

    def wait_open(self, timeout: float) -> None:
        """Waits until the ledger is open or the first attempt failed, `timeout` seconds at most."""
        with self._changed:
            self._changed.wait_for(lambda: self._ledger or self._problem, timeout)

    def watch(self, run: Run, owner: str, price: Callable[[], Price | None], cost: Cost | None = None) -> None:
        """Stores `run` from now on; `price` is asked once it has ended, where nobody knows its cost."""
        with self._changed:
            self._running[run.id] = _Watched(run, owner, price, time.monotonic(), known_cost=cost)
            # It may have ended before it was watched.
            if run.ended:
                self._move_to_ended(run)
            self._changed.notify_all()

    def ended(self, run: Run) -> None:
        """Stores a watched run that ended whole, soon."""
        with self._changed:
            self._move_to_ended(run)
            self._changed.notify_all()

    def save_workbench(
        self,
        copy: WorkbenchCopy,
        name: str,
        body: Callable[[], str],
        done: Callable[[WorkbenchCopy], None] | None = None,
    ) -> None:
        """Saves a workbench soon; see `WorkbenchQueue.put`."""
        self._workbenches.put(copy, name, body, done)

    def flush(self, timeout: float) -> bool:
        """Waits until nothing waits to be stored, also where the last write failed; False after `timeout` seconds."""
        with self._changed:
            self._hurry = True
            self._changed.notify_all()
            return self._changed.wait_for(lambda: not self._count_waiting(), timeout)

    def close(self) -> None:
        """Tries once more to write what waits, ends the thread and closes the ledger."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join(_CLOSE_S)

    def _count_waiting(self) -> int:
        return len(self._ended) + sum(not watched.stored for watched in self._running.values()) + len(self._workbenches)

    def _move_to_ended(self, run: Run) -> None:
        if watched := self._running.pop(run.id, None):
            storing = self._refused.take(run, watched.owner, time.monotonic())
            if storing is Storing.COUNTED and not watched.stored:
                return
            self._ended.append(watched)
            if len(self._ended) > MOST_WAITING:
                lost = self._ended.popleft()
                _log.error("run %s is not stored: too many wait for the database", lost.run.id)

    def _is_new(self, watched: _Watched) -> bool:
        """Whether it is to be stored and is not: not where it may yet be one of too many refused ones."""
        waits = not watched.run.sent and not watched.run.ended and not watched.run.replayed
        return not watched.stored and not (waits and self._refused.is_full(watched.owner, time.monotonic()))

    def _work(self) -> None:
        while True:
            with self._changed:
                while not self._closing and not self._hurry and (pause := self._pause()) > 0:
                    self._changed.wait(pause)
                closing, hurry, self._hurry = self._closing, self._hurry, False
                idle = closing and not self._count_waiting()
            if self._ledger or not idle:
                self._try(closing=closing, hurry=hurry)
            if closing:
                break
        if self._ledger:
            self._ledger.close()

    def _pause(self) -> float:
        """Seconds until there is something to do."""
        now = time.monotonic()
        if self._ended or not self._ledger:
            due = now
        else:
            new = [watched.since + _STARTED_WITHIN_S for watched in self._running.values() if self._is_new(watched)]
            saves = [self._next_save] if self._running else []
            due = min([self._next_beat, *saves, *new])
            if (workbenches_due := self._workbenches.due()) is not None:
                due = min(due, workbenches_due)
        return max(due, self._retry_at) - now

    def _try(self, *, closing: bool, hurry: bool) -> None:
        """Opens the ledger where it is not open, and writes what is due."""
        try:
            if self._ledger is None:
                self._ledger = self._open()
                self._ledger.tell_unreachable(self._note)
            elif self._left:
                self._ledger.reopen()
                self._left = False
                self._on_replaced()
            self._write(self._ledger, closing=closing, hurry=hurry)
            if closing:
                self._write_counts(self._ledger)
            else:
                self._beat(self._ledger)
        except LedgerError as error:
            self._note(error)
            if isinstance(error, LedgerReplaced):
                self._leave(error)
            self._retry_at = time.monotonic() + min(_FIRST_PAUSE_S * 2**self._failures, _LONGEST_PAUSE_S)
            self._failures = min(self._failures + 1, 10)
        else:
            if self._problem:
                _log.warning("runs are stored again [%s]", self._problem.id)
                # The signs of others are as old as the outage.
                self._look_from = time.monotonic() + GONE_AFTER.total_seconds()
            self._problem, self._failures, self._retry_at = None, 0, 0.0
        with self._changed:
            self._changed.notify_all()

    def _note(self, error: LedgerError) -> None:
        """Begins an outage; called on any thread that met one."""
        with self._changed:
            # One outage, one line: what fails again for the same reason is the same one.
            if self._problem is None or type(self._problem) is not type(error):
                _log.error("runs wait to be stored [%s]: %s", error.id, error)
                self._problem = error.anew()
            self._next_beat = 0.0
            self._changed.notify_all()

    def _leave(self, error: LedgerReplaced) -> None:
        """Opens the ledger anew; what is still running is stored anew in it."""
        self._left, self._replaced, self._replaced_at, self._failures = True, error.anew(), time.monotonic(), 0
        with self._changed:
            for watched in (*self._running.values(), *self._ended):
                watched.stored = False

    def _beat(self, ledger: Ledger) -> None:
        """Looks whether the database answers, ends what others left, and stores how many runs were refused."""
        now = time.monotonic()
        if now < self._next_beat and self._problem is None:
            return
        self._write_counts(ledger)
        if now < self._look_from:
            ledger.look()
        elif ended := ledger.interrupt_abandoned():
            _log.warning("%s runs whose process is gone are interrupted", ended)
        self._next_beat = time.monotonic() + _BEAT_S

    def _open(self) -> Ledger:
        try:
            return self._open_ledger()
        except LedgerError:
            raise
        except Exception as error:
            _log.exception("the database cannot be opened")
            raise LedgerError(f"it cannot be opened: {error}") from error

    def _write(self, ledger: Ledger, *, closing: bool, hurry: bool) -> None:
        self._write_started(ledger)
        self._write_ended(ledger)
        if closing or time.monotonic() >= self._next_save:
            self._write_events(ledger)
            self._next_save = time.monotonic() + self._interval
        self._workbenches.write(ledger, everything=closing or hurry)

    def _write_started(self, ledger: Ledger) -> None:
        with self._changed:
            new = [watched for watched in (*self._running.values(), *self._ended) if self._is_new(watched)]
        new = [watched for watched in new if self._has_room(ledger, watched)]
        # The history is in the order in which runs are first stored: after an outage, that of their starts.
        if len(new) > 1 or (new and not new[0].run.ended):
            new.sort(key=lambda watched: watched.since)
            for at in range(0, len(new), _STARTED_AT_ONCE):
                some = new[at : at + _STARTED_AT_ONCE]
                self._all_or_each(some, lambda some: ledger.store_started([(each.run, each.owner) for each in some]))
                for watched in some:
                    watched.stored = True

    def _has_room(self, ledger: Ledger, watched: _Watched) -> bool:
        """Whether a run that is not stored yet may be; else it is left out from now on."""
        try:
            ledger.need_room(watched.owner)
        except LedgerNoRoom:
            _log.info("run %s is not stored: its owner has as many as one may", watched.run.id)
        else:
            return True
        with self._changed:
            self._running.pop(watched.run.id, None)
            if watched in self._ended:
                self._ended.remove(watched)
            self._left_out[watched.run.id] = watched.owner
            if len(self._left_out) > _MOST_LEFT_OUT:
                self._left_out.popitem(last=False)
            self._changed.notify_all()
        return False

    def _write_counts(self, ledger: Ledger) -> None:
        with self._changed:
            counting = self._refused.changed()
        for run, owner in counting:
            ledger.store_error(run, owner)

    def _write_events(self, ledger: Ledger) -> None:
        # Nobody calls `ended` for a replay.
        for watched in self._snapshot():
            if watched.run.ended:
                self.ended(watched.run)
        if running := [watched for watched in self._snapshot() if watched.stored]:
            self._all_or_each(running, lambda some: ledger.store_events([watched.run for watched in some]))

    def _write_ended(self, ledger: Ledger) -> None:
        def store(some: Sequence[_Watched]) -> None:
            for watched in some:
                ledger.store_ended(watched.run, watched.owner, watched.cost())

        while True:
            with self._changed:
                if not self._ended:
                    return
                watched = self._ended[0]
            self._all_or_each([watched], store)
            with self._changed:
                # It is gone where too many waited.
                if self._ended and self._ended[0] is watched:
                    self._ended.popleft()
                self._changed.notify_all()
                # Many runs that end together would take the processor from those whose last tokens are still to come.
                if self._running and not self._closing:
                    self._changed.wait_for(lambda: self._hurry or self._closing, _BETWEEN_ENDED_S)

    def _all_or_each(self, watched: Sequence[_Watched], write: Callable[[Sequence[_Watched]], None]) -> None:
        """Writes them together; drops one that cannot be written by its own fault, and writes the others."""
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
                self._running.pop(watched[0].run.id, None)

    def _snapshot(self) -> list[_Watched]:
        with self._changed:
            return list(self._running.values())

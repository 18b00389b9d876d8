"""Works on an evaluation with a Dask cluster: as many tasks at once as the gateways bear and the workers have room for.

Each task claims a cell in the ledger, asks it and settles it on its worker (`cell_task`); here is only the pace, one
for all workers together. Where this process or the scheduler dies, what is stored is whole.
"""

import logging
import threading
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from glm_playground.evals.cell_task import CellReport, CellTask, Found
from glm_playground.evals.dask_cluster import Cluster, ClusterError
from glm_playground.evals.desk import Desk
from glm_playground.evals.execution import APART, CAP_REACHED, INTERRUPTED, STOPPED, Progress
from glm_playground.evals.pace import Pace
from glm_playground.evals.work import Work
from glm_playground.ledger import LedgerError, LedgerUnreachable
from glm_playground.ledger.evaluation_values import CellState, EvaluationRow, EvaluationState
from glm_playground.ledger.evaluations import Evaluations
from glm_playground.ledger.run_writes import GONE_AFTER

_log = logging.getLogger(__name__)
_LOOK_S = 1.0
"""Seconds between two looks at the ledger and at the workers."""
_FORGET_S = 5.0
"""Seconds after which cells that another process gave back are looked for."""
_AWAY_S = 1.0
"""Seconds until a database that is away is asked again."""


class _Sent(NamedTuple):
    """A task that is under way."""

    desk: Desk
    at: float
    future: Any


class ClusterExecution:
    """Works on one evaluation with the workers of a cluster.

    Args:
        store: where the evaluation is; the workers open the same database.
        row: the evaluation, opened.
        work: its cells.
        cluster: runs the tasks.
        at_most: requests at once at each gateway, over all workers.
    """

    def __init__(self, store: Evaluations, row: EvaluationRow, work: Work, cluster: Cluster, *, at_most: int) -> None:
        self._store, self._row, self._work, self._cluster = store, row, work, cluster
        judge = frozenset(work.judge_places)
        self._desks = [
            Desk(name, places, Pace.of(at_most), judge=judge.intersection(places))
            for name, places in work.by_gateway.items()
        ]
        self._changed = threading.Condition()
        self._sent: dict[int, _Sent] = {}
        self._ended: list[int] = []
        self._stopping = self._capped = self._halted = self._looked = self._died = False
        self._fault = ""
        """Why nothing more can be asked."""
        self._problem: LedgerError | None = None
        self._workers: Mapping[str, int] = {}
        self._tasks = self._asked_count = 0
        self._began = time.monotonic()
        self._look_at = self._forget_at = self._retry_at = 0.0

    @property
    def progress(self) -> Progress:
        """How far it is, from any thread; cells and spending as the ledger told at the last look."""
        given_up = {
            self._work.at(place).name: why for desk in self._desks for place, why in list(desk.given_up.items())
        }
        row = self._row
        return Progress(
            dict(row.cells),
            len(self._sent),
            self._asked_count,
            time.monotonic() - self._began,
            row.spending,
            given_up,
            self._problem,
            len(self._workers),
        )

    def stop(self) -> None:
        """Claims nothing more, from any thread; `run` returns once what is under way has ended."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()

    def run(self) -> EvaluationState:
        """Works until nothing can be done any more; how the evaluation stands then.

        Raises:
            LedgerError: it was stopped while the database was away.
        """
        told_to_stop = False
        while True:
            self._take_ended()
            try:
                if self._stopping and not told_to_stop:
                    self._store.stop(self._row.number, STOPPED)
                    told_to_stop = True
                self._look()
                self._submit()
                if self._is_over():
                    return self._leave()
            except ClusterError as error:
                self._fault, self._died = str(error), True
                # Its tasks tell nothing any more; the workers settle what they can.
                self._sent.clear()
            except LedgerError as error:
                if self._stopping and not self._sent:
                    raise
                self._note(error)
            with self._changed:
                if not self._ended and (pause := self._pause()) > 0:
                    self._changed.wait(pause)

    # One round

    def _take_ended(self) -> None:
        with self._changed:
            ended, self._ended = self._ended, []
        whole = [self._sent.pop(number) for number in ended if number in self._sent]
        for sent, told in zip(whole, self._cluster.told([one.future for one in whole]), strict=True):
            if isinstance(told, Exception):
                sent.desk.running -= 1
                self._fault = self._fault or str(told)
            elif told.found is Found.ASKED:
                self._note_asked(sent, told)
            else:
                sent.desk.running -= 1
                self._note_nothing(sent.desk, told)

    def _note_asked(self, sent: _Sent, told: CellReport) -> None:
        sent.desk.note(told.candidate, told.state, told.error, sent.at, time.monotonic())
        self._asked_count += told.state is not CellState.WAITING
        self._problem = None
        # What it freed may make room for another, and it may wait itself.
        self._capped = self._looked = False
        if told.state is CellState.WAITING:
            sent.desk.dry = False

    def _note_nothing(self, desk: Desk, told: CellReport) -> None:
        match told.found:
            case Found.NOTHING:
                desk.dry = True
            case Found.CAPPED:
                self._capped = True
            case Found.HALTED:
                self._halted = True
            case Found.AWAY:
                self._note(LedgerUnreachable(told.said))
            case _:
                self._fault = self._fault or f"it cannot be asked there: {told.said}"

    def _look(self) -> None:
        """Learns from the ledger how far it is, and from the scheduler which workers there are; once a second."""
        now = time.monotonic()
        if now < self._look_at or (self._problem and now < self._retry_at):
            return
        if not self._fault:
            workers = self._cluster.workers()
            self._died |= bool(self._workers.keys() - workers.keys())
            self._workers = workers
        self._look_at = now + _LOOK_S
        found = self._store.numbered(self._row.number)
        self._problem = None
        if found is None or found.state is not EvaluationState.RUNNING:
            self._halted = True
        self._row = found or self._row
        if now >= self._forget_at and self._row.cells.get(CellState.WAITING):
            self._forget()

    def _forget(self) -> None:
        """Takes nothing for dry or capped: another process may have given cells back, or freed what it reserved."""
        self._forget_at = time.monotonic() + _FORGET_S
        self._capped = False
        for desk in self._desks:
            desk.dry = False

    def _closed(self) -> bool:
        return bool(self._stopping or self._halted or self._fault)

    def _submit(self) -> None:
        """Sends tasks to where there is room, one gateway after the other, no more than the workers take at once."""
        if self._closed() or self._capped or self._problem:
            return
        free = sum(self._workers.values()) - len(self._sent)
        now = time.monotonic()
        while free > 0 and (desks := [desk for desk in self._desks if desk.room(now)]):
            for desk in desks[:free]:
                self._send(desk)
            free -= len(desks)

    def _send(self, desk: Desk) -> None:
        number = self._tasks = self._tasks + 1

        def end() -> None:
            # On a thread of Dask's client.
            with self._changed:
                self._ended.append(number)
                self._changed.notify_all()

        # It may end before it is noted here, which only this thread looks at.
        at = time.monotonic()
        future = self._cluster.submit(CellTask(self._row.number, self._row.id, desk.asked), end)
        desk.running += 1
        self._sent[number] = _Sent(desk, at, future)

    def _note(self, error: LedgerError) -> None:
        if self._problem is None:
            _log.error("an evaluation waits for the database [%s]: %s", error.id, error)
        self._problem = error.anew()
        self._retry_at = self._look_at = time.monotonic() + _AWAY_S

    def _pause(self) -> float:
        """Seconds until there is something to do though no task ends; the lock is held."""
        now = time.monotonic()
        due = self._look_at
        if not (self._closed() or self._capped or self._problem):
            waits = [desk.pace.not_before for desk in self._desks if desk.room(max(now, desk.pace.not_before))]
            # Where no worker is free, only an answer makes room.
            due = min([due, *(wait for wait in waits if wait > now)])
        return due - now

    # Its end

    def _is_over(self) -> bool:
        with self._changed:
            if self._sent or self._ended:
                return False
        if self._closed():
            return True
        if self._problem or (not self._capped and any(desk.asked and not desk.dry for desk in self._desks)):
            return False
        if not self._looked:
            # What the judge can be asked now, and what another process has given back since; a last look.
            self._looked = True
            if self._work.judge:
                judge_cells = self._work.judge[1]
                self._store.place(self._row.number, judge_cells.first, judge_cells.keys())
            self._forget()
            self._submit()
            return not self._sent
        return True

    def _leave(self) -> EvaluationState:
        if self._fault or self._stopping:
            self._store.stop(self._row.number, self._why())
        if self._died:
            self._wait_for_the_dead()
        state = self._store.leave(self._row.number, self._why())
        self._row = self._store.numbered(self._row.number) or self._row
        return state

    def _wait_for_the_dead(self) -> None:
        """Waits until the cells of workers that are gone are taken for interrupted, which every process sees to."""
        until = time.monotonic() + GONE_AFTER.total_seconds() * 1.5
        while time.monotonic() < until:
            self._row = self._store.numbered(self._row.number) or self._row
            if not self._row.cells.get(CellState.CLAIMED):
                return
            with self._changed:
                self._changed.wait(_LOOK_S)

    def _why(self) -> str:
        if self._stopping:
            return STOPPED
        reasons = [self._fault, CAP_REACHED if self._capped else ""]
        reasons += [f"{name}: {why}" for name, why in self.progress.given_up.items()]
        return APART.join(filter(None, reasons)) or INTERRUPTED

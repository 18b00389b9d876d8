"""Asks the cells of an evaluation, as many at once as the gateways bear, until none waits or a cap is reached.

It works on a thread of its own and keeps running when nobody looks. Whatever ends is stored in the transaction that
claims what comes next; while the database is away nothing new is sent, and what has ended waits to be stored.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from glm_playground.evals.desk import Desk
from glm_playground.evals.pace import Pace
from glm_playground.evals.settlement import ended_cell, unsent_cell
from glm_playground.evals.work import CellRequest, Work
from glm_playground.gateway import Gateway
from glm_playground.ledger import LedgerError
from glm_playground.ledger.evaluation_values import (
    CellKey,
    CellState,
    Claimed,
    EndedCell,
    EvaluationRow,
    EvaluationState,
    Spending,
    Step,
    Want,
)
from glm_playground.ledger.evaluations import Evaluations
from glm_playground.runs.caps import Amount
from glm_playground.runs.drive import AskPrice
from glm_playground.runs.engine import Engine
from glm_playground.runs.live_run import LiveRun

_log = logging.getLogger(__name__)

STOPPED, CAP_REACHED = "somebody stopped it", "its cap is reached"
INTERRUPTED = "some of its cells are interrupted"
"""Why nobody works on it where that is all that is left."""
APART = "; "
"""Stands between the reasons of one that ended for several; the words of a gateway may hold it, too."""
_BEAT_S = 5.0
"""Seconds after which the database is asked though nothing ended: a process must say that it is alive."""
_AWAY_S = 1.0
"""Seconds until a database that is away is asked again."""
_STORED_FIRST = 4
"""Ended cells that are stored before others are claimed; behind more of them a gateway would be idle."""
_TOGETHER_S, _MANY = 0.01, 16
"""What ends within so many seconds is stored together, where so many are under way: a transaction has its price."""
_STOPPING_S = 20.0
"""Seconds that a stopped evaluation waits for a database that is away."""


class Progress(NamedTuple):
    """How far an evaluation is."""

    cells: dict[CellState, int]
    """As this process knows them; others may work on it too."""
    running: int
    """Asked by this process now."""
    asked: int
    """Ended in this process, in whatever way."""
    seconds: float
    """Since this process began."""
    spending: Spending
    given_up: dict[str, str]
    """By candidate, why it is asked no more."""
    problem: LedgerError | None
    """Why nothing is stored at the moment."""
    workers: int | None = None
    """How many of a Dask cluster work on it; None where this process does."""

    @property
    def total(self) -> int:
        """All cells."""
        return sum(self.cells.values())

    @property
    def left(self) -> int:
        """Those that wait or are asked."""
        return self.cells.get(CellState.WAITING, 0) + self.cells.get(CellState.CLAIMED, 0)

    @property
    def rate(self) -> float | None:
        """Ended cells a second; None before the first."""
        return self.asked / self.seconds if self.asked and self.seconds > 0 else None

    @property
    def seconds_left(self) -> float | None:
        """About; None where nobody can say."""
        return self.left / self.rate if self.rate else None


@dataclass
class _Sent:
    """A cell that is under way."""

    claimed: Claimed
    asked: CellRequest
    sent_at: float
    run: LiveRun | None = None


@dataclass
class _State:
    """What the threads share, under the lock."""

    sent: dict[str, _Sent] = field(default_factory=dict)
    """By run id."""
    ended: list[LiveRun] = field(default_factory=list)
    stopping: bool = False


class Execution:
    """Works on one evaluation in this process.

    Args:
        store: where it is.
        row: the evaluation, opened.
        work: its cells.
        engine: sends.
        price: gives what asks for the price of a model once a run has ended.
        at_most: requests at once at each gateway.
    """

    def __init__(
        self,
        store: Evaluations,
        row: EvaluationRow,
        work: Work,
        engine: Engine,
        price: Callable[[Gateway, str], AskPrice],
        *,
        at_most: int,
    ) -> None:
        self._store, self._row, self._work = store, row, work
        self._engine, self._price = engine, price
        self._changed = threading.Condition()
        self._together = threading.Event()
        self._state = _State()
        judge = frozenset(work.judge_places)
        self._desks = [
            Desk(name, places, Pace.of(at_most), judge=judge.intersection(places))
            for name, places in work.by_gateway.items()
        ]
        self._desk_of = {place: desk for desk in self._desks for place in desk.candidates}
        self._cells = dict(row.cells)
        self._spending = row.spending
        self._owed: list[EndedCell] = []
        self._prepared: dict[CellKey, CellRequest] = {}
        self._capped = self._halted = self._unsure = False
        self._asked_count = 0
        self._began = time.monotonic()
        self._stop_at = 0.0
        self._owner = row.owner
        self._beat_at = self._retry_at = 0.0
        self._problem: LedgerError | None = None
        self._fault = ""
        """Why no request can be made any more."""

    @property
    def progress(self) -> Progress:
        """How far it is, from any thread."""
        given_up = {
            self._work.at(place).name: why for desk in self._desks for place, why in list(desk.given_up.items())
        }
        seconds = time.monotonic() - self._began
        running, asked = len(self._state.sent), self._asked_count
        return Progress(dict(self._cells), running, asked, seconds, self._spending, given_up, self._problem)

    def stop(self) -> None:
        """Claims nothing more and stops what is under way, from any thread; `run` returns soon."""
        with self._changed:
            self._state.stopping = True
            self._stop_at = self._stop_at or time.monotonic()
            running = [one.run for one in self._state.sent.values() if one.run]
            self._changed.notify_all()
        self._engine.stop(*running)

    def run(self) -> EvaluationState:
        """Works until nothing can be done here any more; how the evaluation stands then.

        Raises:
            LedgerError: it was stopped while the database was away, so that what ended last is not stored.
        """
        while True:
            self._take_ended()
            try:
                if self._is_due():
                    if self._unsure:
                        self._find_lost()
                    self._step()
                if self._is_over():
                    self._look_again()
                if self._is_over():
                    return self._store.leave(self._row.number, self._why())
            except LedgerError as error:
                if self._state.stopping and time.monotonic() - self._stop_at > _STOPPING_S and not self._state.sent:
                    raise
                self._note(error)
            with self._changed:
                if not self._state.ended and (pause := self._pause()) > 0:
                    self._changed.wait(pause)
                many = len(self._state.sent) >= _MANY and self._state.ended
            if many:
                self._together.wait(_TOGETHER_S)

    # One round

    def _take_ended(self) -> None:
        with self._changed:
            ended, self._state.ended = self._state.ended, []
            sent = [self._state.sent.pop(run.id) for run in ended]
        now = time.monotonic()
        for run, one in zip(ended, sent, strict=True):
            cell = ended_cell(one.claimed, run, one.asked.claim, self._owner)
            candidate = cell.key.candidate
            self._desk_of[candidate].note(candidate, cell.state, run.error, one.sent_at, now)
            self._owed.append(cell)
            self._asked_count += cell.state is not CellState.WAITING

    def _is_due(self) -> bool:
        now = time.monotonic()
        if self._problem and now < self._retry_at:
            return False
        return bool(self._owed or self._wants()) or now >= self._beat_at

    def _wants(self) -> tuple[Want, ...]:
        if self._capped or self._halted or self._fault or self._state.stopping:
            return ()
        now = time.monotonic()
        return tuple(Want(desk.asked, room) for desk in self._desks if (room := desk.room(now)))

    def _step(self) -> None:
        beat = time.monotonic() >= self._beat_at
        if beat:
            self._forget()
        wants = self._wants()
        if wants and len(self._owed) > _STORED_FIRST:
            # Until so much is stored, what comes next would wait.
            self._claim(wants)
            wants = ()
        if self._owed or wants or beat:
            try:
                self._exchange(tuple(self._owed), wants)
            except ValueError:
                self._settle_each()
                self._claim(self._wants())
        if beat:
            self._beat_at = time.monotonic() + _BEAT_S

    def _find_lost(self) -> None:
        """Gives back what a transaction has claimed that was taken for lost: none of it was sent."""
        with self._changed:
            known = self._state.sent.keys() | {one.run_id for one in self._owed}
        for key, run_id in self._store.claimed_here(self._row.number):
            if run_id not in known:
                self._move(CellState.WAITING, CellState.CLAIMED)
                most = self._work.asked(key).most
                self._owed.append(EndedCell(key, run_id, CellState.WAITING, most, Amount(), None))
        self._unsure = False

    def _forget(self) -> None:
        """Takes nothing for dry or capped: another process may have given cells back, or freed what it reserved."""
        self._capped = False
        for desk in self._desks:
            desk.dry = False

    def _look_again(self) -> None:
        """Looks for cells a last time, before the work ends: what the judge can be asked now, and what others left."""
        self._forget()
        if self._work.judge and not (self._state.stopping or self._halted or self._fault):
            judge_cells = self._work.judge[1]
            more = self._store.place(self._row.number, judge_cells.first, judge_cells.keys())
            self._cells[CellState.WAITING] = self._cells.get(CellState.WAITING, 0) + more
        self._claim(self._wants())

    def _claim(self, wants: tuple[Want, ...]) -> None:
        """Claims these alone; where a request cannot be made, nothing more is sent."""
        try:
            if wants:
                self._exchange((), wants)
        except ValueError as error:
            _log.exception("a request of evaluation %s cannot be made", self._row.id)
            self._fault = f"a request cannot be made: {str(error).splitlines()[0]}"

    def _exchange(self, ended: tuple[EndedCell, ...], wants: tuple[Want, ...]) -> None:
        """Settles those, claims these, and sends what was claimed."""
        stepped = self._store.step(self._row.number, Step(ended, wants, self._most))
        self._problem = None
        self._spending = stepped.spending
        self._owner = stepped.owner or self._owner
        self._halted = stepped.state is not EvaluationState.RUNNING
        for one in ended:
            self._settled(one)
        del self._owed[: len(ended)]
        for want in wants:
            claimed = sum(one.key.candidate in want.candidates for one in stepped.claimed)
            self._desk_of[want.candidates[0]].dry = claimed < want.at_most and not stepped.capped
            self._capped = stepped.capped
        for claim in stepped.claimed:
            self._move(CellState.WAITING, CellState.CLAIMED)
            self._send(claim)
        self._prepared.clear()

    def _settled(self, one: EndedCell) -> None:
        self._move(CellState.CLAIMED, one.state)
        # What it freed may make room for another, and it may wait itself.
        self._capped = False
        if one.state is CellState.WAITING:
            self._desk_of[one.key.candidate].dry = False

    def _settle_each(self) -> None:
        """Settles one after the other, where the run of one cannot be stored: its cell is, without it."""
        for one in tuple(self._owed):
            try:
                self._exchange((one,), ())
            except ValueError:
                _log.exception("run %s cannot be stored; its cell is", one.run_id)
                self._owed[0] = one._replace(run=None)
                self._exchange((self._owed[0],), ())

    def _move(self, before: CellState, after: CellState) -> None:
        # Others may have claimed what was waiting when this process began.
        self._cells[before] = max(self._cells.get(before, 0) - 1, 0)
        self._cells[after] = self._cells.get(after, 0) + 1

    def _most(self, key: CellKey) -> Amount:
        asked = self._prepared[key] = self._work.asked(key)
        return asked.most

    def _send(self, claimed: Claimed) -> None:
        asked = self._prepared[claimed.key]
        if asked.unsupported:
            self._owed.append(unsent_cell(claimed))
            return
        candidate = asked.candidate
        self._desk_of[claimed.key.candidate].running += 1
        one = _Sent(claimed, asked, time.monotonic())
        with self._changed:
            self._state.sent[claimed.run_id] = one
        one.run = self._engine.start(
            asked.request,
            candidate.gateway,
            owner=self._owner,
            price=self._price(candidate.gateway, candidate.setup.model),
            claim=asked.counted,
            run_id=claimed.run_id,
            on_end=self._note_end,
            repeat=False,
        )
        if self._state.stopping:
            self._engine.stop(one.run)

    def _note_end(self, run: LiveRun) -> None:
        # On the engine's thread.
        with self._changed:
            self._state.ended.append(run)
            self._changed.notify_all()

    def _note(self, error: LedgerError) -> None:
        if self._problem is None:
            _log.error("an evaluation waits for the database [%s]: %s", error.id, error)
        self._problem, self._unsure = error.anew(), True
        self._retry_at = time.monotonic() + _AWAY_S

    # Its end

    def _is_over(self) -> bool:
        with self._changed:
            if self._state.sent or self._state.ended or self._owed:
                return False
        if self._state.stopping or self._capped or self._halted or self._fault:
            return True
        return not any(desk.asked and not desk.dry for desk in self._desks)

    def _why(self) -> str:
        if self._state.stopping:
            return STOPPED
        reasons = [self._fault, CAP_REACHED if self._capped else ""]
        reasons += [f"{name}: {why}" for name, why in self.progress.given_up.items()]
        return APART.join(filter(None, reasons)) or INTERRUPTED

    def _pause(self) -> float:
        """Seconds until there is something to do though nothing ends; the lock is held."""
        now = time.monotonic()
        if self._problem:
            return self._retry_at - now
        if self._owed:
            return 0.0
        due = self._beat_at
        if not (self._capped or self._halted or self._fault or self._state.stopping):
            waits = [desk.pace.not_before for desk in self._desks if desk.room(max(now, desk.pace.not_before))]
            due = min([due, *waits])
        return due - now

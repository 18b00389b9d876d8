"""What a Dask worker does for an evaluation: claims the next cell in the ledger, asks it, and settles it there.

A task names the evaluation and the candidates, nothing else. Database, gateways and keys are those of the worker's own
environment, so that none is in a task, and a task that Dask runs again claims another cell: nothing is asked twice.
"""

import atexit
import logging
import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from typing import NamedTuple

from glm_playground.evals.candidates import CandidateError, stored_candidates
from glm_playground.evals.evaluation import judge_for, work_of
from glm_playground.evals.settlement import ended_cell, unsent_cell
from glm_playground.evals.suite import Suite
from glm_playground.evals.work import CellRequest, Work
from glm_playground.gateway.gateways import GatewaysError
from glm_playground.ledger import Ledger, LedgerError
from glm_playground.ledger.evaluation_values import (
    CellKey,
    CellState,
    Claimed,
    EndedCell,
    EvaluationState,
    Step,
    Stepped,
    Want,
)
from glm_playground.runs.caps import Amount
from glm_playground.runs.live_run import LiveRun
from glm_playground.runs.run import RunError
from glm_playground.service import runtime, storage
from glm_playground.settings import SettingsError

_log = logging.getLogger(__name__)
_OPEN_S = 10.0
_AWAY_S = 1.0
"""Seconds until a database that is away is asked again."""
_MOST_WORKS = 4
"""Evaluations whose suites a worker holds in memory."""
_MOST_SAID = 300
_lock = threading.Lock()
_works: "OrderedDict[tuple[int, str], Work]" = OrderedDict()
_again = threading.Event()
_claiming = threading.Lock()
_asking: set[str] = set()
"""The runs of this process that are not settled yet; changed and compared under `_claiming`."""
_unsure: set[int] = set()
"""Evaluations of which a transaction may have claimed a cell that was taken for lost."""


class Found(StrEnum):
    """What a task came to."""

    ASKED = "asked"
    """It claimed a cell, asked it, and settled it."""
    NOTHING = "nothing"
    """No cell of these candidates waits."""
    CAPPED = "capped"
    """The caps have no room for the next cell."""
    HALTED = "halted"
    """Somebody stopped or removed the evaluation."""
    AWAY = "away"
    """The database cannot be used at the moment; no cell was sent."""
    UNFIT = "unfit"
    """This worker cannot ask it until somebody mends something there."""


@dataclass(frozen=True)
class CellTask:
    """One cell that is to be asked, whichever is next."""

    number: int
    """Of the evaluation in the ledger."""
    id: str
    """Of the same: another database has another one under that number, or none."""
    candidates: tuple[int, ...]


class CellReport(NamedTuple):
    """What a task tells who sent it."""

    found: Found
    candidate: int = 0
    """Whose cell was asked."""
    state: CellState = CellState.WAITING
    """What became of the cell that was asked."""
    error: RunError | None = None
    """Why its run failed."""
    said: str = ""
    """Why the database is away, or the worker unfit, in plain English."""


class _UnfitError(Exception):
    """This worker cannot ask the evaluation; the text is a sentence."""


def ask_next(task: CellTask) -> CellReport:
    """Claims the next cell, asks it, and settles it; waits for as long as that takes."""
    try:
        ledger, work = _begin(task)
        stepped = _claim(ledger, work, task)
    except LedgerError as error:
        return CellReport(Found.AWAY, said=_short(error))
    except (_UnfitError, SettingsError, GatewaysError, CandidateError) as error:
        return CellReport(Found.UNFIT, said=_short(error))
    except ValueError as error:
        _log.exception("a request of evaluation %s cannot be made", task.id)
        return CellReport(Found.UNFIT, said=f"a request cannot be made: {_short(error)}")
    if not stepped.claimed:
        return CellReport(_why_nothing(stepped))
    (claimed,) = stepped.claimed
    asked = work.asked(claimed.key)
    run = None if asked.unsupported else _ask(claimed, asked, stepped.owner)
    ended = ended_cell(claimed, run, asked.claim, stepped.owner) if run else unsent_cell(claimed)
    _settle(ledger, task, ended)
    _asking.discard(claimed.run_id)
    return CellReport(Found.ASKED, claimed.key.candidate, ended.state, _briefly(run.error if run else None))


def _begin(task: CellTask) -> tuple[Ledger, Work]:
    """The ledger, and the work, read from it once; what a worker process needs is started by its first task."""
    with _lock:
        if not storage.shared():
            raise _UnfitError("its ledger is a file of its own: set GLM_PLAYGROUND_DATABASE_URL there")
        opened = storage.ledger(_OPEN_S)
        if isinstance(opened, LedgerError):
            raise opened.anew()
        _start_once()
        key = task.number, task.id
        known = _works.get(key)
        if known is None or (known.judge is None and max(task.candidates, default=0) >= len(known.candidates)):
            # A judge may have been named since.
            _works[key] = _read(opened, task)
            if len(_works) > _MOST_WORKS:
                _works.popitem(last=False)
        return opened, _works[key]


@cache
def _start_once() -> None:
    runtime.engine()
    # The cells of a worker that ends properly are given up at once, not after some seconds of silence.
    atexit.register(runtime.close)


def _read(ledger: Ledger, task: CellTask) -> Work:
    row = ledger.evaluations.numbered(task.number)
    if row is None or row.id != task.id:
        raise _UnfitError(f"its database has no evaluation {task.id}: give it the same GLM_PLAYGROUND_DATABASE_URL")
    try:
        suite, setups = (
            Suite.model_validate_json(ledger.evaluations.suite(row.number)),
            stored_candidates(row.candidates),
        )
        judge = judge_for(ledger, row)
    except ValueError:
        raise _UnfitError("it cannot read the suite: a later version has written it") from None
    return work_of(suite, setups, runtime.gateways(), row.owner, judge)


def _claim(ledger: Ledger, work: Work, task: CellTask) -> Stepped:
    """Claims a cell; gives back those that were claimed by a transaction that was taken for lost, and never sent."""

    def most(key: CellKey) -> Amount:
        return work.asked(key).most

    with _claiming:
        lost = ledger.evaluations.claimed_here(task.number) if task.number in _unsure else ()
        back = tuple(
            EndedCell(key, run_id, CellState.WAITING, most(key), Amount(), None)
            for key, run_id in lost
            if run_id not in _asking
        )
        try:
            stepped = ledger.evaluations.step(task.number, Step(back, (Want(task.candidates, 1),), most))
        except LedgerError:
            _unsure.add(task.number)
            raise
        _unsure.discard(task.number)
        _asking.update(one.run_id for one in stepped.claimed)
    return stepped


def _why_nothing(stepped: Stepped) -> Found:
    if stepped.state is not EvaluationState.RUNNING:
        return Found.HALTED
    return Found.CAPPED if stepped.capped else Found.NOTHING


def _ask(claimed: Claimed, asked: CellRequest, owner: str) -> LiveRun:
    ended = threading.Event()
    gateway = asked.candidate.gateway
    run = runtime.engine().start(
        asked.request,
        gateway,
        owner=owner,
        price=runtime.price_question(gateway, asked.candidate.setup.model),
        claim=asked.counted,
        run_id=claimed.run_id,
        on_end=lambda _run: ended.set(),
        repeat=False,
    )
    ended.wait()
    return run


def _settle(ledger: Ledger, task: CellTask, ended: EndedCell) -> None:
    """Stores what the cell came to, for as long as it takes: it is paid."""
    while True:
        try:
            ledger.evaluations.step(task.number, Step((ended,), (), lambda _key: Amount()))
        except LedgerError as error:
            _log.error("run %s waits for the database [%s]: %s", ended.run_id, error.id, error)
            _again.wait(_AWAY_S)
        except ValueError:
            if ended.run is None:
                raise
            _log.exception("run %s cannot be stored; its cell is", ended.run_id)
            ended = ended._replace(run=None)
        else:
            return


def _briefly(error: RunError | None) -> RunError | None:
    return replace(error, message=error.message[:_MOST_SAID], fields=()) if error else None


def _short(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:_MOST_SAID]

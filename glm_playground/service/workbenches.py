"""The workbenches that are open in this process: one value each, shared by all tabs of its owner, stored in the ledger.

A workbench that no tab has open any more is forgotten here once it is stored and its runs have ended; where the ledger
is away it stays as long as a session holds it, so that a reload finds it again.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from weakref import WeakValueDictionary

from glm_playground.bundles.bundle import Bundle
from glm_playground.chat.merge import take_over
from glm_playground.chat.workbench import Workbench
from glm_playground.chat.workbench_json import (
    KnownRun,
    WorkbenchUnreadable,
    from_json,
    run_ids,
    to_json,
)
from glm_playground.ledger import (
    Ledger,
    LedgerError,
    LedgerNoRoom,
    Stored,
    StoredRun,
    StoredWorkbench,
    WorkbenchRow,
)
from glm_playground.ledger.workbench_queue import Saving, WorkbenchCopy
from glm_playground.runs.live_run import LiveRun
from glm_playground.runs.run import Run
from glm_playground.service import runtime, storage


@dataclass(eq=False)
class OpenWorkbench:
    """A workbench with what is stored of it."""

    bench: Workbench
    copy: WorkbenchCopy
    used_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    handed_over: int = 0
    """`bench.changes` when it was handed over to be stored last."""
    unreadable: WorkbenchUnreadable | None = None
    """Why the stored one could not be opened, where this is an empty one in its place under another id."""
    shown: Bundle | None = None
    """Whose runs it was opened with; another tab that opens the same file shares them."""
    unchosen: int = -1
    """`bench.changes` of a new one for as long as nobody has chosen a model; -1 afterwards."""

    @property
    def unstored(self) -> bool:
        """True where its last change was refused: it is too large, there is no room, or it was deleted elsewhere."""
        return self.copy.saving in {Saving.CONFLICT, Saving.FULL, Saving.REFUSED}

    @property
    def full(self) -> bool:
        """True where that was since the owner has stored as many workbenches as one may."""
        return self.copy.saving is Saving.FULL


_open: "WeakValueDictionary[tuple[str, str], OpenWorkbench]" = WeakValueDictionary()
_running: dict[OpenWorkbench, list[LiveRun]] = {}
"""Those whose runs go on though no tab may have them open: to delete one is to stop them, and their warm-ups."""
_lock = threading.Lock()


def new(owner: str) -> OpenWorkbench:
    """An empty workbench; it is stored once something is asked in it."""
    bench = Workbench()
    return _register(owner, OpenWorkbench(bench, WorkbenchCopy(owner, bench.id), unchosen=bench.changes))


def open_latest(owner: str) -> OpenWorkbench:
    """The workbench that the owner used last, here or as it is stored, or an empty one."""
    with _lock:
        mine = [one for (whose, _id), one in _open.items() if whose == owner]
    in_use = max(mine, key=lambda one: one.used_at, default=None)
    rows = _stored_rows(owner)
    if rows and (in_use is None or rows[0].updated_at > in_use.used_at) and (found := open_one(owner, rows[0].id)):
        return found
    return in_use or new(owner)


def open_one(owner: str, id: str) -> OpenWorkbench | None:
    """The owner's workbench with this id, or None. One that cannot be read leaves an empty one."""
    with _lock:
        if found := _open.get((owner, id)):
            return found
    ledger = storage.ledger()
    if isinstance(ledger, LedgerError):
        return None
    stored = ledger.workbenches.read(owner, id)
    if stored is None:
        return None
    try:
        bench = _read(ledger, owner, stored)
    except WorkbenchUnreadable as error:
        empty = new(owner)
        # Alone: its traceback, and the error that it came of, hold what was read so far.
        error.__traceback__ = error.__context__ = None
        empty.unreadable = error
        return empty
    copy = WorkbenchCopy(owner, id, stored.revision, read_from=ledger.id)
    return _register(owner, OpenWorkbench(bench, copy, stored.updated_at, bench.changes))


def rows(owner: str) -> tuple[WorkbenchRow, ...]:
    """The owner's workbenches that hold something, the one used last first."""
    with _lock:
        here = {id: one for (whose, id), one in _open.items() if whose == owner and not one.bench.empty}
    found = {row.id: row for row in _stored_rows(owner)}
    found |= {id: WorkbenchRow(id, one.bench.name, one.used_at) for id, one in here.items()}
    return tuple(sorted(found.values(), key=lambda row: row.updated_at, reverse=True))


def save(opened: OpenWorkbench) -> None:
    """Stores the changes of a workbench in the background; costs the caller next to nothing."""
    bench = opened.bench
    if bench.changes == opened.handed_over or (bench.empty and not opened.copy.revision):
        return
    opened.handed_over = bench.changes
    opened.used_at = datetime.now(UTC)
    _keep_running(opened)
    storage.save_workbench_soon(
        opened.copy, bench.name, lambda: to_json(bench, _is_stored), lambda _copy: _after(opened)
    )


def save_all() -> None:
    """Stores all that is open anew, with its runs: for a database that took the place of one whose file is gone."""
    with _lock:
        all_open = [(owner, one) for (owner, _id), one in _open.items()]
    for owner, opened in all_open:
        for lane in opened.bench.lanes:
            for answer in lane.conversation.all_answers():
                if (run := answer.run) and run.ended and not run.replayed:
                    storage.watch(run, owner, lambda: None, answer.stored_cost)
        opened.handed_over = -1
        save(opened)


storage.after_replacing.append(save_all)


def forget(owner: str) -> None:
    """Makes the owner's next session read anew what is stored; a tab that is open keeps what it shows."""
    with _lock:
        for key in [key for key in _open if key[0] == owner]:
            del _open[key]


def rename(owner: str, id: str, name: str) -> None:
    """Gives a workbench another name.

    Raises:
        LedgerError: it could not be stored.
    """
    with _lock:
        opened = _open.get((owner, id))
    if opened:
        with opened.bench.lock:
            opened.bench.name = name
            opened.bench.changes += 1
        save(opened)
    else:
        storage.needed_ledger().workbenches.rename(owner, id, name)


def delete(owner: str, id: str) -> Callable[[], None]:
    """Deletes a workbench and stops its runs; gives what restores it, and raises as this does.

    Raises:
        LedgerError: it could not be deleted; it is open, and its runs go on.
    """
    with _lock:
        opened = _open.get((owner, id))
    if opened:
        # A change that still waits would bring it back.
        storage.catch_up()
    storage.needed_ledger().workbenches.delete(owner, id)
    with _lock:
        _open.pop((owner, id), None)
    if opened:
        runtime.engine().stop(*opened.bench.live_runs())
    _save_where_room_was_missing(owner)

    def restore() -> None:
        ledger = storage.needed_ledger()
        restored = ledger.workbenches.restore(owner, id)
        if not restored:
            # Its room was needed by others.
            if opened is None:
                raise LedgerNoRoom(Stored.WORKBENCHES)
            body = to_json(opened.bench, _is_stored)
            revision = ledger.workbenches.save(owner, id, opened.bench.name, body, 0)
            opened.copy = WorkbenchCopy(owner, id, revision or 0, read_from=ledger.id)
            _register(owner, opened)
        elif opened:
            # What a tab changed in between could not be stored.
            opened.handed_over = -1
            save(_register(owner, opened))

    return restore


def _save_where_room_was_missing(owner: str) -> None:
    with _lock:
        waiting = [one for (whose, _id), one in _open.items() if whose == owner and one.full]
    for opened in waiting:
        opened.handed_over = -1
        save(opened)


def _keep_running(*more: OpenWorkbench) -> None:
    """Holds those whose runs go on, and lets go of those whose runs have ended."""
    found = {one: one.bench.live_runs() for one in more}
    with _lock:
        _running.update(found)
        for one in [one for one, runs in _running.items() if all(run.ended for run in runs)]:
            del _running[one]


def _register(owner: str, opened: OpenWorkbench) -> OpenWorkbench:
    with _lock:
        return _open.setdefault((owner, opened.bench.id), opened)


def _stored_rows(owner: str) -> tuple[WorkbenchRow, ...]:
    ledger = storage.ledger()
    return () if isinstance(ledger, LedgerError) else ledger.workbenches.rows(owner)


def _read(ledger: Ledger, owner: str, stored: StoredWorkbench) -> Workbench:
    found = ledger.runs(owner, run_ids(stored.body))
    known = {run_id: _known(one) for run_id, one in found.items()}
    return from_json(stored.body, known, id=stored.id, name=stored.name)


def _known(stored: StoredRun) -> KnownRun:
    # A run that is still running here is attached to; its stored copy is not.
    live = runtime.engine().live(stored.run.id)
    return KnownRun(live or stored.run, stored.cost)


def _is_stored(run: Run) -> bool:
    return not run.replayed and not storage.left_out(run)


def _after(opened: OpenWorkbench) -> None:
    """Once it was tried to store it: where another server stored it meanwhile, both are brought together."""
    _keep_running()
    if opened.copy.saving is not Saving.CONFLICT:
        return
    copy, ledger = opened.copy, storage.ledger()
    stored = None if isinstance(ledger, LedgerError) else ledger.workbenches.read(copy.owner, copy.id)
    if stored is None or isinstance(ledger, LedgerError):
        return
    try:
        take_over(opened.bench, _read(ledger, copy.owner, stored))
    except WorkbenchUnreadable:
        return
    copy.revision, copy.read_from = stored.revision, ledger.id
    save(opened)

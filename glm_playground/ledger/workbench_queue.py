"""Workbenches that wait to be saved: of each session's copy the newest one."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from glm_playground.ledger.errors import LedgerError, LedgerNoRoom
from glm_playground.ledger.ledger import Ledger

_log = logging.getLogger(__name__)

SAVED_AFTER_S = 0.3
"""Seconds that a workbench waits for further changes, which are then written at once."""
MOST_WAITING = 1000
"""Workbenches that wait at most while the database cannot be written; further ones push out the oldest."""


class Saving(StrEnum):
    """How saving a copy of a workbench stands."""

    WAITING = "waiting"
    SAVED = "saved"
    CONFLICT = "conflict"
    """Somebody else saved or deleted the workbench meanwhile; nothing was stored."""
    FULL = "full"
    """Its owner has stored as many workbenches, or as many bytes of them, as one may; nothing was stored."""
    REFUSED = "refused"
    """It is too large, cannot be made into a text, or too many waited; nothing was stored."""


@dataclass(eq=False)
class WorkbenchCopy:
    """A workbench as one session has it, and what is stored of it. Only the recorder's thread changes `revision`."""

    owner: str
    id: str
    revision: int = 0
    """The stored revision that this copy was read from or saved as last; 0 for one that is new."""
    saving: Saving = Saving.SAVED
    read_from: str | None = None
    """`Ledger.id` that the revision is of; in another one it is new."""


@dataclass(frozen=True)
class _Change:
    name: str
    body: Callable[[], str]
    done: Callable[[WorkbenchCopy], None] | None
    since: float


class WorkbenchQueue:
    """Takes changes from any thread; one thread writes them.

    Args:
        changed: wakes that thread; its lock guards the queue.
    """

    def __init__(self, changed: threading.Condition) -> None:
        self._changed = changed
        self._waiting: dict[WorkbenchCopy, _Change] = {}
        self._writing = False

    def __len__(self) -> int:
        with self._changed:
            return len(self._waiting) + self._writing

    def put(
        self,
        copy: WorkbenchCopy,
        name: str,
        body: Callable[[], str],
        done: Callable[[WorkbenchCopy], None] | None = None,
    ) -> None:
        """Saves a copy soon, in place of a change of it that still waits.

        Args:
            copy: its `saving` is WAITING until it is saved or refused.
            name: of the workbench.
            body: gives its text, on the thread that writes.
            done: called there afterwards.
        """
        with self._changed:
            before = self._waiting.get(copy)
            since = before.since if before else time.monotonic()
            self._waiting[copy] = _Change(name, body, done, since)
            copy.saving = Saving.WAITING
            if len(self._waiting) > MOST_WAITING:
                lost = next(iter(self._waiting))
                del self._waiting[lost]
                lost.saving = Saving.REFUSED
                _log.error("workbench %s is not saved: too many wait for the database", lost.id)
            self._changed.notify_all()

    def due(self) -> float | None:
        """When the first of them is to be written; None where none waits."""
        with self._changed:
            return min((change.since + SAVED_AFTER_S for change in self._waiting.values()), default=None)

    def write(self, ledger: Ledger, *, everything: bool) -> None:
        """Writes those that are due; for the one thread that writes.

        Raises:
            LedgerError: the database cannot be written; what is not written waits on.
        """
        before = time.monotonic() - (0.0 if everything else SAVED_AFTER_S)
        with self._changed:
            due = [copy for copy, change in self._waiting.items() if change.since <= before]
        for copy in due:
            self._write_one(ledger, copy)

    def _write_one(self, ledger: Ledger, copy: WorkbenchCopy) -> None:
        with self._changed:
            change = self._waiting.pop(copy, None)
            if change is None:
                return
            self._writing = True
        stored = False
        try:
            saving = _save(ledger, copy, change)
            stored = True
        finally:
            with self._changed:
                self._writing = False
                if not stored:
                    # A newer change may have come meanwhile.
                    self._waiting.setdefault(copy, change)
                elif copy not in self._waiting:
                    copy.saving = saving
                self._changed.notify_all()
        if change.done:
            try:
                change.done(copy)
            except Exception:  # noqa: BLE001 - nor may a caller end the thread
                _log.exception("workbench %s is saved; what its session does then failed", copy.id)


def _save(ledger: Ledger, copy: WorkbenchCopy, change: _Change) -> Saving:
    known = copy.revision if copy.read_from in {None, ledger.id} else 0
    try:
        revision = ledger.workbenches.save(copy.owner, copy.id, change.name, change.body(), known)
    except LedgerNoRoom:
        return Saving.FULL
    except LedgerError:
        raise
    except Exception:  # noqa: BLE001 - the thread must outlive a workbench that is too large or makes no text
        _log.exception("workbench %s is not saved", copy.id)
        return Saving.REFUSED
    if revision is None:
        return Saving.CONFLICT
    copy.revision, copy.read_from = revision, ledger.id
    return Saving.SAVED

"""What can be wrong with a database.

LedgerError
 ├─ LedgerOpening       it is not open yet
 ├─ LedgerUnreachable   no such server, no such folder, wrong password, no answer in time
 │   └─ LedgerReplaced   its file was removed or replaced while it was open
 ├─ LedgerLocked        another program holds it for too long, or another tab keeps changing what is stored
 ├─ LedgerReadOnly      it is read-only
 ├─ LedgerFull          no space is left
 ├─ LedgerNoRoom        an owner has stored as much as one may
 ├─ LedgerDamaged       it is no database, or a broken one
 └─ LedgerNewer         a later version of the app has written it
"""

import copy
import uuid
from enum import StrEnum
from typing import Self


class LedgerError(Exception):
    """The database cannot be used.

    The message names the database without a password and says why in a line: for the log. `id` is for both, the log
    and whoever uses the app, so that the one can be found by the other.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.id = uuid.uuid4().hex[:8]

    def anew(self) -> Self:
        """The same error, for who stores it, and for who raises one that is stored.

        An error holds the frames that it passed, and with them all that a script had; raised again and again, one that
        is stored would hold those of every script.
        """
        return copy.copy(self)


class LedgerOpening(LedgerError):
    """The database is being opened for the first time."""


class LedgerUnreachable(LedgerError):
    """There is no such server or folder, it does not let us in, or it does not answer."""


class LedgerReplaced(LedgerUnreachable):
    """The file was removed, or another one took its place, while it was open."""


class LedgerLocked(LedgerError):
    """Another program holds the database for longer than the timeout, or another tab is faster at each try."""


class LedgerReadOnly(LedgerError):
    """The database is read-only."""


class LedgerFull(LedgerError):
    """No space is left for the database."""


class Stored(StrEnum):
    """What an owner stores, of which there is a most."""

    SUITES = "suites"
    EVALUATIONS = "evaluations"
    CELLS = "requests of evaluations"
    WORKBENCHES = "workbenches"
    PRESETS = "presets"
    VOTES = "votes"
    RUNS = "runs"


class LedgerNoRoom(LedgerError):
    """The owner has stored as much of a kind as one may: the database can be used once some of it is deleted."""

    def __init__(self, stored: Stored) -> None:
        # What a copy is made with.
        super().__init__(stored)
        self.stored = stored

    def __str__(self) -> str:
        return f"there is no room for more {self.stored.value}: delete some that you no longer need"


class LedgerDamaged(LedgerError):
    """The file is no database, or a broken one."""


class LedgerNewer(LedgerError):
    """A later version of the app has written the database."""

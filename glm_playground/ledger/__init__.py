"""Storage of recorded runs: SQLite in a file, or PostgreSQL by URL."""

from glm_playground.ledger.errors import (
    LedgerDamaged,
    LedgerError,
    LedgerFull,
    LedgerLocked,
    LedgerNewer,
    LedgerOpening,
    LedgerReadOnly,
    LedgerReplaced,
    LedgerUnreachable,
)
from glm_playground.ledger.ledger import Ledger
from glm_playground.ledger.recorder import Recorder
from glm_playground.ledger.values import (
    BalanceReading,
    Callback,
    Cursor,
    Deletion,
    Page,
    RunFilter,
    RunRow,
    Settlement,
    Spent,
    StoredRun,
    StoredWorkbench,
    TaskLookup,
    Total,
    UnreadableRun,
    WorkbenchRow,
)
from glm_playground.ledger.workbenches import RUNNING_ORDER

__all__ = [
    "RUNNING_ORDER",
    "BalanceReading",
    "Callback",
    "Cursor",
    "Deletion",
    "Ledger",
    "LedgerDamaged",
    "LedgerError",
    "LedgerFull",
    "LedgerLocked",
    "LedgerNewer",
    "LedgerOpening",
    "LedgerReadOnly",
    "LedgerReplaced",
    "LedgerUnreachable",
    "Page",
    "Recorder",
    "RunFilter",
    "RunRow",
    "Settlement",
    "Spent",
    "StoredRun",
    "StoredWorkbench",
    "TaskLookup",
    "Total",
    "UnreadableRun",
    "WorkbenchRow",
]

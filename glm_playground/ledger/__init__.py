"""Storage of recorded runs: SQLite in a file, or PostgreSQL by URL."""

from glm_playground.ledger.errors import (
    LedgerDamaged,
    LedgerError,
    LedgerFull,
    LedgerLocked,
    LedgerNewer,
    LedgerReadOnly,
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
    Spent,
    StoredRun,
    TaskLookup,
    Total,
)

__all__ = [
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
    "LedgerReadOnly",
    "LedgerUnreachable",
    "Page",
    "Recorder",
    "RunFilter",
    "RunRow",
    "Spent",
    "StoredRun",
    "TaskLookup",
    "Total",
]

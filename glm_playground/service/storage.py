"""The process's ledger: opened once at start, written in the background; without it the app goes on and says so."""

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from glm_playground.ledger import Callback, Ledger, LedgerError
from glm_playground.ledger.recorder import Recorder
from glm_playground.runs.cost import Price
from glm_playground.runs.run import Run
from glm_playground.settings import settings

FILE_NAME = "runs.sqlite3"
KEPT_AFTER_DELETION = timedelta(days=1)
_CLOSE_S = 5.0
_CATCH_UP_S = 0.3
# A page may ask while the server's start still opens it.
_opening = threading.Lock()


def database_url() -> str:
    """Where the runs are kept: the operator's address, else a file in the user's data folder."""
    url = settings().database_url
    return url.get_secret_value() if url else f"sqlite:///{Path(settings().data_folder) / FILE_NAME}"


@cache
def _ledger() -> Ledger | LedgerError:
    try:
        return Ledger.open(database_url())
    except LedgerError as error:
        return error


@cache
def _recorder() -> Recorder | None:
    opened = _ledger()
    return Recorder(opened) if isinstance(opened, Ledger) else None


def ledger() -> Ledger | LedgerError:
    """The ledger, opened at the first call; why it cannot be used."""
    with _opening:
        return _ledger()


def recorder() -> Recorder | None:
    """What writes the runs down; None where the ledger cannot be used."""
    with _opening:
        return _recorder()


def open_and_tidy() -> None:
    """Opens the ledger where it is not open, and removes for good what was deleted more than a day ago."""
    recorder()
    opened = ledger()
    if isinstance(opened, Ledger):
        with suppress(LedgerError):
            opened.purge(datetime.now(UTC) - KEPT_AFTER_DELETION)


def watch(run: Run, owner: str, price: Callable[[], Price | None]) -> None:
    """Stores `run`, which is `owner`'s, from now on; `price` is asked once it has ended."""
    if writing := recorder():
        writing.watch(run, owner, price)


def note_end(run: Run) -> None:
    """Has a run that ended kept whole; for the engine's thread."""
    if _recorder.cache_info().currsize and (writing := _recorder()):
        writing.ended(run)


def keep_callback(callback: Callback) -> bool:
    """Stores a callback whose signature was checked; False where it came before.

    Raises:
        LedgerError: it could not be stored.
    """
    opened = ledger()
    if isinstance(opened, LedgerError):
        raise opened
    return opened.add_callback(callback)


def catch_up() -> None:
    """Waits a moment for runs that ended just now, so that a page that reads the ledger shows them."""
    if (writing := recorder()) and writing.problem is None:
        writing.flush(_CATCH_UP_S)


def problem() -> LedgerError | None:
    """Why runs are not kept at the moment."""
    opened = ledger()
    if isinstance(opened, LedgerError):
        return opened
    writing = recorder()
    return writing.problem if writing else None


def close() -> None:
    """Writes what waits, and closes; for the end of the server."""
    if _recorder.cache_info().currsize and (writing := recorder()):
        writing.flush(_CLOSE_S)
        writing.close()
    if _ledger.cache_info().currsize and isinstance(opened := ledger(), Ledger):
        opened.close()
    _recorder.cache_clear()
    _ledger.cache_clear()

"""The process's ledger: opened once at start, written in the background; without it the app goes on and says so."""

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import streamlit as st

from glm_playground.ledger import (
    Callback,
    Ledger,
    LedgerDamaged,
    LedgerError,
    LedgerFull,
    LedgerLocked,
    LedgerNewer,
    LedgerReadOnly,
    LedgerUnreachable,
)
from glm_playground.ledger.recorder import Recorder
from glm_playground.runs.cost import Price
from glm_playground.runs.run import Run
from glm_playground.settings import settings
from glm_playground.ui.answer_markdown import literal
from glm_playground.ui.explanations import Explanation
from glm_playground.ui.i18n import _
from glm_playground.ui.owner import owner
from glm_playground.ui.turns import no_turn

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


def watch(run: Run, price: Callable[[], Price | None]) -> None:
    """Has a run that was started in this session kept, from now on; `price` is asked once it has ended."""
    if writing := recorder():
        writing.watch(run, owner(), price)


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
        with no_turn():
            writing.flush(_CATCH_UP_S)


def problem() -> LedgerError | None:
    """Why runs are not kept at the moment."""
    opened = ledger()
    if isinstance(opened, LedgerError):
        return opened
    writing = recorder()
    return writing.problem if writing else None


def explain(error: LedgerError) -> Explanation:
    """What is wrong with the ledger, and what to do."""
    titles = {
        LedgerUnreachable: _("The database of runs cannot be reached."),
        LedgerLocked: _("Another program holds the database of runs."),
        LedgerReadOnly: _("The database of runs may not be written."),
        LedgerFull: _("There is no space left for the database of runs."),
        LedgerDamaged: _("The file is not a database of runs, or it is broken."),
        LedgerNewer: _("A later version of this app has written the database of runs."),
    }
    remedies = {
        LedgerUnreachable: _("Check GLM_PLAYGROUND_DATABASE_URL or the data folder, then start the app again."),
        LedgerLocked: _("Close the other program; what waits is written as soon as it lets go."),
        LedgerReadOnly: _("Allow this app to write it, or set GLM_PLAYGROUND_DATA_FOLDER to another folder."),
        LedgerFull: _("Make space on the disk; what waits is written as soon as there is some."),
        LedgerDamaged: _("It was left untouched. Move it away or restore a copy, then start the app again."),
        LedgerNewer: _("It was left untouched. Update this app, or set GLM_PLAYGROUND_DATA_FOLDER to another folder."),
    }
    kind = next((kind for kind in titles if isinstance(error, kind)), LedgerUnreachable)
    return Explanation(titles[kind], f"{remedies[kind]} ({literal(str(error))})")


def draw_problem() -> None:
    """Says that runs are not kept, where that is so."""
    if error := problem():
        title, body = explain(error)
        note = _("Answers stay in this session, but the history does not keep them for now.")
        st.warning(f"{note} {body}", title=title)


def close() -> None:
    """Writes what waits, and closes; for the end of the server."""
    if _recorder.cache_info().currsize and (writing := recorder()):
        writing.flush(_CLOSE_S)
        writing.close()
    if _ledger.cache_info().currsize and isinstance(opened := ledger(), Ledger):
        opened.close()
    _recorder.cache_clear()
    _ledger.cache_clear()

"""The process's ledger: opened and written in the background; while it cannot be, the app works on and says so."""

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from glm_playground.ledger import Callback, Ledger, LedgerError, LedgerNoRoom, LedgerReplaced
from glm_playground.ledger.cap_counter import CapCounter
from glm_playground.ledger.recorder import Recorder
from glm_playground.ledger.workbench_queue import WorkbenchCopy
from glm_playground.runs.cost import Cost, Price
from glm_playground.runs.run import Run
from glm_playground.service.caps import configured_caps
from glm_playground.settings import settings

_log = logging.getLogger(__name__)
FILE_NAME = "runs.sqlite3"
KEPT_AFTER_DELETION = timedelta(days=1)
_OPEN_S = 1.0
"""A page waits so long at most for the database to be opened."""
_COUNT_WAITS_S = 5.0
"""The first requests of a process wait so long at most for the database to be opened."""
_CLOSE_S = 5.0
_CATCH_UP_S = 0.3
_REPLACED_SAID_FOR_S = 3600.0
after_replacing: list[Callable[[], None]] = []
"""Called once another database is open in place of one whose file was removed."""
_making = threading.Lock()
_recorder: Recorder | None = None
_counter: CapCounter | None = None


def database_url() -> str:
    """Where the runs are stored: the operator's address, else a file in the user's data folder."""
    url = settings().database_url
    return url.get_secret_value() if url else f"sqlite:///{Path(settings().data_folder) / FILE_NAME}"


def shared() -> bool:
    """Whether processes on other machines can open the ledger, too: a file is this machine's own."""
    return not database_url().startswith("sqlite")


def recorder() -> Recorder:
    """The process's recorder, which opens the ledger in the background; made at the first call."""
    global _recorder  # noqa: PLW0603 - the process has one
    with _making:
        if _recorder is None:
            url = database_url()
            _recorder = Recorder(lambda: Ledger.open(url), on_replaced=_write_anew)
        return _recorder


def counter() -> CapCounter:
    """What counts this process's requests against the caps; made at the first call."""
    global _counter  # noqa: PLW0603 - the process has one
    with _making:
        if _counter is None:
            caps, sending = configured_caps(settings()), settings().sending
            _counter = CapCounter(lambda: ledger(_COUNT_WAITS_S), caps, sending=sending)
        return _counter


def _write_anew() -> None:
    for write in after_replacing:
        write()


def ledger(timeout: float = _OPEN_S) -> Ledger | LedgerError:
    """The ledger, or why it cannot be used; waits `timeout` seconds at most while it is opened for the first time."""
    recorder().wait_open(timeout)
    return recorder().ledger


def needed_ledger() -> Ledger:
    """The ledger.

    Raises:
        LedgerError: why it cannot be used.
    """
    opened = ledger()
    if isinstance(opened, LedgerError):
        raise opened.anew()
    return opened


def open_and_tidy() -> None:
    """Opens the ledger where it is not open, and removes for good what was deleted a day ago or is too old."""
    opened = ledger()
    if isinstance(opened, Ledger):
        now = datetime.now(UTC)
        with suppress(LedgerError):
            opened.purge(now - KEPT_AFTER_DELETION)
            if (days := settings().keep_days) and (removed := opened.expire((now - timedelta(days=days)).date())):
                _log.info("%s runs older than %s days are removed", removed, days)


def watch(run: Run, owner: str, price: Callable[[], Price | None], cost: Cost | None = None) -> None:
    """Stores `run`, which is `owner`'s, from now on; `price` is asked once it has ended, unless its cost is known."""
    recorder().watch(run, owner, price, cost)


def note_end(run: Run) -> None:
    """Stores a run that ended whole; for the engine's thread."""
    if _recorder:
        _recorder.ended(run)


def save_workbench_soon(
    copy: WorkbenchCopy,
    name: str,
    body: Callable[[], str],
    done: Callable[[WorkbenchCopy], None] | None = None,
) -> None:
    """Saves a session's copy of a workbench in the background, in place of a change of it that still waits.

    Args:
        copy: made once for a session, with the revision that was read; `copy.saving` and `copy.revision` tell how it
            stands.
        name: of the workbench.
        body: gives its text, on the recorder's thread; what it reads must not change any more.
        done: called there afterwards.
    """
    recorder().save_workbench(copy, name, body, done)


def keep_callback(callback: Callback) -> bool:
    """Stores a callback whose signature was checked; False where it came before.

    Raises:
        LedgerError: it could not be stored.
    """
    return needed_ledger().add_callback(callback)


def knows_owner(owner: str) -> bool:
    """Whether something is stored for `owner`.

    Raises:
        LedgerError: the ledger cannot be asked.
    """
    return needed_ledger().knows(owner)


def catch_up() -> None:
    """Waits a moment for runs that ended just now, so that a page that reads the ledger shows them."""
    if recorder().problem is None:
        recorder().flush(_CATCH_UP_S)


def problem() -> LedgerError | None:
    """Why runs are not stored at the moment."""
    return recorder().problem


def replaced() -> LedgerReplaced | None:
    """That another database took the place of the one that was open, for an hour."""
    return recorder().replaced(_REPLACED_SAID_FOR_S)


def left_out(run: Run) -> bool:
    """Whether a run is not stored since there was no room for it."""
    return recorder().left_out(run.id)


def has_room(owner: str) -> bool:
    """Whether runs of `owner` are stored, as far as is known."""
    opened = recorder().ledger
    if not recorder().may_be_full(owner) or not isinstance(opened, Ledger):
        return True
    try:
        opened.need_room(owner)
    except LedgerNoRoom:
        return False
    except LedgerError:
        return True
    return True


def waiting() -> int:
    """How much waits to be stored."""
    return recorder().waiting


def close() -> None:
    """Writes what waits, and closes; for the end of the server."""
    global _counter, _recorder
    with _making:
        counting, _counter = _counter, None
    if counting:
        counting.close()
    with _making:
        closing, _recorder = _recorder, None
    if closing:
        # Where the last attempt failed, `close` makes one more and does not wait for others.
        if closing.problem is None:
            closing.flush(_CLOSE_S)
        closing.close()

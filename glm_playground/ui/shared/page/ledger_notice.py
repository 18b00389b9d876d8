"""What is said where the ledger fails, while a page is drawn and in callbacks; nothing typed is lost by it.

Where the database is goes to the log, under an id that is shown.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from glm_playground.ledger import (
    Ledger,
    LedgerDamaged,
    LedgerError,
    LedgerFull,
    LedgerLocked,
    LedgerNewer,
    LedgerNoRoom,
    LedgerOpening,
    LedgerReadOnly,
    LedgerReplaced,
    LedgerUnreachable,
    Stored,
)
from glm_playground.service import storage
from glm_playground.ui.server.owner import owner
from glm_playground.ui.server.scheduler import released
from glm_playground.ui.shared.i18n import _
from glm_playground.ui.shared.page.explanation import Explanation
from glm_playground.ui.shared.page.no_room import explain_no_room

_log = logging.getLogger(__name__)
_FAILED = "ledger_failed"
_LOOKS_UP_EVERY_S = 2.0


@dataclass(frozen=True)
class _Failed:
    """A change that was not stored."""

    said: str
    act: Callable[[], object]
    error: LedgerError
    typed: Any


def ledger() -> Ledger | LedgerError:
    """The ledger, or why it cannot be used; other scripts compute while it is opened."""
    with released():
        return storage.ledger()


def catch_up() -> None:
    """Waits a moment for runs that ended just now; other scripts compute meanwhile."""
    with released():
        storage.catch_up()


def attempt(said: str, act: Callable[[], object], about: str, typed: Any = None) -> bool:
    """Changes the ledger in a callback; where that fails, `draw_problem` says so and offers to try again.

    Args:
        said: what was not done, a sentence.
        act: the change; it must not read a widget, which may be gone when it is tried again.
        about: names what is changed: a later attempt takes the place of one that failed.
        typed: what `typed_for` gives until the change is stored.
    """
    failed: dict[str, _Failed] = st.session_state.setdefault(_FAILED, {})
    failed.pop(about, None)
    try:
        act()
    except LedgerError as error:
        _note(error, about.partition(" ")[0])
        failed[about] = _Failed(said, act, error.anew(), typed)
        return False
    return True


def typed_for(about: str, stored: Any) -> Any:
    """What was typed and is not stored yet, else what is stored."""
    failed: dict[str, _Failed] = st.session_state.get(_FAILED, {})
    return failed[about].typed if about in failed else stored


def explain(error: LedgerError) -> Explanation:
    """What is wrong with the ledger, and what to do."""
    if isinstance(error, LedgerNoRoom):
        return explain_no_room(error.stored)
    titles = {
        LedgerOpening: _("The database of runs is being opened."),
        LedgerReplaced: _("The file of the database of runs was removed or replaced."),
        LedgerUnreachable: _("The database of runs cannot be reached."),
        LedgerLocked: _("Another program holds the database of runs."),
        LedgerReadOnly: _("The database of runs is read-only."),
        LedgerFull: _("There is no space left for the database of runs."),
        LedgerDamaged: _("The file is not a database of runs, or it is broken."),
        LedgerNewer: _("A later version of this app has written the database of runs."),
    }
    remedies = {
        LedgerOpening: _("This page appears as soon as it is open."),
        LedgerReplaced: _("The app opens the file that is there now, or makes a new one."),
        LedgerUnreachable: _("Check GLM_PLAYGROUND_DATABASE_URL or the data folder. The app keeps trying."),
        LedgerLocked: _("Close the other program. Pending changes are saved once it releases the database."),
        LedgerReadOnly: _("Allow this app to write it, or set GLM_PLAYGROUND_DATA_FOLDER to another folder."),
        LedgerFull: _("Free some disk space. Pending changes are saved once there is room."),
        LedgerDamaged: _("It was left untouched. Move it away or restore a copy. The app keeps trying."),
        LedgerNewer: _("It was left untouched. Update this app, or set GLM_PLAYGROUND_DATA_FOLDER to another folder."),
    }
    kind = next((kind for kind in titles if isinstance(error, kind)), LedgerUnreachable)
    if kind is LedgerOpening:
        return Explanation(titles[kind], remedies[kind])
    where = _("Details are in the log under {id}.").format(id=error.id)
    return Explanation(titles[kind], f"{remedies[kind]} {where}")


def draw_error(error: LedgerError) -> None:
    """Says why what should be here cannot be read."""
    _note(error, "a page that was drawn")
    title, body = explain(error)
    st.error(body, title=title)


def _note(error: LedgerError, where: str) -> None:
    # That somebody has no room left is nothing for the operator.
    level = logging.INFO if isinstance(error, LedgerNoRoom) else logging.ERROR
    _log.log(level, "the ledger failed [%s] in %s: %s", error.id, where, error)


def draw_problem() -> None:
    """Says that runs are not stored at the moment, until they are; and what was not stored of this session."""
    if error := storage.problem():
        title, body = explain(error)
        note = _("Answers continue. They wait in memory and are stored as soon as the database is back.")
        st.warning(f"{note} {body}", title=title)
        _watch(error.id)
    elif replaced := storage.replaced():
        _draw_replaced(replaced)
    if not storage.has_room(owner()):
        title, body = explain_no_room(Stored.RUNS)
        st.warning(body, title=title)
    for about, failed in st.session_state.get(_FAILED, {}).items():
        _draw_failed(about, failed)


def _draw_replaced(error: LedgerReplaced) -> None:
    title, _remedy = explain(error)
    body = _(
        "Runs that were stored before are not in the file that is used now; what was open in the app is stored in it. "
        "Details are in the log under {id}."
    )
    st.warning(body.format(id=error.id), title=title)


def draw_opening(error: LedgerError) -> None:
    """Says that the ledger is not open yet, until it is."""
    title, body = explain(error)
    st.info(body, title=title)
    _watch(None)


@st.fragment(run_every=_LOOKS_UP_EVERY_S)
def _watch(shown: str | None) -> None:
    """Draws the page again once what it says of the ledger is past."""
    error = storage.problem()
    if (error.id if error else None) != shown or (shown is None and isinstance(storage.ledger(0), Ledger)):
        st.rerun()


def _draw_failed(about: str, failed: _Failed) -> None:
    title, body = explain(failed.error)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.error(f"{title} {body}", title=failed.said)
        st.button(
            _("Try again"), key=f"ledger-again-{about}", icon=":material/refresh:", on_click=_again, args=(about,)
        )
        st.button(_("Dismiss"), key=f"ledger-dismiss-{about}", type="tertiary", on_click=_dismiss, args=(about,))


def _again(about: str) -> None:
    failed: _Failed = st.session_state[_FAILED][about]
    attempt(failed.said, failed.act, about, failed.typed)


def _dismiss(about: str) -> None:
    st.session_state[_FAILED].pop(about, None)

"""What is said where runs cannot be stored, and waiting for what was stored just now."""

import streamlit as st

from glm_playground.ledger import (
    LedgerDamaged,
    LedgerError,
    LedgerFull,
    LedgerLocked,
    LedgerNewer,
    LedgerReadOnly,
    LedgerUnreachable,
)
from glm_playground.service import storage
from glm_playground.ui.server.scheduler import released
from glm_playground.ui.shared.answer_markdown import literal
from glm_playground.ui.shared.explanations import Explanation
from glm_playground.ui.shared.i18n import _


def catch_up() -> None:
    """Waits a moment for runs that ended just now; other scripts compute meanwhile."""
    with released():
        storage.catch_up()


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
    if error := storage.problem():
        title, body = explain(error)
        note = _("Answers stay in this session, but the history does not keep them for now.")
        st.warning(f"{note} {body}", title=title)

"""The last resort of a script that fails."""

import logging
import uuid

import streamlit as st

from glm_playground.ledger import LedgerError
from glm_playground.ui.shared.i18n import _
from glm_playground.ui.shared.page.ledger_notice import draw_error

_log = logging.getLogger(__name__)


def on_script_error(error: Exception) -> bool:
    """Shows a sentence instead of a traceback; the traceback goes to the log under the same id."""
    if isinstance(error, LedgerError):
        draw_error(error)
        return True
    number = uuid.uuid4().hex[:8]
    _log.error("script error %s", number, exc_info=error)
    st.error(
        _("This is our bug. Running answers continue; quote {id}.").format(id=number),
        title=_("Something went wrong in this app."),
    )
    return True

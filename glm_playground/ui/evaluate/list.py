"""The evaluations of an owner, newest first."""

from functools import partial

import streamlit as st

from glm_playground.evals import background
from glm_playground.evals.candidates import stored_candidates
from glm_playground.ledger import Ledger
from glm_playground.ledger.evaluation_values import EvaluationRow
from glm_playground.ui.evaluate.address import open_evaluation
from glm_playground.ui.evaluate.words import Names, candidate_names, cell_counts, spending, standing
from glm_playground.ui.shared.i18n import _, moment
from glm_playground.ui.shared.page.own_key import asked_gateways
from glm_playground.ui.shared.text.answer_markdown import literal

_SHOWN, _SHOWN_AT_ONCE = "evaluate_shown", 50


def draw_list(ledger: Ledger, owner: str) -> None:
    """Draws them, each with the button that opens it."""
    most = st.session_state.setdefault(_SHOWN, _SHOWN_AT_ONCE)
    rows = ledger.evaluations.all(owner, most + 1)
    if not rows:
        st.markdown(_("No evaluations yet."))
    for row in rows[:most]:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            here = background.here(row) is not None
            name = literal(row.name) or _("Evaluation")
            st.markdown(
                f"**{name}** · {moment(row.created_at)} · {standing(row, _names(row), here=here)} · "
                f"{cell_counts(row)} · {spending(row)}",
                width="stretch",
            )
            st.button(_("Open"), key=f"evaluate_open_{row.id}", on_click=partial(open_evaluation, row.id))
    if len(rows) > most:
        st.button(_("Show more"), key="evaluate_more", on_click=_show_more)


def _names(row: EvaluationRow) -> Names:
    try:
        return candidate_names(stored_candidates(row.candidates), asked_gateways())
    except ValueError:
        # A later version of the app has written it.
        return {}


def _show_more() -> None:
    st.session_state[_SHOWN] += _SHOWN_AT_ONCE

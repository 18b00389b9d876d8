"""The evaluations of an owner, newest first."""

from functools import partial

import streamlit as st

from glm_playground.evals import running
from glm_playground.ledger import Ledger
from glm_playground.ui.evaluate.address import open_evaluation
from glm_playground.ui.evaluate.words import cell_counts, spending, standing
from glm_playground.ui.shared.answer_markdown import literal
from glm_playground.ui.shared.i18n import _, moment, ngettext, number

_MOST_SHOWN = 50


def draw_list(ledger: Ledger, owner: str) -> None:
    """Draws them, each with the button that opens it."""
    rows = ledger.evaluations.all(owner)
    if not rows:
        st.markdown(_("No evaluation is kept yet."))
    for row in rows[:_MOST_SHOWN]:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            here = running.here(row) is not None
            name = literal(row.name) or _("Evaluation")
            st.markdown(
                f"**{name}** · {moment(row.created_at)} · {standing(row, here=here)} · {cell_counts(row)} · "
                f"{spending(row)}",
                width="stretch",
            )
            st.button(_("Open"), key=f"evaluate_open_{row.id}", on_click=partial(open_evaluation, row.id))
    if len(rows) > _MOST_SHOWN:
        left = len(rows) - _MOST_SHOWN
        st.caption(ngettext("{count} older one", "{count} older ones", left).format(count=number(left)))

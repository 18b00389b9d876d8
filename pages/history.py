"""The history: what was asked, found again; at `/history?run=...` one run as it was."""

import streamlit as st

from glm_playground.ledger import Ledger, LedgerError
from glm_playground.ui import keeping
from glm_playground.ui.history_costs import draw_costs
from glm_playground.ui.history_list import RUN, draw_list
from glm_playground.ui.history_run import draw_run
from glm_playground.ui.i18n import _
from glm_playground.ui.open_bundle import draw_open_bundle
from glm_playground.ui.owner import owner
from glm_playground.ui.page_header import draw_header

draw_header(_("History"))
keeping.draw_problem()
ledger = keeping.ledger()
if isinstance(ledger, Ledger):
    keeping.catch_up()
    try:
        if run_id := st.query_params.get(RUN):
            draw_run(ledger, owner(), run_id)
        else:
            runs, costs, bundle = st.tabs(
                [_("Runs"), _("Costs"), _("Open a bundle")], key="history_view", on_change="rerun"
            )
            if runs.open:
                with runs:
                    draw_list(ledger, owner())
            elif costs.open:
                with costs:
                    draw_costs(ledger, owner())
            elif bundle.open:
                with bundle:
                    draw_open_bundle()
    except LedgerError as error:
        title, body = keeping.explain(error)
        st.error(body, title=title)

"""The history: what was asked, found again; at `/history?run=...` one run as it was."""

import streamlit as st

from glm_playground.ledger import Ledger, LedgerError, LedgerOpening
from glm_playground.ui.history.costs import draw_costs
from glm_playground.ui.history.list import RUN, draw_list
from glm_playground.ui.history.move import draw_move
from glm_playground.ui.history.open_bundle import draw_open_bundle
from glm_playground.ui.history.retention import draw_retention
from glm_playground.ui.history.run import draw_run
from glm_playground.ui.server.owner import owner
from glm_playground.ui.shared.i18n import _
from glm_playground.ui.shared.ledger_notice import catch_up, draw_error, draw_opening, draw_problem, ledger
from glm_playground.ui.shared.page_header import draw_header

draw_header(_("History"))
opened = ledger()
draw_problem()
if isinstance(opened, LedgerOpening):
    draw_opening(opened)
elif isinstance(opened, Ledger):
    catch_up()
    try:
        if run_id := st.query_params.get(RUN):
            draw_run(opened, owner(), run_id)
        else:
            runs, costs, bundle = st.tabs(
                [_("Runs"), _("Costs"), _("Open a bundle")], key="history_view", on_change="rerun"
            )
            if runs.open:
                with runs:
                    draw_list(opened, owner())
                    draw_retention()
                    draw_move(opened, owner())
            elif costs.open:
                with costs:
                    draw_costs(opened, owner())
            elif bundle.open:
                with bundle:
                    draw_open_bundle()
    except LedgerError as error:
        draw_error(error)

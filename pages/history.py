"""The history: what was asked, found again; at `/history?run=...` one run as it was."""

import streamlit as st

from glm_playground.ledger import Ledger, LedgerError, LedgerOpening
from glm_playground.ui.history.blind import draw_blind
from glm_playground.ui.history.costs import draw_costs
from glm_playground.ui.history.links import draw_links_menu
from glm_playground.ui.history.list import draw_list
from glm_playground.ui.history.move import draw_move
from glm_playground.ui.history.open_bundle import draw_open_bundle
from glm_playground.ui.history.retention import draw_retention
from glm_playground.ui.history.run import draw_run
from glm_playground.ui.server.owner import owner
from glm_playground.ui.shared.i18n import _
from glm_playground.ui.shared.page.ledger_notice import catch_up, draw_error, draw_opening, draw_problem, ledger
from glm_playground.ui.shared.page.navigation import RUN
from glm_playground.ui.shared.page.views import open_view
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
            views = {"runs": _("Runs"), "costs": _("Costs"), "bundle": _("Open a bundle")}
            match open_view(views, "history_view"):
                case "costs":
                    draw_blind(opened, owner())
                    draw_costs(opened, owner())
                case "bundle":
                    draw_open_bundle()
                case _:
                    draw_blind(opened, owner())
                    draw_list(opened, owner())
                    draw_retention()
                    draw_links_menu()
                    draw_move(opened, owner())
    except LedgerError as error:
        draw_error(error)

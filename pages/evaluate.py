"""Evaluate: the cases of a suite asked of several models; at `/evaluate?evaluation=...` what came of it."""

import streamlit as st

from glm_playground.ledger import Ledger, LedgerError, LedgerOpening
from glm_playground.ui.evaluate.address import EVALUATION
from glm_playground.ui.evaluate.evaluation import draw_evaluation
from glm_playground.ui.evaluate.list import draw_list
from glm_playground.ui.evaluate.new import draw_new
from glm_playground.ui.server.owner import owner
from glm_playground.ui.shared import live_facts
from glm_playground.ui.shared.i18n import _
from glm_playground.ui.shared.ledger_notice import draw_error, draw_opening, draw_problem, ledger
from glm_playground.ui.shared.live_notices import watch_answers
from glm_playground.ui.shared.own_key import asked_gateways
from glm_playground.ui.shared.page_header import draw_header, draw_sandbox_notice
from glm_playground.ui.shared.views import open_view

servers = asked_gateways().all
for server in servers:
    live_facts.ask(server)

draw_header(_("Evaluate"))
draw_sandbox_notice()
opened = ledger()
draw_problem()
if isinstance(opened, LedgerOpening):
    draw_opening(opened)
elif isinstance(opened, Ledger):
    try:
        if evaluation_id := st.query_params.get(EVALUATION):
            draw_evaluation(opened, owner(), evaluation_id)
        else:
            views = {"new": _("A new evaluation"), "all": _("All evaluations")}
            if open_view(views, "evaluate_view") == "new":
                draw_new(opened, owner())
                watch_answers(*servers)
            else:
                draw_list(opened, owner())
    except LedgerError as error:
        draw_error(error)

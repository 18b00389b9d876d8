"""Evaluate: the cases of a suite asked of several models; at `/evaluate?evaluation=...` what came of it."""

import streamlit as st

from glm_playground.ledger import Ledger, LedgerError, LedgerOpening
from glm_playground.ui.evaluate.address import EVALUATION
from glm_playground.ui.evaluate.evaluation import draw_evaluation
from glm_playground.ui.evaluate.list import draw_list
from glm_playground.ui.evaluate.new import KEPT_SUITE, draw_new
from glm_playground.ui.server.owner import owner
from glm_playground.ui.shared.facts import live_facts
from glm_playground.ui.shared.facts.live_notices import watch_answers
from glm_playground.ui.shared.i18n import _
from glm_playground.ui.shared.page.ledger_notice import draw_error, draw_opening, draw_problem, ledger
from glm_playground.ui.shared.page.navigation import SUITE
from glm_playground.ui.shared.page.own_key import asked_gateways
from glm_playground.ui.shared.page.views import open_view
from glm_playground.ui.shared.page_header import draw_header, draw_sandbox_notice

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
        elif suite_id := st.query_params.get(SUITE):
            # It loads a reader of YAML.
            from glm_playground.ui.evaluate.own_suite import draw_own_suite

            draw_own_suite(opened, owner(), suite_id, KEPT_SUITE)
        else:
            views = {"new": _("A new evaluation"), "all": _("All evaluations"), "suites": _("My suites")}
            view = open_view(views, "evaluate_view")
            if view == "new":
                draw_new(opened, owner())
                watch_answers(*servers)
            elif view == "suites":
                from glm_playground.ui.evaluate.own_suites_list import draw_own_suites

                draw_own_suites(opened, owner())
            else:
                draw_list(opened, owner())
    except LedgerError as error:
        draw_error(error)

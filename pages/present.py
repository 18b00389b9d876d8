"""What is shown to a room: running orders of recorded questions, the stage, and the presenter's notes."""

import streamlit as st

from glm_playground.service import runtime
from glm_playground.ui.present.notes_view import draw_notes
from glm_playground.ui.present.order_view import draw_orders
from glm_playground.ui.present.stage_view import draw_stage
from glm_playground.ui.shared.i18n import _
from glm_playground.ui.shared.navigation import VIEW
from glm_playground.ui.shared.own_key import asked_gateways
from glm_playground.ui.shared.page_header import draw_header

runtime.ask_prices(asked_gateways().first)
match st.query_params.get(VIEW):
    case "stage":
        draw_stage()
    case "notes":
        draw_notes()
    case _:
        draw_header(_("Present"))
        draw_orders()

"""What is shown to a room: running orders of recorded questions, the stage, and the presenter's notes."""

import streamlit as st

from glm_playground.ui.present.notes_view import draw_notes
from glm_playground.ui.present.order_view import draw_orders
from glm_playground.ui.present.stage_view import draw_stage
from glm_playground.ui.shared.i18n import _
from glm_playground.ui.shared.page.navigation import NOTES, STAGE, VIEW
from glm_playground.ui.shared.page_header import draw_header

view = st.query_params.get(VIEW)
if view == STAGE:
    draw_stage()
elif view == NOTES:
    draw_notes()
else:
    draw_header(_("Present"))
    draw_orders()

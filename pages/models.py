"""The models: a technical sheet for each id RunAPI serves."""

import streamlit as st

from glm_playground.ui.i18n import _
from glm_playground.ui.navigation import PLAYGROUND
from glm_playground.ui.page_header import draw_header, draw_sandbox_notice

draw_header(_("Models"))
draw_sandbox_notice()
if st.button(_("Open the playground"), type="primary", icon=":material/forum:"):
    st.switch_page(PLAYGROUND)

"""The models: a wall of cards, and at `/?id=glm-5.1` the page of one model."""

import streamlit as st

from glm_playground.catalog import load_catalog
from glm_playground.ui.models.page import draw_model, draw_rejected, draw_unknown
from glm_playground.ui.models.wall import draw_wall
from glm_playground.ui.shared.facts import live_facts
from glm_playground.ui.shared.facts.live_notices import draw_live_notices, watch_answers
from glm_playground.ui.shared.i18n import _
from glm_playground.ui.shared.page.navigation import CHOOSE, page_title
from glm_playground.ui.shared.page.own_key import asked_gateways
from glm_playground.ui.shared.page.playground_link import open_playground
from glm_playground.ui.shared.page_header import draw_header, draw_sandbox_notice
from glm_playground.ui.shared.text.accent import on_accent

catalog = load_catalog()
server = asked_gateways().runapi
live_facts.ask(server)
# Streamlit leaves the playground's `?model=` behind on this page's address when a button goes there.
model_id = (st.query_params.get("id") or st.query_params.get("model") or "").strip()
card = catalog.get(model_id.lower())
# A link to the page one is on leaves the browser's address as it was; saying the address again puts it right, as a
# model's page does with its own.
if not model_id:
    st.query_params.clear()

if card:
    st.set_page_config(page_title(card.name))
draw_header(card.name if card else _("Models"))
draw_sandbox_notice()
draw_rejected(catalog)
if card:
    draw_model(card, catalog, server)
elif model_id:
    draw_unknown(model_id, catalog)
else:
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.page_link(CHOOSE, label=_("Help me choose"), icon=":material/checklist:", help="")
        if st.button(on_accent(_("Open the playground")), type="primary"):
            open_playground()
    draw_wall(catalog, server)
draw_live_notices(catalog, server)
watch_answers(*asked_gateways().all)

"""The comparison: at `/compare?ids=glm-5.1,glm-4.5` any models side by side, as a table, in plots and by cost."""

import streamlit as st

from glm_playground.catalog import load_catalog
from glm_playground.ui.compare.calculator import draw_calculator
from glm_playground.ui.compare.claims import draw_claims
from glm_playground.ui.compare.compared_models import draw_cards, draw_choice
from glm_playground.ui.compare.quality import draw_quality
from glm_playground.ui.compare.table import draw_table
from glm_playground.ui.shared.facts import live_facts
from glm_playground.ui.shared.facts.live_notices import draw_live_notices, watch_answers
from glm_playground.ui.shared.facts.live_prices import laid_over, sources_of
from glm_playground.ui.shared.facts.measured import with_own_runs
from glm_playground.ui.shared.i18n import _
from glm_playground.ui.shared.page.own_key import asked_gateways
from glm_playground.ui.shared.page.views import open_view
from glm_playground.ui.shared.page_header import draw_header, draw_sandbox_notice

catalog = load_catalog()
server = asked_gateways().runapi
live_facts.ask(server)

draw_header(_("Compare"))
draw_sandbox_notice()
cards = draw_choice(catalog)
sources = with_own_runs(sources_of(catalog, server))
over = laid_over(cards, server)
if cards:
    views = {"table": _("Table"), "quality": _("Quality"), "plots": _("Plots"), "cost": _("Running cost")}
    match open_view(views, "compare_view"):
        case "quality":
            draw_quality(cards, sources)
        case "plots":
            # Altair takes most of a second to load: only who looks at a plot waits for it.
            from glm_playground.ui.compare.plots import draw_plots

            draw_plots(cards, sources, over, server.name)
        case "cost":
            draw_calculator(cards, sources, over, server.name)
        case _:
            draw_table(cards, sources, over, server.name)
            draw_cards(cards, sources)
    draw_claims(cards, sources, over, server.name)
else:
    st.markdown(_("Choose at least one model."))
draw_live_notices(catalog, server)
watch_answers(server)

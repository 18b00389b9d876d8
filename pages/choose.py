"""Choose: at `/choose?needs=vision&weights=price:1` which models fit, in which order, and why."""

from glm_playground.catalog import load_catalog
from glm_playground.ui.choose.page import draw_choose
from glm_playground.ui.shared.facts import live_facts
from glm_playground.ui.shared.facts.live_notices import draw_live_notices, watch_answers
from glm_playground.ui.shared.i18n import _
from glm_playground.ui.shared.page.own_key import asked_gateways
from glm_playground.ui.shared.page_header import draw_header, draw_sandbox_notice

catalog = load_catalog()
server = asked_gateways().runapi
live_facts.ask(server)

draw_header(_("Choose"))
draw_sandbox_notice()
draw_choose(catalog, server)
draw_live_notices(catalog, server)
watch_answers(*asked_gateways().all)

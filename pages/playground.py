"""The playground: one to six models side by side, top to bottom as on the screen."""

from datetime import UTC, datetime

import streamlit as st

from glm_playground.service import runtime
from glm_playground.settings import settings
from glm_playground.ui.playground.address import take_address
from glm_playground.ui.playground.answer_end import draw_answer_end, ended_since, stays
from glm_playground.ui.playground.differences_view import draw_differences
from glm_playground.ui.playground.draft_view import PROMPT, draw_drafts, draw_input_line, submit
from glm_playground.ui.playground.folder_upload import draw_folder_button, draw_folder_upload
from glm_playground.ui.playground.form import take_changes
from glm_playground.ui.playground.lane_settings import draw_lane_panel
from glm_playground.ui.playground.lane_view import draw_lane_buttons, draw_lane_notice, draw_lanes
from glm_playground.ui.playground.notices import draw_notice
from glm_playground.ui.playground.options import draw_options, draw_target
from glm_playground.ui.playground.share import draw_share, draw_share_button
from glm_playground.ui.playground.standings_view import draw_best_and_table
from glm_playground.ui.playground.starter_buttons import draw_starters
from glm_playground.ui.playground.total_view import draw_total
from glm_playground.ui.server.scheduler import give_way
from glm_playground.ui.shared.answer.run_view import attach, wait_for_end
from glm_playground.ui.shared.facts import live_facts
from glm_playground.ui.shared.facts.live_notices import watch_answers
from glm_playground.ui.shared.i18n import _
from glm_playground.ui.shared.page.ledger_notice import draw_problem
from glm_playground.ui.shared.page.own_key import asked_gateways
from glm_playground.ui.shared.page.session import save, session
from glm_playground.ui.shared.page_header import draw_header, draw_sandbox_notice
from glm_playground.ui.shared.text.accent import on_accent

take_address()
now = session()
bench = now.bench
take_changes(now)
now.run_tools(datetime.now(UTC))
servers = asked_gateways().all
for server in servers:
    live_facts.ask(server)
# Another tab or server may add or take away lanes while this page is drawn: what stands where is decided once.
lanes = tuple(bench.lanes)
several = len(lanes) > 1

running_slot = draw_header(_("Playground"), attaches=True)
draw_sandbox_notice()
draw_problem()
draw_lane_panel(now)
give_way()
with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall"):
    if not several:
        draw_lane_buttons(now, lanes[0])
    draw_options(now)
    draw_folder_button()
    draw_share_button()
    draw_target(bench)
draw_folder_upload(now)
draw_share(bench)
if not several:
    draw_lane_notice(now, lanes[0])
give_way()

with st.bottom:
    draw_notice(bench)
    wait_for_answer = draw_drafts(now)
    stop_slot = st.empty()
    # Placed in `st.bottom` by us: where Streamlit places it, it takes back a reader's scrolling as an answer grows.
    st.chat_input(
        _("Ask {model}").format(model=lanes[0].setup.asked or _("a model")) if not several else _("Ask the models"),
        key=PROMPT,
        on_submit=submit,
        args=(now,),
        accept_file="multiple",
    )
    draw_input_line(now)
give_way()

# Their place is kept, so that they are gone as soon as the first answer begins.
starters = st.empty()
if not any(lane.conversation.turns for lane in lanes):
    with starters.container(gap="xsmall"):
        draw_starters(now)

standings_slot = st.empty() if several else None
attached = draw_lanes(now, lanes)
save()
# A run may have ended since its view was made, or since a prompt that waits for it was drawn: both are drawn anew.
grow = bool(attached or wait_for_answer or bench.live_runs())
if grow:
    stop_slot.button(on_accent(_("Stop")), key="stop", type="primary", on_click=now.stop_all)
    at_end = {view.run.id: on_end for view, on_end in attached}
    attach(runtime.engine(), [view for view, _on_end in attached], settings().redraw_interval, at_end)
    wait_for_end(runtime.engine(), bench.live_runs())
if grow or ended_since(running_slot):
    if not stays(now, attached):
        st.rerun()
    draw_answer_end(now, running_slot, stop_slot)
    save()
if standings_slot:
    draw_best_and_table(bench, standings_slot)
draw_total(bench)
draw_differences(bench)
watch_answers(*servers)

"""For a screen that others look at: one recorded question in big type, played or asked live."""

import streamlit as st

from glm_playground.service import runtime
from glm_playground.settings import settings
from glm_playground.ui.present import stage as stages
from glm_playground.ui.present.stage_view import BIG_TYPE, draw_run
from glm_playground.ui.shared.accent import on_accent
from glm_playground.ui.shared.answer_markdown import literal
from glm_playground.ui.shared.figures import dollars
from glm_playground.ui.shared.i18n import _
from glm_playground.ui.shared.long_text import draw_typed
from glm_playground.ui.shared.own_key import asked_gateways
from glm_playground.ui.shared.page_header import draw_header
from glm_playground.ui.shared.run_view import attach

server = asked_gateways().first
runtime.ask_prices(server)
now = stages.stage()
draw_header(_("Present"))
st.html(BIG_TYPE)
bundle = stages.draw_choice()
if bundle is None:
    st.markdown(_("No scenario came with this copy of the app."))
    st.stop()

with st.container(horizontal=True, vertical_alignment="center", gap="small"):
    play, play_fast = (bundle, 1.0), (bundle, 4.0)
    st.button(on_accent(_("Replay")), "stage_play", None, stages.play, play, type="primary")
    st.button(_("4 times as fast"), "stage_fast", None, stages.play, play_fast, icon=":material/fast_forward:")
    st.button(_("Ask live"), "stage_live", None, stages.ask_live, (bundle,), icon=":material/sensors:")
    st.button(_("Reset"), "stage_reset", None, stages.reset, icon=":material/restart_alt:", shortcut="Esc")
    spent, cap = literal(dollars(stages.spent())), literal(dollars(stages.cap()))
    st.caption(_("Live: {spent} of {cap} spent").format(spent=spent, cap=cap), width="content")
if now.notice:
    st.warning(now.notice.body, title=now.notice.title)

with st.container(key="stage"):
    draw_typed(stages.question(bundle))
    attached = []
    if now.runs:
        for run, place in zip(now.runs, st.columns(len(now.runs), gap="large"), strict=True):
            with place:
                attached.append(draw_run(run))
    else:
        st.caption(_("Replay plays the recording and sends nothing. Esc clears the stage."))
going_on = [found for found in attached if found]
if going_on:
    at_end = {view.run.id: on_end for view, on_end in going_on}
    attach(runtime.engine(), [view for view, _on_end in going_on], settings().redraw_interval, at_end)
    st.rerun()

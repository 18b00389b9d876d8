"""The playground: one lane, top to bottom as on the screen."""

import streamlit as st

from glm_playground.settings import settings
from glm_playground.ui import lane, services
from glm_playground.ui.accent import on_accent
from glm_playground.ui.answer_markdown import literal, to_markdown
from glm_playground.ui.i18n import _, ngettext
from glm_playground.ui.lane_settings import draw_settings
from glm_playground.ui.page_header import draw_header, draw_sandbox_notice
from glm_playground.ui.run_footer import draw_footer
from glm_playground.ui.run_view import attach, draw_ended

draw_header(_("Playground"))
draw_sandbox_notice()

talk = lane.conversation()
with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
    draw_settings()
    st.button(
        _("Clear"),
        key="clear",
        icon=":material/delete_sweep:",
        on_click=lane.clear,
        disabled=not talk.turns,
        help=_("Begin a new conversation"),
    )

with st.bottom:
    if notice := lane.take_notice():
        st.warning(notice.body, title=notice.title)
    stop_slot = st.empty()
# Not inside `st.bottom`: placed there by Streamlit itself, it makes the page follow the answer as it grows.
st.chat_input(
    _("Ask {model}").format(model=lane.parameters().model or _("a model")), key=lane.PROMPT, on_submit=lane.submit
)

# Its place is kept, so that it is gone as soon as the first answer begins.
starter = st.empty()
if not talk.turns:
    with starter.container():
        st.markdown(_("Send a prompt, or begin with this one:"))
        st.button(lane.QUICKSTART, key="starter", on_click=lane.send_starter)

shown = talk.turns
if len(shown) > settings().shown_turns and not st.session_state.get("show_earlier"):
    hidden = len(shown) - settings().shown_turns
    label = ngettext("Show {count} earlier turn", "Show {count} earlier turns", hidden).format(count=hidden)
    st.checkbox(label, key="show_earlier")
    shown = shown[hidden:]

server = services.gateway()
for turn in shown:
    with st.chat_message("user", avatar=":material/person:"):
        st.markdown(to_markdown(turn.prompt), anchors=False)
    with st.chat_message("assistant", avatar=":material/smart_toy:"):
        run = turn.run
        st.caption(literal(run.request.model))
        if run.ended:
            draw_ended(run)
        else:
            stop_slot.button(on_accent(_("Stop")), key="stop", type="primary", on_click=lane.stop)
            attach(services.engine(), run, settings().redraw_interval)
            stop_slot.empty()
        draw_footer(run, server)

if talk.turns:
    with st.container(horizontal=True):
        st.button(_("Regenerate"), key="regenerate", icon=":material/refresh:", on_click=lane.regenerate)
        if (versions := len(talk.turns[-1].runs)) > 1:
            st.caption(
                _("Answer {number} of {count}; the earlier ones are kept.").format(number=versions, count=versions)
            )

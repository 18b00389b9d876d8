"""My runs that are running, wherever I am: how many, what they are, the way to each, and a way to stop it.

The runs of an open vote belong to nobody until a verdict is given, so they are not among them.
"""

from typing import TYPE_CHECKING

import streamlit as st

from glm_playground.chat.attachments import split_attachments
from glm_playground.runs.live_run import LiveRun
from glm_playground.runs.marks import prompt_of
from glm_playground.service import runtime
from glm_playground.ui.server.owner import owner
from glm_playground.ui.shared.answer.asked import asked_name
from glm_playground.ui.shared.i18n import _, ngettext, number
from glm_playground.ui.shared.page.navigation import HISTORY, RUN
from glm_playground.ui.shared.text.answer_markdown import literal
from glm_playground.ui.shared.text.styled import styled

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

RUNNING = "running"
"""The key of the list."""
_LABEL = "running_label"
_LOOKS_UP_EVERY_S = 2.0
_PROMPT_CHARACTERS = 60


def draw_running(*, attaches: bool) -> "DeltaGenerator | None":
    """Draws the count, where there is one, and returns its place where it does not go by itself.

    On a page that `attaches` to answers it is as old as the page; elsewhere it follows them by a timer, which would
    wait there for the script that attaches.
    """
    if not runtime.engine().live_of(owner()):
        return None
    if not attaches:
        _follow_count()
        return None
    place = st.empty()
    with place.container():
        _draw_count()
    return place


@st.fragment(run_every=_LOOKS_UP_EVERY_S)
def _follow_count() -> None:
    _draw_count()


def _draw_count() -> None:
    runs = runtime.engine().live_of(owner())
    if not runs:
        st.space("small")
        return
    label = ngettext("{count} running", "{count} running", len(runs)).format(count=number(len(runs)))
    state = st.session_state
    if state.get(_LABEL) != label:
        state[_LABEL] = label
        # To Streamlit a popover with another label is another one; it stays open while the count goes down.
        state[RUNNING] = bool(state.get(RUNNING))
    with st.popover(
        label, icon=":material/progress_activity:", key=RUNNING, type="tertiary", on_change="rerun"
    ) as popover:
        if not popover.open:
            return
        for run in runs:
            _draw_run(run)
        if len(runs) > 1:
            st.button(_("Stop all"), key="running-stop-all", on_click=_stop, args=(runs,))


def _draw_run(run: LiveRun) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        asked, _files = split_attachments(prompt_of(run.request))
        prompt = " ".join(asked.split())[:_PROMPT_CHARACTERS]
        what = _("warm-up") if run.warm_up else prompt
        words = f"**{literal(asked_name(run))}** {styled('small', literal(what))}"
        if run.replayed:
            # The history does not keep what a recording plays.
            st.markdown(words, width="stretch")
        else:
            st.page_link(HISTORY, label=words, query_params={RUN: run.id}, help=_("In the history"), width="stretch")
        st.button(_("Stop"), key=f"running-stop-{run.id}", type="tertiary", on_click=_stop, args=((run,),))


def _stop(runs: tuple[LiveRun, ...]) -> None:
    runtime.engine().stop(*runs)

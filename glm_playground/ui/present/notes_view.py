"""The presenter's own window: what to say, what comes next, and the time; it follows the stage of the same owner."""

from datetime import UTC, datetime

import streamlit as st

from glm_playground.runs.run import Outcome
from glm_playground.ui.present import stage as stages
from glm_playground.ui.shared.answer.error_words import explain_error
from glm_playground.ui.shared.i18n import _, clock, number
from glm_playground.ui.shared.text.answer_markdown import literal

_FOLLOWS_EVERY_S = 1.0
_STYLE = """<style>
[data-testid="stHeader"] { display: none; }
.st-key-notes :is(p, [data-testid="stText"]) { font-size: 1.6rem; line-height: 1.4; }
</style>"""


def draw_notes() -> None:
    """Draws the window."""
    st.html(_STYLE)
    _draw_following()


@st.fragment(run_every=_FOLLOWS_EVERY_S)
def _draw_following() -> None:
    now, moment = stages.stage(), datetime.now(UTC)
    stages.ask_lists(now.order)
    with st.container(horizontal=True, gap="large"):
        st.metric(_("Clock"), clock(moment), width="content")
        minutes, rest = divmod(int((moment - now.begun_at).total_seconds()), 60)
        if now.scenario:
            st.metric(_("Since the beginning"), f"{number(minutes)}:{rest:02}", width="content")
            st.metric(_("Scenario"), f"{now.place + 1}/{len(now.order.scenarios)}", width="content")
            used, limit = stages.allowance()
            st.metric(_("Live, used today of {cap}").format(cap=limit), used, width="content")
    if now.scenario is None:
        st.markdown(_("Nothing is on stage. Begin on the page Present; this window follows."))
        return
    st.subheader(literal(now.scenario.title), anchor=False)
    st.caption(_state(now))
    with st.container(key="notes"):
        st.text(now.scenario.notes or _("There are no notes for this scenario."))
    if now.notice:
        st.warning(now.notice.body, title=now.notice.title)
    for run in now.runs:
        if run.error:
            title, body = explain_error(run)
            st.error(body, title=title)
    if now.following:
        st.markdown(_("Next: {title}").format(title=literal(now.following.title)))
    else:
        st.markdown(_("This is the last one."))


def _state(now: stages.Stage) -> str:
    if now.dark:
        return _("The screen is black.")
    if now.scenario and not now.scenario.runs:
        return _("The verdict is on stage.")
    if now.poll:
        return _("The audience votes.") if now.count is None else _("The result of the vote is on stage.")
    if not now.runs:
        return _("Only the question is on stage.")
    if now.running:
        return _("An answer is being written.")
    if all(run.outcome is Outcome.COMPLETED for run in now.runs):
        return _("The answer is complete.")
    return _("The answer did not come whole.")

"""The vote that was given last: who answered what, how fast, at what cost."""

import streamlit as st

from glm_playground.chat.reconstruction import conversation_of
from glm_playground.evals.ballot import Side
from glm_playground.runs.cost import Cost, CostState
from glm_playground.ui.shared.answer.run_footer import draw_footer
from glm_playground.ui.shared.answer.run_view import draw_ended
from glm_playground.ui.shared.answer.tool_results import draw_calls
from glm_playground.ui.shared.i18n import _
from glm_playground.ui.shared.page.navigation import HISTORY, RUN
from glm_playground.ui.shared.text.answer_markdown import literal
from glm_playground.ui.vote.ballot_view import draw_question
from glm_playground.ui.vote.open_vote import Given
from glm_playground.ui.vote.words import candidate_name, told


def draw_reveal(given: Given) -> None:
    """Draws both answers with their names and figures."""
    ballot = given.ballot
    st.success(told(ballot.vote, given.choice), icon=":material/how_to_vote:")
    asked = next((side.run for side in (ballot.a, ballot.b) if side.run), None)
    if asked:
        with st.expander(_("What was asked"), type="compact", key="vote_asked"):
            draw_question(asked.request)
    left, right = st.columns(2, gap="large")
    names = (ballot.vote.candidate_a, ballot.vote.candidate_b)
    for letter, candidate, place, side in zip("AB", names, (left, right), (ballot.a, ballot.b), strict=True):
        with place:
            st.subheader(f"{letter} · {literal(candidate_name(candidate))}", anchor=False)
            _draw_side(side)


def _draw_side(side: Side) -> None:
    if side.run is None:
        st.caption(_("Nothing of this answer is stored."))
        return
    turn = conversation_of([side.run], {side.run.id: side.cost} if side.cost else None).turns[-1]
    # What can be opened beside an answer goes by its id, which is new whenever the conversation is made.
    turn.answer.id = f"vote-{side.run.id}"
    with st.container(border=True, gap="small"):
        draw_ended(turn.answer, side.run)
        draw_calls(turn.answer.tool_calls)
    draw_footer(side.run, side.cost or Cost(CostState.NO_USAGE), turn, place="vote-")
    st.page_link(HISTORY, label=_("In the history"), icon=":material/history:", query_params={RUN: side.run.id})

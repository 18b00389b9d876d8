"""An open vote: what was asked, both answers at once and without names, and what can be said of them.

Nothing here may tell which candidate stands on which side, nor which answer was there first: no id of a run, no figure,
no time, no error of one side. The costs are one sum.
"""

from functools import partial

import streamlit as st

from glm_playground import bounds
from glm_playground.chat.tools import tool_calls_of
from glm_playground.evals import ballot as ballots
from glm_playground.evals.ballot import Ballot, Side
from glm_playground.evals.rating import Choice
from glm_playground.gateway import ChatRequest
from glm_playground.ledger import Ledger
from glm_playground.runs.live_run import LiveRun
from glm_playground.runs.thinking import answer_of
from glm_playground.runs.totals import cost_total
from glm_playground.service import runtime
from glm_playground.ui.shared.answer.run_footer import total_text
from glm_playground.ui.shared.answer.run_view import wait_for_end
from glm_playground.ui.shared.i18n import _
from glm_playground.ui.shared.text.accent import on_accent
from glm_playground.ui.shared.text.answer_markdown import literal
from glm_playground.ui.shared.text.long_text import draw_code, draw_markdown, draw_typed
from glm_playground.ui.shared.text.styled import styled
from glm_playground.ui.vote.open_vote import give

_LOOKS_UP_EVERY_S = 2.0
_MORE = "vote_drawn_characters"


def draw_ballot(ledger: Ledger, ballot: Ballot) -> None:
    """Draws the vote; while an answer is being written, waits and draws the page again."""
    asked = next((side.run for side in (ballot.a, ballot.b) if side.run), None)
    if asked:
        draw_question(asked.request)
    # Read before it is asked whether they have ended: one that ends meanwhile would pass for another process's.
    live = ballot.live_runs
    if not ballot.ended:
        _wait(ballot, live)
        return
    if ballot.comparable:
        _draw_answers(ledger, ballot)
    else:
        st.warning(
            _("One of the answers failed, was stopped or is lost. Continue to see both and the reason."),
            title=_("These answers cannot be compared."),
        )
        show, action = on_accent(_("Show both and continue")), partial(give, ledger, ballot, None)
        st.button(show, key="vote_void", type="primary", on_click=action)
    _draw_cost(ballot)


def draw_question(request: ChatRequest) -> None:
    """Draws what both are asked."""
    names = {"system": _("System prompt"), "user": _("Prompt"), "assistant": _("Earlier answer")}
    with st.container(border=True, gap="xsmall"):
        for message in request.messages:
            st.caption(names.get(message.role, _("Message")))
            draw_typed(message.content)
        if tools := _tool_names(request):
            st.caption(_("Both may call the tools {names}.").format(names=literal(", ".join(tools))))


def _tool_names(request: ChatRequest) -> list[str]:
    functions = [tool.get("function") for tool in request.tools]
    return [str(function.get("name")) for function in functions if isinstance(function, dict)]


def _wait(ballot: Ballot, live: list[LiveRun]) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        waiting = _("Two models are writing. Both answers appear when both are complete.")
        st.markdown(styled("shimmer", waiting), width="stretch")
        if live:
            st.button(on_accent(_("Stop both")), key="vote_stop", type="primary", on_click=ballots.stop, args=(ballot,))
    if live:
        wait_for_end(runtime.engine(), live)
        st.rerun()
    # Another process of the app asks them.
    _look_up()


@st.fragment(run_every=_LOOKS_UP_EVERY_S)
def _look_up() -> None:
    if st.session_state.setdefault("vote_looked_up", False):
        st.session_state["vote_looked_up"] = False
        st.rerun()
    st.session_state["vote_looked_up"] = True


def _draw_answers(ledger: Ledger, ballot: Ballot) -> None:
    left, right = st.columns(2, gap="large")
    for name, place, side in (("A", left, ballot.a), ("B", right, ballot.b)):
        with place:
            _draw_answer(name, side, ballot.vote.id)
    st.caption(
        _(
            "Names, figures and times appear after your vote. An answer may name its model itself: nothing is "
            "rewritten. Reasoning is hidden until then, too."
        )
    )
    with st.bottom, st.container(horizontal=True, horizontal_alignment="center", gap="small"):
        for key, label, shortcut, choice in (
            ("vote_a", _("A is better"), "A", Choice.FIRST),
            ("vote_b", _("B is better"), "B", Choice.SECOND),
            ("vote_tie", _("Tie"), "T", Choice.TIE),
            ("vote_both_bad", _("Both bad"), "N", Choice.BOTH_BAD),
        ):
            st.button(label, key=key, shortcut=shortcut, on_click=give, args=(ledger, ballot, choice))
        st.button(_("Skip"), key="vote_skip", type="tertiary", on_click=give, args=(ledger, ballot, None))


def _draw_answer(name: str, side: Side, vote_id: str) -> None:
    st.subheader(_("Answer {side}").format(side=name), anchor=False)
    text, calls = (answer_of(side.run), tool_calls_of(side.run)) if side.run else ("", ())
    for call in calls:
        draw_code(f"{call.name}({call.arguments})")
    if not text.strip():
        if not calls:
            st.caption(_("The answer is empty."))
        return
    asked: dict[str, int] = st.session_state.setdefault(_MORE, {})
    which = f"{vote_id} {name}"
    usual = len(text) if len(text) <= bounds.DRAWN_CHARACTERS else bounds.DRAWN_FIRST_CHARACTERS
    most = asked.get(which) or usual
    with st.container(border=True, gap="small", key=f"vote_answer_{name.lower()}"):
        draw_markdown(text, most, name=f"ballot {which}")
    if len(text) > most:
        more = {which: most + bounds.DRAWN_CHARACTERS // 2}
        label = _("Show more of the answer")
        st.button(label, key=f"vote_more_{name.lower()}", on_click=asked.update, args=(more,))


def _draw_cost(ballot: Ballot) -> None:
    total = cost_total((side.run, side.cost) for side in (ballot.a, ballot.b) if side.run)
    if text := total_text(total):
        st.markdown(styled("small", _("Both answers together: {cost}").format(cost=text)))

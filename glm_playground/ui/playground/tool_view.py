"""The tool calls of an answer, and the user's answers to them."""

from collections.abc import Sequence
from datetime import UTC, datetime

import streamlit as st

from glm_playground.chat.builtin_tools import answer_builtin
from glm_playground.chat.conversation import Turn
from glm_playground.chat.lane import Lane
from glm_playground.chat.prompt import Prompt, ToolResult
from glm_playground.chat.session import Session
from glm_playground.chat.tools import problems_of
from glm_playground.chat.workbench import MAX_TOOL_ROUNDS, result_place
from glm_playground.gateway import ToolCall
from glm_playground.ui.playground.editor import close
from glm_playground.ui.playground.form import RUN_TOOLS, take_changes
from glm_playground.ui.shared.answer.tool_results import draw_calls
from glm_playground.ui.shared.i18n import _
from glm_playground.ui.shared.page.session import show_value
from glm_playground.ui.shared.text.answer_markdown import literal
from glm_playground.ui.shared.text.styled import styled


def draw_tool_calls(session: Session, lane: Lane, turn: Turn) -> None:
    """Draws each call with a field for its result, filled by a built-in tool, and the way to send them."""
    answer = turn.answer
    calls = answer.tool_calls
    if not calls or answer.run is None:
        return
    for index, call in enumerate(calls):
        draw_calls([call])
        for problem in problems_of(answer.call_check(call)):
            st.markdown(styled("small", styled("red", literal(problem))))
        key = result_place(answer.id, index)
        # A clock would say something else each time.
        result = session.bench.edits.get(key, st.session_state.get(key, answer_builtin(call, datetime.now(UTC)) or ""))
        show_value(key, result)
        st.text_area(_("Result of {name}").format(name=literal(call.name)), result, key=key, height=80)
    if all(answer_builtin(call, datetime.now(UTC)) is not None for call in calls):
        toggle = f"{RUN_TOOLS}-{lane.id}"
        show_value(toggle, session.bench.run_tools)
        st.toggle(
            _("Run automatically"),
            session.bench.run_tools,
            key=toggle,
            help=_("Built-in tools only, at most {count} times in a row.").format(count=MAX_TOOL_ROUNDS),
        )
    st.button(
        _("Send the results"),
        key=f"results-{turn.id}",
        on_click=_send,
        args=(session, lane, answer.id, calls),
        type="secondary",
    )


def _send(session: Session, lane: Lane, answer_id: str, calls: Sequence[ToolCall]) -> None:
    take_changes(session)
    if lane.conversation.live_runs():
        # Another tab asked something; what is typed stays.
        return
    keys = [result_place(answer_id, index) for index in range(len(calls))]
    results = tuple(ToolResult(call, st.session_state.get(key) or "") for key, call in zip(keys, calls, strict=True))
    session.answer_tools(lane, Prompt(results=results))
    close(session, *keys)

"""The tool calls of an answer, and the user's answers to them."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime

import streamlit as st

from glm_playground.gateway import ToolCall
from glm_playground.runs.builtin_tools import answer_builtin
from glm_playground.runs.conversation import Prompt, ToolResult, Turn
from glm_playground.runs.tools import check_arguments
from glm_playground.ui import sending
from glm_playground.ui.answer_markdown import literal
from glm_playground.ui.i18n import _
from glm_playground.ui.styled import styled
from glm_playground.ui.workbench import Lane


def draw_tool_calls(lane: Lane, turn: Turn) -> None:
    """Draws each call with a field for its result, filled by a built-in tool, and the way to send them."""
    answer = turn.answer
    calls = answer.tool_calls
    if not calls or answer.run is None:
        return
    for index, call in enumerate(calls):
        st.markdown(_("The model calls {name}").format(name=f"`{_plain(call.name)}`"))
        st.code(_pretty(call.arguments), language="json", wrap_lines=True)
        for problem in check_arguments(call, answer.run.request.tools):
            st.markdown(styled("small", styled("red", literal(problem))))
        key = _key(answer.id, index)
        st.session_state.setdefault(key, answer_builtin(call, datetime.now(UTC)) or "")
        st.text_area(_("Result of {name}").format(name=literal(call.name)), key=key, height=80, persist_state="session")
    st.button(
        _("Send the results"), key=f"results-{turn.id}", on_click=_send, args=(lane, answer.id, calls), type="secondary"
    )


def _key(answer_id: str, index: int) -> str:
    return f"result-{answer_id}-{index}"


def _send(lane: Lane, answer_id: str, calls: Sequence[ToolCall]) -> None:
    results = tuple(
        ToolResult(call, st.session_state.get(_key(answer_id, index)) or "") for index, call in enumerate(calls)
    )
    sending.answer_tools(lane, Prompt(results=results))


def draw_tool_results(results: Sequence[ToolResult]) -> None:
    """Draws what the tools said, as it was sent."""
    for result in results:
        st.caption(_("Result of {name}").format(name=literal(result.call.name)))
        st.code(_pretty(result.content), language="json", wrap_lines=True)


def _pretty(text: str) -> str:
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        return text


def _plain(name: str) -> str:
    return name.replace("`", "'")[:80]

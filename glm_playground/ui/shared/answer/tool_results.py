"""What tools were asked and what they answered, as it was sent."""

import json
from collections.abc import Sequence

import streamlit as st

from glm_playground.chat.prompt import ToolResult
from glm_playground.gateway import ToolCall
from glm_playground.ui.shared.i18n import _
from glm_playground.ui.shared.text.answer_markdown import literal
from glm_playground.ui.shared.text.long_text import draw_code

_NAME_CHARACTERS = 80


def draw_calls(calls: Sequence[ToolCall]) -> None:
    """Draws the name and the arguments of each call."""
    for call in calls:
        name = call.name.replace("`", "'")[:_NAME_CHARACTERS]
        st.markdown(_("The model calls {name}").format(name=f"`{name}`"))
        draw_code(pretty_json(call.arguments), "json")


def draw_tool_results(results: Sequence[ToolResult]) -> None:
    """Draws what the tools said, as it was sent."""
    for result in results:
        st.caption(_("Result of {name}").format(name=literal(result.call.name)))
        draw_code(pretty_json(result.content), "json")


def pretty_json(text: str) -> str:
    """`text` laid out where it is JSON, else as it is."""
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        return text

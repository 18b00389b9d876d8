"""Says whether an answer is the JSON that was asked for."""

import streamlit as st

from glm_playground.chat.structured import check_answer
from glm_playground.runs.run import Outcome, Run
from glm_playground.runs.thinking import answer_of
from glm_playground.ui.shared.answer_markdown import literal
from glm_playground.ui.shared.i18n import _
from glm_playground.ui.shared.styled import styled


def draw_check(run: Run) -> None:
    """Draws what our own check of the answer found, where a format was asked for."""
    wanted = run.request.response_format
    if wanted is None or run.outcome not in {Outcome.COMPLETED, Outcome.LENGTH}:
        return
    problems = check_answer(answer_of(run), wanted)
    if problems is None:
        return
    if not problems:
        fits = _("valid JSON, fits the schema") if wanted.get("type") == "json_schema" else _("valid JSON")
        st.markdown(styled("small", styled("green", _("Checked here: {result}.").format(result=fits))))
        return
    lines = [styled("red", _("Checked here: not the JSON that was asked for."))]
    lines += [f"- {literal(f'{problem.path} {problem.message}'.strip())}" for problem in problems]
    st.markdown("\n".join([lines[0], "", *lines[1:]]))

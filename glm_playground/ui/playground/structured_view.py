"""Says whether an answer is the JSON that was asked for."""

import streamlit as st

from glm_playground.chat.conversation import Answer
from glm_playground.chat.schema_pool import Unchecked
from glm_playground.chat.structured import SchemaCheck
from glm_playground.runs.run import Outcome
from glm_playground.ui.shared.i18n import _
from glm_playground.ui.shared.text.answer_markdown import literal
from glm_playground.ui.shared.text.styled import styled


def draw_check(answer: Answer) -> None:
    """Draws whether the answer is the JSON that was asked for, if a format was."""
    run = answer.run
    wanted = run.request.response_format if run else None
    if run is None or wanted is None or run.outcome not in {Outcome.COMPLETED, Outcome.LENGTH}:
        return
    check = answer.json_check()
    if check is None:
        return
    if check.unchecked is not None:
        st.markdown(styled("small", styled("gray", _not_checked(check))))
    elif check.fits:
        fits = _("valid JSON, fits the schema") if wanted.get("type") == "json_schema" else _("valid JSON")
        st.markdown(styled("small", styled("green", _("Checked here: {result}.").format(result=fits))))
    else:
        lines = [styled("red", _("Checked here: not the JSON that was asked for.")), ""]
        lines += [f"- {literal(f'{problem.path} {problem.message}'.strip())}" for problem in check.problems]
        st.markdown("\n".join(lines))


def _not_checked(check: SchemaCheck) -> str:
    match check.unchecked:
        case Unchecked.COSTLY:
            return _("Not checked: the check took too long. The pattern or schema costs more than it may.")
        case Unchecked.BUSY:
            return _("Not checked yet: too many other checks are running. The next click tries again.")
    return _("Not checked: {reason}.").format(reason=literal(check.why))

"""What the conversations of a workbench cost so far."""

import streamlit as st

from glm_playground.chat.workbench import Workbench
from glm_playground.runs.totals import cost_total
from glm_playground.ui.shared.answer.run_footer import total_text
from glm_playground.ui.shared.i18n import _
from glm_playground.ui.shared.text.styled import styled


def draw_total(bench: Workbench) -> None:
    """Draws the sum of every answer's cost, whichever is on the screen, once there are two."""
    answers = [answer for lane in bench.lanes for answer in lane.conversation.all_answers()]
    priced = [(answer.run, answer.cost) for answer in answers if answer.run and answer.run.ended]
    warm_ups = [(run, run.cost) for batch in bench.batches for run in batch.warm_ups if run.ended]
    if len(priced) > 1:
        text = total_text(cost_total([*priced, *warm_ups]))
        # Not a caption, which fades colours below a readable contrast.
        st.markdown(styled("small", _("This workbench so far: {total}").format(total=text)))

"""One lane of the stage: who answers, the answer in big type, its figures in big type."""

from collections.abc import Callable

import streamlit as st

from glm_playground.chat.conversation import Answer
from glm_playground.runs.cost import Cost, CostState
from glm_playground.runs.live_run import LiveRun
from glm_playground.runs.metrics import metrics_of
from glm_playground.ui.shared.answer_markdown import literal
from glm_playground.ui.shared.explanations import explain_error
from glm_playground.ui.shared.figures import dollars, seconds
from glm_playground.ui.shared.i18n import _, number
from glm_playground.ui.shared.page_header import replay_badge, stand_in_badge
from glm_playground.ui.shared.run_footer import cost_state_name, outcome_name
from glm_playground.ui.shared.run_view import RunView, draw_ended

# Streamlit has no option for the size of a text; this is the one page that is read from the back of a room.
BIG_TYPE = """<style>
.st-key-stage :is(p, li, [data-testid="stText"]) { font-size: 1.5rem; line-height: 1.5; }
.st-key-stage [data-testid="stCaptionContainer"] p { font-size: 1.1rem; }
.st-key-stage [data-testid="stCode"] code { font-size: 1.2rem; }
</style>"""


def draw_head(run: LiveRun) -> None:
    """Draws who answers."""
    badges = [replay_badge()] if run.replayed else []
    badges += [stand_in_badge(run.server.stand_in)] if run.server.stand_in else []
    st.markdown(f"**{literal(run.request.model)}** {' '.join(badges)}")


def draw_run(run: LiveRun) -> tuple[RunView, Callable[[], None]] | None:
    """Draws a run; the view to attach to and what is drawn at its end, if it is running."""
    draw_head(run)
    if run.ended:
        draw_ended(Answer(run), run)
        _draw_end(run)
        return None
    view = RunView(run)
    slot = st.empty()

    def draw_end() -> None:
        with slot.container():
            _draw_end(run)

    return view, draw_end


def _draw_end(run: LiveRun) -> None:
    if run.error:
        title, body = explain_error(run)
        st.error(body, title=title)
    metrics, cost = metrics_of(run), run.cost or Cost(CostState.NO_USAGE)
    state = cost_state_name(cost.state)
    if cost.price and cost.price.play_money:
        state = _("{state}, play money").format(state=state)
    with st.container(horizontal=True, gap="large"):
        st.metric("TTFT", seconds(metrics.ttft), width="content")
        speed = metrics.output_speed
        st.metric(_("Tokens/s"), number(speed, 1) if speed else _("unknown"), width="content")
        tokens = run.usage.completion_tokens if run.usage else None
        st.metric(_("Tokens"), _("unknown") if tokens is None else number(tokens), width="content")
        cost_name = _("Cost, {state}").format(state=state)
        st.metric(
            cost_name, literal(dollars(cost.amount)) if cost.amount is not None else _("unknown"), width="content"
        )
        st.metric(_("Outcome"), outcome_name(run.outcome), width="content")

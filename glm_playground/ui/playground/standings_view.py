"""The line over the lanes: who was fastest, cheapest, shortest."""

from decimal import Decimal

import streamlit as st

from glm_playground.chat.conversation import Prompt
from glm_playground.gateway import Gateway
from glm_playground.runs.metrics import metrics_of
from glm_playground.runs.standings import Entrant, Measure, Standing, standings
from glm_playground.ui.playground.workbench import Lane, Workbench
from glm_playground.ui.shared.answer_markdown import literal
from glm_playground.ui.shared.figures import dollars, seconds, tokens
from glm_playground.ui.shared.i18n import _
from glm_playground.ui.shared.run_footer import cost_on
from glm_playground.ui.shared.styled import styled


def draw_standings(bench: Workbench, server: Gateway) -> None:
    """Draws the line, where at least two lanes answered their last prompt."""
    lasts = [lane.conversation.turns[-1] for lane in bench.lanes if lane.conversation.turns]
    asked = [turn.prompt for turn in lasts]
    # Answers to different prompts are not to be compared.
    common = max(asked, key=asked.count, default=None)
    entrants = [entrant for index, lane in enumerate(bench.lanes) if (entrant := _entrant(lane, index, common, server))]
    found = standings(entrants)
    if not found:
        return
    parts = [_words(standing) for standing in found]
    fair = all(turn.answer.one_by_one for turn in lasts if turn.answers and turn.prompt == common)
    if not fair:
        parts.append(styled("gray", _("asked at the same time")))
    st.markdown(f":small[{' · '.join(parts)}]")


def _entrant(lane: Lane, index: int, asked: Prompt | None, server: Gateway) -> Entrant | None:
    turns = lane.conversation.turns
    run = turns[-1].answer.run if turns and turns[-1].answers and turns[-1].prompt == asked else None
    if run is None or not run.ended:
        return None
    return Entrant(f"{index + 1} {run.request.model}", run, metrics_of(run), cost_on(run, server))


def _words(standing: Standing) -> str:
    names = {
        Measure.TTFT: _("first token soonest"),
        Measure.E2E: _("done soonest"),
        Measure.COST: _("cheapest"),
        Measure.TOKENS: _("fewest tokens"),
    }
    value = standing.value
    match standing.measure:
        case Measure.COST:
            figure = literal(dollars(Decimal(str(value))))
        case Measure.TOKENS:
            figure = tokens(int(value))
        case _:
            figure = seconds(value)
    who = f"**{literal(standing.best)}** {figure}" if standing.best else _("no difference")
    return f"{names[standing.measure]}: {who}"

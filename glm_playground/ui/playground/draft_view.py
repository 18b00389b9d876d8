"""What is known before a prompt is sent: its tokens and its cost, the values it waits for, and a confirmation."""

from collections.abc import Sequence
from decimal import Decimal

import streamlit as st

from glm_playground.chat.conversation import Prompt
from glm_playground.chat.forecast import Prediction
from glm_playground.runs.tokens import TOKENS_PER_MESSAGE
from glm_playground.chat.variables import missing, variables_of
from glm_playground.gateway import Gateway
from glm_playground.runs.cost import TokenClass
from glm_playground.service import runtime
from glm_playground.ui.playground import sending
from glm_playground.ui.playground.composer import LaneForecast, draw_composer
from glm_playground.ui.playground.turn_view import open_editor
from glm_playground.ui.playground.workbench import PROMPT, Draft, Workbench, targets
from glm_playground.ui.shared.accent import on_accent
from glm_playground.ui.shared.answer_markdown import literal
from glm_playground.ui.shared.figures import dollars
from glm_playground.ui.shared.i18n import _, number
from glm_playground.ui.shared.styled import styled

# Less of the context is nothing to think of.
_LEAST_SHARE = 0.001


def draw_input_line(bench: Workbench, server: Gateway) -> None:
    """Draws the line below the chat input: what the draft will use and cost, counted in the browser as one types."""
    predictions = [
        sending.prediction_of(lane.conversation.request(Prompt(""), bench.setup_of(lane)), server)
        for lane in bench.lanes
        if lane.id in targets()
    ]
    turns = [lane.conversation.turns[-1].id for lane in bench.lanes if lane.conversation.turns]
    draw_composer(
        "1",
        [_lane_forecast(prediction) for prediction in predictions],
        input_key=PROMPT,
        stop_key="stop",
        repeats=bench.repeats,
        latest=" ".join(turns),
        editor=open_editor(),
        play_money=any(prediction.price and prediction.price.play_money for prediction in predictions),
        waiting_for_price=runtime.live_prices(server).waiting,
    )


def _lane_forecast(prediction: Prediction) -> LaneForecast:
    rates = prediction.price.per_million if prediction.price else {}
    return LaneForecast(
        # An empty prompt was counted with its mark, which the browser counts with the draft.
        prompt_tokens=prediction.prompt_tokens - TOKENS_PER_MESSAGE,
        input_price=rates.get(TokenClass.INPUT),
        output_price=rates.get(TokenClass.OUTPUT),
        most_output=prediction.most_output,
        likely_output=None,
        context_tokens=prediction.context_tokens,
    )


def estimate_text(predictions: Sequence[Prediction], repeats: int, *, waiting: bool = False) -> str:
    """Tokens in, share of the context, and cost as a range over all lanes; `waiting` for the price still."""
    tokens = sum(prediction.prompt_tokens for prediction in predictions) * repeats
    parts = [_("about {count} tokens in").format(count=number(tokens))]
    shares = [share for prediction in predictions if (share := prediction.context_share) is not None]
    if shares and max(shares) >= _LEAST_SHARE:
        parts.append(_("{share} % of the context").format(share=number(100 * max(shares), 1)))
    least = [prediction.least_cost for prediction in predictions]
    most = [prediction.most_cost for prediction in predictions]
    known_least = [cost for cost in least if cost is not None]
    known_most = [cost for cost in most if cost is not None]
    if len(known_most) == len(most):
        low = literal(dollars(sum(known_least, Decimal(0)) * repeats))
        high = literal(dollars(sum(known_most, Decimal(0)) * repeats))
        play = any(prediction.price and prediction.price.play_money for prediction in predictions)
        basis = styled("orange", _("predicted, in play money") if play else _("predicted"))
        parts.append(_("{low} to {high}").format(low=low, high=high) + f" {basis}")
    else:
        parts.append(_("asking for the price") if waiting else _("cost unknown: no price"))
    return " · ".join(parts)


def draw_draft(bench: Workbench) -> None:
    """Draws a prompt that waits for its variables or for a confirmation."""
    draft = bench.draft
    if draft is None:
        return
    names = () if draft.prompt else variables_of(draft.text)
    with st.container(border=True, gap="small"):
        st.markdown(_("**Not sent yet.** Fill in the prompt's variables.") if names else _("**Not sent yet.**"))
        st.code(draft.text, language=None, wrap_lines=True, height=min(160, 40 + 24 * draft.text.count("\n")))
        kept = sending.values()
        for name in names:
            key = f"variable-{name}"
            st.session_state.setdefault(key, kept.get(name, ""))
            st.text_input(name, key=key)
        if names and (empty := missing(draft.text, sending.values())):
            said = ", ".join(f"`{name}`" for name in empty)
            st.markdown(styled("small", _("Still empty: {names}. An empty one is not sent.").format(names=said)))
        st.caption(estimate_text([prediction for _lane, prediction in sending.draft_predictions(draft)], bench.repeats))
        if bench.ask_above is not None and not names:
            limit = literal(dollars(Decimal(str(bench.ask_above))))
            st.caption(_("It may cost more than {limit}, above which you want to be asked.").format(limit=limit))
        with st.container(horizontal=True):
            st.button(on_accent(_("Send it")), key="draft-send", type="primary", on_click=_send, args=(bench, draft))
            st.button(_("Back to the input"), key="draft-back", on_click=_back, args=(bench, draft))
        if draft.attachments:
            st.caption(_("Its files come along when you send it; back in the input they are attached anew."))


def _send(bench: Workbench, draft: Draft) -> None:
    draft.confirmed = True
    if not sending.send(draft):
        _back(bench, draft)


def _back(bench: Workbench, draft: Draft) -> None:
    bench.draft = None
    st.session_state[PROMPT] = draft.text

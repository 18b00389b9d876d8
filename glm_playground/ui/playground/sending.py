"""Sends prompts to the lanes: checks, predicts, and starts their runs."""

import random
import secrets
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import streamlit as st

from glm_playground.catalog import load_catalog
from glm_playground.chat.checks import check_request
from glm_playground.chat.conversation import Answer, Prompt, Turn
from glm_playground.chat.forecast import Prediction, predict
from glm_playground.chat.variables import fill, missing, variables_of
from glm_playground.gateway import ChatRequest, Gateway, Message
from glm_playground.runs.run import Run
from glm_playground.service import runtime
from glm_playground.ui.playground.lane_settings import take_over
from glm_playground.ui.playground.uploads import take_files
from glm_playground.ui.playground.workbench import (
    PROMPT,
    Draft,
    Lane,
    Workbench,
    forget_notice,
    forget_widgets,
    notify,
    past_outputs,
    take_over_options,
    targets,
    with_nonce,
    workbench,
)
from glm_playground.ui.server.owner import owner
from glm_playground.ui.shared.explanations import Explanation, explain_finding
from glm_playground.ui.shared.i18n import _
from glm_playground.ui.shared.own_key import asked_gateway

CONTINUE = "Continue exactly where you stopped."
VALUES = "variable-values"


@dataclass(frozen=True)
class _Asking:
    """A request that passed its checks, and the lane whose turn it answers."""

    lane: Lane
    prompt: Prompt
    request: ChatRequest
    turn: Turn | None


def submit() -> None:
    """Sends what was typed and attached; what cannot be sent is put back into the input."""
    value = st.session_state[PROMPT]
    text = (value if isinstance(value, str) else value.text) or ""
    files, problem = take_files([] if isinstance(value, str) else value.files)
    if problem is None and workbench().draft:
        waiting = _("Send it or take it back to the input first. Your new text is kept.")
        problem = Explanation(_("Another prompt still waits."), waiting)
    if problem:
        notify(*problem)
        st.session_state[PROMPT] = text
    elif not send(Draft(text, files, targets())):
        st.session_state[PROMPT] = text


def send_text(text: str) -> None:
    """Sends a prompt of ours, such as a starter."""
    send(Draft(text, (), targets()))


def values() -> dict[str, str]:
    """What the variables' fields hold."""
    state = st.session_state
    kept: dict[str, str] = state.setdefault(VALUES, {})
    for name in list(kept) + (list(variables_of(draft.text)) if (draft := workbench().draft) else []):
        if (typed := state.get(f"variable-{name}")) is not None:
            kept[name] = typed
    return kept


def send(draft: Draft) -> bool:
    """Sends a prompt to its lanes, or keeps it where it waits for the user; False where it is to be typed again."""
    bench = workbench()
    forget_notice()
    take_over_options(bench)
    for any_lane in bench.lanes:
        any_lane.notice = None
        take_over(any_lane)
    bench.draft = None
    lanes = [lane for lane_id in draft.lane_ids if (lane := bench.lane(lane_id))]
    if any(lane.conversation.live_runs() for lane in lanes):
        notify(_("An answer is still being written."), _("Stop it or wait for its end, then send. Your text is kept."))
        return False
    names = () if draft.prompt else variables_of(draft.text)
    if names and (not draft.confirmed or missing(draft.text, values())):
        bench.draft = draft
        return True
    askings = [asking for lane in lanes if (asking := _checked(bench, lane, prompt_of(draft), draft.turn))]
    if not askings:
        # The same for every lane unless models differ: said once, above the input.
        if lanes and lanes[0].notice:
            notify(*lanes[0].notice)
            for lane in lanes:
                lane.notice = None
        return False
    if not draft.confirmed and _needs_confirmation(bench, askings):
        bench.draft = draft
        return True
    if draft.turn and draft.as_branch:
        branch = Turn(prompt_of(draft))
        lanes[0].conversation.fork_of(draft.turn).add(branch)
        askings = [replace(asking, turn=branch) for asking in askings]
    _start(bench, askings)
    return True


def prompt_of(draft: Draft) -> Prompt:
    """The prompt that a draft sends, its variables filled."""
    return draft.prompt or Prompt(fill(draft.text, values()), draft.attachments)


def regenerate(lane: Lane, turn: Turn) -> None:
    """Asks a turn's prompt again; the earlier answers stay with the turn."""
    _send_again(lane, turn.prompt, turn)


def edit_prompt(lane: Lane, turn: Turn, text: str) -> bool:
    """Asks an edited prompt in the place of a turn, which stays as a branch beside it; False where it is not sent."""
    return send(Draft(text, turn.prompt.attachments, (lane.id,), turn=turn, as_branch=True))


def continue_answer(lane: Lane) -> None:
    """Asks for the rest of an answer that was cut at the limit."""
    _send_again(lane, Prompt(CONTINUE), None)


def answer_tools(lane: Lane, prompt: Prompt) -> None:
    """Sends the results of the tools that the last answer asked for."""
    _send_again(lane, prompt, None)


def send_without(lane: Lane, turn: Turn, field: str) -> None:
    """Asks a turn again without a parameter that the server refused; the settings it came from lose it too."""
    bench = workbench()
    take_over_options(bench)
    owner = bench.lanes[0] if bench.in_step else lane
    take_over(owner)
    parameters = owner.setup.parameters
    update: dict[str, Any] = {"extra": {name: value for name, value in parameters.extra.items() if name != field}}
    if field in type(parameters).model_fields:
        update[field] = getattr(type(parameters)(), field)
    owner.setup = owner.setup.model_copy(update={"parameters": parameters.model_copy(update=update)})
    forget_widgets(owner)
    _send_again(lane, turn.prompt, turn)


def _send_again(lane: Lane, prompt: Prompt, turn: Turn | None) -> None:
    send(Draft(prompt.text, prompt.attachments, (lane.id,), prompt=prompt, turn=turn))


def _checked(bench: Workbench, lane: Lane, prompt: Prompt, turn: Turn | None) -> _Asking | None:
    """The request that `lane` makes; None, with a notice in the lane, where it cannot be sent."""
    setup = bench.setup_of(lane)
    if problems := (bench.lanes[0] if bench.in_step else lane).problems:
        lane.notice = Explanation(
            _("A setting cannot be used."), " ".join((*problems.values(), _("Nothing was sent.")))
        )
        return None
    request = lane.conversation.request(prompt, setup, before=turn)
    context, output = limits_of(setup.model)
    finding = check_request(request, context_tokens=context, max_output_tokens=output)
    if finding:
        lane.notice = explain_finding(finding, setup.model)
        return None
    return _Asking(lane, prompt, request, turn)


def limits_of(model: str) -> tuple[int | None, int | None]:
    """Context and largest answer of a model on RunAPI, in tokens; None where nobody published it."""
    card = load_catalog().get(model)
    limits = card.limits("runapi") if card else None
    return (limits.context_tokens, limits.max_output_tokens) if limits else (None, None)


def prediction_of(request: ChatRequest, server: Gateway) -> Prediction:
    """What a request will use and cost."""
    context, output = limits_of(request.model)
    return predict(
        request,
        runtime.price_of(server, request.model),
        context_tokens=context,
        max_output_tokens=output,
        past_outputs=past_outputs(request.model),
    )


def draft_predictions(draft: Draft) -> list[tuple[Lane, Prediction]]:
    """What a waiting prompt will use and cost, by lane."""
    bench = workbench()
    server = asked_gateway()
    prompt = prompt_of(draft)
    lanes = [lane for lane_id in draft.lane_ids if (lane := bench.lane(lane_id))]
    requests = [lane.conversation.request(prompt, bench.setup_of(lane), before=draft.turn) for lane in lanes]
    return [(lane, prediction_of(request, server)) for lane, request in zip(lanes, requests, strict=True)]


def _needs_confirmation(bench: Workbench, askings: list[_Asking]) -> bool:
    if bench.ask_above is None:
        return False
    server = asked_gateway()
    predicted = [prediction_of(asking.request, server).most_cost for asking in askings]
    # Where nobody knows the price, nobody knows that it is below the limit.
    known = [cost for cost in predicted if cost is not None]
    return len(known) < len(predicted) or sum(known, Decimal(0)) * bench.repeats > Decimal(str(bench.ask_above))


def _start(bench: Workbench, askings: list[_Asking]) -> None:
    """Starts the runs: all lanes at once with the repeats of each in a row, or all one by one in random order."""
    server = asked_gateway()
    runtime.ask_prices(server)
    many = bench.one_by_one and len(askings) * bench.repeats > 1
    order = [asking for asking in askings for _repeat in range(bench.repeats)]
    last: Run | None = None
    if many:
        random.shuffle(order)
        for model in sorted({asking.request.model for asking in askings}):
            warm_up = ChatRequest(model=model, messages=(Message(role="user", content="Hi"),), max_tokens=1)
            last = runtime.start(warm_up, server, owner(), behind=last)
    answers: dict[str, list[Answer]] = {asking.lane.id: [] for asking in askings}
    for asking in order:
        request = asking.request
        mine = answers[asking.lane.id]
        if many:
            request = request.model_copy(update={"messages": with_nonce(request.messages, secrets.token_hex(4))})
        behind = last if many else (mine[-1].run if mine else None)
        last = runtime.start(request, server, owner(), behind=behind)
        mine.append(Answer(last, one_by_one=many))
    for asking in askings:
        turn = asking.turn
        if turn is None:
            turn = Turn(asking.prompt)
            asking.lane.conversation.end.add(turn)
        turn.add(answers[asking.lane.id])

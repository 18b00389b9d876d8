"""One lane of the playground: what the session holds of it, and what its buttons do."""

import streamlit as st

from glm_playground.catalog import load_catalog
from glm_playground.gateway import Gateway
from glm_playground.runs.checks import check_request
from glm_playground.runs.conversation import Conversation, Parameters, Turn
from glm_playground.ui import services
from glm_playground.ui.explanations import Explanation, explain_finding
from glm_playground.ui.i18n import _

DEFAULT_MODEL = "glm-5.1"
QUICKSTART = (
    "Read this multi-file repository, find the failing integration test, and propose a patch with an explanation of "
    "the root cause."
)
_CONVERSATION, _NOTICE, _ASKED_MODEL = "conversation", "notice", "asked_model"
# Names of the widgets; the settings' values are read from the session by these.
MODEL, SYSTEM, TEMPERATURE, TOP_P, MAX_TOKENS, THINKING, PROMPT = (
    "model",
    "system",
    "temperature",
    "top_p",
    "max_tokens",
    "thinking",
    "prompt",
)


def conversation() -> Conversation:
    """The session's conversation."""
    state = st.session_state
    if _CONVERSATION not in state:
        state[_CONVERSATION] = Conversation()
    found: Conversation = state[_CONVERSATION]
    return found


def parameters() -> Parameters:
    """What the settings' widgets say; a widget that was not drawn yet has its default."""
    state = st.session_state
    return Parameters(
        model=(state.get(MODEL) or "").strip(),
        system=state.get(SYSTEM) or "",
        temperature=state.get(TEMPERATURE),
        top_p=state.get(TOP_P),
        max_tokens=state.get(MAX_TOKENS),
        thinking={"on": True, "off": False}.get(state.get(THINKING) or ""),
    )


def take_model_from_address() -> None:
    """Chooses the model that `?model=` names, once for each such address; a later choice by hand wins."""
    state = st.session_state
    asked = st.query_params.get("model")
    if asked and asked != state.get(_ASKED_MODEL):
        state[_ASKED_MODEL] = state[MODEL] = asked
    state.setdefault(MODEL, DEFAULT_MODEL)


def model_ids() -> list[str]:
    """The models RunAPI serves, newest first."""
    return [card.id for card in load_catalog().cards if card.gateway("runapi")]


def take_notice() -> Explanation | None:
    """What the last action has to say, once."""
    notice: Explanation | None = st.session_state.pop(_NOTICE, None)
    return notice


def _notify(title: str, body: str) -> None:
    st.session_state[_NOTICE] = Explanation(title, body)


def submit() -> None:
    """Sends what was typed; what cannot be sent is put back into the input."""
    prompt = st.session_state[PROMPT] or ""
    if not send(prompt):
        st.session_state[PROMPT] = prompt


def send_starter() -> None:
    """Sends the quickstart's prompt."""
    send(QUICKSTART)


def send(prompt: str) -> bool:
    """Sends `prompt` as the next turn; False, with a notice, where it is not sent."""
    talk = conversation()
    request = talk.request(prompt, parameters())
    if not _may_send(prompt, len(talk.turns)):
        return False
    talk.turns.append(Turn(prompt, [services.engine().start(request, _server(request.model))]))
    return True


def regenerate() -> None:
    """Asks the last turn's prompt again; the earlier answers stay with the turn."""
    talk = conversation()
    if not talk.turns:
        return
    turn = talk.turns[-1]
    before = len(talk.turns) - 1
    if _may_send(turn.prompt, before):
        request = talk.request(turn.prompt, parameters(), before=before)
        turn.runs.append(services.engine().start(request, _server(request.model)))


def stop() -> None:
    """Stops the run that is going on."""
    if run := conversation().going_on:
        services.engine().stop(run)


def clear() -> None:
    """Begins a new conversation; a run that is going on is stopped."""
    stop()
    st.session_state[_CONVERSATION] = Conversation()


def _server(model: str) -> Gateway:
    server = services.gateway()
    services.ask_prices(server)
    return server


def _may_send(prompt: str, before: int) -> bool:
    talk = conversation()
    if talk.going_on:
        _notify(_("An answer is still being written."), _("Stop it or wait for its end, then send. Your text is kept."))
        return False
    asked = parameters()
    card = load_catalog().get(asked.model)
    limits = card.limits("runapi") if card else None
    finding = check_request(
        talk.request(prompt, asked, before=before),
        context_tokens=limits.context_tokens if limits else None,
        max_output_tokens=limits.max_output_tokens if limits else None,
    )
    if finding:
        _notify(*explain_finding(finding, asked.model))
    return finding is None

"""The workbench that this tab has open, and the commands on it.

Streamlit's session state holds which one is open and what the widgets show, and nothing that would be missed.
"""

from collections.abc import Sequence

import streamlit as st

from glm_playground.chat.conversation import Conversation
from glm_playground.chat.notice import Notice, NoticeKind
from glm_playground.chat.session import Session
from glm_playground.chat.setup import Setup, asked_text
from glm_playground.ledger import LedgerError
from glm_playground.service import storage, workbenches
from glm_playground.service.models import first_model, models_at
from glm_playground.service.runner import GatewayRunner
from glm_playground.service.workbenches import OpenWorkbench
from glm_playground.ui.server.address import client_address
from glm_playground.ui.server.owner import owner
from glm_playground.ui.server.scheduler import released
from glm_playground.ui.shared.page.own_key import asked_gateways

WORKBENCH = "w"
"""Names the workbench in the address, so that each tab finds its own again."""
EMPTY = "empty"
"""Says in the address that it held nothing."""
_OPEN, _SHOWN, _NOTICE = "open_workbench", "shown_values", "notice"


def opened() -> OpenWorkbench:
    """The workbench of this tab: the one that the address names, else the one that this browser used last."""
    found: OpenWorkbench | None = st.session_state.get(_OPEN)
    if found is None:
        asked = st.query_params.get(WORKBENCH)
        with released():
            named = workbenches.open_one(owner(), asked) if asked else None
            found = named or workbenches.open_latest(owner())
        st.session_state[_OPEN] = found
        if asked and not named and EMPTY not in st.query_params and not isinstance(storage.ledger(), LedgerError):
            say(Notice(NoticeKind.NO_WORKBENCH))
    return found


def session() -> Session:
    """The commands on this tab's workbench; where there are several gateways, each of its lanes names one.

    A new workbench asks a model that the first gateway has, once that is known and unless one was chosen before.
    """
    gateways, here = asked_gateways(), opened()
    # Streamlit ends the script of a tab that is closed: what was asked is stored at once, not when it is drawn.
    runner = GatewayRunner(gateways, owner(), client_address())
    found = Session(here.bench, runner, lambda: workbenches.save(here))
    unchosen = here.unchosen == here.bench.changes
    if gateways.several:
        found.name_gateways(gateways.first.name)
    if unchosen:
        model = first_model(gateways.first)
        if model:
            found.begin_with(model)
        here.unchosen = here.bench.changes if model is None else -1
    return found


def save() -> None:
    """Stores what no command changed, such as an answer that ended; called once at the end of each script."""
    if _OPEN in st.session_state:
        workbenches.save(opened())


def open_workbench(found: OpenWorkbench) -> None:
    """Shows another workbench in this tab; the one before keeps running and stays in the list."""
    save()
    st.session_state[_OPEN] = found
    forget_widgets()
    st.session_state.pop(_NOTICE, None)


def open_new() -> Session:
    """Begins another workbench in this tab."""
    open_workbench(workbenches.new(owner()))
    return session()


def open_conversations(lanes: Sequence[tuple[Setup, Conversation]]) -> Session:
    """Opens lanes that were recorded, in a workbench of their own."""
    begun = open_new()
    # Named first: the command that fills it stores it.
    if lanes and (turns := lanes[0][1].turns):
        begun.bench.name_by(turns[0].prompt.text)
    begun.use_conversations(lanes)
    return begun


def model_choices() -> list[str]:
    """The models that can be chosen, as `Setup.asked` writes them: with their gateway where there are several."""
    gateways = asked_gateways()
    name = gateways.several
    return [asked_text(model, gateway.name if name else "") for gateway in gateways.all for model in models_at(gateway)]


def say(notice: Notice | None) -> None:
    """Says something above the input, until the next command that says something."""
    st.session_state[_NOTICE] = notice


def said() -> Notice | None:
    """What the last command has to say."""
    found: Notice | None = st.session_state.get(_NOTICE)
    return found


def shown_values() -> dict[str, object]:
    """By widget key: the value that the page showed in it last, apart from what was typed since."""
    found: dict[str, object] = st.session_state.setdefault(_SHOWN, {})
    return found


def show_value(key: str, value: object, *, always: bool = False) -> None:
    """Shows `value` in a widget; what differs from it at the next run was typed by the user.

    The widget gets `value` as its default too: a run that is replaced before the browser saw it takes the word of the
    session state with it, and the browser would then report the widget's own default as the user's choice. A field for
    a number, which can be emptied only where its default is empty, is told `always` instead.
    """
    if (always and value is not None) or key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value
    shown_values()[key] = value


def forget_widgets() -> None:
    """Resets every widget that shows a value of the workbench."""
    for key in shown_values():
        st.session_state.pop(key, None)
    shown_values().clear()

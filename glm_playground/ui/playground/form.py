"""What the widgets of the playground say, taken over into the workbench: only what was changed since it was shown.

So two tabs of one workbench do not undo each other's settings.
"""

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

import streamlit as st

from glm_playground.chat.lane import FIELDS
from glm_playground.chat.session import Session
from glm_playground.chat.workbench import MAX_REPEATS, RESULT
from glm_playground.ui.server.scheduler import action_slot
from glm_playground.ui.shared.page.session import say, shown_values

TARGET, REPEATS, ORDER, ASK_ABOVE, SAME = "target", "repeats", "order", "ask_above", "same_settings"
LAYOUT, RUN_TOOLS = "layout", "run_tools"
"""Keys of the options' widgets."""
DRAFT, VARIABLE, ENCODING = "draft-text", "variable", "encoding"
EDITED = "edited"
"""Begins the keys of editors, behind it the place among the workbench's edits."""


def _repeats(value: Any) -> int:
    return max(1, min(int(value or 1), MAX_REPEATS))


def _amount(value: Any) -> Decimal | None:
    try:
        return None if value is None else max(Decimal(str(value)), Decimal(0))
    except InvalidOperation:
        return None


_OPTIONS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    TARGET: ("target", lambda value: value or "all"),
    REPEATS: ("repeats", _repeats),
    ORDER: ("one_by_one", lambda value: value == "one"),
    ASK_ABOVE: ("ask_above", _amount),
    SAME: ("same_settings", bool),
    RUN_TOOLS: ("run_tools", bool),
    LAYOUT: ("layout", lambda value: value or ""),
}


def take_changes(session: Session) -> None:
    """Edits the workbench by what was typed since the widgets were drawn; first in each script and each callback."""
    state, shown = st.session_state, shown_values()
    for key in [key for key, value in shown.items() if key in state and state[key] != value]:
        shown[key] = state[key]
        _take(session, key, state[key])


def _take(session: Session, key: str, value: Any) -> None:
    name, _dash, rest = key.partition("-")
    if name in _OPTIONS:
        option, read = _OPTIONS[name]
        session.set_option(option, read(value))
    elif name == VARIABLE:
        session.set_option("values", {**session.bench.values, rest: value or ""})
    elif name in {EDITED, RESULT}:
        place = rest if name == EDITED else key
        session.set_option("edits", {**session.bench.edits, place: value or ""})
    elif name == ENCODING:
        place, _dash, draft_id = rest.partition("-")
        if draft := session.bench.draft(draft_id):
            session.read_again(draft, int(place), value)
    elif key.startswith(DRAFT):
        if draft := session.bench.draft(key.removeprefix(f"{DRAFT}-")):
            session.rewrite(draft, value or "")
    elif name in FIELDS and (lane := session.bench.lane(rest)):
        session.edit(lane, name, value)


@action_slot()
def command(session: Session, act: Callable[..., object], *arguments: object) -> None:
    """Does a command in a callback, after what was typed until then is taken over."""
    take_changes(session)
    say(None)
    act(*arguments)

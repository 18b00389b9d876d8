"""The field in which a prompt or an answer is edited; what is typed there is kept with the workbench."""

from collections.abc import Callable

import streamlit as st

from glm_playground.chat.session import Session
from glm_playground.chat.workbench import RESULT
from glm_playground.ui.playground.composer import Editor
from glm_playground.ui.playground.form import EDITED, take_changes
from glm_playground.ui.shared.i18n import _
from glm_playground.ui.shared.page.session import show_value, shown_values

_PROMPT, _ANSWER = "prompt", "answer"


def prompt_place(turn_id: str) -> str:
    """Names the editor of a turn's prompt among the workbench's edits."""
    return f"{_PROMPT}-{turn_id}"


def answer_place(answer_id: str) -> str:
    """Names the editor of an answer among the workbench's edits."""
    return f"{_ANSWER}-{answer_id}"


def open_editor(session: Session) -> Editor | None:
    """The editor that was opened last, if one is open."""
    places = [place for place in session.bench.edits if place.startswith((f"{_PROMPT}-", f"{_ANSWER}-"))]
    return Editor(_key(places[-1]), places[-1]) if places else None


def edit(session: Session, place: str, text: str) -> None:
    """Opens an editor with a text; one that is open already keeps what was typed."""
    edits = dict(session.bench.edits)
    typed = edits.pop(place, text)
    session.set_option("edits", {**edits, place: typed})


def close(session: Session, *places: str) -> None:
    """Closes editors and fields of results; what was typed in them is gone."""
    left = {place: text for place, text in session.bench.edits.items() if place not in places}
    for place in places:
        # What leaves a field with the click that closes it comes late: it would open it again.
        shown_values().pop(_key(place), None)
    session.set_option("edits", left)


def draw_editor(session: Session, place: str, label: str, done: Callable[[str], None]) -> bool:
    """Draws an editor, where it is open, with the button that takes its text; whether it is."""
    text = session.bench.edits.get(place)
    if text is None:
        return False

    def keep() -> None:
        take_changes(session)
        done(session.bench.edits.get(place, text))
        close(session, place)

    key = _key(place)
    show_value(key, text)
    st.text_area(_("Text"), text, key=key, height="content", label_visibility="collapsed")
    with st.container(horizontal=True):
        st.button(label, key=f"keep-{place}", type="secondary", on_click=keep)
        st.button(_("Cancel"), key=f"cancel-{place}", on_click=close, args=(session, place))
    return True


def _key(place: str) -> str:
    """The key of the field at a place among the workbench's edits; that of a result is its place."""
    return place if place.startswith(f"{RESULT}-") else f"{EDITED}-{place}"

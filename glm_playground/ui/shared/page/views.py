"""The views of a page, one of which is open."""

from collections.abc import Mapping

import streamlit as st

from glm_playground.ui.shared.i18n import _


def open_view(names: Mapping[str, str], key: str, label: str = "") -> str:
    """Draws the names of the views; the key of the one that is open, the first where none was chosen.

    `label` is what screen readers call them, where they are not views.

    `st.tabs` looks like it, but the browser searches the open tab for what can have the focus each time something in it
    changes (`useHasTabbableChild` of React Aria), which takes a tenth of the time that a page needs to be drawn.
    """
    first = next(iter(names))
    if st.session_state.setdefault(key, first) not in names:
        st.session_state[key] = first
    chosen = st.segmented_control(
        label or _("View"),
        list(names),
        format_func=names.__getitem__,
        key=key,
        label_visibility="collapsed",
        required=True,
        persist_state="session",
    )
    return chosen or first

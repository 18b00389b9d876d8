"""The panel beside the chat: the settings of a lane, or what is to be shared or attached, one at a time.

A button opens it and closes it. What needs room to work in stands here, and choices in a menu that lies over the page;
a plain button costs a browser that opens the page half of what a menu does.
"""

from enum import StrEnum

import streamlit as st

from glm_playground.ui.shared.i18n import _
from glm_playground.ui.shared.page.navigation import PANEL, PANEL_OPENED


class Panel(StrEnum):
    """What of all lanes can be open in the panel; of one lane it is the settings, by the lane's id."""

    FOLDER = "folder"
    SHARE = "share"


def in_panel() -> str:
    """What is open: a `Panel`, a lane's id, or nothing."""
    return st.session_state.get(PANEL) or ""


def toggle_panel(name: str) -> None:
    """Opens what has the name in place of what is open, or closes it."""
    opens = name != in_panel()
    st.session_state[PANEL] = name if opens else None
    st.session_state[PANEL_OPENED] = opens


def close_panel() -> None:
    """Closes what is open."""
    st.session_state[PANEL] = None


def draw_panel_button(panel: Panel, label: str, icon: str) -> None:
    """Draws the button that opens what all lanes have, and closes it."""
    st.button(label, icon=icon, key=f"{panel}-button", on_click=toggle_panel, args=(panel.value,))


def draw_panel_head(title: str) -> None:
    """Draws what is open, and the button that closes it."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(title, width="stretch")
        st.button(_("Close"), key="panel-close", type="tertiary", icon=":material/close:", on_click=close_panel)

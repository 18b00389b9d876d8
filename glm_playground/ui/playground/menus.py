"""The menus that lie over the lanes while they are open, and what else may tell of answers."""

from enum import StrEnum
from typing import TYPE_CHECKING

import streamlit as st

from glm_playground.chat.lane import Lane
from glm_playground.ui.playground.panel import Panel, in_panel
from glm_playground.ui.shared.answer.live_runs import RUNNING

if TYPE_CHECKING:
    from streamlit.elements.lib.mutable_popover_container import PopoverContainer


class Menu(StrEnum):
    """A menu of all lanes; the value is its key."""

    OPTIONS = "options"
    SAVED = "saved"


def draw_menu(menu: Menu, label: str, icon: str) -> "PopoverContainer":
    """Draws the button of a menu; who draws it fills the menu where it is `open`."""
    return st.popover(label, icon=icon, key=menu.value, on_change="rerun")


def request_fold(lane: Lane) -> str:
    """The key of the fold with the request that a lane would send, among its settings."""
    return f"request-{lane.id}"


def any_open(lane: Lane) -> bool:
    """Whether a menu, what is to be shared, the request of `lane` or the list of running answers is open."""
    return in_panel() == Panel.SHARE or any(st.session_state.get(key) for key in (RUNNING, *Menu, request_fold(lane)))

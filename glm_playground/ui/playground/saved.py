"""What is there again another day: the workbenches, and lanes under a name."""

import streamlit as st

from glm_playground.chat.session import Session
from glm_playground.ui.playground.form import command
from glm_playground.ui.playground.menus import Menu, draw_menu
from glm_playground.ui.playground.presets import draw_presets
from glm_playground.ui.playground.workbench_list import draw_workbenches
from glm_playground.ui.shared.i18n import _
from glm_playground.ui.shared.page.session import open_new


def draw_saved(session: Session) -> None:
    """Draws the menu, and the way to begin another workbench."""
    if not session.bench.empty:
        st.button(
            _("New"),
            key="workbench_new",
            icon=":material/edit_square:",
            on_click=command,
            args=(session, open_new),
            help=_("Begin another workbench; this one stays in the list"),
        )
    with draw_menu(Menu.SAVED, _("Saved"), ":material/bookmark:") as popover:
        if popover.open:
            workbenches, presets = st.tabs([_("Workbenches"), _("Presets")])
            with workbenches:
                draw_workbenches(session)
            with presets:
                draw_presets(session)

"""The links that the owner shared, in a menu of the history."""

import streamlit as st

from glm_playground.settings import settings
from glm_playground.ui.shared.files.link_form import draw_links
from glm_playground.ui.shared.i18n import _


def draw_links_menu() -> None:
    """Draws the menu; nothing where the operator allows no links."""
    if settings().sharing == "off":
        return
    popover = st.popover(_("Links"), icon=":material/link:", key="history_links", on_change="rerun", type="tertiary")
    if popover.open:
        with popover:
            draw_links("history-links", said=_("Nothing is shared. Export makes a link to chosen runs."))

"""How long runs are kept, where the operator says so."""

import streamlit as st

from glm_playground.settings import settings
from glm_playground.ui.shared.i18n import _, ngettext, number


def draw_retention() -> None:
    """Says after how many days runs are removed."""
    days = settings().keep_days
    if days:
        text = ngettext(
            "Runs and workbenches are kept for {count} day, then removed for good.",
            "Runs and workbenches are kept for {count} days, then removed for good.",
            days,
        )
        st.caption(text.format(count=number(days)) + " " + _("Download what you want to keep for longer."))

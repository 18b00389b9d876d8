"""The column of a grid that says when something was."""

import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from glm_playground.ui.shared.i18n import _, zone_name

_WIDTH = 155


def moment_column(label: str) -> ColumnConfig:
    """A column of moments in the browser's time zone, by locale; it sorts by time."""
    # Streamlit's own formats speak the browser's language, and how long ago something was they say in English.
    return st.column_config.DatetimeColumn(label, format=_("MMM D, YYYY, h:mm A"), timezone=zone_name(), width=_WIDTH)

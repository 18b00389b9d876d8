"""How many filters of a closed list are set.

It stands beside the list's button: a button whose words change is another one to Streamlit, and its list closes.
"""

import streamlit as st

from glm_playground.ui.shared.i18n import ngettext, number
from glm_playground.ui.shared.text.styled import styled


def draw_filter_count(count: int) -> None:
    """Draws the number, where it is not zero."""
    if count:
        text = ngettext("{count} filter set", "{count} filters set", count).format(count=number(count))
        st.markdown(styled("blue-badge", text), width="content")

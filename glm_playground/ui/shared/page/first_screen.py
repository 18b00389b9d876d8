"""A page's first run draws what is seen at once; what stands below the first screen follows in a run right after.

Each element takes the browser some milliseconds, for which the page cannot be used yet. A page that was drawn whole
once is drawn whole ever after, so that nothing below comes and goes.
"""

import streamlit as st

_SOON_S = 0.25
_DRAWN, _WHOLE = "drawn", "whole"


def first_screen_only(page: str) -> bool:
    """Whether this run leaves out what stands below 1280 x 800 pixels; call `draw_rest_soon` at the end then."""
    return f"first_screen-{page}" not in st.session_state


def draw_rest_soon(page: str) -> None:
    """Draws the whole page as soon as its first screen can be used."""
    st.session_state[f"first_screen-{page}"] = _DRAWN
    _draw_rest(page)


@st.fragment(run_every=_SOON_S)
def _draw_rest(page: str) -> None:
    key = f"first_screen-{page}"
    if st.session_state[key] == _WHOLE:
        st.rerun()
    # The first call is part of the page's own run.
    st.session_state[key] = _WHOLE

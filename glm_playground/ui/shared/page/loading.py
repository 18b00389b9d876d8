"""Whether the browser still makes what it needs for a page that was opened while an answer is being written.

React puts an element whose code has come into the page only once no other change waits. On a slow computer redraws
follow each other so closely that this never is so: the button that stops the answer stayed out until its end.
"""

import secrets
from time import monotonic
from typing import NamedTuple

import streamlit as st

REDRAW_INTERVAL_S = 2.0
"""Seconds between two redraws meanwhile."""
_AT_MOST_S = 40.0
"""Ends it for a browser that runs none of our scripts."""
_STATE = "page_loading"


class _Loading(NamedTuple):
    id: str
    until: float


def begin_page(*, answering: bool) -> str:
    """Names what the browser is to say is drawn, and is empty where that does not matter. Call it in each run.

    Args:
        answering: whether an answer is being written.
    """
    if _STATE not in st.session_state:
        begun = _Loading(secrets.token_hex(8), monotonic() + _AT_MOST_S)
        st.session_state[_STATE] = begun if answering else None
    return st.session_state[_STATE].id if page_loads() else ""


def page_loads() -> bool:
    """Whether the browser has not said yet that the page is drawn."""
    state: _Loading | None = st.session_state.get(_STATE)
    return state is not None and monotonic() < state.until


def end_loading() -> None:
    """Notes that the browser has drawn the page."""
    st.session_state[_STATE] = None

"""Which evaluation or suite the page shows: its address names it."""

import streamlit as st

from glm_playground.ui.shared.page.navigation import SUITE

EVALUATION = "evaluation"


def open_evaluation(id: str) -> None:
    """Shows an evaluation in the place of the list."""
    st.query_params[EVALUATION] = id


def close_evaluation() -> None:
    """Shows the list again."""
    st.query_params.pop(EVALUATION, None)


def open_suite_page(id: str) -> None:
    """Shows a suite in the place of the list."""
    st.query_params[SUITE] = id


def close_suite() -> None:
    """Shows the list again."""
    st.query_params.pop(SUITE, None)

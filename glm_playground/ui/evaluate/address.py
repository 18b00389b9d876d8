"""Which evaluation the page shows: its address names it."""

import streamlit as st

EVALUATION = "evaluation"


def open_evaluation(id: str) -> None:
    """Shows an evaluation in the place of the list."""
    st.query_params[EVALUATION] = id


def close_evaluation() -> None:
    """Shows the list again."""
    st.query_params.pop(EVALUATION, None)

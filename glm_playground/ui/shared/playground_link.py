"""The way from a model into the playground."""

from typing import Literal

import streamlit as st

from glm_playground.ui.shared.accent import on_accent
from glm_playground.ui.shared.navigation import PLAYGROUND

ASKED_MODEL = "asked_model"
"""Names what of `?model=` the playground took over last."""


def draw_try_it(
    model: str,
    key: str,
    label: str,
    type: Literal["primary", "secondary", "tertiary"] = "secondary",
) -> None:
    """Draws the button that opens the playground with `model` chosen."""
    primary = type == "primary"
    text, icon = (on_accent(label), None) if primary else (label, ":material/play_arrow:")
    if st.button(text, key=key, type=type, icon=icon):
        open_playground(model)


def open_playground(model: str | None = None) -> None:
    """Goes to the playground; its address names the model, so that it can be shared."""
    if model is None:
        st.switch_page(PLAYGROUND)
    # The address may be the one that was taken over last: it is meant anew.
    st.session_state.pop(ASKED_MODEL, None)
    st.switch_page(PLAYGROUND, query_params={"model": model})

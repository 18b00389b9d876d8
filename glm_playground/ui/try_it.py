"""The way from a model into the playground."""

from typing import Literal

import streamlit as st

from glm_playground.ui.accent import on_accent
from glm_playground.ui.navigation import PLAYGROUND
from glm_playground.ui.workbench import choose_model


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
    choose_model(model)
    st.switch_page(PLAYGROUND, query_params={"model": model})

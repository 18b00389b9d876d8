"""The way from a model into the playground."""

import streamlit as st

from glm_playground.ui.shared.i18n import _
from glm_playground.ui.shared.page.navigation import PLAYGROUND
from glm_playground.ui.shared.text.accent import on_accent


def draw_try_it(model: str) -> None:
    """Draws the button that opens the playground with `model` chosen."""
    if st.button(on_accent(_("Try it")), key="try", type="primary"):
        open_playground(model)


def open_playground(model: str | None = None) -> None:
    """Goes to the playground; its address names the model, so that it can be shared."""
    if model is None:
        st.switch_page(PLAYGROUND)
    st.switch_page(PLAYGROUND, query_params={"model": model})

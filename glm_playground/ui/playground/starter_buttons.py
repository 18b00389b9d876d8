"""Buttons that ask a prompt to begin with."""

import streamlit as st

from glm_playground.ui.playground import sending
from glm_playground.ui.shared.starters import starters
from glm_playground.ui.shared.styled import styled


def draw_starters() -> None:
    """Draws a button for each."""
    with st.container(gap="xsmall"):
        for key, (use, prompt) in starters().items():
            st.button(f"{styled('gray', use)} {prompt}", key=key, on_click=sending.send_text, args=(prompt,))

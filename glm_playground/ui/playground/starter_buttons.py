"""Buttons that ask a prompt to begin with, and what can be done here, for who is here for the first time."""

import streamlit as st

from glm_playground.chat.session import Session
from glm_playground.ui.playground.form import command
from glm_playground.ui.shared.answer.starters import starters
from glm_playground.ui.shared.i18n import _
from glm_playground.ui.shared.page.own_html import draw_text
from glm_playground.ui.shared.text.styled import styled


def draw_starters(session: Session) -> None:
    """Draws a button for each prompt, and a line of what else there is."""
    for key, (use, prompt, attachments) in starters().items():
        st.button(
            f"{styled('gray', use)} {prompt}",
            key=key,
            on_click=command,
            args=(session, session.submit, prompt, attachments),
        )
    said = styled(
        "gray",
        _(
            "Ask one model, or add more to compare them side by side. Settings hold sampling, thinking, tools, "
            "JSON Schema and the request; Options hold repeats and fair timing. Everything you ask is kept in History."
        ),
    )
    draw_text(styled("small", said))

"""Texts of any length, of which a page shows the beginning and says so; Copy and the exports have them whole."""

import streamlit as st

from glm_playground import bounds
from glm_playground.ui.shared.i18n import _, number
from glm_playground.ui.shared.text.drawn_elements import draw_as_it_is
from glm_playground.ui.shared.text.paced_text import PacedText
from glm_playground.ui.shared.text.pieces import pieces_of


def draw_markdown(text: str, most: int = bounds.DRAWN_PROMPT_CHARACTERS, *, name: str = "") -> None:
    """Draws at most `most` characters as Markdown, in pieces that stay as they are.

    A long text that has a `name` of its own on the page is drawn as Markdown little by little.
    """
    paced = PacedText(name)
    for piece in pieces_of(text[:most]):
        if piece.text.strip():
            paced.put(piece)
    draw_cut(text, most)


def draw_typed(text: str, most: int = bounds.DRAWN_PROMPT_CHARACTERS) -> None:
    """Draws at most `most` characters as they were typed."""
    draw_as_it_is(text[:most])
    draw_cut(text, most)


def draw_code(
    text: str,
    language: str | None = None,
    *,
    wrap_lines: bool = True,
    height: int | None = None,
    most: int = bounds.DRAWN_TEXT_CHARACTERS,
) -> None:
    """Draws at most `most` characters as they are; a long text is not coloured."""
    coloured = language if len(text) <= bounds.DRAWN_CODE_CHARACTERS else None
    st.code(text[:most], language=coloured, wrap_lines=wrap_lines, height=height or "content")
    draw_cut(text, most)


def draw_cut(text: str, most: int) -> None:
    """Says how much of `text` is not shown, if `most` characters are."""
    if len(text) > most:
        said = _("{shown} of {count} characters are shown. Copy and the exports have all.")
        st.caption(said.format(shown=number(most), count=number(len(text))))

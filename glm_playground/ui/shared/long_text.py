"""Texts of any length, of which a page shows the beginning and says so; Copy and the exports have them whole."""

import streamlit as st

from glm_playground import bounds
from glm_playground.ui.shared.answer_markdown import piece_markdown
from glm_playground.ui.shared.i18n import _, number
from glm_playground.ui.shared.pieces import PieceCutter


def draw_markdown(text: str, most: int = bounds.DRAWN_PROMPT_CHARACTERS) -> None:
    """Draws at most `most` characters as Markdown, in pieces that stay as they are."""
    shown = text[:most]
    cutter = PieceCutter()
    for piece in (*cutter.take(shown), shown[cutter.rest_start :]):
        if piece.strip():
            st.markdown(piece_markdown(piece), anchors=False)
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

"""Texts of any length, of which a page shows the beginning and says so; Copy and the exports have them whole."""

from collections.abc import Sequence
from textwrap import dedent

import streamlit as st

from glm_playground import bounds
from glm_playground.markdown.block_markdown import Code
from glm_playground.ui.shared.answer_markdown import piece_elements
from glm_playground.ui.shared.i18n import _, number
from glm_playground.ui.shared.pieces import pieces_of


def draw_markdown(text: str, most: int = bounds.DRAWN_PROMPT_CHARACTERS) -> None:
    """Draws at most `most` characters as Markdown, in pieces that stay as they are."""
    shown = text[:most]
    for piece in pieces_of(shown):
        if piece.text.strip():
            draw_elements(piece_elements(piece))
    draw_cut(text, most)


def draw_elements(drawn: Sequence[str | Code]) -> None:
    """Draws what `answer_markdown.elements` gives as one element of the page."""
    if len(drawn) == 1:
        draw_element(drawn[0])
        return
    with st.container(gap="small"):
        for element in drawn:
            draw_element(element)


def draw_element(element: str | Code, *, wrap_lines: bool = False) -> None:
    """Draws one of them."""
    if isinstance(element, Code):
        # One line's end at each side is taken away.
        st.code(f"\n{element.text}\n", element.language, wrap_lines=wrap_lines)
    else:
        st.markdown(element, anchors=False)


def draw_typed(text: str, most: int = bounds.DRAWN_PROMPT_CHARACTERS) -> None:
    """Draws at most `most` characters as they were typed."""
    shown = text[:most].strip("\n")
    # `st.text` takes indentation away, and spaces that are alone in a line.
    if dedent(shown).strip() == shown.rstrip():
        st.text(shown)
    else:
        draw_code(shown)
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

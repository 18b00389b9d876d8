"""Parts of a model's text as elements of the page: as Markdown, as code, and as they are."""

from collections.abc import Sequence
from textwrap import dedent

import streamlit as st

from glm_playground.markdown.block_markdown import CodeBlock


def draw_elements(drawn: Sequence[str | CodeBlock]) -> None:
    """Draws what `answer_markdown.elements` gives as one element of the page."""
    if len(drawn) == 1:
        draw_element(drawn[0])
        return
    with st.container(gap="small"):
        for element in drawn:
            draw_element(element)


def draw_element(element: str | CodeBlock, *, wrap_lines: bool = False) -> None:
    """Draws one of them."""
    if isinstance(element, CodeBlock):
        # One line's end at each side is taken away.
        st.code(f"\n{element.text}\n", element.language, wrap_lines=wrap_lines)
    else:
        st.markdown(element, anchors=False)


def draw_as_it_is(text: str) -> None:
    """Draws a text with its spaces and line ends, but for those around it; the line ends around it are not shown."""
    shown = text.strip("\n")
    # `st.text` takes indentation away, and spaces that are alone in a line.
    if dedent(shown).strip() == shown.rstrip():
        st.text(shown)
    else:
        st.code(shown, language=None, wrap_lines=True)

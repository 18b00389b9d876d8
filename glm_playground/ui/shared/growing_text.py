"""Draws a text that grows, in time linear in its length, and the same text once it has ended.

Finished pieces are drawn once, each in an element of its own, and only the open rest again. An ended text makes the
same elements at the same places, so that the browser keeps what it has drawn.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

import streamlit as st

from glm_playground import bounds
from glm_playground.markdown.block_markdown import Code
from glm_playground.ui.shared.answer_markdown import elements, piece_elements
from glm_playground.ui.shared.long_text import draw_cut, draw_element, draw_elements
from glm_playground.ui.shared.pieces import PieceCutter

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

JSON_PIECE_CHARACTERS = 8_000


class GrowingText(Protocol):
    """A text that is drawn again and again."""

    def draw(self, text: str) -> int:
        """Draws what is new; the length of the rest that will be drawn again."""


class GrowingMarkdown:
    """A text drawn as Markdown into a container."""

    def __init__(self, container: "DeltaGenerator") -> None:
        self._container = container
        self._cutter = PieceCutter()
        self._rest: DeltaGenerator | None = None
        self._drawn = ""
        self._cut = False

    def draw(self, text: str) -> int:
        """Draws what is new; the length of the rest that will be drawn again."""
        whole, text = text, text[: most_at_once(text, drawn=self._cutter.rest_start)]
        for piece in self._cutter.take(text):
            self._put(piece_elements(piece))
            self._rest = None
            self._drawn = ""
        rest = self._cutter.rest(text)
        if rest != self._drawn and rest.strip():
            self._put(elements(rest))
            self._drawn = rest
        if len(whole) > len(text) and not self._cut:
            self._cut = True
            with self._container:
                draw_cut(whole, len(text))
        return len(rest)

    def _put(self, drawn: Sequence[str | Code]) -> None:
        if self._rest is None:
            self._rest = self._container.empty()
        with self._rest:
            draw_elements(drawn)


def most_at_once(text: str, *, drawn: int) -> int:
    """How much of a text is drawn without being asked for, where `drawn` characters are already."""
    if len(text) <= bounds.DRAWN_CHARACTERS:
        return len(text)
    return min(max(drawn, bounds.DRAWN_FIRST_CHARACTERS), bounds.DRAWN_CHARACTERS)


class GrowingJson:
    """A text that was asked for as JSON, drawn as it is into a container."""

    def __init__(self, container: "DeltaGenerator") -> None:
        self._container = container
        self._pieces = container.container(gap=None)
        self._start = 0
        self._rest: DeltaGenerator | None = None
        self._drawn = ""
        self._cut = False

    def draw(self, text: str) -> int:
        """Draws what is new; the length of the rest that will be drawn again."""
        most = bounds.DRAWN_TEXT_CHARACTERS
        rest = ""
        for start, rest in _json_pieces(text[:most], self._start):
            if start != self._start:
                self._start, self._rest, self._drawn = start, None, ""
            if rest != self._drawn:
                self._rest = self._rest or self._pieces.empty()
                with self._rest:
                    _draw_json_piece(text, start, rest)
                self._drawn = rest
        if len(text) > most and not self._cut:
            self._cut = True
            with self._container:
                draw_cut(text, most)
        return len(rest)


def draw_json(text: str) -> None:
    """Draws a text that was asked for as JSON, as it is."""
    most = bounds.DRAWN_TEXT_CHARACTERS
    with st.container(gap=None):
        for start, piece in _json_pieces(text[:most]):
            _draw_json_piece(text, start, piece)
    draw_cut(text, most)


def _json_pieces(text: str, start: int = 0) -> Iterator[tuple[int, str]]:
    """Where each piece from `start` on begins, and what it holds; it ends with a line where one ends in it."""
    while len(text) - start > JSON_PIECE_CHARACTERS:
        window = text[start : start + JSON_PIECE_CHARACTERS]
        end = window.rfind("\n") + 1 or len(window)
        yield start, window[:end]
        start += end
    if start < len(text):
        yield start, text[start:]


def _draw_json_piece(text: str, start: int, piece: str) -> None:
    # Behind a cut within a line the colours would be those of another place.
    coloured = start < bounds.DRAWN_CODE_CHARACTERS and (start == 0 or text[start - 1] == "\n")
    draw_element(Code(piece.removesuffix("\n"), "json" if coloured else None), wrap_lines=True)

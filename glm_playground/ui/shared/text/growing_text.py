"""Draws a text that grows, in time linear in its length, and the same text once it has ended.

Finished pieces are drawn once, each in an element of its own, and only the open rest again. An ended text makes the
same elements at the same places, so that the browser keeps what it has drawn.
"""

from typing import TYPE_CHECKING, Protocol

import streamlit as st

from glm_playground import bounds
from glm_playground.markdown.block_markdown import CodeBlock
from glm_playground.ui.shared.text.answer_markdown import elements
from glm_playground.ui.shared.text.drawn_elements import draw_as_it_is, draw_element, draw_elements
from glm_playground.ui.shared.text.long_text import draw_cut
from glm_playground.ui.shared.text.paced_text import PacedText
from glm_playground.ui.shared.text.pieces import LONGEST_PIECE, Piece, PieceCutter, open_code

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

CODE_PIECE_CHARACTERS = 8_000


class GrowingText(Protocol):
    """A text that is drawn again and again."""

    def draw(self, text: str) -> int:
        """Draws what is new; the length of the rest that will be drawn again."""

    def finish(self) -> None:
        """Settles what only a growing text shows."""


class GrowingMarkdown:
    """A text drawn as Markdown into a container; its `name` is that of `PacedText`."""

    def __init__(self, container: "DeltaGenerator", name: str = "") -> None:
        self._container = container
        self._paced = PacedText(name)
        self._cutter = PieceCutter()
        self._rest: DeltaGenerator | None = None
        self._drawn = ""
        self._code: _GrowingCode | None = None
        self._waiting: Piece | None = None
        """The rest, where it is shown as it is."""
        self._cut = False

    def draw(self, text: str) -> int:
        """Draws what is new; the length of the rest that will be drawn again."""
        whole, text = text, text[: most_at_once(text, drawn=self._cutter.rest_start)]
        for piece in self._cutter.take(text):
            self._paced.put(piece, self._slot())
            self._rest, self._drawn, self._code, self._waiting = None, "", None, None
        rest = self._cutter.rest(text)
        again = self._draw_rest(rest, repeated=len(rest) - (len(text) - self._cutter.rest_start))
        if len(whole) > len(text) and not self._cut:
            self._cut = True
            with self._container:
                draw_cut(whole, len(text))
        return again

    def finish(self) -> None:
        """Queues the rest to be drawn as Markdown too, once its turn has come."""
        if self._waiting:
            self._paced.put(self._waiting, self._slot())
            self._waiting = None

    def _draw_rest(self, rest: str, repeated: int) -> int:
        """Draws it, of code without an end what is new; the length that will be drawn again."""
        if rest == self._drawn or not rest.strip():
            return len(rest)
        self._drawn = rest
        code = open_code(rest) if len(rest) > LONGEST_PIECE else None
        self._waiting = Piece(rest, repeated=repeated) if self._paced.waits and not code else None
        if code is None:
            self._code = None
            with self._slot():
                if self._waiting:
                    draw_as_it_is(rest[repeated:])
                else:
                    draw_elements(elements(rest))
            return len(rest)
        if self._code is None:
            with self._slot().container(gap="small"):
                for element in elements(code.before):
                    draw_element(element)
                self._code = _GrowingCode(st.container(gap=None), code.language)
        return self._code.draw(code.text)

    def _slot(self) -> "DeltaGenerator":
        if self._rest is None:
            self._rest = self._container.empty()
        return self._rest


def most_at_once(text: str, *, drawn: int) -> int:
    """How much of a text is drawn without being asked for, where `drawn` characters are already."""
    if len(text) <= bounds.DRAWN_CHARACTERS:
        return len(text)
    return min(max(drawn, bounds.DRAWN_FIRST_CHARACTERS), bounds.DRAWN_CHARACTERS)


class GrowingJson:
    """A text that was asked for as JSON, drawn as it is into a container."""

    def __init__(self, container: "DeltaGenerator") -> None:
        self._container = container
        self._code = _GrowingCode(container.container(gap=None), "json", wrap_lines=True)
        self._cut = False

    def draw(self, text: str) -> int:
        """Draws what is new; the length of the rest that will be drawn again."""
        most = bounds.DRAWN_TEXT_CHARACTERS
        again = self._code.draw(text[:most])
        if len(text) > most and not self._cut:
            self._cut = True
            with self._container:
                draw_cut(text, most)
        return again

    def finish(self) -> None:
        """Nothing of it waits."""


def draw_json(text: str) -> None:
    """Draws a text that was asked for as JSON, as it is."""
    most = bounds.DRAWN_TEXT_CHARACTERS
    _GrowingCode(st.container(gap=None), "json", wrap_lines=True).draw(text[:most])
    draw_cut(text, most)


class _GrowingCode:
    """Code in pieces, one right below the other; each ends with a line where one ends in it."""

    def __init__(self, container: "DeltaGenerator", language: str | None, *, wrap_lines: bool = False) -> None:
        self._container = container
        self._language = language
        self._wrap_lines = wrap_lines
        self._start = 0
        self._rest: DeltaGenerator | None = None
        self._drawn = ""

    def draw(self, text: str) -> int:
        """Draws what is new; the length of the rest that will be drawn again."""
        while len(text) - self._start > CODE_PIECE_CHARACTERS:
            window = text[self._start : self._start + CODE_PIECE_CHARACTERS]
            end = window.rfind("\n") + 1 or len(window)
            self._put(text, window[:end])
            self._start, self._rest, self._drawn = self._start + end, None, ""
        rest = text[self._start :]
        if rest:
            self._put(text, rest)
        return len(rest)

    def _put(self, text: str, piece: str) -> None:
        if piece == self._drawn:
            return
        self._drawn = piece
        if self._rest is None:
            self._rest = self._container.empty()
        # Behind a cut within a line the colours would be those of another place.
        begins_line = self._start == 0 or text[self._start - 1] == "\n"
        language = self._language if begins_line and self._start < bounds.DRAWN_CODE_CHARACTERS else None
        with self._rest:
            draw_element(CodeBlock(piece.removesuffix("\n"), language), wrap_lines=self._wrap_lines)

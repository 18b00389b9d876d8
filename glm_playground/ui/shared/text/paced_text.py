"""Long texts, drawn as Markdown no faster than a browser can; until then what has come is shown as it is.

A browser takes a second for some hundred thousand characters of Markdown, in which it neither draws nor takes a key;
as it is, text costs a fifth of that. So the beginning of a text is drawn as Markdown at once, and of the rest, where
more of it comes than there is time for, each piece is shown as it is until its turn has come.
"""

from collections import deque
from collections.abc import Generator
from contextlib import contextmanager
from time import monotonic, sleep
from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from glm_playground import bounds
from glm_playground.ui.server.scheduler import redraw_slot, released
from glm_playground.ui.shared.text.answer_markdown import piece_elements
from glm_playground.ui.shared.text.drawn_elements import draw_as_it_is, draw_elements
from glm_playground.ui.shared.text.pieces import Piece

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

_STATE = "backlog"
_MOST_AT_ONCE = 8_000
"""Characters between two redraws, in which time the page stands still for some 50 ms."""
_PAUSE_S = 0.1


class Backlog:
    """What waits on the page of one tab. All texts share one allowance, since one browser draws them."""

    def __init__(self) -> None:
        self._page = ""
        self._texts: dict[str, PacedText] = {}
        self._drawn: dict[str, int] = {}
        self._allowance = float(_MOST_AT_ONCE)
        self._counted_at = monotonic()
        self.draws_page = False
        """Whether a script run draws the page and gives what waits its turn; fragments do not."""

    @contextmanager
    def page(self, name: str) -> Generator[None]:
        """While a page is drawn, from its beginning until nothing waits."""
        if name != self._page:
            self._drawn.clear()
        self._page = name
        self._texts.clear()
        self.draws_page = True
        try:
            yield
            # The browser has let go of what was not drawn again.
            self._drawn = {name: count for name, count in self._drawn.items() if name in self._texts}
        finally:
            self.draws_page = False

    @property
    def waits(self) -> bool:
        """Whether something is not drawn as Markdown yet."""
        return any(text.waits for text in self._texts.values())

    @property
    def admits(self) -> bool:
        """Whether the browser has time for one more piece."""
        now = monotonic()
        earned = (now - self._counted_at) * bounds.DRAWN_CHARACTERS_A_SECOND
        self._allowance = min(self._allowance + earned, _MOST_AT_ONCE)
        self._counted_at = now
        return self._allowance > 0

    def advance(self) -> None:
        """Draws as Markdown what the browser has time for, from the top."""
        for text in tuple(self._texts.values()):
            while text.waits:
                if not self.admits:
                    return
                text.draw_next()

    def begin(self, name: str, text: "PacedText") -> int:
        """Takes a text in the place of an earlier one of that name; how many pieces of it the browser has drawn."""
        self._texts[name] = text
        return self._drawn.get(name, 0)

    def drop(self, *names: str) -> None:
        """Forgets texts that are drawn anew, in other places."""
        for name in names:
            self._texts.pop(name, None)
            self._drawn.pop(name, None)

    def spend(self, name: str, count: int, characters: int) -> None:
        """Notes that `count` pieces of a text are drawn as Markdown, the last one of so many characters."""
        self._drawn[name] = max(count, self._drawn.get(name, 0))
        self._allowance = max(self._allowance - characters, -_MOST_AT_ONCE)


def backlog() -> Backlog:
    """That of this tab."""
    if _STATE not in st.session_state:
        st.session_state[_STATE] = Backlog()
    found: Backlog = st.session_state[_STATE]
    return found


def draw_what_waits() -> None:
    """Draws until nothing waits; whatever the user does ends it, as it ends any script."""
    waiting = backlog()
    if not waiting.waits:
        # The page's turn is not given up for nothing: to get it back may take a while.
        return
    with released():
        while waiting.waits:
            with redraw_slot():
                waiting.advance()
            # Any use of the session lets Streamlit end this script when the user did something else.
            st.session_state.get("attached")
            sleep(_PAUSE_S)


class _Waiting(NamedTuple):
    number: int
    slot: "DeltaGenerator"
    piece: Piece


class PacedText:
    """A text's pieces, put one below the other.

    Args:
        name: unlike that of any other text of the page; without one all is drawn as Markdown at once.
    """

    def __init__(self, name: str = "") -> None:
        self._name = name
        self._backlog = backlog() if name else None
        if self._backlog and not self._backlog.draws_page:
            self._backlog = None
        self._drawn_before = self._backlog.begin(name, self) if self._backlog else 0
        self._count = self._characters = 0
        self._waiting: deque[_Waiting] = deque()

    @property
    def waits(self) -> bool:
        """Whether a piece is not drawn as Markdown yet."""
        return bool(self._waiting)

    def put(self, piece: Piece, slot: "DeltaGenerator | None" = None) -> None:
        """Draws a piece into `slot`, or where this is called."""
        number, self._count = self._count, self._count + 1
        self._characters += len(piece.text)
        if self._waits_for_its_turn(number):
            slot = slot or st.empty()
            with slot:
                draw_as_it_is(piece.text[piece.repeated :])
            self._waiting.append(_Waiting(number, slot, piece))
        elif slot:
            with slot:
                self._draw(number, piece)
        else:
            self._draw(number, piece)

    def draw_next(self) -> None:
        """Draws the first piece that waits as Markdown."""
        number, slot, piece = self._waiting.popleft()
        with slot:
            self._draw(number, piece)

    def _waits_for_its_turn(self, number: int) -> bool:
        if self._backlog is None or self._characters <= bounds.DRAWN_AT_ONCE_CHARACTERS or number < self._drawn_before:
            return False
        return self.waits or not self._backlog.admits

    def _draw(self, number: int, piece: Piece) -> None:
        draw_elements(piece_elements(piece))
        if self._backlog:
            self._backlog.spend(self._name, number + 1, len(piece.text) if number >= self._drawn_before else 0)

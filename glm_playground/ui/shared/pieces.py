"""Cuts a growing Markdown text into pieces that will not change any more, and an open rest.

Drawing stays linear in the length of the text because a finished piece is drawn once, and only the rest again.
"""

from glm_playground.ui.shared.fences import Fence

_MATH_FENCES = (("\\[", "\\]"), ("$$", "$$"))
PIECE_CHARACTERS = 800
"""A piece is at least this long, so that an answer is not hundreds of elements."""
LONGEST_PIECE = 8_000
"""A paragraph, list or table is cut here at the latest; a code fence stays whole."""
LONGEST_FORMULA = 4_000
"""What goes on for longer is not drawn as a formula, and not kept whole."""


class PieceCutter:
    """Reads a text as it grows. A piece ends at a blank line that ends a block, once it is long enough.

    The cuts depend on the text alone, not on how it arrived, so a later drawing of the same text has the same pieces.
    """

    def __init__(self) -> None:
        self._length = 0
        self._line_start = 0
        self._piece_start = 0
        self._taken = 0
        self._fence: Fence | None = None
        self._math: str | None = None
        self._math_start = 0
        self._blank_end: int | None = None

    @property
    def rest_start(self) -> int:
        """Where the open rest begins in the text."""
        return self._piece_start

    def take(self, text: str) -> list[str]:
        """The pieces that were finished since the last call; `text` is all of it, not only what is new."""
        cuts: list[int] = []
        position = self._line_start
        while (end := text.find("\n", position)) >= 0:
            self._cut_long(text, position, end, cuts)
            if (cut := self._read_line(text[position:end], position)) is not None:
                self._cut(cut, cuts)
            position = end + 1
        self._cut_long(text, position, len(text), cuts)
        self._line_start = position
        starts = [self._taken, *cuts[:-1]]
        self._taken = self._piece_start
        return [text[start:cut] for start, cut in zip(starts, cuts, strict=False)]

    def _cut(self, at: int, cuts: list[int]) -> None:
        cuts.append(at)
        self._piece_start = at
        self._blank_end = None

    def _cut_long(self, text: str, line_start: int, line_end: int, cuts: list[int]) -> None:
        """Cuts where a block grows past the longest piece: before this line, else at a space in it."""
        if self._math is not None and line_end - self._math_start > LONGEST_FORMULA:
            self._math = None
        if self._fence is not None or self._math is not None:
            return
        if line_end - self._piece_start > LONGEST_PIECE and line_start > self._piece_start:
            self._cut(line_start, cuts)
        while line_end - self._piece_start > LONGEST_PIECE:
            window_end = self._piece_start + LONGEST_PIECE
            space = text.rfind(" ", self._piece_start + 1, window_end)
            self._cut(space if space > 0 else window_end, cuts)

    def _read_line(self, line: str, start: int) -> int | None:
        """Where this line starts, if a new piece begins with it."""
        begins = None
        inside = self._fence is not None or self._math is not None
        if not inside and not line.strip():
            self._blank_end = start
            return None
        # An indented line behind a blank one continues what is before it, such as a list item.
        if not inside and self._blank_end is not None and not line[0].isspace():
            if self._blank_end - self._piece_start >= PIECE_CHARACTERS:
                begins = start
            self._blank_end = None
        self._track_fences(line, start)
        return begins

    def _track_fences(self, line: str, start: int) -> None:
        if self._fence is not None:
            if self._fence.closed_by(line):
                self._fence = None
            return
        stripped = line.strip()
        if self._math is not None:
            if stripped.endswith(self._math):
                self._math = None
            return
        if fence := Fence.opened_by(line):
            self._fence = fence
            return
        for opening, closing in _MATH_FENCES:
            if stripped.startswith(opening) and closing not in stripped[len(opening) :]:
                self._math, self._math_start = closing, start

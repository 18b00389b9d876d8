"""Cuts a growing Markdown text into pieces that will not change any more, and an open rest.

Drawing stays linear in the length of the text because a finished piece is drawn once, and only the rest again.
"""

import re
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from hashlib import blake2b
from typing import NamedTuple

from glm_playground import bounds
from glm_playground.markdown.block_markdown import shown_language
from glm_playground.markdown.parser import Block, blocks_of

PIECE_CHARACTERS = 800
"""A piece is at least this long, so that an answer is not hundreds of elements."""
LATER_PIECE_CHARACTERS = 4_000
"""The same, once `LONG` characters are drawn."""
LONG = 40_000
LONGEST_PIECE = 8_000
"""A paragraph, list, quote or table is cut here at the latest; code stays whole."""
LONGEST_ITEM = 32_000
"""An item of a list is cut here at the latest."""

_LINE_END = re.compile(r"\r\n|\n|\r")
_CODE = frozenset({"fence", "code_block"})
# One that is indented takes as much from each of its lines.
_FENCE = re.compile(r"(?P<fence>`{3,}|~{3,})(?P<info>[^\r\n]*)(?:\r\n|\n|\r)")


class Piece(NamedTuple):
    """A part of a text."""

    text: str
    blocks: tuple[Block, ...] = ()
    """As they were read to find its end; none where they were not."""
    repeated: int = 0
    """Characters at its beginning that are a table's head again."""


class _Found(NamedTuple):
    """A block by where it begins behind the start of the rest."""

    start: int
    block: Block
    items: list[int]


_NOTHING = _Found(0, Block("", 0, [], [], ""), [])


class PieceCutter:
    """Reads a text as it grows. A piece ends where a block of the first level ends, once it is long enough.

    The cuts depend on the text alone, not on how it arrived, so a later drawing of the same text has the same pieces.
    """

    def __init__(self) -> None:
        self._start = 0
        self._head = ""

    @property
    def rest_start(self) -> int:
        """Where the open rest begins in the text."""
        return self._start

    def rest(self, text: str) -> str:
        """The open rest; where a table was cut, with its head again."""
        return self._head + text[self._start :]

    def take(self, text: str) -> list[Piece]:
        """The pieces that were finished since the last call; `text` is all of it, not only what is new."""
        pieces: list[Piece] = []
        while found := self._next(text):
            pieces += found
        return pieces

    def _next(self, text: str) -> list[Piece]:
        """The next pieces. The longest piece and the sign behind it are all that decides, but for code."""
        window = text[self._start : self._start + LONGEST_PIECE + 1]
        if len(window) <= LONGEST_PIECE:
            return self._between_blocks(text, self._found(_whole_lines(window)))
        # The line that is cut off here may make another block of the last one.
        *found, last = self._found(window) or [_NOTHING]
        if pieces := self._between_blocks(text, found):
            return pieces
        if last.block.kind in _CODE:
            return self._behind_code(text)
        if last.start > 0:
            return [self._cut(text, last.start)]
        return self._within(last.block.kind, text, window)

    def _between_blocks(self, text: str, found: Sequence[_Found]) -> list[Piece]:
        """The pieces that blocks make, but for the last ones, which are too few yet."""
        pieces: list[Piece] = []
        offset, first = self._start, 0
        for number, block in enumerate(found):
            start = offset + block.start
            if start - self._start >= (PIECE_CHARACTERS if self._start < LONG else LATER_PIECE_CHARACTERS):
                blocks = tuple(one.block for one in found[first:number])
                pieces.append(self._cut(text, start - self._start, blocks))
                first = number
        return pieces

    def _behind_code(self, text: str) -> list[Piece]:
        """A piece with code that is longer than others, as far as its end is there."""
        size = LONGEST_PIECE
        while self._start + size < len(text):
            size *= 2
            found = self._found(_whole_lines(text[self._start : self._start + size]))
            for number, block in enumerate(found):
                if block.start > LONGEST_PIECE:
                    return [self._cut(text, block.start, tuple(one.block for one in found[:number]))]
        return []

    def _within(self, kind: str, text: str, window: str) -> list[Piece]:
        """A piece of a block that alone is longer."""
        if kind.endswith("_list"):
            # Of a line without an end nothing is found.
            *_, last = self._found(_whole_lines(window)) or [_NOTHING]
            if items := [item for item in last.items if item > 0]:
                return [self._cut(text, items[-1])]
            window = text[self._start : self._start + LONGEST_ITEM + 1]
            if len(window) <= LONGEST_ITEM:
                return []
        line = len(_whole_lines(window[:-1]))
        if kind == "table":
            ends = [end.end() for end in _LINE_END.finditer(window)]
            head = self._head or window[: max(ends[:2], default=0)]
            if line > (0 if self._head else len(head)):
                piece = self._cut(text, line)
                self._head = head
                return [piece]
        space = window.rfind(" ", 1, len(window) - 1)
        return [self._cut(text, next(place for place in (line, space, len(window) - 1) if place > 0))]

    def _cut(self, text: str, place: int, blocks: tuple[Block, ...] = ()) -> Piece:
        piece = Piece(self._head + text[self._start : self._start + place], blocks, len(self._head))
        self._start += place
        self._head = ""
        return piece

    def _found(self, window: str) -> list[_Found]:
        """The blocks of a part of the text that begins with the open rest."""
        lines = self._head + window
        offsets = [-len(self._head), *(end.end() - len(self._head) for end in _LINE_END.finditer(lines))]
        return [
            _Found(max(0, offsets[block.first]), block, [offsets[item] for item in block.items])
            for block in blocks_of(lines, growing=True)
        ]


class OpenCode(NamedTuple):
    """A text that ends within a fence, in parts."""

    before: str
    language: str | None
    text: str
    """Of the code, as far as it came."""


def open_code(text: str) -> OpenCode | None:
    """The parts of a text whose last block is a fence of the first level that has no end; None where it is not so."""
    blocks = blocks_of(_whole_lines(text[: LONGEST_PIECE + 1]), growing=True)
    if not blocks or blocks[-1].kind != "fence":
        return None
    ends = [0, *(end.end() for end in _LINE_END.finditer(text, 0, LONGEST_PIECE + 1))]
    begin = _FENCE.match(text, ends[blocks[-1].first])
    if begin is None:
        return None
    sign, count = begin["fence"][0], len(begin["fence"])
    if re.compile(rf"^ {{0,3}}{re.escape(sign)}{{{count},}}[ \t]*\r?$", re.MULTILINE).search(text, begin.end()):
        return None
    return OpenCode(text[: begin.start()], shown_language(begin["info"]) or None, text[begin.end() :])


_cuts: OrderedDict[bytes, tuple[int, ...]] = OrderedDict()


def pieces_of(text: str) -> list[Piece]:
    """The pieces of a text that will not grow, its rest the last of them.

    Where a text is cut is kept for the next time: a page draws the same answers at each rerun.
    """
    key = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
    if (cuts := _cuts.pop(key, None)) is None:
        cutter = PieceCutter()
        pieces = cutter.take(text)
        rest = cutter.rest(text)
        pieces.append(Piece(rest, repeated=len(rest) - (len(text) - cutter.rest_start)))
        cuts = tuple(number for piece in pieces for number in (len(piece.text) - piece.repeated, piece.repeated))
        while len(_cuts) >= bounds.DRAWN_PIECES_KEPT:
            # Another thread may have been there.
            with suppress(KeyError):
                _cuts.popitem(last=False)
    else:
        pieces = _pieces_at(text, cuts)
    _cuts[key] = cuts
    return pieces


def _pieces_at(text: str, cuts: tuple[int, ...]) -> list[Piece]:
    pieces: list[Piece] = []
    start = 0
    for length, repeated in zip(cuts[::2], cuts[1::2], strict=True):
        head = pieces[-1].text[:repeated] if repeated else ""
        pieces.append(Piece(head + text[start : start + length], repeated=repeated))
        start += length
    return pieces


def _whole_lines(text: str) -> str:
    return text[: max(text.rfind("\n"), text.rfind("\r")) + 1]

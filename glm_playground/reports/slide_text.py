"""How much text fits on a slide: a model's blocks as lines, cut where a box is full."""

import unicodedata
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from glm_playground.markdown.blocks import Block, Code, Grid, Heading, Listing, Quote, Rule, Span, Spans, Text, plain

_LINE_HEIGHT = 1.25
_LETTER_WIDTH = 0.55
"""Of the size of the letters, on average and with some room."""
_DEEPEST = 4


class Box(NamedTuple):
    """A place for text, in points."""

    width: float
    height: float
    points: float
    """Size of the letters."""

    @property
    def columns(self) -> int:
        """Letters in a line."""
        return max(1, int(self.width / (self.points * _LETTER_WIDTH)))

    @property
    def lines(self) -> int:
        """Lines that fit."""
        return max(1, int(self.height / (self.points * _LINE_HEIGHT)))


class SlideLine(NamedTuple):
    """A paragraph on a slide."""

    spans: Spans
    level: int = 0
    """Steps further in."""
    mark: str = ""
    """A colour, or empty."""


def lines_of(blocks: Sequence[Block], level: int = 0) -> Iterator[SlideLine]:
    """The paragraphs of blocks."""
    deep = min(level, _DEEPEST)
    for block in blocks:
        match block:
            case Heading():
                yield SlideLine(tuple(span._replace(bold=True) for span in block.spans), deep)
            case Text():
                yield SlideLine(block.spans, deep)
            case Code():
                yield from (SlideLine((Span(line, code=True),), deep) for line in block.text.split("\n"))
            case Listing():
                for item in block.items:
                    first, *rest = item.blocks or (Text(()),)
                    lead = Span(f"{item.mark or '•'} ")
                    if isinstance(first, Text):
                        yield SlideLine((lead, *first.spans), deep)
                    else:
                        yield SlideLine((lead,), deep)
                        rest = [first, *rest]
                    yield from lines_of(rest, level + 1)
            case Quote():
                yield from lines_of(block.blocks, level + 1)
            case Grid():
                for row in block.rows:
                    cells = (plain(cell).replace("\n", " ") for cell in row)
                    yield SlideLine((Span(" | ".join(cells)),), deep)
            case Rule():
                pass


def width_of(text: str) -> int:
    """The width of a text in letters; an East Asian one takes two."""
    return sum(2 if unicodedata.east_asian_width(sign) in {"W", "F"} else 1 for sign in text)


def height_of(line: SlideLine, box: Box) -> int:
    """Lines that a paragraph takes in a box."""
    room = max(8, box.columns - 4 * line.level)
    return sum(max(1, -(-width_of(piece) // room)) for piece in plain(line.spans).split("\n"))


def fitted(lines: Sequence[SlideLine], box: Box) -> tuple[list[SlideLine], bool]:
    """What fits in the box, and whether all of it does; the last paragraph is cut within."""
    left, found = box.lines, []
    for line in lines:
        height = height_of(line, box)
        if height <= left:
            found.append(line)
            left -= height
            continue
        if left:
            found.append(line._replace(spans=_cut(line.spans, left * max(8, box.columns - 4 * line.level) - 2)))
        return found, False
    return found, True


def pages_of(lines: Sequence[SlideLine], box: Box) -> Iterator[list[SlideLine]]:
    """The paragraphs by slides; one that fills more than a slide is cut."""
    page: list[SlideLine] = []
    left = box.lines
    for line in lines:
        height = height_of(line, box)
        if page and height > left:
            yield page
            page, left = [], box.lines
        page += fitted([line], box)[0] if height > left else [line]
        left -= height
    if page:
        yield page


def _cut(spans: Spans, columns: int) -> Spans:
    """The beginning of spans, with a sign that it is cut; lines within count as a line each."""
    found: list[Span] = []
    left = columns
    for span in spans:
        kept = ""
        for sign in span.text:
            left -= 20 if sign == "\n" else width_of(sign)
            if left < 0:
                found.append(span._replace(text=f"{kept.rstrip()}…"))
                return tuple(found)
            kept += sign
        found.append(span)
    return tuple(found)

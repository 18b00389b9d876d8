"""Text in a Word document: paragraphs and tables, and a model's Markdown in real styles.

Everything is written as text: no fields, no links, no pictures, whatever a model wrote. The elements are made
here: python-docx looks each paragraph's style up among all styles, which takes longer than all the rest.
"""

import unicodedata
from collections.abc import Sequence
from typing import Any, NamedTuple

from docx.document import Document
from lxml import etree

from glm_playground import bounds
from glm_playground.markdown.blocks import Block, Code, Grid, Heading, Listing, Quote, Rule, Spans, Text, blocks, plain
from glm_playground.reports.shown_text import shown_text

CODE, CODE_LINES, SMALL, CUT = "Code", "Code Lines", "Small", "Cut"
"""Styles that `word` adds."""
_STEP = 360
"""Twips that a list or a quote stands further in."""
_DEEPEST = 3
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"


class StyledText(NamedTuple):
    """Text with its look."""

    text: str
    bold: bool = False
    italic: bool = False
    struck: bool = False
    code: bool = False
    colour: str = ""
    """As "8a4b00"; empty for the style's."""
    points: float = 0
    """Its size; 0 for the style's."""


class Look(NamedTuple):
    """How a paragraph stands on its page."""

    style: str = "Normal"
    with_next: bool = False
    """On the same page as what follows."""
    indent: int = 0
    """Steps further in than its style says."""
    at_end: bool = False
    """Where lines end, as numbers stand."""
    on_new_page: bool = False


PLAIN = Look()


class WordCell(NamedTuple):
    """A cell of a table."""

    runs: tuple[StyledText, ...]
    is_number: bool = False


class WordText:
    """Writes at the end of a document.

    Args:
        document: with all its styles and the size of its page.
        width: of a line, in twips.
    """

    def __init__(self, document: Document, width: int) -> None:
        self._end = document.element.body.sectPr
        self._styles = {style.name: style.style_id for style in document.styles}
        self._width = width
        self._cells_left = bounds.REPORT_TABLES_CELLS

    def add(self, runs: Sequence[StyledText], look: Look = PLAIN) -> Any:
        """Adds a paragraph; its element."""
        added = self._paragraph(runs, look)
        self._end.addprevious(added)
        return added

    def say(self, text: str, style: str = "Normal", *, with_next: bool = False) -> Any:
        """Adds a paragraph of plain text."""
        return self.add((StyledText(text),), Look(style, with_next))

    def markdown(self, text: str) -> None:
        """Adds a model's text; its headings stand below those of the report."""
        self._blocks(blocks(text), 0)

    def table(self, rows: Sequence[Sequence[WordCell]], *, with_next: bool = False) -> None:
        """Adds a table, whose first row is its head and is repeated on each page.

        Args:
            rows: all of one length.
            with_next: whether it stands on the same page as what follows.
        """
        needed = [_needed([row[column] for row in rows]) for column in range(len(rows[0]))]
        widths = [self._width * need // sum(needed) for need in needed]
        table = etree.SubElement(self._end.getparent(), f"{_W}tbl")
        properties = etree.SubElement(table, f"{_W}tblPr")
        _put(properties, "tblStyle", self._styles["Table Grid"])
        _put(properties, "tblW", type="dxa", w=str(sum(widths)))
        _put(properties, "tblLayout", type="fixed")
        grid = etree.SubElement(table, f"{_W}tblGrid")
        for width in widths:
            _put(grid, "gridCol", w=str(width))
        for number, row in enumerate(rows):
            self._row(table, row, widths, is_head=not number, with_next=with_next)
        self._end.addprevious(table)
        self.add((), Look(SMALL, with_next))

    def _row(
        self, table: Any, row: Sequence[WordCell], widths: Sequence[int], *, is_head: bool, with_next: bool
    ) -> None:
        drawn = etree.SubElement(table, f"{_W}tr")
        properties = etree.SubElement(drawn, f"{_W}trPr")
        _put(properties, "cantSplit")
        if is_head:
            _put(properties, "tblHeader")
        for cell, width in zip(row, widths, strict=True):
            place = etree.SubElement(drawn, f"{_W}tc")
            _put(etree.SubElement(place, f"{_W}tcPr"), "tcW", type="dxa", w=str(width))
            runs = [run._replace(bold=True) for run in cell.runs] if is_head else cell.runs
            look = Look(SMALL, with_next or is_head, at_end=cell.is_number)
            place.append(self._paragraph(runs, look))

    def _blocks(self, found: Sequence[Block], depth: int) -> None:
        for block in found:
            match block:
                case Heading():
                    style = "Heading 5" if block.level < 3 else "Heading 6"
                    self.add(_runs(block.spans), Look(style, with_next=True))
                case Text():
                    self.add(_runs(block.spans), Look(indent=depth))
                case Code():
                    self.add((StyledText(block.text),), Look(CODE_LINES, indent=depth))
                case Listing():
                    self._listing(block, depth)
                case Quote():
                    self._quote(block, depth)
                case Grid():
                    self._grid(block)
                case Rule():
                    self.say("⁂")

    def _listing(self, listing: Listing, depth: int) -> None:
        level = min(depth, _DEEPEST - 1)
        suffix = f" {level + 1}" if level else ""
        for item in listing.items:
            first, *rest = item.blocks or (Text(()),)
            lead = (StyledText(f"{item.mark}\t"),) if item.mark else ()
            look = Look(f"List{suffix}" if item.mark else f"List Bullet{suffix}")
            if isinstance(first, Text):
                self.add((*lead, *_runs(first.spans)), look)
            else:
                self.add(lead, look)
                rest = [first, *rest]
            self._blocks(rest, depth + 1)

    def _quote(self, quote: Quote, depth: int) -> None:
        for block in quote.blocks:
            if isinstance(block, Text):
                self.add(_runs(block.spans), Look("Quote", indent=depth + 1))
            else:
                self._blocks((block,), depth + 1)

    def _grid(self, grid: Grid) -> None:
        cells = sum(map(len, grid.rows))
        if not cells:
            return
        if cells > bounds.REPORT_TABLE_CELLS or cells > self._cells_left:
            lines = (" | ".join(plain(cell).replace("\n", " ") for cell in row) for row in grid.rows)
            self.add((StyledText("\n".join(lines)),), Look(CODE_LINES))
            return
        self._cells_left -= cells
        self.table([[WordCell(_runs(cell)) for cell in row] for row in grid.rows])

    def _paragraph(self, runs: Sequence[StyledText], look: Look) -> Any:
        paragraph = etree.SubElement(self._end.getparent(), f"{_W}p")
        properties = etree.SubElement(paragraph, f"{_W}pPr")
        _put(properties, "pStyle", self._styles[look.style])
        if look.with_next:
            _put(properties, "keepNext")
        if look.on_new_page:
            _put(properties, "pageBreakBefore")
        if reads_from_the_right("".join(run.text for run in runs)):
            _put(properties, "bidi")
        if look.indent:
            _put(properties, "ind", left=str(_STEP * (look.indent + 1)))
        if look.at_end:
            _put(properties, "jc", "right")
        for run in runs:
            self._run(paragraph, run)
        return paragraph

    def _run(self, paragraph: Any, run: StyledText) -> None:
        drawn = etree.SubElement(paragraph, f"{_W}r")
        look = etree.SubElement(drawn, f"{_W}rPr")
        if run.code:
            _put(look, "rStyle", self._styles[CODE])
        for name, wanted in (("b", run.bold), ("i", run.italic), ("strike", run.struck)):
            if wanted:
                _put(look, name)
        if run.colour:
            _put(look, "color", run.colour)
        if run.points:
            _put(look, "sz", str(round(run.points * 2)))
        for number, line in enumerate(shown_text(run.text).split("\n")):
            if number:
                etree.SubElement(drawn, f"{_W}br")
            for place, piece in enumerate(line.split("\t")):
                if place:
                    etree.SubElement(drawn, f"{_W}tab")
                if piece:
                    text = etree.SubElement(drawn, f"{_W}t")
                    text.text = piece
                    text.set(_SPACE, "preserve")


def _needed(column: Sequence[WordCell]) -> int:
    """How wide a column should be, in characters: its words stay whole, its lines as far as there is room."""
    lines = [line for cell in column for line in "".join(run.text for run in cell.runs).split("\n")]
    words = [len(word) for line in lines for word in line.split()]
    # The head is bold, which is wider.
    words += [len(word) * 5 // 4 for word in "".join(run.text for run in column[0].runs).split()]
    return 5 + max(min(max(words, default=0), 24), min(max(map(len, lines), default=0), 16))


def reads_from_the_right(text: str) -> bool:
    """Whether the first letter with a direction is of a script that is written from the right."""
    for sign in text[:200]:
        direction = unicodedata.bidirectional(sign)
        if direction in {"R", "AL"}:
            return True
        if direction == "L":
            return False
    return False


def _put(parent: Any, name: str, value: str = "", **attributes: str) -> None:
    """Adds an element with attributes; `value` is that of "val"."""
    added = etree.SubElement(parent, f"{_W}{name}")
    for key, text in (attributes | ({"val": value} if value else {})).items():
        added.set(f"{_W}{key}", text)


def _runs(spans: Spans) -> tuple[StyledText, ...]:
    return tuple(StyledText(*span) for span in spans)

"""A comparison as an Excel workbook: a sheet of values, models side by side, and one with the source of each."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from xlsxwriter import Workbook  # type: ignore[import-untyped]

from glm_playground.catalog.comparison import Comparison
from glm_playground.catalog.comparison_files import COLUMNS, UNKNOWN, Labels, fact_lines, is_formula
from glm_playground.catalog.types import Source

_LONGEST_CELL = 32_767
"""Characters; Excel refuses a file with more in a cell."""
_WIDE, _NARROW = 34, 16


class SheetWords(NamedTuple):
    """What stands on the sheets in the reader's language."""

    values: str
    sources: str
    fact: str
    unit: str
    unknown: str = UNKNOWN


def workbook(comparison: Comparison, labels: Labels, sources: Mapping[str, Source], words: SheetWords) -> bytes:
    """The file. Numbers and dates are such to Excel too; no text is a formula, and none becomes one when edited."""
    out = io.BytesIO()
    with Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        values = _Sheet(book, words.values)
        values.line([words.fact, words.unit, *(card.name for card in comparison.cards)])
        for row in comparison.rows:
            units = {fact.unit for fact in row.facts if fact.unit}
            unit = units.pop() if len(units) == 1 else ""
            values.line(
                [labels[row.key], unit, *(words.unknown if fact.value is None else fact.value for fact in row.facts)]
            )
        values.finish(frozen=(1, 2), widths=[_WIDE, _NARROW, *(_NARROW for _card in comparison.cards)])
        said = _Sheet(book, words.sources)
        said.line(COLUMNS)
        for cells in fact_lines(comparison, labels, sources):
            said.line([cells[name] for name in COLUMNS])
        said.finish(frozen=(1, 3), widths=[_NARROW, _WIDE, _WIDE, *(_NARROW for _name in COLUMNS[3:])])
    return out.getvalue()


class _Sheet:
    def __init__(self, book: Any, name: str) -> None:
        self._sheet = book.add_worksheet(name)
        self._head = book.add_format({"bold": True, "bottom": 1})
        self._date = book.add_format({"num_format": "yyyy-mm-dd"})
        # In groups of three as the reader's locale has them; digits after the point stay as they were published.
        self._count = book.add_format({"num_format": "#,##0"})
        self._text = book.add_format({"quote_prefix": True})
        self._lines = self._columns = 0

    def line(self, cells: Sequence[Any]) -> None:
        """Adds a line; the first is the head."""
        for place, value in enumerate(cells):
            self._write(place, value)
        self._lines += 1
        self._columns = max(self._columns, len(cells))

    def _write(self, place: int, value: Any) -> None:
        if isinstance(value, bool):
            self._sheet.write_boolean(self._lines, place, value)
        elif isinstance(value, int | Decimal):
            look = self._count if isinstance(value, int) else None
            self._sheet.write_number(self._lines, place, float(value), look)
        elif isinstance(value, date):
            self._sheet.write_datetime(self._lines, place, value, self._date)
        else:
            text = (", ".join(value) if isinstance(value, tuple) else str(value))[:_LONGEST_CELL]
            look = self._head if self._lines == 0 else self._text if is_formula(text) else None
            self._sheet.write_string(self._lines, place, text, look)

    def finish(self, frozen: tuple[int, int], widths: Sequence[int]) -> None:
        """Holds the head and the first columns in view, and lets every column be filtered."""
        self._sheet.freeze_panes(*frozen)
        self._sheet.autofilter(0, 0, self._lines - 1, self._columns - 1)
        for place, width in enumerate(widths):
            self._sheet.set_column(place, place, width)

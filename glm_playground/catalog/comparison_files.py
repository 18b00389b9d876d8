"""A comparison as a file: CSV with a line a fact, a Markdown table with numbered sources, or JSON with every claim.

CSV and JSON carry the values as they are in the catalog, under English field names; labels and the texts of the
Markdown table are given by the caller, in its language. `comparison_workbook` writes the same for Excel.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from glm_playground.catalog.comparison import Comparison, Difference
from glm_playground.catalog.types import AnyFact, Claim, Source

UNKNOWN = "unknown"
COLUMNS = (
    "model",
    "fact",
    "label",
    "value",
    "unit",
    "source",
    "publisher",
    "url",
    "source_date",
    "read",
    "kind",
    "quotation",
    "licence",
    "conflict",
    "difference",
    "note",
    "why",
)
# A spreadsheet takes a cell that begins so for a formula; the wide forms are read as the narrow ones by some.
_FORMULA = re.compile(r"[=+\-@\t\r\n＝＋－＠]")
# Where a locale separates cells by ";" or tabs, Excel cuts a file with commas there and at each line's end. Of what
# begins with a plus or a minus in such a place only what calls something is marked: lists in answers begin so, too.
_LATER_FORMULA = re.compile(r"(?<=[;\t\r\n])([ \"]*)(?=[=@＝＠]|[+\-＋－][^;\t\r\n]*[(|!])")
_MARKS = {Difference.DIFFERENT: "≠", Difference.SAME: "=", Difference.OPEN: "?"}

Labels = Mapping[str, str]
"""Names of rows by key."""


def mark(difference: Difference) -> str:
    """The sign of a row: "≠" where values differ, "=" where all are known and the same, "?" where that is open."""
    return _MARKS[difference]


def csv_text(comparison: Comparison, labels: Labels, sources: Mapping[str, Source]) -> str:
    """One line a fact of a model, unknown ones too, with who says it and what others say instead.

    No cell begins as a formula does, not even where a spreadsheet separates cells by other signs than commas.
    """
    out = io.StringIO()
    lines = csv.writer(out)
    lines.writerow(COLUMNS)
    for cells in fact_lines(comparison, labels, sources):
        lines.writerow([harmless_cell(cells[name]) for name in COLUMNS])
    return out.getvalue()


def fact_lines(comparison: Comparison, labels: Labels, sources: Mapping[str, Source]) -> Iterator[dict[str, str]]:
    """Each fact of each model by the names in `COLUMNS`; what is not known of one is empty, its value "unknown"."""
    for row in comparison.rows:
        for card, fact in zip(comparison.cards, row.facts, strict=True):
            yield {
                "model": card.id,
                "fact": row.key,
                "label": labels[row.key],
                "value": _plain(fact.value),
                "unit": fact.unit or "",
                "conflict": _conflict(fact, sources),
                "difference": row.difference.value,
                "note": fact.note or "",
                "why": fact.why or "",
                **_source_cells(fact.chosen, sources),
            }


def _source_cells(claim: Claim[Any] | None, sources: Mapping[str, Source]) -> dict[str, str]:
    source = sources.get(claim.source) if claim else None
    return {
        "source": claim.source if claim else "",
        "publisher": source.publisher if source else "",
        "url": (source.url or "") if source else "",
        "source_date": (claim.as_of or (source.as_of if source else None) or "") if claim else "",
        "read": claim.read.isoformat() if claim else "",
        "kind": claim.kind if claim else "",
        "quotation": (claim.quote or "") if claim else "",
        "licence": (source.licence or "") if source else "",
    }


def _conflict(fact: AnyFact, sources: Mapping[str, Source]) -> str:
    """What others say instead: "754 (Hugging Face), 753 (vLLM recipes)"."""
    return ", ".join(
        f"{_plain(claim.value)} ({sources[claim.source].publisher if claim.source in sources else claim.source})"
        for claim in fact.dissenting
    )


def harmless_cell(text: str) -> str:
    """`text`, marked as text where a spreadsheet would take it, or what it cuts off it, for a formula."""
    text = _LATER_FORMULA.sub(r"\1'", text)
    return f"'{text}" if is_formula(text) else text


def is_formula(text: str) -> bool:
    """Whether a spreadsheet would take the text for a formula."""
    return _FORMULA.match(text) is not None


def _plain(value: Any) -> str:
    if value is None:
        return UNKNOWN
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(value)
    return value.isoformat() if isinstance(value, date) else str(value)


def markdown_text(
    comparison: Comparison,
    labels: Labels,
    texts: Sequence[Sequence[str]],
    sources: Mapping[str, Source],
    head: tuple[str, str],
) -> str:
    """A table with a row a fact, and under it the sources that its cells name by number.

    Args:
        comparison: what to print.
        labels: the rows' names.
        texts: the cells as plain text, a sequence a row; an unknown is the reader's word for it.
        sources: the sources by id.
        head: the heading of the first column and of the list of sources.
    """
    numbers: dict[str, int] = {}
    names = [card.id for card in comparison.cards]
    lines = [_line([head[0], "", *map(_cell, names)]), "|---|:-:|" + "--:|" * len(names)]
    for row, cells in zip(comparison.rows, texts, strict=True):
        shown = [_cell(labels[row.key]), mark(row.difference)]
        for fact, text in zip(row.facts, cells, strict=True):
            named = list(dict.fromkeys(claim.source for claim in fact.claims if claim.value == fact.value))
            refs = "".join(f" [{numbers.setdefault(source, len(numbers) + 1)}]" for source in named)
            shown.append(_cell(text) + refs)
        lines.append(_line(shown))
    lines += ["", f"{head[1]}:", ""]
    lines += [f"{number}. {_source_line(source, sources.get(source))}" for source, number in numbers.items()]
    return "\n".join(lines) + "\n"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(text: str) -> str:
    return re.sub(r"([\\`*_\[\]<>|~])", r"\\\1", " ".join(text.split()))


def _source_line(source_id: str, source: Source | None) -> str:
    if source is None:
        return _cell(source_id)
    name = f"[{_cell(source.publisher)}](<{source.url}>)" if source.url else _cell(source.publisher)
    dates = f"{source.kind}, {source.read.isoformat()}"
    return f"{name} ({dates}" + (f", as of {source.as_of})" if source.as_of else ")")


def json_text(comparison: Comparison, labels: Labels, sources: Mapping[str, Source]) -> str:
    """Every row with every claim of every cell, and the sources they name; an unknown is null, "known" false."""
    rows = [
        {
            "key": row.key,
            "label": labels[row.key],
            "difference": row.difference.value,
            "cells": [_cell_value(card.id, fact) for card, fact in zip(comparison.cards, row.facts, strict=True)],
        }
        for row in comparison.rows
    ]
    named = sorted({claim.source for row in comparison.rows for fact in row.facts for claim in fact.claims})
    document = {
        "format": "glm-playground-comparison",
        "version": 1,
        "models": list(comparison.models),
        "rows": rows,
        "sources": [sources[source].model_dump(mode="json") for source in named if source in sources],
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _cell_value(model: str, fact: AnyFact) -> dict[str, Any]:
    return {
        "model": model,
        "known": fact.known,
        "value": _json(fact.value),
        "unit": fact.unit,
        "why": fact.why,
        "claims": [
            {
                "value": _json(claim.value),
                "source": claim.source,
                "kind": claim.kind,
                "read": claim.read.isoformat(),
                "as_of": claim.as_of,
                "note": claim.note,
                "quote": claim.quote,
                "chosen": claim is fact.chosen,
            }
            for claim in fact.claims
        ],
    }


def _json(value: Any) -> Any:
    """Decimals as text, so that no digit is lost; dates as text too."""
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, Decimal):
        return str(value)
    return value.isoformat() if isinstance(value, date) else value

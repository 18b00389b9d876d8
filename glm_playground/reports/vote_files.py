"""Votes as files for other programs: CSV for spreadsheets, JSON Lines."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import fields
from datetime import UTC, datetime

from glm_playground.catalog.comparison_files import harmless_cell
from glm_playground.gateway.wire import clean_text
from glm_playground.ledger.votes import StoredVote

COLUMNS = tuple(field.name for field in fields(StoredVote))
UNKNOWN = "unknown"


def csv_lines(votes: Iterable[StoredVote]) -> Iterator[str]:
    """A head line and a line a vote; no cell begins as a formula does, and what nobody said is "unknown"."""
    yield _line(COLUMNS)
    for vote in votes:
        yield _line([harmless_cell(clean_text(_plain(value))) for value in _values(vote)])


def json_lines(votes: Iterable[StoredVote]) -> Iterator[str]:
    """A line a vote."""
    for vote in votes:
        row = dict(zip(COLUMNS, _values(vote), strict=True))
        yield clean_text(json.dumps(row, ensure_ascii=False)) + "\n"


def _values(vote: StoredVote) -> list[object]:
    values = [getattr(vote, name) for name in COLUMNS]
    return [value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value for value in values]


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return UNKNOWN if value is None else str(value)


def _line(cells: Iterable[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()

"""docs/servers.md has the rows and columns that the tests know, and a ✓ only where a test shows it."""

import importlib
import re
from collections.abc import Iterator
from types import ModuleType

import pytest

from scripts.servers import FILES, HOLDS, ROOT, Report, written
from tests.live.servers.features import TABLES, Table

DOCUMENT = (ROOT / "docs" / "servers.md").read_text()


def modules() -> Iterator[ModuleType]:
    for name in FILES:
        path = ROOT / name
        for file in sorted(path.glob("test_*.py")) if path.is_dir() else [path]:
            yield importlib.import_module(".".join(file.relative_to(ROOT).with_suffix("").parts))


def shown() -> set[tuple[str, str]]:
    """Column and feature of each mark."""
    return {
        (mark.args[0], feature)
        for module in modules()
        for function in vars(module).values()
        for mark in getattr(function, "pytestmark", [])
        if mark.name == "holds"
        for feature in mark.args[1:]
    }


def cells(table: Table) -> dict[str, list[str]]:
    """The rows of a table of the document by their first cell."""
    found = re.search(rf"<!-- {table.name} -->\n(.*?)<!-- end of {table.name} -->", DOCUMENT, re.DOTALL)
    assert found, table.name
    rows = [[cell.strip() for cell in line.strip("|\n").split("|")] for line in found[1].splitlines()]
    return {row[0]: row[1:] for row in rows}


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_each_table_has_the_rows_and_columns_that_the_tests_know(table: Table) -> None:
    header, _line, *rows = cells(table).items()
    assert [row for row, _ in rows] == list(table.rows.values())
    columns = [*table.columns, *table.documented]
    assert len(header[1]) == len(columns)
    assert all(cell.startswith(column) for cell, column in zip(header[1], columns, strict=True))


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_cell_is_filled_where_a_test_shows_it_and_nowhere_else(table: Table) -> None:
    rows = cells(table)
    filled = {
        (column, feature)
        for feature, words in table.rows.items()
        for column, cell in zip(table.columns, rows[words], strict=False)
        if cell
    }
    assert filled == {(column, feature) for column, feature in shown() if column in table.columns}


def test_the_last_run_has_a_day_and_versions() -> None:
    assert re.search(r"^Last run: \d{4}-\d\d-\d\d, \d+ of \d+ held\.$", DOCUMENT, re.MULTILINE)
    for table in TABLES:
        header = next(iter(cells(table).values()))
        assert all(re.search(r" \d+\.", cell) for cell in header[: len(table.columns)]), header


def test_what_became_of_a_test_is_written_into_its_cell() -> None:
    outcomes = {("llama.cpp", "stream"): "passed", ("llama.cpp", "tools"): "failed", ("nginx", "gzip"): "skipped"}
    text = written(DOCUMENT, Report(outcomes, {"llama.cpp": "xllamacpp 9"}), "2030-01-02")
    assert "Last run: 2030-01-02, 1 of 3 held." in text
    assert "|  | llama.cpp xllamacpp 9 | LiteLLM |" in text
    assert f"| An answer streams | {HOLDS} |  |" in text
    assert "| A tool call, its result and the answer to it | failed |  |" in text
    # All else stays.
    assert re.sub(r"(?m)^(\||Last run).*\n", "", text) == re.sub(r"(?m)^(\||Last run).*\n", "", DOCUMENT)

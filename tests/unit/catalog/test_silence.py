"""The check refuses silence: in every source and score of the data, whatever is taken away or emptied is a problem."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import tomli

from glm_playground.catalog import load_catalog
from glm_playground.catalog.files import read_card, read_sources
from glm_playground.catalog.loader import DATA
from glm_playground.catalog.shorthand import SETTINGS, FactReader

SOURCES = tomli.loads((DATA / "sources.toml").read_text(encoding="utf-8"))
MODELS = sorted((DATA / "models").glob("*.toml"))
KNOWN = load_catalog().sources
Reader = Callable[[dict[str, Any], FactReader], Any]


def refused(reader: Reader, raw: dict[str, Any]) -> bool:
    reading = FactReader(KNOWN)
    reader(raw, reading)
    return bool(reading.problems)


@pytest.mark.parametrize("source", SOURCES)
def test_a_source_is_refused_without_its_day_its_date_its_licence_its_kind_or_its_publisher(source: str) -> None:
    entry = SOURCES[source]
    assert not refused(read_sources, {source: entry})
    for name in ("read", "as_of", "licence", "kind", "publisher"):
        for emptied in (None, "", " ", {}, {"unknown": ""}, {"unknown": " "}):
            changed = {key: value for key, value in entry.items() if key != name}
            if emptied is not None:
                changed[name] = emptied
            assert refused(read_sources, {source: changed}), (name, emptied)


def rows_of(raw: dict[str, Any]) -> Iterator[tuple[list[Any], int]]:
    """Every list of scores with each place in it."""
    for holder in (raw, *raw.get("gateways", {}).values()):
        for rows in holder.get("scores", {}).values():
            yield from ((rows, place) for place in range(len(rows)))


def silenced(row: Any) -> Iterator[Any]:
    """The score without its unit, without its conditions, and with either emptied."""
    if isinstance(row, list):
        for place in (2, 3):
            yield row[:place] + row[place + 1 :]
            for empty in ("", " "):
                yield [*row[:place], empty, *row[place + 1 :]]
    else:
        for names in (("unit",), ("conditions", *SETTINGS)):
            less = {key: value for key, value in row.items() if key not in names}
            yield less
            for empty in ("", " "):
                yield {**less, names[0]: empty}


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_a_score_is_refused_without_its_unit_or_its_conditions(path: Path) -> None:
    raw = tomli.loads(path.read_text(encoding="utf-8"))
    reader = partial(read_card, stem=path.stem)
    assert not refused(reader, raw)
    for rows, place in rows_of(raw):
        row = rows[place]
        for changed in silenced(row):
            rows[place] = changed
            assert refused(reader, raw), changed
        rows[place] = row


def values_of(table: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """Every table that names a source, and so stands behind its values, with that key."""
    for entry in table.values():
        if isinstance(entry, dict):
            yield from values_of(entry)
    if "source" in table:
        yield table, "source"


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_a_value_is_refused_without_its_source_or_with_an_unknown_without_a_reason(path: Path) -> None:
    raw = tomli.loads(path.read_text(encoding="utf-8"))
    reader = partial(read_card, stem=path.stem)
    facts = raw["facts"]
    for table, name in values_of(facts):
        kept = table.pop(name)
        assert refused(reader, raw), table
        table[name] = kept
    for key, fact in facts.items():
        if isinstance(fact, dict) and "unknown" in fact:
            for empty in ("", " "):
                facts[key] = {**fact, "unknown": empty}
                assert refused(reader, raw), key
            facts[key] = fact
    assert not refused(reader, raw)

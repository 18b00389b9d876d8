"""The files that a comparison is downloaded as: every claim in them, and no formula."""

import csv
import io
import json
import re
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from glm_playground.catalog import Fact, Source, load_catalog
from glm_playground.catalog.comparison import (
    ComparedRow,
    Comparison,
    compare,
    difference,
)
from glm_playground.catalog.comparison_files import (
    COLUMNS,
    UNKNOWN,
    csv_text,
    harmless_cell,
    json_text,
    markdown_text,
)
from glm_playground.catalog.comparison_workbook import SheetWords, workbook
from tests.unit.catalog.made_facts import READ, card, everything, labels_of, said

TEXTS = st.text(min_size=1, max_size=12) | st.sampled_from(["=1+1", "+1", "-1", "@a", "\tx", "\rx", "\n=1", "＝1"])


@st.composite
def compared(draw: st.DrawFn) -> Comparison:
    cards = [card(f"glm-{number}") for number in range(draw(st.integers(1, 3)))]
    facts = st.builds(Fact[Any]) | st.builds(Fact[Any], why=TEXTS) | st.builds(said, TEXTS, TEXTS, TEXTS, TEXTS)
    rows = []
    for number in range(draw(st.integers(0, 4))):
        row = tuple(draw(facts) for _ in cards)
        rows.append(ComparedRow(f"facts.{number}", row, difference(row)))
    return Comparison(tuple(cards), tuple(rows))


def sources_of(comparison: Comparison, publisher: str) -> dict[str, Source]:
    named = {claim.source for row in comparison.rows for fact in row.facts for claim in fact.claims}
    return {name: Source(id=name, publisher=publisher, kind="vendor", read=READ, url=publisher) for name in named}


def lines_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


@given(compared(), TEXTS)
def test_no_csv_cell_begins_as_a_formula(comparison: Comparison, text: str) -> None:
    labels = {row.key: text for row in comparison.rows}
    written = csv_text(comparison, labels, sources_of(comparison, text))
    cells = [cell for line in csv.reader(io.StringIO(written, newline="")) for cell in line]
    assert not [cell for cell in cells if cell[:1] in set("=+-@\t\r\n＝＋－＠") - {""}]
    assert len(cells) % len(COLUMNS) == 0


_CALLS = re.compile(r"[ \"]*([=@＝＠]|[+\-＋－].*[(|!])")


@pytest.mark.parametrize(
    "text",
    [
        "=cmd|' /C calc'!A0",
        "GLM;=cmd|' /C calc'!A0",
        "GLM\n=HYPERLINK(A1)",
        "GLM\r\n@SUM(1)",
        'a; "=1+1',
        "a\t+cmd|' /C calc'!A0",
        "list:\n- cmd|' /C calc'!A0",
        "＝1;＝1",
    ],
)
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_no_separator_of_a_spreadsheet_makes_a_formula_of_a_text(text: str, separator: str) -> None:
    comparison = compare((load_catalog()["glm-5.1"],), ["facts.license"])
    written = csv_text(comparison, {"facts.license": text}, {})
    # Once by the rules of quotes, once as they are where a quote does not begin a cell.
    by_quotes = [cell for line in csv.reader(io.StringIO(written, newline=""), delimiter=separator) for cell in line]
    cut = re.split(rf"[{separator}\r\n]", written)
    assert [cell for cell in (*by_quotes, *cut) if _CALLS.match(cell)] == []


@pytest.mark.parametrize("text", ["- one\n- two", "a; b; -5 %", "it is =5", "x\n+ y", "a - b (c)"])
def test_a_text_that_calls_nothing_is_changed_at_its_beginning_at_most(text: str) -> None:
    assert harmless_cell(text).removeprefix("'") == text


def test_csv_has_a_line_a_fact_with_its_source_and_keeps_unknowns() -> None:
    comparison = everything()
    lines = lines_of(csv_text(comparison, labels_of(comparison), load_catalog().sources))
    found = {(line["fact"], line["model"]): line for line in lines}
    assert len(found) == len(lines) == len(comparison.rows) * len(comparison.cards)
    for row in comparison.rows:
        for model, fact in zip(comparison.models, row.facts, strict=True):
            line = found[row.key, model]
            assert (line["value"] == UNKNOWN) == (not fact.known)
            assert bool(line["conflict"]) == bool(fact.dissenting)
            if fact.chosen:
                assert (line["source"], line["kind"]) == (fact.source, fact.kind)
                assert line["publisher"]
                assert date.fromisoformat(line["read"]) == fact.read
                assert line["quotation"] == harmless_cell(fact.chosen.quote or "")
    size = found["facts.size_total", "glm-5.1"]
    assert (size["value"], size["unit"]) == ("744", "B")
    assert size["conflict"].startswith("754 (")
    assert {line["licence"] for line in lines} > {"", "MIT"}


@given(compared(), TEXTS)
@settings(max_examples=25)
def test_a_workbook_holds_the_same_and_no_formula(comparison: Comparison, text: str) -> None:
    labels = {row.key: text for row in comparison.rows}
    written = workbook(
        comparison, labels, sources_of(comparison, text), SheetWords("Values", "Sources", "Fact", "Unit")
    )
    book = load_workbook(io.BytesIO(written))
    assert book.sheetnames == ["Values", "Sources"]
    cells = [cell for sheet in book for line in sheet.iter_rows() for cell in line]
    assert all(cell.data_type != "f" for cell in cells)
    assert book["Values"].max_row == 1 + len(comparison.rows)
    assert book["Sources"].max_row == 1 + len(comparison.rows) * len(comparison.cards)


def test_a_workbook_has_numbers_dates_and_the_source_of_each() -> None:
    catalog = load_catalog()
    keys = ("gateways.zai.price.input", "facts.release", "facts.license")
    comparison = compare((catalog["glm-5.1"], catalog["glm-5.4"]), keys)
    words = SheetWords("Valores", "Fontes", "Fato", "Unidade")
    book = load_workbook(io.BytesIO(workbook(comparison, labels_of(comparison), catalog.sources, words)))
    head, price, release, licence = book["Valores"].iter_rows(values_only=True)
    assert head == ("Fato", "Unidade", "GLM-5.1", "GLM-5.4")
    assert price[1:] == ("USD / 1M tokens", 1.4, UNKNOWN)
    assert release[2:] == (datetime(2026, 4, 7), UNKNOWN)
    assert licence[2] == "MIT"
    sizes = compare((catalog["glm-5.1"], catalog["glm-5.4"]), ("facts.context_tokens",))
    portuguese = words._replace(unknown="desconhecido")
    written = workbook(comparison, labels_of(comparison), catalog.sources, portuguese)
    assert [cell.value for cell in load_workbook(io.BytesIO(written))["Valores"]["D"]][1] == "desconhecido"
    written = workbook(sizes, labels_of(sizes), catalog.sources, words)
    counted = load_workbook(io.BytesIO(written))["Valores"]["C2"]
    assert (counted.value, counted.number_format) == (200_000, "#,##0")
    assert [sheet.auto_filter.ref for sheet in book] == ["A1:D4", "A1:Q7"]
    columns, first, *_others = book["Fontes"].iter_rows(values_only=True)
    assert columns == COLUMNS
    assert first[:4] == ("glm-5.1", "gateways.zai.price.input", "gateways.zai.price.input", "1.40")


@given(compared())
def test_json_keeps_every_claim(comparison: Comparison) -> None:
    document = json.loads(json_text(comparison, labels_of(comparison), sources_of(comparison, "Z.ai")))
    assert document["models"] == list(comparison.models)
    for row, written in zip(comparison.rows, document["rows"], strict=True):
        for fact, cell in zip(row.facts, written["cells"], strict=True):
            assert (cell["known"], cell["value"], cell["why"]) == (fact.known, fact.value, fact.why)
            assert [(claim["value"], claim["source"], claim["read"], claim["kind"]) for claim in cell["claims"]] == [
                (claim.value, claim.source, claim.read.isoformat(), claim.kind) for claim in fact.claims
            ]
    named = {claim.source for row in comparison.rows for fact in row.facts for claim in fact.claims}
    assert {source["id"] for source in document["sources"]} == named


def test_json_of_the_catalog_keeps_digits_and_never_makes_an_unknown_a_value() -> None:
    comparison = everything()
    document = json.loads(json_text(comparison, labels_of(comparison), load_catalog().sources))
    rows = {row["key"]: {cell["model"]: cell for cell in row["cells"]} for row in document["rows"]}
    assert rows["gateways.runapi.price.input"]["glm-4.6"]["value"] == "0.30"
    unknown = rows["gateways.runapi.price.input"]["glm-5.1"]
    assert (unknown["known"], unknown["value"]) == (False, None)
    for row in comparison.rows:
        for model, fact in zip(comparison.models, row.facts, strict=True):
            assert (rows[row.key][model]["value"] is None) == (not fact.known)


def test_markdown_numbers_the_sources_of_its_cells() -> None:
    catalog = load_catalog()
    comparison = compare([catalog["glm-4.6"], catalog["glm-5.1"]], ["gateways.runapi.price.input", "facts.license"])
    text = markdown_text(
        comparison,
        {"gateways.runapi.price.input": "Input | RunAPI", "facts.license": "Licence"},
        [("$0.30", "unknown"), ("MIT", "MIT")],
        catalog.sources,
        ("Fact", "Sources"),
    )
    lines = text.splitlines()
    assert lines[2].startswith(r"| Input \| RunAPI | ? | $0.30 [1]")
    assert lines[2].endswith("| unknown |")
    assert lines[3].startswith("| Licence | = | MIT [")
    row = comparison.rows[0].facts[0]
    source = catalog.sources[row.source or ""]
    assert any(line.startswith("1. ") and (source.url or "") in line for line in lines)

"""Models side by side: rows, differences, running costs, and the files a comparison is downloaded as."""

import csv
import io
import json
import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from glm_playground.catalog import Claim, Fact, ModelCard, ModelFacts, PriceFacts, Score, Source, load_catalog
from glm_playground.catalog.comparison import (
    CARDS_OF_RUNAPI,
    GROUPS,
    KEY_FACTS,
    NOT_COMPARED,
    ComparedRow,
    Comparison,
    Difference,
    compare,
    difference,
    differs_from,
    fact_at,
    in_order,
    score_key,
    score_names,
)
from glm_playground.catalog.comparison_files import (
    COLUMNS,
    UNKNOWN,
    csv_text,
    harmless_cell,
    json_text,
    markdown_text,
)
from glm_playground.catalog.comparison_workbook import Words, workbook
from glm_playground.catalog.running_cost import Load, cheapest_first, running_cost

READ = date(2026, 11, 23)
EVERY_KEY = tuple(dict.fromkeys(key for keys in GROUPS.values() for key in keys))


def said(value: Any, source: str = "zai", unit: str | None = None, note: str | None = None) -> Fact[Any]:
    claim = Claim[Any](value=value, source=source, read=READ, kind="vendor", note=note)
    return Fact[Any](value=value, unit=unit, claims=(claim,))


def card(name: str, **facts: Fact[Any]) -> ModelCard:
    return ModelCard(id=name, name=name.upper(), facts=ModelFacts(**facts))


def score(value: str, conditions: str | None = None, source: str = "zai", kind: Any = "vendor") -> Score:
    return Score(
        benchmark="HLE",
        value=Decimal(value),
        published=value,
        conditions=conditions,
        publisher="Z.ai",
        source=source,
        kind=kind,
        read=READ,
    )


def everything() -> Comparison:
    cards = load_catalog().cards
    return compare(cards, EVERY_KEY, score_names(cards))


def labels_of(comparison: Comparison) -> dict[str, str]:
    return {row.key: row.key for row in comparison.rows}


# -- rows


def test_every_known_fact_of_every_card_has_a_row() -> None:
    lacking = {
        key
        for model in load_catalog().cards
        for key, fact in model.all_facts()
        if (fact.known or fact.claims) and key not in EVERY_KEY and key.rsplit(".", 1)[-1] not in NOT_COMPARED
    }
    assert lacking == set()


def test_every_score_of_every_card_has_a_row() -> None:
    shown = sum(fact.known for row in everything().rows if row.score for fact in row.facts)
    published = [
        (model.id, entry.benchmark, entry.conditions, entry.unit, entry.kind)
        for model in load_catalog().cards
        for entry in (*model.scores, *(own for table in model.gateways for own in table.scores))
    ]
    assert shown == len(set(published)) > 150


def test_rows_keep_the_order_of_keys_and_cards() -> None:
    catalog = load_catalog()
    cards = [catalog[name] for name in CARDS_OF_RUNAPI]
    compared = compare(cards, KEY_FACTS)
    assert [row.key for row in compared.rows] == list(KEY_FACTS)
    assert compared.models == CARDS_OF_RUNAPI
    sizes = compared.row("facts.size_total")
    assert sizes is not None
    assert [fact.value for fact in sizes.facts] == [744, 355, 106, 355]


def test_a_price_that_nobody_published_stays_unknown() -> None:
    catalog = load_catalog()
    row = compare([catalog["glm-5.1"], catalog["glm-5.3-flash"]], ["gateways.runapi.price.input"]).rows[0]
    assert [fact.value for fact in row.facts] == [None, None]
    assert row.difference is Difference.OPEN
    assert row.has_unknown


def test_a_fact_read_now_stands_in_place_of_the_published_one() -> None:
    model = load_catalog()["glm-4.6"]
    key = "gateways.runapi.price.input"
    now = said(Decimal("9.99"), "live_prices", "USD / 1M tokens")
    assert compare([model], [key], laid_over={("glm-4.6", key): now}).rows[0].facts == (now,)


def test_a_table_that_a_card_lacks_is_unknown_and_says_why() -> None:
    fact = fact_at(card("glm-x"), "gateways.runapi.price.input")
    assert not fact.known
    assert fact.why
    assert not fact_at(card("glm-x"), "arithmetic.all").known


# -- differences


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((1, 2), Difference.DIFFERENT),
        ((1, 2, None), Difference.DIFFERENT),
        ((1, 1), Difference.SAME),
        ((1, None), Difference.OPEN),
        ((None, None), Difference.OPEN),
        ((0, None), Difference.OPEN),
        ((False, None), Difference.OPEN),
        ((False, True), Difference.DIFFERENT),
        ((True, 1), Difference.DIFFERENT),
        ((Decimal("0.60"), Decimal("0.6")), Difference.SAME),
        ((("text", "image"), ("image", "text")), Difference.SAME),
        ((("text",), ("image", "text")), Difference.DIFFERENT),
    ],
)
def test_an_unknown_differs_from_nothing(values: tuple[Any, ...], expected: Difference) -> None:
    facts = [Fact[Any]() if value is None else said(value) for value in values]
    assert difference(facts) is expected


def test_the_same_number_in_another_unit_differs() -> None:
    assert differs_from(said(57, unit="index"), said(57, unit="%"))
    assert not differs_from(said(57), Fact[Any]())
    assert not differs_from(Fact[Any](), said(0))


# -- scores


def test_scores_under_other_conditions_or_by_others_stand_in_rows_of_their_own() -> None:
    model = card("glm-x").model_copy(
        update={"scores": (score("1"), score("2", "with tools"), score("3", kind="third_party"))}
    )
    other = card("glm-y").model_copy(update={"scores": (score("4"),)})
    names = score_names([model, other])
    assert [(name.conditions, name.kind) for name in names] == [
        (None, "vendor"),
        (None, "third_party"),
        ("with tools", "vendor"),
    ]
    rows = compare([model, other], [], names).rows
    assert [[fact.value for fact in row.facts] for row in rows] == [[1, 4], [3, None], [2, None]]
    assert len({score_key(name) for name in names}) == 3


def test_two_scores_under_one_name_are_two_claims() -> None:
    model = card("glm-x").model_copy(update={"scores": (score("1"), score("2", source="other"))})
    fact = compare([model], [], score_names([model])).rows[0].facts[0]
    assert fact.value == 1
    assert [claim.source for claim in fact.claims] == ["zai", "other"]
    assert fact.why


# -- order


def test_models_without_a_value_come_last_either_way() -> None:
    cards = [card("a"), card("b", context_tokens=said(1)), card("c", context_tokens=said(2))]
    key = "facts.context_tokens"
    assert [entry.id for entry in in_order(cards, key)] == ["b", "c", "a"]
    assert [entry.id for entry in in_order(cards, key, descending=True)] == ["c", "b", "a"]


@pytest.mark.parametrize("key", EVERY_KEY)
def test_any_fact_can_be_ordered_by(key: str) -> None:
    cards = load_catalog().cards
    assert sorted(entry.id for entry in in_order(cards, key)) == sorted(entry.id for entry in cards)


# -- running cost

PRICE = PriceFacts(
    input=said(Decimal("0.60"), unit="USD / 1M tokens"),
    output=said(Decimal("2.20"), unit="USD / 1M tokens"),
    cache_read=said(Decimal("0.11"), unit="USD / 1M tokens"),
)


def test_a_cost_is_the_exact_sum_of_its_terms() -> None:
    cost = running_cost(card("a"), PRICE, Load(1_000, 2_000, 500, Decimal(25)))
    assert {term.token_class: term.tokens_a_day for term in cost.terms} == {
        "input": 1_500_000,
        "cache_read": 500_000,
        "output": 500_000,
    }
    assert cost.per_day == Decimal("0.9") + Decimal("0.055") + Decimal("1.1")
    assert cost.per_30_days == Decimal("61.65")


def test_a_missing_price_makes_the_cost_unknown_only_where_it_is_needed() -> None:
    uncached = PRICE.model_copy(update={"cache_read": Fact[Decimal]()})
    assert running_cost(card("a"), uncached, Load(1, 1, 1)).per_day is not None
    cost = running_cost(card("a"), uncached, Load(1, 10, 1, Decimal(50)))
    assert cost.per_day is None
    assert cost.per_30_days is None
    assert [term.token_class for term in cost.missing] == ["cache_read"]
    assert running_cost(card("a"), PriceFacts(), Load(1, 1, 1)).per_day is None


def test_a_published_zero_is_a_cost_of_nothing() -> None:
    free = PriceFacts(input=said(Decimal(0)), output=said(Decimal(0)))
    assert running_cost(card("a"), free, Load(1_000, 2_000, 500)).per_day == 0


def test_a_list_the_model_is_no_longer_on_gives_no_cost() -> None:
    cost = running_cost(card("a"), PRICE.model_copy(update={"historical": True}), Load(1, 1, 1))
    assert cost.per_day is None
    assert cost.missing[0].price.why


def test_unknown_costs_come_last() -> None:
    load = Load(1, 1, 1)
    half = PriceFacts(input=said(Decimal("0.30")), output=said(Decimal("1.10")))
    costs = [
        running_cost(card(name), price, load) for name, price in (("x", PriceFacts()), ("full", PRICE), ("half", half))
    ]
    assert [cost.card.id for cost in cheapest_first(costs)] == ["half", "full", "x"]


@pytest.mark.parametrize("figures", [(-1, 0, 0), (0, -1, 0), (0, 0, -1)])
def test_a_negative_load_is_refused(figures: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="negative"):
        Load(*figures)


@pytest.mark.parametrize("share", ["-0.1", "100.1"])
def test_a_share_outside_0_to_100_is_refused(share: str) -> None:
    with pytest.raises(ValueError, match="share"):
        Load(1, 1, 1, Decimal(share))


@given(
    st.integers(0, 10**9),
    st.integers(0, 10**7),
    st.integers(0, 10**7),
    st.decimals(0, 100, places=2),
)
def test_no_token_is_lost_or_invented(requests: int, tokens_in: int, tokens_out: int, cached: Decimal) -> None:
    tokens = Load(requests, tokens_in, tokens_out, cached).tokens_a_day
    assert tokens["input"] + tokens["cache_read"] == requests * tokens_in
    assert tokens["output"] == requests * tokens_out
    assert min(tokens.values()) >= 0


# -- files

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
    written = workbook(comparison, labels, sources_of(comparison, text), Words("Values", "Sources", "Fact", "Unit"))
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
    words = Words("Valores", "Fontes", "Fato", "Unidade")
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

"""The comparison page's table: rows, marks, filters, order, sources and downloads."""

import pytest

from glm_playground.ui.compare import filters
from glm_playground.ui.compare import table as compare_table
from glm_playground.ui.compare.filters import MOST_COLUMNS
from glm_playground.ui.compare.words import fact_labels
from glm_playground.ui.shared.i18n import speaking
from tests.app.compare_page import CATALOG, PAGE, Open, columns, opened, run, table, text, view
from tests.app.drawn_text import links
from tests.app.own_runs import keep_own, own_run

pytestmark = pytest.mark.usefixtures("in_sandbox")


def test_unknowns_are_said_and_differences_marked(open_page: Open) -> None:
    rows = table(open_page(PAGE))
    assert rows["Input, RunAPI ($/1M)"]["glm-5.1"] == "unknown"
    assert rows["Input, RunAPI ($/1M)"]["glm-4.6"] == "0.30"
    assert rows["Input, RunAPI ($/1M)"]["mark"] == "≠"
    assert rows["Context (tokens)"]["glm-5.1"] == "200,000"
    assert rows["Tools"]["mark"] == "="
    assert not {cell for row in rows.values() for cell in row.values()} & {"", "None", "nan", "0"}


def test_every_row_of_every_model_says_what_the_catalog_says(open_page: Open) -> None:
    for first in range(0, len(CATALOG), MOST_COLUMNS):
        cards = CATALOG.cards[first : first + MOST_COLUMNS]
        at = open_page(PAGE, ids=",".join(card.id for card in cards))
        at.selectbox(key="compare_group").set_value("all")
        run(at)
        rows = table(at)
        assert len(rows) > 150
        label = next(label for label in rows if label.startswith("Output, RunAPI"))
        for card in cards:
            known = card.price("runapi").output.known
            assert (rows[label][card.id] == "unknown") == (not known)


def test_numbers_and_words_follow_the_language(open_page: Open) -> None:
    at = open_page(PAGE, locale="pt-BR")
    shown = {cell for row in table(at).values() for cell in row.values()}
    assert "200.000" in shown
    assert "0,30" in shown
    assert "desconhecido" in shown


@pytest.mark.parametrize(("kind", "signs"), [("different", {"≠"}), ("all", {"≠", "="})])
def test_rows_can_be_filtered_by_difference(open_page: Open, kind: str, signs: set[str]) -> None:
    at = opened(open_page, "compare_filters")
    at.selectbox(key="compare_rows").set_value(kind)
    run(at)
    assert {row["mark"] for row in table(at).values()} == signs


def test_rows_can_be_filtered_by_unknowns_and_text(open_page: Open) -> None:
    at = opened(open_page, "compare_filters")
    at.selectbox(key="compare_rows").set_value("unknown")
    run(at)
    assert all("unknown" in row.values() for row in table(at).values())
    at.selectbox(key="compare_rows").set_value("all")
    at.text_input(key="compare_search").set_value("z.ai INPUT")
    run(at)
    assert set(table(at)) == {"Input, Z.ai ($/1M)", "Cached input, Z.ai ($/1M)"}
    at.text_input(key="compare_search").set_value("nothing like this")
    run(at)
    assert not columns(at)
    assert "No row fits" in text(at)


@pytest.mark.parametrize("locale", ["en-US", "pt-BR"])
@pytest.mark.parametrize(
    ("asked", "key"),
    [
        ("price", "gateways.zai.price.input"),
        ("preço", "gateways.zai.price.input"),
        ("PRECO", "gateways.zai.price.input"),
        ("custo", "gateways.zai.price.input"),
        ("context", "facts.context_tokens"),
        ("contexto", "facts.context_tokens"),
        ("licence", "facts.license"),
        ("license", "facts.license"),
        ("licença", "facts.license"),
        ("licenca", "facts.license"),
    ],
)
def test_rows_are_found_in_either_language_with_accents_or_without(
    open_page: Open, locale: str, asked: str, key: str
) -> None:
    at = open_page(PAGE, locale=locale)
    at.text_input(key="compare_search").set_value(asked)
    run(at)
    found = set(table(at))
    with speaking({"en-US": "en", "pt-BR": "pt_BR"}[locale]):
        label = fact_labels()[key]
    assert any(row.startswith(label) for row in found)
    assert len(found) < 12


def test_models_can_be_ordered_and_stand_one_a_row(open_page: Open) -> None:
    at = opened(open_page, "compare_filters")
    at.selectbox(key="compare_order").set_value("gateways.runapi.price.input")
    run(at)
    assert columns(at) == ["glm-4.5-air", "glm-4.6", "glm-5.1", "glm-4.5"]
    at.segmented_control(key="compare_way_False").set_value(True)
    run(at)
    rows = table(at)
    assert list(rows) == ["glm-4.5-air", "glm-4.6", "glm-5.1", "glm-4.5"]
    assert [row["Input, RunAPI ($/1M)\u00a0≠"] for row in rows.values()][2:] == ["unknown", "unknown"]


def test_a_dozen_models_still_fit_side_by_side(open_page: Open) -> None:
    assert "Release" in table(open_page(PAGE, ids=",".join(CATALOG.order[:MOST_COLUMNS])))
    assert CATALOG.cards[0].id in table(open_page(PAGE, ids=",".join(CATALOG)))


def test_the_table_to_read_has_a_source_in_each_known_cell(open_page: Open) -> None:
    at = open_page(PAGE)
    assert not at.table
    at.session_state["compare_reading"] = True
    run(at)
    frame = at.table[0].value
    for row in frame.drop(columns="≠").to_numpy():
        for cell in row:
            assert cell == ":small[:gray[unknown]]" or cell.endswith("2026\u201111]]")
    assert "https://" in frame["GLM\\-4\\.6"].iloc[0]


def test_the_address_opens_the_claims_of_a_fact_or_of_one_models(open_page: Open) -> None:
    every = text(open_page(PAGE, claims="facts.context_tokens")).replace("\\", "")
    one = text(open_page(PAGE, claims="facts.context_tokens", of="glm-4.6")).replace("\\", "")
    assert [f"**GLM-{name}**: " in every for name in ("5.1", "4.5", "4.6")] == [True, True, True]
    assert [f"**GLM-{name}**: " in one for name in ("5.1", "4.5", "4.6")] == [False, False, True]
    assert "Why this value" in one


@pytest.mark.parametrize("claims", ["<img src=x>", "facts.nothing", "facts.context_tokens.glm-4.6", "a" * 5000])
def test_claims_that_there_are_not_open_nothing(open_page: Open, claims: str) -> None:
    at = open_page(PAGE, claims=claims, of="glm-4.6")
    assert "Why this value" not in text(at)
    assert table(at)["Context (tokens)"]["glm-5.1"] == "200,000"


def test_a_name_of_a_fact_leads_to_its_claims_and_a_models_to_its_sheet(open_page: Open) -> None:
    found = links(open_page(PAGE, ids="glm-4.6,glm-5", load="1-1-1000000-0-0"))
    assert found["GLM-5"] == "/?id=glm-5"
    assert found["Context (tokens)"] == (
        "/compare?ids=glm-4.6%2Cglm-5&load=1-1-1000000-0-0&claims=facts.context_tokens"
    )


def test_there_is_a_download_in_each_format(open_page: Open) -> None:
    buttons = opened(open_page, "compare_download").get("download_button")
    assert [button.proto.label for button in buttons] == ["CSV", "Markdown", "JSON", "Excel"]


def test_what_my_runs_measured_stands_beside_what_is_published_and_is_nobody_elses(open_page: Open) -> None:
    keep_own("me", *(own_run("glm-4.6", 10) for _ in range(20)), own_run("glm-5.1", 10, "small"))
    at = open_page(PAGE, owner="me")
    at.selectbox(key="compare_group").set_value("measured")
    run(at)
    rows = table(at)
    assert rows["Output speed, p95, measured on Gateway"]["glm-4.6"] == "100.0 tokens/s (n 20)"
    assert rows["Answered, measured on Gateway"]["glm-4.6"] == "100.0%"
    assert rows["TTFT, p50, measured on Gateway"]["glm-5.1"] == "unknown"
    other = open_page(PAGE, owner="somebody else")
    other.selectbox(key="compare_group").set_value("measured")
    run(other)
    assert not columns(other)


def test_quality_tells_other_conditions_from_nothing_published(open_page: Open) -> None:
    at = open_page(PAGE, ids="glm-5.3,glm-5.2,glm-5.1,glm-4.6v")
    view(at, "quality")
    topics, coding = (
        element.value for element in at.markdown if "| Coding |" in element.value or "DeepSWE" in element.value
    )
    assert topics.index("What is published, by topic") < topics.index("Independent figures")
    assert "AA Intelligence Index v4\\.3" in topics
    line = next(line for line in coding.splitlines() if r"NL2Repo \(max effort\)" in line)
    assert [cell.strip() for cell in line.split("|")[4:6]] == [
        ":small[:gray[other conditions]]",
        ":small[:gray[unknown]]",
    ]


def test_many_models_stand_one_a_row_and_a_page_at_a_time(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filters, "MOST_COLUMNS", 5)
    monkeypatch.setattr(filters, "MODELS_A_PAGE", 6)
    monkeypatch.setattr(compare_table, "MODELS_A_PAGE", 6)
    at = open_page(PAGE, ids=",".join(CATALOG))
    assert list(table(at)) == [card.id for card in CATALOG.cards[:6]]
    at.session_state["compare_page"] = 2
    run(at)
    assert list(table(at)) == [card.id for card in CATALOG.cards[6:12]]

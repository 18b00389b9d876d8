"""The comparison page: what is chosen, the table, the plots, the running cost and the downloads."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

from glm_playground.catalog import Claim, Fact, Source, load_catalog
from glm_playground.catalog.comparison import CARDS_OF_RUNAPI
from glm_playground.gateway import Gateway
from glm_playground.ui.compare import compared_models, filters
from glm_playground.ui.compare import table as compare_table
from glm_playground.ui.compare.compared_models import asked_for
from glm_playground.ui.compare.filters import MOST_COLUMNS
from glm_playground.ui.compare.words import fact_labels
from glm_playground.ui.shared import live_facts
from glm_playground.ui.shared.i18n import speaking
from tests.app.drawn_text import drawn_texts
from tests.app.own_runs import keep_own, own_run

PAGE = "pages/compare.py"
CATALOG = load_catalog()

Open = Callable[..., AppTest]

pytestmark = pytest.mark.usefixtures("in_sandbox")


def run(at: AppTest) -> None:
    at.run()
    assert not at.exception


def table(at: AppTest) -> dict[str, dict[str, str]]:
    """The grid with a row a fact: the cells by row name and column."""
    frame = at.dataframe[0].value
    return {row["fact"]: dict(row) for _, row in frame.iterrows()}


def text(at: AppTest) -> str:
    alerts = [f"{alert.proto.title}\n{alert.value}" for alert in (*at.error, *at.warning, *at.info)]
    return "\n".join([*drawn_texts(at), *(element.value for element in at.caption), *alerts])


def view(at: AppTest, name: str) -> None:
    at.segmented_control(key="compare_view").set_value(name)
    run(at)


# -- which models


def test_the_first_view_is_what_runapi_puts_side_by_side(open_page: Open) -> None:
    at = open_page(PAGE)
    assert at.pills(key="compare_models").value == list(CARDS_OF_RUNAPI)
    assert list(at.dataframe[0].value.columns) == ["fact", "mark", *CARDS_OF_RUNAPI]
    shown = text(at)
    for name in CARDS_OF_RUNAPI:
        runapi = CATALOG[name].gateway("runapi")
        assert runapi is not None
        assert runapi.card_text.value is not None
        assert runapi.card_text.value in shown


def test_the_address_chooses_and_is_kept(open_page: Open) -> None:
    at = open_page(PAGE, ids="glm-5.2, GLM-4.7,glm-5.2")
    assert at.pills(key="compare_models").value == ["glm-5.2", "glm-4.7"]
    at.pills(key="compare_models").set_value(["glm-4.7", "glm-4.6"])
    run(at)
    assert at.query_params["ids"] == "glm-4.7,glm-4.6"
    assert list(at.dataframe[0].value.columns)[2:] == ["glm-4.7", "glm-4.6"]


def test_unknown_ids_are_named_with_near_names_and_left_out(open_page: Open) -> None:
    at = open_page(PAGE, ids="glm-4.55,glm-4.6,<script>,zzz")
    assert list(at.dataframe[0].value.columns)[2:] == ["glm-4.6"]
    [warning] = at.warning
    assert warning.proto.title == "3 ids in the address have no card here and are left out."
    assert r"glm\-4\.55: near names are glm\-4\.5" in warning.value
    assert r"\<script\>: no name is near" in warning.value


@pytest.mark.parametrize("ids", ["", ",,", "zzz"])
def test_no_model_is_an_invitation_and_no_error(open_page: Open, ids: str) -> None:
    at = open_page(PAGE, ids=ids)
    assert "Choose at least one model." in text(at)
    assert not at.dataframe


def test_a_thousand_ids_are_not_all_named(open_page: Open) -> None:
    at = open_page(PAGE, ids=",".join(f"model-{number}" for number in range(1000)) + ",glm-5")
    assert list(at.dataframe[0].value.columns)[2:] == ["glm-5"]
    assert at.warning[0].value.count("\n") == 10


def test_asked_for_keeps_the_order_of_the_address() -> None:
    assert asked_for("b, glm-5,glm-4.5,glm-5,a,b", CATALOG) == (("glm-5", "glm-4.5"), ("b", "a"))


# -- the table


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
        assert len(rows) == len(at.dataframe[0].value) > 150
        label = next(label for label in rows if label.startswith("Output, RunAPI"))
        for card in cards:
            known = card.price("runapi").output.known
            assert (rows[label][card.id] == "unknown") == (not known)


def test_numbers_and_words_follow_the_language(open_page: Open) -> None:
    at = open_page(PAGE, locale="pt-BR")
    shown = {cell for row in at.dataframe[0].value.to_numpy() for cell in row}
    assert "200.000" in shown
    assert "0,30" in shown
    assert "desconhecido" in shown


def opened(open_page: Open, menu: str) -> AppTest:
    """The page with that menu open."""
    at = open_page(PAGE)
    at.session_state[menu] = True
    run(at)
    return at


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
    assert not at.dataframe
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
    assert list(at.dataframe[0].value.columns)[2:] == ["glm-4.5-air", "glm-4.6", "glm-5.1", "glm-4.5"]
    at.segmented_control(key="compare_way_False").set_value(True)
    run(at)
    frame = at.dataframe[0].value
    assert list(frame["model"]) == ["GLM-4.5-Air", "GLM-4.6", "GLM-5.1", "GLM-4.5"]
    assert list(frame["gateways.runapi.price.input"])[2:] == ["unknown", "unknown"]


def test_a_dozen_models_still_fit_side_by_side(open_page: Open) -> None:
    assert "mark" in open_page(PAGE, ids=",".join(CATALOG.order[:MOST_COLUMNS])).dataframe[0].value
    assert "mark" not in open_page(PAGE, ids=",".join(CATALOG)).dataframe[0].value


def test_the_plain_table_has_a_source_in_each_known_cell(open_page: Open) -> None:
    at = open_page(PAGE)
    assert not at.table
    at.session_state["compare_reading"] = True
    run(at)
    frame = at.table[0].value
    for row in frame.drop(columns="≠").to_numpy():
        for cell in row:
            assert cell == ":small[:gray[unknown]]" or cell.endswith("2026\u201111]]")
    assert "https://" in frame["GLM\\-4\\.6"].iloc[0]


def test_there_is_a_download_in_each_format(open_page: Open) -> None:
    buttons = opened(open_page, "compare_download").get("download_button")
    assert [button.proto.label for button in buttons] == ["CSV", "Markdown", "JSON", "Excel"]


# -- the plots


def plot_numbers(at: AppTest) -> str:
    [numbers] = [element.value for element in at.markdown if element.value.startswith("| :small[Model]")]
    return numbers


def test_the_plot_of_prices_opens_on_the_scores_of_most_models_and_marks_the_frontier(open_page: Open) -> None:
    at = open_page(PAGE, ids=",".join(CATALOG))
    view(at, "plots")
    chart = at.get("vega_lite_chart")[0].proto
    assert at.selectbox(key="plot_score_False").value.startswith("HLE|with tools|")
    assert chart.alt.startswith("5 models.")
    assert "no other is both cheaper and better: GLM-4.7, GLM-5, GLM-5.2." in chart.alt
    numbers = plot_numbers(at)
    assert numbers.count("\n| :small[GLM") == 5
    assert "https://" in numbers
    at.checkbox(key="plot_unstated").set_value(True)
    run(at)
    assert at.selectbox(key="plot_score_True").value.startswith("BrowseComp||")
    assert "conditions not stated" in plot_numbers(at)


def test_a_model_that_is_not_in_the_plot_is_named_with_the_reason(open_page: Open) -> None:
    at = open_page(PAGE, ids="glm-5.3-flash,glm-5.3,glm-5.2,glm-4.7-flash,glm-5.1,glm-4.6v,glm-5.4")
    view(at, "plots")
    at.selectbox(key="plot_score_False").set_value("HLE|max effort, with tools, 300K managed context|%|vendor|Z.ai|")
    run(at)
    said = text(at)
    [line] = [line for line in said.splitlines() if line.startswith("Not shown: ")]
    reasons = {name: reason for piece in line.split("; GLM") for name, _space, reason in [piece.partition(" (")]}
    assert "published under other conditions" in reasons[r"\-5\.1"]
    assert "nobody published a score" in reasons[r"\-4\.6V"]
    assert "the sellers asked have no price for it" in reasons[r"\-5\.4"]


@pytest.mark.parametrize("name", ["price", "limits", "size", "release", "scores"])
@pytest.mark.parametrize("ids", [",".join(CATALOG), "glm-5-turbo", "glm-4.7-flash,glm-5-turbo"])
def test_every_plot_draws_or_says_why_not(open_page: Open, name: str, ids: str) -> None:
    at = open_page(PAGE, ids=ids)
    view(at, "plots")
    at.segmented_control(key="compare_plot").set_value(name)
    run(at)
    charts = at.get("vega_lite_chart")
    said = text(at)
    assert charts or "Not shown: " in said or "No score of these models is published." in said
    assert all(chart.proto.alt for chart in charts)
    if "glm-5-turbo" in ids and name == "size":
        assert r"GLM\-5\-Turbo (Size, total\: undisclosed \+ Size, active\: undisclosed)" in said


def test_no_unknown_is_in_the_data_of_a_plot(open_page: Open) -> None:
    at = open_page(PAGE, ids="glm-5.1,glm-5-turbo,glm-4.6")
    view(at, "plots")
    at.segmented_control(key="compare_plot").set_value("size")
    run(at)
    drawn = at.get("vega_lite_chart")[0].proto.datasets[0].data.data
    assert pa.ipc.open_stream(drawn).read_all().to_pylist() == [
        {"model": name, "family": name[:5], "series": series, "value": value, "text": text}
        for name, total, active in (("GLM-5.1", 744, 40), ("GLM-4.6", 355, 32))
        for series, value, text in (
            ("Size, total", total, f"{total}B"),
            ("Size, active", active, f"{active}B"),
        )
    ]


def test_scores_under_other_conditions_stand_in_plots_of_their_own(open_page: Open) -> None:
    at = open_page(PAGE, ids=",".join(CATALOG))
    view(at, "plots")
    at.segmented_control(key="compare_plot").set_value("scores")
    run(at)
    at.selectbox(key="plot_benchmark").set_value("HLE")
    run(at)
    titles = [element.value for element in at.markdown if element.value.startswith("**")]
    assert set(titles) == {
        "**HLE, no conditions stated**",
        "**HLE, with tools**",
        "**HLE, text\\-only**",
        "**HLE, max effort, with tools, 300K managed context**",
        "**HLE, run by Artificial Analysis, third party**",
    }
    assert len(at.get("vega_lite_chart")) == len(titles)


# -- what RunAPI says now


def test_a_price_read_now_is_in_the_table_and_in_the_cost(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    claim = Claim[Decimal](value=Decimal("0.35"), source="live_prices", read=date(2026, 11, 30), kind="gateway")
    price = Fact[Decimal](value=claim.value, unit="USD / 1M tokens", claims=(claim,))
    source = Source(id="live_prices", publisher="RunAPI", kind="gateway", read=claim.read, url="https://runapi.ai/x")

    def listed(model: str, server: Gateway) -> live_facts.LiveFacts:
        prices = {"input": price} if model == "glm-4.6" else {}
        return live_facts.LiveFacts(Gateway("RunAPI", "https://runapi.ai", seller="runapi"), Fact[bool](), prices)

    monkeypatch.setattr(live_facts, "priced_models", lambda server: {"glm-4.6"})
    monkeypatch.setattr(live_facts, "live_facts", listed)
    monkeypatch.setattr(live_facts, "sources", lambda server: {"live_prices": source})
    at = open_page(PAGE)
    assert table(at)["Input, RunAPI ($/1M)"]["glm-4.6"] == "0.35"
    assert table(at)["Input, RunAPI ($/1M)"]["glm-4.5-air"] == "0.10"
    view(at, "cost")
    line = costs(at)[r"GLM\-4\.6"]
    assert r"**\$1\.25**" in line
    assert "<https://runapi.ai/x>" in line
    assert "Nov 30, 2026" in line


# -- what is the user's own


def test_the_price_at_my_workload_names_its_seller(open_page: Open) -> None:
    at = open_page(PAGE)
    label = "Price at my workload ($/1M)"
    assert table(at)[label]["glm-4.6"] == "0.46, RunAPI"
    assert table(at)[label]["glm-5.1"] == "2.00, Z.ai"
    assert table(open_page(PAGE, prices="runapi"))[label]["glm-5.1"] == "unknown"
    # A million tokens of output alone.
    assert table(open_page(PAGE, load="1-1-1000000-0-0"))[label]["glm-4.6"].startswith("1.10, ")


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
    assert not other.dataframe


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


# -- the running cost


def costs(at: AppTest) -> dict[str, str]:
    """The lines of the running costs, by model."""
    [found] = [element.value for element in at.markdown if element.value.startswith("| Model")]
    return {line.split(" | ")[0].strip("| "): line for line in found.splitlines()}


def test_the_calculator_names_the_seller_of_each_price(open_page: Open) -> None:
    at = open_page(PAGE)
    view(at, "cost")
    lines = costs(at)
    assert r"| RunAPI | **\$1\.15** | **\$34\.50** | **\$0\.460** | \$0.30 | \$0.06 | \$1.10" in lines[r"GLM\-4\.6"]
    assert "Nov 23, 2026" in lines[r"GLM\-4\.6"]
    assert r"| Z\.ai | **\$5\.00**" in lines[r"GLM\-5\.1"]


def test_one_seller_has_no_price_of_another(open_page: Open) -> None:
    at = open_page(PAGE, prices="runapi")
    view(at, "cost")
    lines = costs(at)
    assert lines[r"GLM\-5\.1"].count(":gray[unknown]") == 6
    assert "no price for input, output" in lines[r"GLM\-5\.1"]
    assert "$0" not in lines[r"GLM\-5\.1"]
    at.selectbox(key="basis_sellers").set_value(("zai",))
    run(at)
    assert at.query_params["prices"] == "zai"
    assert r"| Z\.ai | **\$5\.00**" in costs(at)[r"GLM\-5\.1"]


def test_the_workload_is_in_the_address_and_thinking_is_paid_as_output(open_page: Open) -> None:
    at = open_page(PAGE, load="1000000-2000-500-0-100", prices="zai")
    view(at, "cost")
    assert r"**\$2,720\.00** | **\$81,600\.00**" in costs(at)[r"GLM\-5\.1"]
    assert "2,000,000,000 from cache" in text(at)
    at.number_input(key="basis_thinking").set_value(500)
    run(at)
    assert at.query_params["load"] == "1000000-2000-500-500-100"
    assert r"**\$4,920\.00**" in costs(at)[r"GLM\-5\.1"]


def test_another_currency_is_at_the_rate_that_the_user_types(open_page: Open) -> None:
    at = open_page(PAGE)
    view(at, "cost")
    assert r"R\$" not in "".join(costs(at).values())
    at.number_input(key="basis_BRL").set_value(5.5)
    run(at)
    assert at.query_params["rate"] == "BRL-5.5"
    assert "**\\$5\\.00 (R\\$\u00a027\\.50)**" in costs(at)[r"GLM\-5\.1"]
    assert "1 US dollar is 5.5000 BRL: your rate" in text(at)


@pytest.mark.parametrize(("field", "value"), [("basis_cached", 101), ("basis_BRL", -1.0)])
def test_a_figure_out_of_range_changes_nothing(open_page: Open, field: str, value: float) -> None:
    at = open_page(PAGE)
    view(at, "cost")
    before = text(at)
    at.number_input(key=field).set_value(value)
    run(at)
    assert text(at) == before


def test_a_list_the_model_is_no_longer_on_gives_no_cost(open_page: Open) -> None:
    at = open_page(PAGE, ids="glm-5-turbo", prices="zai")
    view(at, "cost")
    assert costs(at)[r"GLM\-5\-Turbo"].count(":gray[unknown]") == 6


def test_more_models_than_pills_are_chosen_in_a_list(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compared_models, "_MOST_PILLS", len(CATALOG) - 1)
    at = open_page(PAGE)
    assert not at.pills
    assert at.multiselect(key="compare_models").value == list(CARDS_OF_RUNAPI)


def test_many_models_stand_one_a_row_and_a_page_at_a_time(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filters, "MOST_COLUMNS", 5)
    monkeypatch.setattr(filters, "MODELS_A_PAGE", 6)
    monkeypatch.setattr(compare_table, "MODELS_A_PAGE", 6)
    at = open_page(PAGE, ids=",".join(CATALOG))
    assert list(at.dataframe[0].value["model"]) == [card.name for card in CATALOG.cards[:6]]
    at.session_state["compare_page"] = 2
    run(at)
    assert list(at.dataframe[0].value["model"]) == [card.name for card in CATALOG.cards[6:12]]


def test_last_prices_of_a_list_are_said_to_be_such(open_page: Open) -> None:
    found = open_page(PAGE, ids="glm-5-turbo,glm-5")
    run(found)
    assert r"whose last prices stand here: GLM\-5\-Turbo." in text(found)
    others = open_page(PAGE)
    run(others)
    assert "whose last prices" not in text(others)


GATEWAYS = """
[[gateway]]
name = "Plan A"
address = "http://127.0.0.1:9"
[[gateway.model]]
id = "glm-5.1"
input = 2
output = 2

[[gateway]]
name = "Plan B"
address = "http://127.0.0.1:9/b"
prices_as_of = 2026-11-01
[[gateway.model]]
id = "glm-5.1"
input = 1
output = 1
[[gateway.model]]
id = "glm-4.6"
input = 0.5
output = 0.5
"""


@pytest.fixture
def two_gateways(configure: Callable[..., None], tmp_path: Path) -> None:
    (tmp_path / "gateways.toml").write_text(GATEWAYS)
    configure(GLM_PLAYGROUND_GATEWAYS=str(tmp_path / "gateways.toml"))


def test_each_gateway_has_prices_of_its_own_and_none_is_mixed(two_gateways: None, open_page: Open) -> None:
    at = open_page(PAGE, ids="glm-5.1,glm-4.6,glm-4.5")
    label = "Price at my workload"
    rows = {name.removesuffix(" ($/1M)"): row for name, row in table(at).items()}
    assert rows[label]["glm-5.1"] == "2.00, Plan A"
    assert rows[label]["glm-4.6"] == "0.46, RunAPI"
    assert (rows[f"{label}, Plan A"]["glm-5.1"], rows[f"{label}, Plan A"]["glm-4.6"]) == ("2.00", "unknown")
    assert (rows[f"{label}, Plan B"]["glm-5.1"], rows[f"{label}, Plan B"]["glm-4.6"]) == ("1.00", "0.50")
    alone = table(open_page(PAGE, ids="glm-5.1,glm-4.5", prices="at:Plan B"))
    shared = alone[f"{label} ($/1M)"]
    assert (shared["glm-5.1"], shared["glm-4.5"]) == ("1.00, Plan B", "unknown")


def test_a_link_that_names_a_gateway_of_somebody_else_falls_back(open_page: Open) -> None:
    at = open_page(PAGE, ids="glm-5.1,glm-4.6", prices="at:Elsewhere")
    assert table(at)["Price at my workload ($/1M)"]["glm-4.6"] == "0.46, RunAPI"

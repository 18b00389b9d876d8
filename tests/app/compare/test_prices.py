"""The comparison page's prices: those read now, of each gateway, at the user's workload, and the running cost."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from glm_playground.catalog import Claim, Fact, Source
from glm_playground.gateway import Gateway
from glm_playground.ui.shared.facts import live_facts
from tests.app.compare_page import PAGE, Open, costs, run, table, text, view

pytestmark = pytest.mark.usefixtures("in_sandbox")


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


def test_the_price_at_my_workload_names_its_seller(open_page: Open) -> None:
    at = open_page(PAGE)
    label = "Price at my workload ($/1M)"
    assert table(at)[label]["glm-4.6"] == "0.46, RunAPI"
    assert table(at)[label]["glm-5.1"] == "2.00, Z.ai"
    assert table(open_page(PAGE, prices="runapi"))[label]["glm-5.1"] == "unknown"
    # A million tokens of output alone.
    assert table(open_page(PAGE, load="1-1-1000000-0-0"))[label]["glm-4.6"].startswith("1.10, ")


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


def test_last_prices_of_a_list_are_said_to_be_such(open_page: Open) -> None:
    found = open_page(PAGE, ids="glm-5-turbo,glm-5")
    run(found)
    assert "whose last prices stand here: GLM-5-Turbo." in text(found)
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

"""What a program that asks is answered: what the cards say, with sources, and an unknown never as a number."""

import json
from decimal import Decimal

import pytest

from glm_playground.catalog import load_catalog
from glm_playground.catalog.answers_json import (
    SUBJECTS,
    NotAnswered,
    comparison_json,
    conflicts_json,
    cost_json,
    list_json,
)
from glm_playground.catalog.running_cost import Load

CATALOG = load_catalog()
LOAD = Load(1_000, 2_000, 500, Decimal(50), tokens_thinking=300)


def test_the_list_has_every_model_and_null_for_what_is_unknown() -> None:
    found = {entry["id"]: entry for entry in list_json(CATALOG)}
    assert list(found) == list(CATALOG.order)
    assert found["glm-5.1"]["context_tokens"] == 200_000
    assert found["glm-5.1"]["sold_by"] == ["runapi", "zai"]
    assert (found["glm-5.4"]["released"], found["glm-5.4"]["open_weights"]) == (None, None)
    json.dumps(found)


@pytest.mark.parametrize("subject", SUBJECTS)
def test_each_subject_is_compared(subject: str) -> None:
    found = comparison_json(CATALOG, ["glm-5.1", "GLM-5.3-Flash"], subject)
    assert found["models"] == ["glm-5.1", "glm-5.3-flash"]
    assert found["rows"]
    for row in found["rows"]:
        for cell in row["values"].values():
            assert (cell["value"] is None) is ("why_unknown" in cell)
            assert (cell["value"] is None) is ("source" not in cell)
    json.dumps(found)


def test_a_value_that_sources_disagree_about_says_so() -> None:
    rows = comparison_json(CATALOG, ["glm-5.1"], "limits")["rows"]
    size = next(row for row in rows if row["fact"] == "facts.size_total")["values"]["glm-5.1"]
    assert (size["value"], size["unit"], size["source"]["source"]) == (744, "B", "gh_5")
    assert "753.9B" in size["disagreement"]


def test_scores_are_in_one_row_under_the_same_conditions_only() -> None:
    rows = comparison_json(CATALOG, ["glm-5.2", "glm-5.3"], "scores")["rows"]
    exploits = {row["conditions"]: row for row in rows if row["benchmark"] == "ExploitGym"}
    assert exploits["max effort, 2 h limit"]["values"]["glm-5.3"]["value"] == 105
    assert exploits["max effort, 6 h limit"]["values"]["glm-5.3"]["value"] == 130


def test_disagreements_of_a_model_and_of_all() -> None:
    one = conflicts_json(CATALOG, ["glm-5.1"])
    assert {entry["model"] for entry in one["facts"]} == {"glm-5.1"}
    release = next(entry for entry in one["facts"] if entry["fact"] == "facts.release")
    assert [claim["value"] for claim in release["claims"]] == ["2026-04-07", "2026-04-08"]
    assert release["why"]
    assert all("glm-5.1" in entry["models"] for entry in one["readings"])
    every = conflicts_json(CATALOG, [])
    assert len(every["readings"]) == len(CATALOG.discrepancies)
    assert len(every["facts"]) > len(one["facts"])


def test_a_cost_is_the_sum_over_its_prices() -> None:
    (found,) = cost_json(CATALOG, ["glm-5.1"], LOAD, ("runapi", "zai"))
    # 1M fresh, 1M cached, 800K written: 1.40 + 0.26 + 0.8 x 4.40.
    assert (found["seller"], found["per_day"], found["per_30_days"]) == ("zai", 5.18, 155.4)
    assert found["per_request"] == 0.00518
    assert found["per_1m_tokens"] == 1.85
    assert found["prices"]["output"]["tokens_a_day"] == 800_000
    assert found["prices"]["cache_read"]["source"]["source"] == "zai_pricing"


@pytest.mark.parametrize(
    ("model", "why"),
    [
        ("glm-5.4", {"runapi": "not known to sell the model", "zai": "input: the API is not open yet"}),
        ("glm-5.2-fast", {"runapi": "not known to sell the model", "zai": "not known to sell the model"}),
    ],
)
def test_a_cost_without_a_price_is_null_with_the_reason(model: str, why: dict[str, str]) -> None:
    (found,) = cost_json(CATALOG, [model], LOAD, ("runapi", "zai"))
    assert {found[name] for name in ("seller", "per_request", "per_day", "per_30_days", "per_1m_tokens")} == {None}
    assert {seller: text[: len(why[seller])] for seller, text in found["why_unknown"].items()} == why
    assert "prices" not in found
    # Who could be asked instead.
    assert found["sold_by"] == {"glm-5.4": ["zai"], "glm-5.2-fast": ["vercel"]}[model]


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda: comparison_json(CATALOG, ["glm-5.11"]), "'glm-5.11'; there are glm-5.1"),
        (lambda: comparison_json(CATALOG, ["glm-5.1"], "looks"), "'looks'; there are key, "),
        (lambda: conflicts_json(CATALOG, ["gpt"]), "no model 'gpt'"),
        (lambda: cost_json(CATALOG, ["glm-5.1"], LOAD, ("ebay",)), "'ebay'; there are runapi, zai, vercel"),
    ],
)
def test_what_cannot_be_answered_says_what_can(ask: object, words: str) -> None:
    with pytest.raises(NotAnswered, match=words):
        ask()  # type: ignore[operator]

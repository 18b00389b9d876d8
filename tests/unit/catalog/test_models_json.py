"""The catalogue for other programs says what the cards say: nothing unknown becomes zero, false or empty."""

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from glm_playground.catalog import Catalog, load_catalog
from glm_playground.catalog.models_json import model_of_all, models_dev_json, models_json
from glm_playground.catalog.models_markdown import llms_txt, model_markdown
from glm_playground.catalog.models_schema import ADDITIONS, REQUIRED, models_dev_schema, schema, schema_text

DOCS = Path(__file__).parents[3] / "docs"


def checker(document: dict[str, Any]) -> jsonschema.Draft202012Validator:
    jsonschema.Draft202012Validator.check_schema(document)
    return jsonschema.Draft202012Validator(document, format_checker=jsonschema.FormatChecker())


CHECKER = checker(schema())
ONE = checker({"$ref": "#/$defs/one", "$defs": schema()["$defs"]})
MODELS_DEV = checker(models_dev_schema())


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


def test_it_fits_its_schema(catalog: Catalog) -> None:
    CHECKER.validate(models_json(catalog))
    for card in catalog.cards:
        ONE.validate(model_of_all(catalog, card))


def test_it_fits_models_devs_schema_but_for_what_it_calls_unknown(catalog: Catalog) -> None:
    everything = models_json(catalog)
    strict = models_dev_json(catalog)
    MODELS_DEV.validate(strict)
    left_out = set()
    for name, provider in everything.items():
        for model, entry in provider["models"].items():
            kept = strict[name]["models"].get(model)
            stripped = {key: value for key, value in entry.items() if key not in ADDITIONS}
            if kept is None:
                left_out.add(model)
                assert REQUIRED & entry["unknown"].keys()
                assert list(MODELS_DEV.iter_errors({name: {**provider, "models": {model: stripped}}}))
            else:
                assert kept == stripped
    assert left_out == {"glm-ocr", "glm-4.6v-flash", "glm-4.6v-flashx", "glm-4-32b-0414-128k", "glm-5.4"}


def provider(**changes: Any) -> dict[str, Any]:
    """One provider with one model that models.dev's schema takes, but for the changes."""
    model: dict[str, Any] = {
        "id": "m",
        "name": "M",
        "attachment": False,
        "reasoning": True,
        "reasoning_options": [{"type": "toggle"}, {"type": "effort", "values": ["low", None]}],
        "tool_call": True,
        "release_date": "2026-04",
        "last_updated": "2026-04-07",
        "modalities": {"input": ["text"], "output": ["text"]},
        "open_weights": True,
        "cost": {"input": 0, "output": 0.5, "tiers": [{"input": 1, "output": 2, "tier": {"size": 200_000}}]},
        "limit": {"context": 1000, "output": 10},
    }
    npm = "@ai-sdk/openai-compatible"
    about: dict[str, Any] = {"id": "p", "name": "P", "env": ["P"], "npm": npm, "api": "https://p", "doc": "d"}
    for path, value in changes.items():
        where, _, name = path.rpartition("__")
        holder: dict[str, Any] = about if where == "provider" else model[where] if where else model
        if value is None:
            del holder[name]
        else:
            holder[name] = value
    return {"p": {**about, "models": {"m": model}}}


@pytest.mark.parametrize(
    ("changes", "taken"),
    [
        ({}, True),
        ({"limit__context": None}, False),
        ({"limit__output": None}, False),
        ({"release_date": None}, False),
        ({"release_date": "April"}, False),
        ({"open_weights": None}, False),
        ({"modalities__input": ["file"]}, False),
        ({"cost": None}, True),
        ({"cost__output": None}, False),
        ({"cost__cache_read": -1}, False),
        ({"reasoning_options": None}, False),
        ({"reasoning_options": []}, True),
        ({"reasoning": False}, False),
        ({"reasoning": False, "reasoning_options": None}, True),
        ({"reasoning": False, "reasoning_options": None, "cost__reasoning": 1}, False),
        ({"interleaved": {"field": "reasoning"}}, False),
        ({"sources": {}}, False),
        ({"provider__api": None}, False),
        ({"provider__api": None, "provider__npm": "@ai-sdk/gateway"}, True),
        ({"provider__npm": "@ai-sdk/gateway"}, False),
        ({"provider__env": []}, False),
        ({"provider__doc": None}, False),
    ],
)
def test_models_devs_schema_is_as_strict_as_theirs(changes: dict[str, Any], taken: bool) -> None:
    assert MODELS_DEV.is_valid(provider(**changes)) is taken


@pytest.mark.parametrize(
    ("name", "document"), [("models.schema.json", schema()), ("models.dev.schema.json", models_dev_schema())]
)
def test_the_documented_schemas_are_these(name: str, document: dict[str, Any]) -> None:
    found = (DOCS / name).read_text(encoding="utf-8")
    assert found == schema_text(document), "run python -m glm_playground.catalog schema"


def test_every_price_and_limit_is_the_cards(catalog: Catalog) -> None:
    for gateway, provider in models_json(catalog).items():
        for model, found in provider["models"].items():
            card = next(one for one in catalog.cards if model.rpartition("/")[2] == one.id)
            price = card.price(gateway)
            for name in ("input", "output", "cache_read"):
                fact = getattr(price, name)
                stated = found.get("cost", {}).get(name)
                expected = None if price.historical or not fact.known else fact.value
                assert (None if stated is None else Decimal(str(stated))) == expected, (gateway, model, name)
            assert found.get("limit", {}).get("context") == card.limits(gateway).context_tokens


def test_every_value_has_a_source_and_every_disagreement_its_claims(catalog: Catalog) -> None:
    for provider in models_json(catalog).values():
        for model in provider["models"].values():
            nested = {f"{outer}.{name}" for outer in ("limit", "cost", "modalities") for name in model.get(outer, {})}
            plain = model.keys() - ADDITIONS - {"id", "name", "last_updated", "limit", "cost", "modalities"}
            assert set(model["sources"]) - {"license"} == plain | nested
            assert not model["sources"].keys() & model["unknown"].keys()
    found = models_json(catalog)["zai"]["models"]["glm-5.1"]
    assert 202752 in [claim["value"] for claim in found["conflicts"]["limit.context"]]
    assert found["limit"]["context"] == 200000


def test_a_source_carries_its_words_its_date_and_its_licence(catalog: Catalog) -> None:
    flash = model_of_all(catalog, catalog["glm-5-turbo"])
    claim = flash["sources"]["release_date"][0]
    assert claim["quote"].startswith('<Update label="2026-03-15"')
    assert claim.keys() >= {"source", "publisher", "kind", "read", "url", "quote"}
    assert claim.keys() & {"as_of", "as_of_unknown"}
    assert claim.keys() & {"licence", "licence_unknown"}
    memory = model_of_all(catalog, catalog["glm-5.1"])["facts"]["facts.gpu_memory_fp8"]
    assert (memory["value"], memory["unit"], memory["claims"][0]["quote"]) == (893, "GB", "vram_minimum_gb: 893")


def test_scores_stand_with_their_conditions_and_source(catalog: Catalog) -> None:
    found = model_of_all(catalog, catalog["glm-5.1"])["benchmarks"]
    score = next(one for one in found if one["name"] == "SWE-Bench-Pro-Hard-AA")
    assert (score["score"], score["metric"], score["harness"], score["runs"]) == (19.8, "%", "Claude Code", "pass@1")
    assert score["said_by"]["publisher"] == "Artificial Analysis"
    assert len(found) == len(catalog["glm-5.1"].scores)


def test_a_provider_is_reached_as_it_says(catalog: Catalog) -> None:
    found = models_json(catalog)
    assert found["zai"]["api"] == "https://api.z.ai/api/paas/v4"
    assert found["runapi"]["api"] == "https://runapi.ai/v1"
    assert list(found["vercel"]["models"]) == ["zai/glm-5.2-fast"]


def test_markdown_names_each_value_with_its_source(catalog: Catalog) -> None:
    text = model_markdown(catalog, catalog["glm-5.1"])
    line = next(line for line in text.splitlines() if line.startswith("| context_tokens | 200000 tokens |"))
    assert "Z.ai, read 20" in line
    assert "docs.z.ai" in line
    assert "| knowledge_cutoff | unknown | not published by Z.ai |" in text
    assert "| gpu_memory_fp8 | 893 GB | vLLM recipes, read 2026-11-25" in text
    assert "“vram_minimum_gb: 893”" in text
    assert "| open_weights | yes |" in text
    assert "| Vending Bench 2 | $5,634.41 | not stated |" in text
    assert "| SWE-bench Pro | 58.4% | claimed top open-weight |" in text
    # What has no reason of its own is one line, not a row each.
    assert "\nUnknown (nobody published it, as far as is known): " in text
    assert "| unknown |  |" not in text
    # A quoted tag is text: "<Update label=..>".
    assert re.search(r"(?<!\\)<(?!https?://)", text) is None
    # Whatever a cell holds, it stays one.
    for line in text.splitlines():
        if line.startswith("|"):
            assert line.replace("\\|", "").count("|") in {4, 5}


def test_the_list_for_language_models_leads_to_each(catalog: Catalog) -> None:
    text = llms_txt(catalog, "https://example.org/glm")
    assert text.startswith("# GLM Playground\n\n> ")
    for card in catalog.cards:
        assert f"(https://example.org/glm/models/{card.id}.md)" in text
    lines = {line.split("]", 1)[0]: line for line in text.splitlines()}
    assert "best for “efficient coding" in lines["- [GLM-5.3-Flash"]
    # Of one seller, who is named; nothing where nobody has a price, and a delisted one is none.
    assert "$0.15 in, $0.50 out per 1M tokens by Z.ai" in lines["- [GLM-5.3-Flash"]
    assert "$0.60 in, $2.00 out per 1M tokens by RunAPI" in lines["- [GLM-5-Turbo"]
    assert "by Vercel AI Gateway" in lines["- [GLM-5.2-fast"]
    assert "price unknown" in lines["- [GLM-5.4"]

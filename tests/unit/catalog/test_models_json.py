"""The catalogue for other programs says what the cards say: nothing unknown becomes zero, false or empty."""

from decimal import Decimal

import jsonschema
import pytest

from glm_playground.catalog import Catalog, load_catalog
from glm_playground.catalog.models_json import model_of_all, models_json, schema
from glm_playground.catalog.models_markdown import llms_txt, model_markdown

CHECKER = jsonschema.Draft202012Validator(schema(), format_checker=jsonschema.FormatChecker())


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


def test_it_fits_its_schema(catalog: Catalog) -> None:
    CHECKER.validate(models_json(catalog))
    one = jsonschema.Draft202012Validator({"$ref": "#/$defs/model", "$defs": schema()["$defs"]})
    for card in catalog.cards:
        one.validate(model_of_all(catalog, card))


def test_every_price_and_limit_is_the_cards(catalog: Catalog) -> None:
    for gateway, provider in models_json(catalog).items():
        for model, found in provider["models"].items():
            card = catalog[model]
            price = card.price(gateway)
            for name in ("input", "output", "cache_read"):
                fact = getattr(price, name)
                stated = found.get("cost", {}).get(name)
                expected = None if price.historical or not fact.known else fact.value
                assert (None if stated is None else Decimal(str(stated))) == expected, (gateway, model, name)
            assert found.get("limit", {}).get("context") == card.limits(gateway).context_tokens


def test_every_value_has_a_source_and_every_disagreement_its_claims(catalog: Catalog) -> None:
    found = models_json(catalog)["zai"]["models"]["glm-5.1"]
    stated = {
        name for name in found if name not in {"id", "name", "sources", "conflicts", "limit", "cost", "modalities"}
    }
    nested = {f"{outer}.{name}" for outer in ("limit", "cost", "modalities") for name in found.get(outer, {})}
    assert set(found["sources"]) == stated | nested
    assert 202752 in [claim["value"] for claim in found["conflicts"]["limit.context"]]
    assert found["limit"]["context"] == 200000


def test_markdown_names_each_value_with_its_source(catalog: Catalog) -> None:
    text = model_markdown(catalog, catalog["glm-5.1"])
    line = next(line for line in text.splitlines() if line.startswith("| context_tokens | 200000 tokens |"))
    assert "Z.ai, read 20" in line
    assert "docs.z.ai" in line
    assert "| knowledge_cutoff | unknown |" in text
    # Whatever a cell holds, it stays one.
    for line in text.splitlines():
        if line.startswith("|"):
            assert line.replace("\\|", "").count("|") in {4, 5}


def test_the_list_for_language_models_leads_to_each(catalog: Catalog) -> None:
    text = llms_txt(catalog, "https://example.org/glm")
    assert text.startswith("# GLM Playground\n\n> ")
    for card in catalog.cards:
        assert f"(https://example.org/glm/models/{card.id}.md)" in text

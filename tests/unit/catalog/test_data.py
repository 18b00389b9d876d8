"""The packaged facts: every value has a source, a date and a kind, nothing is lost, and unknown stays unknown."""

import json
import subprocess
import sys
import time
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from glm_playground.catalog import (
    KINDS,
    ROW_KEYS,
    AnyFact,
    Catalog,
    Claim,
    ModelCard,
    load_catalog,
)

NINE = {
    "glm-4.5",
    "glm-4.5-air",
    "glm-4.6",
    "glm-4.7",
    "glm-5",
    "glm-5-turbo",
    "glm-5.1",
    "glm-5.2",
    "glm-5.3",
}
NOT_ON_RUNAPI = {
    "glm-4-32b-0414-128k",
    "glm-4.5v",
    "glm-4.6v",
    "glm-4.6v-flash",
    "glm-4.6v-flashx",
    "glm-4.7-flash",
    "glm-5.2-fast",
    "glm-5.3-flash",
    "glm-5.4",
    "glm-5v-turbo",
    "glm-ocr",
}
ASSUMED = {"glm-5", "glm-5.2", "glm-5.3"}
CATALOG = load_catalog()


def every_fact(catalog: Catalog) -> list[tuple[str, AnyFact]]:
    found = [(f"{card.id}.{key}", fact) for card in catalog.cards for key, fact in card.all_facts()]
    found += [
        (f"{card.id}.{parameter.name}.{key}", fact)
        for card in catalog.cards
        for parameter in card.parameters
        for key, fact in parameter.items()
    ]
    for table in (*catalog.gateways, *catalog.variants, *catalog.tokenizers, catalog.counting):
        found += [(f"{type(table).__name__}.{key}", fact) for key, fact in table.items()]
    return found + [
        (f"{variant.id}.{gateway}.{key}", fact)
        for variant in catalog.variants
        for gateway, price in variant.prices
        for key, fact in price.items()
    ]


def check_claim(key: str, claim: Claim[Any]) -> None:
    assert claim.source in CATALOG.sources, key
    assert isinstance(claim.read, date), key
    assert claim.kind in KINDS, key
    assert claim.value is not None, key


def test_everything_loads() -> None:
    assert CATALOG.rejected == ()


def test_every_claim_has_a_known_source_a_date_and_a_kind() -> None:
    facts = every_fact(CATALOG)
    assert len(facts) > 2000
    for key, fact in facts:
        for claim in fact.claims:
            check_claim(key, claim)
        if fact.known:
            assert fact.chosen is not None
            assert fact.chosen.value == fact.value
            assert (fact.source, fact.kind, fact.read) == (fact.chosen.source, fact.chosen.kind, fact.chosen.read)
        else:
            assert fact.chosen is None
            assert fact.source is None
        if fact.disagrees:
            assert fact.why, f"{key}: nobody says why one was chosen"
    for entry in CATALOG.discrepancies:
        for claim in entry.claims:
            check_claim(entry.subject, claim)


def test_counts() -> None:
    assert set(CATALOG) == NINE | NOT_ON_RUNAPI
    assert {card.id for card in CATALOG.listed_on("runapi")} == NINE
    assert set(CATALOG) - {card.id for card in CATALOG.listed_on("zai")} == {"glm-5.2-fast"}
    # Three results that RunAPI's family page repeats stand in its own tables, not among the models'.
    assert sum(len(table.scores) for card in CATALOG.cards for table in card.gateways) == 3
    assert len(CATALOG.discrepancies) == 32
    assert len(CATALOG.variants) == 7
    assert len(CATALOG.parameters) == 16
    assert len(CATALOG.unknown) == 5
    assert len(CATALOG.sources) > 100


@pytest.mark.parametrize(
    ("model_id", "scores"),
    [
        ("glm-4.5", 20),
        ("glm-4.5-air", 16),
        ("glm-4.6", 17),
        ("glm-4.7", 19),
        ("glm-4.7-flash", 7),
        ("glm-5", 28),
        ("glm-5-turbo", 2),
        ("glm-5.1", 22),
        ("glm-5.2", 38),
        ("glm-5.3", 22),
        ("glm-5.3-flash", 18),
    ],
)
def test_scores_of_each_model(model_id: str, scores: int) -> None:
    card = CATALOG[model_id]
    assert len(card.scores) == scores
    for score in card.scores:
        source = CATALOG.sources[score.source]
        assert (score.publisher, score.kind, score.read) == (source.publisher, source.kind, source.read)


def test_a_score_keeps_the_printed_form() -> None:
    scores = {(card.id, score.benchmark): score for card in CATALOG.cards for score in card.scores}
    money = scores["glm-5.1", "Vending Bench 2"]
    assert (money.value, money.unit, money.published) == (Decimal("5634.41"), "USD", "$5,634.41")
    assert scores["glm-4.5", "AIME 2024"].published == "91.0"
    assert scores["glm-4.5", "AIME 2024"].conditions == "avg@32"


@pytest.mark.parametrize("model_id", sorted(NINE))
def test_the_eight_rows_on_runapi(model_id: str) -> None:
    table = CATALOG[model_id].gateway("runapi")
    assert table is not None
    rows = dict(table.rows)
    assert tuple(rows) == ROW_KEYS
    assert len(rows) == 8
    assert rows["model_id"].value == model_id
    assert rows["provider"].value == "Z.ai"
    assert rows["modality"].value == "text"
    assert rows["task_type"].value == "synchronous"
    assert rows["billing"].value == "1K tokens"
    assert rows["endpoint"].value == "/v1/chat/completions"
    if model_id == "glm-5.1":
        assert (rows["commercial"].value, rows["status"].value) == ("Sim", "Operational")
        assert rows["status"].chosen is not None
        assert rows["status"].chosen.quote == "Operacional"
    elif model_id in {"glm-5.2", "glm-5.3"}:
        assert not rows["commercial"].known
        assert not rows["status"].known
    else:
        assert rows["commercial"].value == "Yes - included via API"
        assert rows["status"].value == "Operational"
        assert [claim.value for claim in rows["status"].others] == ["active"]
    kinds = {rows[key].kind for key in ROW_KEYS if key != "model_id" and rows[key].known}
    assert kinds == ({"inferred"} if model_id in ASSUMED else {"gateway"})
    if model_id in ASSUMED:
        assert all(rows[key].note for key in ROW_KEYS if rows[key].kind == "inferred")


def test_prices_on_runapi_as_published() -> None:
    published = {
        "glm-4.5-air": ("0.10", "0.55", "0.02"),
        "glm-4.6": ("0.30", "1.10", "0.06"),
        "glm-4.7": ("0.30", "1.10", "0.06"),
        "glm-5-turbo": ("0.60", "2.00", "0.12"),
    }
    for card in CATALOG.listed_on("runapi"):
        price = card.price("runapi")
        found = (price.input.value, price.output.value, price.cache_read.value)
        if card.id in published:
            assert found == tuple(map(Decimal, published[card.id]))
            assert price.cache_write_5m.value == 0
            assert price.known
        else:
            assert found == (None, None, None)
            assert not price.known
        assert price.cache_write_1h.value is None
    assert CATALOG["glm-5.1"].price("runapi").headline.value == Decimal("0.030")
    assert CATALOG["glm-5.2"].price("runapi").headline.value is None


def test_prices_of_the_vendor() -> None:
    price = CATALOG["glm-5.1"].price("zai")
    assert [fact.value for _, fact in price.classes] == [Decimal("1.40"), Decimal("4.40"), Decimal("0.26"), None, None]
    assert (price.input.source, price.input.as_of, price.input.read) == ("zai_pricing", "2026-09", date(2026, 11, 23))
    assert price.input.unit == "USD / 1M tokens"
    # A published zero is known; it is not an unknown.
    assert CATALOG["glm-4.7-flash"].price("zai").output.value == 0
    assert CATALOG["glm-5-turbo"].price("zai").historical
    assert CATALOG["glm-5-turbo"].price("zai").input.as_of == "2026-08-21"
    assert not price.historical


def test_an_unknown_gateway_knows_nothing() -> None:
    card = CATALOG["glm-5.1"]
    assert card.gateway("elsewhere") is None
    assert not card.price("elsewhere").known
    assert card.limits("elsewhere") == card.limits()
    assert CATALOG["glm-4.7-flash"].gateway("runapi") is None


def test_limits_prefer_the_gateway() -> None:
    limits = CATALOG["glm-5.2"].limits("runapi")
    assert (limits.context_tokens, limits.max_output_tokens) == (1_000_000, 131_072)
    assert CATALOG["glm-5.2"].limits("zai").context_tokens == 1_048_576
    air = CATALOG["glm-4.5-air"].limits("runapi")
    assert (air.context_tokens, air.max_output_tokens) == (128_000, 98_304)
    assert (air.context.kind, air.max_output.kind) == ("inferred", "vendor")
    assert CATALOG["glm-5.3"].limits("runapi").context_tokens == 1_048_576


def test_unknown_stays_unknown() -> None:
    for card in CATALOG.cards:
        assert card.facts.knowledge_cutoff.value is None
        assert card.facts.knowledge_cutoff.why
    turbo = CATALOG["glm-5-turbo"].facts
    for fact in (turbo.size_total, turbo.size_active, turbo.architecture, turbo.vocabulary):
        assert fact.value is None
        assert fact.claims == ()
    assert {"size_total", "architecture"} <= set(turbo.unknown)
    assert CATALOG.tokenizer("glm-5-turbo") is None


def test_a_source_says_what_each_model_is_best_for() -> None:
    for card in CATALOG.cards:
        claim = card.best_for.chosen
        assert claim is not None, card.id
        # What a sentence is cut out of stands beside it, word by word but for marks of emphasis.
        assert claim.value in (claim.quote or claim.value).replace("*", ""), card.id


def test_disagreeing_claims_are_all_kept() -> None:
    size = CATALOG["glm-5.1"].facts.size_total
    assert size.value == Decimal(744)
    assert size.unit == "B"
    assert size.disagrees
    assert {(claim.source, claim.value) for claim in size.dissenting} == {
        ("hf_widget", Decimal(754)),
        ("nim", Decimal(754)),
        ("runapi", Decimal(754)),
    }
    assert [claim.source for claim in size.others] == ["hf_widget", "nim", "runapi", "runapi_family_nl"]
    cutoff = CATALOG["glm-4.5"].facts.knowledge_cutoff
    assert cutoff.disagrees
    assert {claim.value for claim in cutoff.dissenting} == {"2025-04", "2025-01"}


def test_each_discrepancy_reaches_its_models() -> None:
    for entry in CATALOG.discrepancies:
        for model_id in entry.models:
            assert entry in CATALOG[model_id].discrepancies
        for key in entry.facts:
            if key.startswith("facts."):
                assert hasattr(CATALOG[entry.models[0]].facts, key.removeprefix("facts."))
    assert {entry.topic for entry in CATALOG["glm-5.1"].discrepancies} >= {"size", "context", "benchmark", "license"}
    # What concerns the API as a whole, or no model at all.
    assert [entry.subject for entry in CATALOG.discrepancies if not entry.models] == [
        "stop",
        "tool arguments and error body",
        "tweedy.flanigan.us page 'GLM-5.4'",
    ]


def test_parameters_as_they_apply_to_a_model() -> None:
    def side(card: ModelCard, name: str, key: str) -> object:
        parameter = card.parameter(name)
        assert parameter is not None
        return getattr(parameter, key).value

    old, new, air = CATALOG["glm-5.1"], CATALOG["glm-5.3"], CATALOG["glm-4.5-air"]
    assert (side(old, "temperature", "minimum"), side(old, "temperature", "maximum")) == (0, 1)
    assert side(old, "temperature", "default") == Decimal("1.0")
    assert side(air, "temperature", "default") == Decimal("0.6")
    assert side(old, "top_p", "minimum") == Decimal("0.01")
    assert (side(air, "max_tokens", "maximum"), side(old, "max_tokens", "maximum")) == (98_304, 131_072)
    assert side(old, "thinking.type", "values") == ("enabled", "disabled")
    assert side(new, "thinking.type", "values") == ("enabled",)
    assert side(new, "reasoning_effort", "values") == ("low", "high", "max")
    assert side(old, "reasoning_effort", "values") is None
    assert side(old, "stop", "maximum") == 1
    assert side(old, "tools", "maximum") == 128
    assert side(old, "do_sample", "default") is True
    assert old.parameter("seed") is None
    options = old.parameter("stream_options")
    assert options is not None
    assert not options.documented


def test_capabilities_as_published() -> None:
    two = CATALOG["glm-5.2"].gateway("runapi")
    three = CATALOG["glm-5.3"].gateway("runapi")
    one = CATALOG["glm-5.1"].gateway("runapi")
    assert two is not None
    assert three is not None
    assert one is not None
    assert (two.capabilities.function_tools.value, two.capabilities.default_thinking.value) == ("rejected", "disabled")
    assert three.capabilities.function_tools.value == "not declared"
    assert one.capabilities.function_tools.value == "advertised"
    assert one.capabilities.reasoning_controls.value is None
    assert three.protocols.responses.value is False
    assert one.protocols.responses.value is None


def test_order_is_newest_first_and_stable() -> None:
    assert CATALOG.order == (
        "glm-5.3-flash",
        "glm-5.3",
        "glm-5.2-fast",
        "glm-5.2",
        "glm-5.1",
        "glm-5v-turbo",
        "glm-5-turbo",
        "glm-5",
        "glm-ocr",
        "glm-4.7-flash",
        "glm-4.7",
        "glm-4.6v",
        "glm-4.6v-flash",
        "glm-4.6v-flashx",
        "glm-4.6",
        "glm-4.5v",
        "glm-4.5",
        "glm-4.5-air",
        # Nobody published the dates of these.
        "glm-4-32b-0414-128k",
        "glm-5.4",
    )
    assert tuple(CATALOG) == CATALOG.order
    assert "glm-9" not in CATALOG


def test_near_names() -> None:
    assert CATALOG.near_names("glm-51")[0] == "glm-5.1"
    assert CATALOG.near_names(" GLM-5.3-Flsh ")[0] == "glm-5.3-flash"
    assert CATALOG.near_names("zzz") == ()


def test_variants_and_tokenizers() -> None:
    variant = CATALOG.variant("glm-5.3-flashx")
    assert variant is not None
    assert variant.price("zai").cache_read.value == Decimal("0.075")
    assert not variant.price("runapi").known
    assert CATALOG.variant("glm-5.1") is None
    tokenizer = CATALOG.tokenizer("glm-5.2")
    assert tokenizer is not None
    assert tokenizer.vocabulary.value == 154_880
    for card in CATALOG.cards:
        named = CATALOG.tokenizer(card.id)
        assert card.facts.tokenizer.value == (named.id if named else None)
        assert card.facts.vocabulary.value == (named.vocabulary.value if named else None)
    gateway = CATALOG.gateway("runapi")
    assert gateway is not None
    assert gateway.sdk_base_url.value == "https://runapi.ai/v1"
    assert CATALOG.gateway("elsewhere") is None


def test_own_arithmetic_is_marked_as_inferred() -> None:
    for card in CATALOG.cards:
        for key, fact in card.arithmetic.items() if card.arithmetic else ():
            assert fact.kind in {"inferred", None}, key
    five = CATALOG["glm-5"].arithmetic
    assert five is not None
    assert five.exact.value == 753_864_139_008
    assert CATALOG["glm-5.3"].arithmetic is None


def test_source_of_a_fact() -> None:
    release = CATALOG["glm-5.1"].facts.release
    source = CATALOG.source_of(release)
    assert source is not None
    assert source.publisher == "Z.ai"
    assert CATALOG.source_of(CATALOG["glm-5-turbo"].facts.size_total) is None


def test_cached_and_hashable() -> None:
    start = time.thread_time()
    again = load_catalog()
    assert time.thread_time() - start < 0.001
    assert again is CATALOG
    assert len({hash(card) for card in CATALOG.cards}) == len(CATALOG)
    assert isinstance(hash(CATALOG), int)
    with pytest.raises(TypeError):
        CATALOG.sources["new"] = CATALOG.sources["runapi"]  # type: ignore[index]


def test_a_card_survives_json() -> None:
    for card in CATALOG.cards:
        assert ModelCard.model_validate_json(card.model_dump_json()) == card


def test_the_catalog_needs_nothing_but_pydantic() -> None:
    code = (
        "import json, sys; import glm_playground.catalog; "
        "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"streamlit", "pandas", "httpx", "numpy"} & set(json.loads(done.stdout))

"""Choose: which models fit, in which order, and what each place is made of."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from time import thread_time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glm_playground.catalog import Catalog, Claim, Fact, ModelCard, ModelFacts, Score, load_catalog
from glm_playground.catalog.choice import (
    Aspect,
    AssessedModel,
    ChoiceQuestion,
    Known,
    Shortlist,
    boards_of,
    choose,
    context_of,
)
from glm_playground.catalog.needs import Checked, Feature, Need, NeedName, Said, Use
from glm_playground.catalog.ranking import ranking
from glm_playground.catalog.running_cost import Load
from glm_playground.catalog.sellers import BASES
from glm_playground.catalog.topics import Topic, boards, topic_of

CATALOG = load_catalog()
LOAD = Load(1_000, 2_000, 500)
READ = date(2026, 11, 23)

TOOL = Feature(Said.MEASURED, "tool")


def ask(
    need: Need, *weights: Aspect, catalog: Catalog = CATALOG, known: Known | None = None, **fields: Any
) -> Shortlist:
    question = ChoiceQuestion(need, dict.fromkeys(weights, 1), LOAD, BASES[0])
    return choose(catalog, replace(question, **fields), known or Known())


def ids(candidates: tuple[AssessedModel, ...]) -> list[str]:
    return [one.card.id for one in candidates]


def places(shortlist: Shortlist) -> list[tuple[int | None, str]]:
    return [(one.place, one.card.id) for one in shortlist.placed]


def of(shortlist: Shortlist, model: str) -> AssessedModel:
    everyone = (*shortlist.fitting, *shortlist.may_fit, *shortlist.excluded)
    return next(one for one in everyone if one.card.id == model)


def why(candidate: AssessedModel) -> dict[NeedName | Feature, Any]:
    """The values that were looked at, by need."""
    return {checked.need: checked.evidence[0].fact.value for checked in candidate.checked}


def test_who_alone_meets_the_needs_has_the_first_place() -> None:
    features = {"glm-4.6": {TOOL: Checked(TOOL, True)}, "glm-4.7": {TOOL: Checked(TOOL, False)}}
    found = ask(Need(features=(TOOL,)), Aspect.CODING, known=Known(features=features))
    assert (places(found), found.unplaced) == ([(1, "glm-4.6")], ())
    assert ids(found.excluded) == ["glm-4.7"]
    # Of the others nothing was found, which is no "no".
    assert len(found.may_fit) == len(CATALOG) - 2


# -- three needs, by hand from the model files


def test_the_cheapest_that_reads_images() -> None:
    found = ask(Need(vision=True), Aspect.PRICE)
    # 2,000 tokens in and 500 out: 0.8 of the price of input and 0.2 of that of output, all by Z.ai.
    assert [(one.card.id, one.offer.seller, one.offer.cost.per_million) for one in found.placed] == [
        ("glm-4.6v-flash", "zai", 0),
        ("glm-ocr", "zai", Decimal("0.03")),
        ("glm-4.6v-flashx", "zai", Decimal("0.8") * Decimal("0.04") + Decimal("0.2") * Decimal("0.4")),
        ("glm-5.3-flash", "zai", Decimal("0.8") * Decimal("0.15") + Decimal("0.2") * Decimal("0.50")),
        ("glm-4.6v", "zai", Decimal("0.8") * Decimal("0.3") + Decimal("0.2") * Decimal("0.9")),
        ("glm-4.5v", "zai", Decimal("0.8") * Decimal("0.6") + Decimal("0.2") * Decimal("1.8")),
        ("glm-5v-turbo", "zai", Decimal("0.8") * Decimal("1.2") + Decimal("0.2") * Decimal("4.0")),
    ]
    assert [one.place for one in found.placed] == [1, 2, 3, 4, 5, 6, 7]
    # It reads images, and nobody published its price: no zero, no place, and not excluded.
    assert ids(found.unplaced) == ["glm-5.4"]
    assert found.may_fit == ()
    assert why(of(found, "glm-5.3")) == {NeedName.VISION: ("text",)}
    assert len(found.excluded) == 12


def test_the_best_coder_with_open_weights_on_8_gpus_of_141_gb() -> None:
    found = ask(Need(open_weights=True, gpus=(8, 141)), Aspect.CODING)
    # DeepSWE v1.1: 66.9, 63.4, 46.2; NL2Repo at max effort: 58.0, 56.3, 48.9; five more of 5.3 against 5.2 alone.
    assert places(found) == [(1, "glm-5.3"), (2, "glm-5.3-flash"), (3, "glm-5.2")]
    first = found.placed[0]
    assert why(first) == {NeedName.OPEN_WEIGHTS: True, NeedName.GPUS: 893}
    assert [checked.evidence[0].key for checked in first.checked][1] == "facts.gpu_memory_fp8"
    shown = boards_of(first, found.fitting, Aspect.CODING, CATALOG, unstated=False)
    assert [board.benchmark for board in shown[:2]] == ["DeepSWE v1.1", "NL2Repo"]
    assert len(shown) == 7
    # They fit, and their scores were published under other conditions.
    assert {"glm-5.1", "glm-5", "glm-4.7", "glm-4.6", "glm-4.5"} <= set(ids(found.unplaced))
    # Nobody published what their weights take, or whether there are any.
    assert {"glm-4.5-air", "glm-4.7-flash", "glm-5.2-fast", "glm-5.4"} <= set(ids(found.may_fit))
    assert set(ids(found.excluded)) == {"glm-5-turbo", "glm-5v-turbo"}


def test_the_longest_context_below_a_dollar() -> None:
    found = ask(Need(price=Decimal(1)), Aspect.CONTEXT)
    assert places(found)[0] == (1, "glm-5.3-flash")
    assert (context_of(found.placed[0]).value, found.placed[0].offer.cost.per_million) == (1_048_576, Decimal("0.22"))
    # All have 200,000 tokens, so they share a place.
    assert {model for place, model in places(found) if place == 2} == {
        "glm-4.7-flash",
        "glm-4.7",
        "glm-4.6",
        "glm-5-turbo",
    }
    # The others, too, by what their seller gives: 131,072, 128,000 and 65,536 tokens.
    assert [(place, context_of(one).value) for one in found.placed[5:] for place in [one.place]] == [
        *[(6, 131_072)] * 3,
        *[(9, 128_000)] * 4,
        (13, 65_536),
    ]
    assert all(one.offer.cost.per_million is not None and one.offer.cost.per_million <= 1 for one in found.placed)
    assert set(ids(found.excluded)) == {"glm-5.3", "glm-5.2", "glm-5.1", "glm-5", "glm-5v-turbo"}
    assert of(found, "glm-5").offer.cost.per_million == Decimal("1.44")
    # Neither RunAPI nor Z.ai has a price for them.
    assert set(ids(found.may_fit)) == {"glm-5.4", "glm-5.2-fast"}


# -- needs


def test_everybody_is_in_one_group_and_an_unknown_excludes_nobody() -> None:
    need = Need(200_000, 100_000, True, False, True, True, Use.OWN_SERVERS, Decimal(3), "zai", (8, 141))
    found = ask(need, Aspect.PRICE)
    groups = (found.placed, found.unplaced, found.may_fit, found.excluded)
    assert sorted(model for group in groups for model in ids(group)) == sorted(CATALOG)
    for one in found.excluded:
        assert all(evidence.fact.known for checked in one.missed for evidence in checked.evidence)


@pytest.mark.parametrize(
    ("use", "model", "met"),
    [
        (Use.OWN_SERVERS, "glm-5.3", True),
        (Use.SERVICE, "glm-5.3", False),
        (Use.SERVICE, "glm-5.2", True),
        (Use.OWN_SERVERS, "glm-5-turbo", False),
        (Use.OWN_SERVERS, "glm-5.4", None),
        (Use.API, "glm-5.1", True),
        (Use.API, "glm-5.3", None),
    ],
)
def test_a_licence_is_held_against_the_use(use: Use, model: str, met: bool | None) -> None:
    [checked] = of(ask(Need(use=use), Aspect.PRICE), model).checked
    assert checked.met is met
    if met is not None:
        assert checked.evidence[0].fact.known


@pytest.mark.parametrize(
    ("seller", "model", "met"),
    [
        ("runapi", "glm-5.3", True),
        ("runapi", "glm-5.3-flash", False),
        # Delisted.
        ("zai", "glm-5-turbo", False),
        ("zai", "glm-5.2-fast", False),
        ("vercel", "glm-5.3", True),
    ],
)
def test_a_seller_is_what_its_lists_say(seller: str, model: str, met: bool) -> None:
    [checked] = of(ask(Need(seller=seller), Aspect.PRICE), model).checked
    assert checked.met is met
    assert checked.evidence[0].fact.known


def test_what_the_gateway_lists_now_goes_before_what_was_published() -> None:
    claim = Claim[bool](value=False, source="live_models", read=READ, kind="gateway")
    listed = {"glm-5.3": Fact[bool](value=False, claims=(claim,))}
    found = ask(Need(seller="runapi"), Aspect.PRICE, known=Known(listed={"runapi": listed}))
    assert of(found, "glm-5.3").checked[0].met is False
    unknown = ask(Need(seller="own"), Aspect.PRICE, known=Known(listed={"own": {"glm-5.3": Fact[bool]()}}))
    # Another gateway's list says nothing of RunAPI.
    elsewhere = ask(Need(seller="runapi"), Aspect.PRICE, known=Known(listed={"own": listed}))
    assert of(elsewhere, "glm-5.3").checked[0].met is True
    assert len(unknown.may_fit) == len(CATALOG)
    # A further gateway is asked by its name, and only its own list counts.
    for_b = Known(listed={"at:Plan B": listed, "own": {"glm-5.3": Fact[bool]()}})
    assert of(ask(Need(seller="at:Plan B"), Aspect.PRICE, known=for_b), "glm-5.3").checked[0].met is False
    assert of(ask(Need(seller="at:Plan C"), Aspect.PRICE, known=for_b), "glm-5.3").checked[0].met is None


# -- places


def card(name: str, **scores: str) -> ModelCard:
    """A model with scores: the benchmark's name, and its value with the conditions behind an "@"."""
    found = []
    for benchmark, text in scores.items():
        value, _at, conditions = text.partition("@")
        source = conditions if conditions.startswith("hf_") else "hf"
        stated = None if not conditions or conditions.startswith("hf_") else conditions
        found.append(_score(benchmark.replace("_", " "), value, stated, source))
    return ModelCard(id=name, name=name, facts=ModelFacts(), scores=tuple(found))


def _score(benchmark: str, value: str, conditions: str | None, source: str) -> Score:
    fields = {
        "benchmark": benchmark,
        "value": Decimal(value),
        "published": value,
        "unit": "%",
        "conditions": conditions,
    }
    return Score(**fields, publisher="Z.ai (model card)", source=source, kind="vendor", read=READ)


def coding(*cards: ModelCard, unstated: bool = False) -> dict[str, int | None]:
    found = ask(Need(), Aspect.CODING, catalog=Catalog(cards), unstated=unstated)
    return {one.card.id: one.place for one in found.placed}


def test_other_conditions_are_never_held_against_each_other() -> None:
    one, other = card("a", DeepSWE="50@max effort"), card("b", DeepSWE="60@low effort")
    assert coding(one, other) == {}
    assert coding(one, card("b", DeepSWE="60@max effort")) == {"b": 1, "a": 2}


def test_scores_without_conditions_are_of_one_document_unless_asked_otherwise() -> None:
    cards = card("a", DeepSWE="50@hf_a"), card("b", DeepSWE="60@hf_b")
    assert coding(*cards) == {}
    assert coding(*cards, unstated=True) == {"b": 1, "a": 2}
    assert coding(card("a", DeepSWE="50@hf_a"), card("b", DeepSWE="60@hf_a")) == {"b": 1, "a": 2}


def test_who_beat_one_weak_rival_is_not_before_who_beat_the_strong() -> None:
    """With mean ranks, "old" would be first on its board and so level with "new"."""
    new = card("new", DeepSWE="90@max")
    middle = card("middle", DeepSWE="80@max", SciCode="70@x")
    old = card("old", SciCode="60@x", NL2Repo="50@y")
    weak = card("weak", NL2Repo="40@y")
    assert coding(weak, old, middle, new) == {"new": 1, "middle": 2, "old": 3, "weak": 4}


def test_a_board_counts_once_and_values_are_never_added() -> None:
    one = card("a", DeepSWE="99@x", SciCode="10@x", NL2Repo="10@x")
    other = card("b", DeepSWE="1@x", SciCode="11@x", NL2Repo="11@x")
    assert coding(one, other) == {"b": 1, "a": 2}


def test_what_is_not_compared_is_no_zero_and_widens_the_places() -> None:
    found = ask(Need(), Aspect.CODING, Aspect.AGENTS, Aspect.PRICE)
    by_id = {one.card.id: one for one in found.placed}
    partly = by_id["glm-5.1"]
    assert Aspect.CODING not in partly.standings
    assert partly.first is not None
    assert partly.last is not None
    assert partly.first < partly.last
    for one in found.placed:
        assert (one.first or 0) <= (one.place or 0) <= (one.last or 0)
        assert one.covered > 0.5
    # Only its price is known, a third of what matters.
    assert "glm-4.6v-flash" in ids(found.unplaced)


def test_without_a_weight_nobody_has_a_place() -> None:
    found = ask(Need(vision=True))
    assert found.placed == ()
    assert len(found.unplaced) == 8


@pytest.mark.parametrize(("aspect", "first"), [(Aspect.SPEED, "glm-5.3"), (Aspect.TTFT, "glm-5.2")])
def test_what_was_measured_is_ranked_within_a_gateway(aspect: Aspect, first: str) -> None:
    def measured(value: float) -> Fact[float]:
        claim = Claim[float](value=value, source="own_runs", read=READ, kind="measured")
        return Fact[float](value=value, claims=(claim,))

    figures = {
        "Near": {"glm-5.3": measured(50.0), "glm-5.2": measured(40.0)},
        # Faster than both, on a gateway where neither was measured.
        "Far": {"glm-4.6": measured(400.0)},
    }
    found = ask(Need(), aspect, known=Known(measured={aspect: figures}))
    assert [place for place, _model in places(found)] == [1, 2]
    assert {model for _place, model in places(found)} == {"glm-5.3", "glm-5.2"}
    assert places(found)[0] == (1, first)


@pytest.mark.slow
@pytest.mark.measures
def test_a_changed_weight_is_answered_at_once_for_500_models() -> None:
    cards = tuple(card.model_copy(update={"id": f"{card.id}-{copy}"}) for copy in range(25) for card in CATALOG.cards)
    many = Catalog(cards)
    ask(Need(), Aspect.CODING, catalog=many)
    start = thread_time()
    found = ask(Need(tools=True), *Aspect, catalog=many)
    assert thread_time() - start < 0.3
    assert len(cards) == 500
    assert {model.rpartition("-")[0] for model in ids(found.placed)} <= set(CATALOG)


@given(st.lists(st.dictionaries(st.sampled_from("abcdefg"), st.floats(0, 9).map(round), min_size=1), max_size=8))
def test_a_ranking_is_an_order(orders: list[dict[str, float]]) -> None:
    found = ranking(orders)
    standings = found.among("abcdefg")
    assert len(standings) != 1
    for standing in standings.values():
        assert standing.others == len(standings) - 1
        assert 0 <= standing.least <= standing.value <= standing.most <= 1
    for place, before in enumerate(found.before):
        assert not before >> place & 1
        for other, theirs in enumerate(found.before):
            if before >> other & 1:
                assert not theirs >> place & 1
                assert theirs | before == before


def test_every_benchmark_of_the_catalog_has_a_subject() -> None:
    unknown = {board.benchmark for board in boards(CATALOG.cards) if topic_of(board.benchmark) is Topic.OTHER}
    # It is about following instructions.
    assert unknown == {"IFEval"}
    assert topic_of("AA Intelligence Index v4.1.1") is topic_of("AA Intelligence Index v9") is Topic.OVERALL

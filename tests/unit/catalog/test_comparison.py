"""Models side by side: rows, differences and their order."""

from decimal import Decimal
from typing import Any

import pytest

from glm_playground.catalog import Fact, Score, load_catalog
from glm_playground.catalog.comparison import (
    CARDS_OF_RUNAPI,
    KEY_FACTS,
    NOT_COMPARED,
    Difference,
    compare,
    difference,
    differs_from,
    fact_at,
    in_order,
    score_key,
    score_names,
)
from tests.unit.catalog.made_facts import EVERY_KEY, READ, card, everything, said


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

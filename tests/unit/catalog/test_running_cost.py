"""What a load costs a day: the sum of its terms, and unknown where a price is."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glm_playground.catalog import Fact, PriceFacts
from glm_playground.catalog.running_cost import Load, cheapest_first, running_cost
from tests.unit.catalog.made_facts import card, said

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

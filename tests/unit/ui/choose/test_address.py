"""What is asked of Choose, and by what prices are told, as addresses say it."""

from dataclasses import fields
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glm_playground.catalog.choice import Aspect
from glm_playground.catalog.needs import Feature, Need, Said, Use
from glm_playground.catalog.running_cost import Load
from glm_playground.catalog.sellers import OWN, SELLERS, seller_at
from glm_playground.ui.choose.address import MOST_WEIGHT, NAMES, NEEDED, Requirements, read, write
from glm_playground.ui.shared.facts.price_basis import (
    CURRENCIES,
    DEFAULT,
    PriceBasis,
    Rate,
    address_of,
    basis_of,
    load_of,
)

FEATURES = [Feature(said, probe.value) for said in Said for probe in NEEDED[said]]
TOKENS = st.none() | st.integers(1, 100_000_000)
NEEDS = st.builds(
    Need,
    context=TOKENS,
    output=TOKENS,
    tools=st.booleans(),
    vision=st.booleans(),
    open_weights=st.booleans(),
    thinking_off=st.booleans(),
    use=st.none() | st.sampled_from(Use),
    price=st.none() | st.decimals(0, 1000, places=4),
    seller=st.none() | st.sampled_from((OWN, *SELLERS, seller_at("Plan B"))),
    gpus=st.none() | st.tuples(st.integers(1, 10_000), st.integers(1, 10_000)),
    features=st.sets(st.sampled_from(FEATURES)).map(lambda found: tuple(one for one in FEATURES if one in found)),
)
WEIGHTS = st.dictionaries(st.sampled_from(Aspect), st.integers(1, MOST_WEIGHT)).map(
    lambda found: {aspect: found[aspect] for aspect in Aspect if aspect in found}
)


@given(NEEDS, WEIGHTS, st.booleans())
def test_an_address_says_all_that_is_asked(need: Need, weights: dict[Aspect, int], unstated: bool) -> None:
    asked = Requirements(need, weights, unstated)
    assert read(write(asked)) == (asked, ())


@given(st.dictionaries(st.sampled_from(NAMES), st.text(max_size=30)))
def test_no_address_is_refused(address: dict[str, str]) -> None:
    asked, misspelt = read(address)
    assert set(misspelt) <= set(NAMES)
    assert read(write(asked)) == (asked, ())


def test_every_need_is_in_the_address() -> None:
    need = Need(1, 1, True, True, True, True, Use.API, Decimal(1), "zai", (1, 1), (FEATURES[0], FEATURES[-1]))
    assert all(getattr(need, entry.name) for entry in fields(Need))
    assert read(write(Requirements(need))).asked.need == need


@pytest.mark.parametrize(
    "text", ["", "1-2-3", "1-0-3-4-5", "1-2-3-4-101", "-1-2-3-4-5", "1e9-2-3-4-5", "１-2-3-4-5", "x"]
)
def test_a_load_that_is_spelt_wrong_is_none(text: str) -> None:
    assert load_of(text) is None


RATES = st.dictionaries(st.sampled_from(CURRENCIES), st.decimals("0.0001", 1_000_000, places=4)).map(
    lambda found: tuple(Rate(currency, found[currency]) for currency in CURRENCIES if currency in found)
)
LOADS = st.builds(
    lambda requests, into, out, cached, thinking: Load(requests, into, out, Decimal(cached), thinking),
    st.integers(0, 10**9),
    st.integers(1, 10**7),
    st.integers(0, 10**7),
    st.integers(0, 100),
    st.integers(0, 10**7),
)
BASES = st.none() | st.permutations((OWN, *SELLERS)).flatmap(
    lambda names: st.integers(1, len(names)).map(lambda count: tuple(names[:count]))
)


@given(st.builds(PriceBasis, LOADS, BASES, RATES))
def test_an_address_says_by_what_prices_are_told(basis: PriceBasis) -> None:
    assert basis_of(address_of(basis)) == basis


@given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=30))
def test_what_is_spelt_wrong_is_the_default(load: str, sellers: str, rate: str) -> None:
    basis = basis_of({"load": load, "prices": sellers, "rate": rate})
    assert basis_of(address_of(basis)) == basis


def test_nothing_said_is_the_default() -> None:
    assert basis_of({}) == DEFAULT
    assert address_of(DEFAULT) == {}

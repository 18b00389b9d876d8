"""A fact's own rules: it stands on claims, a choice is explained, and it survives a round trip."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from glm_playground.catalog import KINDS, Claim, Fact
from glm_playground.catalog.types import exact_number, texts

numbers = st.decimals(allow_nan=False, allow_infinity=False, places=4)
claims = st.builds(
    Claim[Decimal],
    value=numbers,
    source=st.text(min_size=1, max_size=8),
    read=st.dates(),
    kind=st.sampled_from(KINDS),
    as_of=st.none() | st.just("2026-09"),
    note=st.none() | st.text(max_size=8),
)


def claim(value: int, source: str = "a") -> Claim[int]:
    return Claim[int](value=value, source=source, read=date(2026, 11, 23), kind="vendor")


@given(st.lists(claims, min_size=1, max_size=4), st.data())
def test_a_fact_survives_json(stated: list[Claim[Decimal]], data: st.DataObject) -> None:
    value = data.draw(st.sampled_from([entry.value for entry in stated]))
    fact = Fact[Decimal](value=value, unit="B", claims=tuple(stated), why="because")
    assert Fact[Decimal].model_validate_json(fact.model_dump_json()) == fact
    assert hash(fact) == hash(fact.model_copy())
    assert fact.chosen is not None
    assert fact.chosen.value == value
    assert len(fact.others) == len(stated) - 1
    assert all(entry.value != value for entry in fact.dissenting)
    assert fact.disagrees == (len({entry.value for entry in stated}) > 1)


def test_the_empty_fact_is_unknown() -> None:
    fact = Fact[int]()
    assert not fact.known
    assert not fact.disagrees
    assert (fact.value, fact.chosen, fact.source, fact.kind, fact.read, fact.as_of, fact.note) == (None,) * 7
    assert (fact.others, fact.dissenting) == ((), ())


def test_zero_and_false_are_known() -> None:
    assert Fact[int](value=0, claims=(claim(0),)).known
    stated = Claim[bool](value=False, source="a", read=date(2026, 11, 23), kind="vendor")
    assert Fact[bool](value=False, claims=(stated,)).known


def test_a_value_without_a_claim_is_refused() -> None:
    with pytest.raises(ValidationError, match="a value without a claim"):
        Fact[int](value=1)
    with pytest.raises(ValidationError, match="a value without a claim"):
        Fact[int](value=1, claims=(claim(2),), why="because")


def test_a_silent_choice_is_refused() -> None:
    with pytest.raises(ValidationError, match="why"):
        Fact[int](value=1, claims=(claim(1), claim(2, "b")))
    with pytest.raises(ValidationError, match="why"):
        Fact[int](claims=(claim(1),))
    assert Fact[int](value=1, claims=(claim(1), claim(1, "b"))).others == (claim(1, "b"),)


def test_a_fact_cannot_be_changed() -> None:
    fact = Fact[int](value=1, claims=(claim(1),))
    with pytest.raises(ValidationError):
        fact.value = 2  # type: ignore[misc]
    with pytest.raises(ValidationError):
        Fact[int](value=1, claims=(claim(1),), extra=1)  # type: ignore[call-arg]


@given(numbers)
def test_an_exact_number_loses_nothing(number: Decimal) -> None:
    assert exact_number(str(number)) == number


@pytest.mark.parametrize("bad", [0.1, 1, True, None, "", "one", "NaN", "Infinity", ["1"]])
def test_what_is_no_exact_number(bad: object) -> None:
    with pytest.raises(ValueError, match="expected a"):
        exact_number(bad)


@pytest.mark.parametrize("bad", [[], "text", [1], [""]])
def test_what_is_no_list_of_texts(bad: object) -> None:
    with pytest.raises(ValueError, match="expected a"):
        texts(bad)

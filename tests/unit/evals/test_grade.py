"""What the checks make of answers."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glm_playground.evals.grade import Grade, Graded, Output, grade, grade_of, number_of
from glm_playground.evals.suite import Check, CheckKind
from glm_playground.gateway import ToolCall

P, F, U = Grade.PASSED, Grade.FAILED, Grade.UNTOLD


@pytest.mark.parametrize(
    ("kind", "value", "text", "found"),
    [
        ("equals", "Paris", " Paris\n", P),
        ("equals", "Paris", "paris", F),
        ("equals", {"a": [1, None]}, '{"a": [1.0, null]}', P),
        ("equals", {"a": 1}, '{"a": true}', F),
        ("equals", {"a": 1}, '```json\n{"a": 1}\n```', F),
        ("contains", "não", "eu não sei", P),
        ("icontains", "STRASSE", "die Straße", P),
        ("contains-all", ["a", "b"], "a", F),
        ("contains-any", ["a", "b"], "b", P),
        ("icontains-any", ["X"], "no", F),
        ("starts-with", "Sure", "\nSure, here", P),
        ("regex", r"\d{3}-\d{4}", "call 555-1234", P),
        ("regex", "^b", "ab", F),
        ("is-json", None, "[1]", P),
        ("is-json", None, "[1", F),
        ("is-json", {"type": "object", "required": ["a"]}, '{"b": 1}', F),
        ("contains-json", {"type": "object", "required": ["a"]}, 'Here: [1] and {"a": {"b": 2}}.', P),
        ("contains-json", None, "none { here", F),
        ("numeric", 42, "The answer is 42.", P),
        ("numeric", 1234.5, "São R$ 1.234,50", P),
        ("numeric", 1234567, "1,234,567 people", P),
        ("numeric", -3, "\N{MINUS SIGN}3", P),
        ("numeric", 42, "none", F),
        ("llm-rubric", "is polite", "Hello.", U),
    ],
)
def test_a_check(kind: str, value: object, text: str, found: Grade) -> None:
    check = Check.model_validate({"kind": kind, "value": value})
    graded = grade(check, Output(text))
    assert (graded.grade, graded.reason) == (found, graded.reason)
    assert bool(graded.reason) is (found is not P)
    opposite = {P: F, F: P, U: U}[found]
    assert grade(check.model_copy(update={"negated": True}), Output(text)).grade is opposite


def test_a_pattern_that_never_ends_is_untold_and_not_failed() -> None:
    graded = grade(Check(kind=CheckKind.REGEX, value=r"(((a{0,30}){0,30}){0,30}){0,3}z"), Output("a" * 9998))
    assert graded.grade is Grade.UNTOLD
    assert "too long" in graded.reason


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ({"name": "get", "arguments": {"city": "Rio"}}, P),
        ({"name": "get", "arguments": {"city": "Recife"}}, F),
        ({"name": "get"}, P),
        ({"name": "set"}, F),
    ],
)
def test_a_tool_is_called_with_at_least_these_arguments(value: dict[str, object], found: Grade) -> None:
    calls = (
        ToolCall(id="1", name="get", arguments="{"),
        ToolCall(id="2", name="get", arguments='{"city":"Rio","n":1}'),
    )
    assert grade(Check.model_validate({"kind": "tool-called", "value": value}), Output("", calls)).grade is found


def test_what_nobody_knows_is_no_failure() -> None:
    cost = Check(kind=CheckKind.COST, threshold=0.01)
    assert grade(cost, Output("")).grade is U
    assert grade(cost, Output("", cost=Decimal("0.01"))).grade is P
    assert grade(cost, Output("", cost=Decimal("0.02"))).grade is F
    latency = Check(kind=CheckKind.LATENCY, threshold=500)
    assert [grade(latency, Output("", latency_ms=ms)).grade for ms in (None, 500.0, 501.0)] == [U, P, F]


def test_a_case_passes_where_all_its_checks_do() -> None:
    check = Check(kind=CheckKind.EQUALS, value="")
    for grades, found in (((), U), ((P, P), P), ((P, U), U), ((U, F), F)):
        assert grade_of(Graded(check, one) for one in grades) is found


@given(st.floats(-1e9, 1e9).map(lambda value: round(value, 2)))
def test_a_number_is_the_same_in_both_languages(value: float) -> None:
    english = f"{value:,.2f}"
    portuguese = english.translate(str.maketrans(",.", ".,"))
    assert number_of(english) == pytest.approx(value)
    if "," in english or abs(value) < 1000:
        assert number_of(portuguese) == pytest.approx(value)

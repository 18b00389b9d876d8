"""JSON, schemas and answers as people and models write them."""

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from glm_playground.chat.schema_pool import Unchecked
from glm_playground.chat.strict_json import read_json
from glm_playground.chat.structured import (
    SchemaCheck,
    SchemaProblem,
    check_answer,
    check_json,
    read_schema,
)

PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "tags": {"type": "array", "items": {"type": "integer"}}},
    "required": ["name"],
}


def asked(schema: Any) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}


def check_value(value: Any, schema: Any) -> SchemaCheck:
    return check_json(json.dumps(value), schema)


def problems_of(answer: str, wanted: dict[str, Any]) -> tuple[SchemaProblem, ...]:
    check = check_answer(answer, wanted)
    assert check
    assert check.unchecked is None
    return check.problems


def said(value: Any, schema: Any) -> str:
    """The only problem of `value`."""
    (problem,) = check_value(value, schema).problems
    return problem.message


def unusable(value: Any, schema: Any) -> str:
    """Why `value` is not checked."""
    check = check_value(value, schema)
    assert (check.problems, check.unchecked, check.fits) == ((), Unchecked.UNUSABLE, False)
    return check.why


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)
keywords = st.sampled_from(
    [
        "$ref",
        "$id",
        "$anchor",
        "$schema",
        "$defs",
        "$dynamicRef",
        "type",
        "properties",
        "items",
        "prefixItems",
        "patternProperties",
        "pattern",
        "not",
        "allOf",
        "anyOf",
        "if",
        "then",
        "additionalProperties",
        "unevaluatedProperties",
        "uniqueItems",
        "multipleOf",
        "required",
        "minimum",
        "enum",
    ]
)
schemas = st.recursive(
    st.booleans() | st.integers() | st.sampled_from(["#", "#/a", "x:y", "http://[", "(a+)+$", "(?=a)", "(", "object"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keywords, inner, max_size=4),
    max_leaves=12,
)


@given(json_values.map(json.dumps) | st.text(), schemas)
@example("[" * 100_000, True)
@example("1" * 5000, {"multipleOf": 0.5})
@example('{"\\ud800": 1}', {"additionalProperties": False})
@example("```", {})
@settings(max_examples=100, deadline=None)
def test_no_answer_and_no_schema_raises(answer: str, schema: Any) -> None:
    check = check_answer(answer, asked(schema))
    assert check is not None
    "".join([check.why, *(path + message for path, message in check.problems)]).encode()


@given(st.text() | json_values.map(json.dumps) | schemas.map(json.dumps))
@settings(deadline=None)
def test_a_typed_text_is_a_schema_or_a_problem(text: str) -> None:
    found = read_schema(text)
    assert isinstance(found, SchemaProblem) or found == json.loads(text)


@given(st.recursive(st.integers() | st.text() | st.booleans(), lambda i: st.lists(i) | st.dictionaries(st.text(), i)))
def test_json_that_all_readers_agree_on_is_read_as_it_is(value: Any) -> None:
    assert read_json(json.dumps(value, indent=1)) == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a":\n tru}', "line 2, column 2"),
        ("", "line 1, column 1"),
        ("[NaN]", "NaN"),
        ("[-Infinity]", "-Infinity"),
        ("1e999", "range"),
        ("1" * 1001, "digits"),
        ('{"a": {"b": 1, "b": 1}}', "'b' occurs twice"),
        ('"\\ud83d"', "surrogate"),
        ("[" * 66 + "]" * 66, "deeper than 64"),
        ("[" * 100_000, "deeper than 64"),
    ],
)
def test_json_that_readers_refuse_or_differ_on_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_json(text)


@pytest.mark.parametrize("response_format", [None, {}, {"type": "text"}, {"type": "grammar"}, {"type": ["text"]}])
def test_without_json_asked_for_nothing_is_checked(response_format: dict[str, Any] | None) -> None:
    assert check_answer("{", response_format) is None


def test_an_answer_that_fits_has_no_problem() -> None:
    for answer, wanted in (
        (' {"name": "Ada", "tags": [1, 2]}\n', asked(PERSON)),
        ("[1]", {"type": "json_object"}),
        ("[1]", {"type": "json_schema", "json_schema": {"name": "any"}}),
    ):
        check = check_answer(answer, wanted)
        assert check
        assert check.fits


def test_each_problem_has_its_path() -> None:
    assert {path for path, _ in problems_of('{"tags": [1, "x"]}', asked(PERSON))} == {"$", "$.tags[1]"}


@pytest.mark.parametrize("fenced", ["```json\n{}\n```", "\n```\n{}```\n\n", "```json\n{}", "```json {}```"])
def test_a_fence_is_a_problem_and_its_content_is_checked(fenced: str) -> None:
    fence, missing = problems_of(fenced, asked(PERSON))
    assert "fence" in fence.message
    assert "'name' is a required property" in missing.message


def test_lines_count_in_the_answer_with_its_fence() -> None:
    _, problem = problems_of('```json\n{"a":\n  tru}\n```', {"type": "json_object"})
    assert "line 3, column 3" in problem.message


def test_at_most_twenty_problems_are_told_each_cut() -> None:
    problems = check_value(["x" * 5000] * 50, {"items": {"type": "integer"}}).problems
    assert len(problems) == 20
    assert all(len(message) <= 300 and message.endswith("is not of type 'integer'") for _, message in problems)


@pytest.mark.parametrize("ref", ["https://example.com/s", "file:///etc/hostname", "#/$defs/no", "#no", "http://[x"])
@pytest.mark.parametrize("keyword", ["$ref", "$dynamicRef"])
def test_a_reference_out_of_the_schema_is_not_checked_even_where_failing_is_asked_for(keyword: str, ref: str) -> None:
    assert "nothing is fetched" in unusable({}, {"not": {keyword: ref}})


def test_references_within_the_schema_are_followed() -> None:
    tree = {"$defs": {"node": {"items": {"$ref": "#/$defs/node"}, "type": "array"}}, "$ref": "#/$defs/node"}
    assert check_value([[], [[]]], tree).fits
    assert [problem.path for problem in check_value([[], [[1]]], tree).problems] == ["$[1][0][0]"]


def test_a_reference_in_a_circle_is_not_checked() -> None:
    assert "circle" in unusable(1, {"$ref": "#"})


def test_a_part_of_the_schema_may_be_of_another_draft() -> None:
    part = {"$schema": "http://json-schema.org/draft-07/schema#", "pattern": "^b+$"}
    assert "does not match" in said({"a": "a"}, {"properties": {"a": part}})


@pytest.mark.parametrize("pattern", [r"\p{L}", r"\u{1F600}", "(?<letter>a)", r"\cA"])
def test_a_pattern_of_other_engines_is_read_and_told_as_not_checked(pattern: str) -> None:
    schema = {"pattern": pattern}
    assert read_schema(json.dumps(schema)) == schema
    assert "pattern" in unusable("a", schema)


def test_what_a_check_cannot_hold_is_not_checked() -> None:
    deep: Any = {}
    for _ in range(2000):
        deep = {"not": deep}
    assert "deeply" in unusable(1, deep)
    assert check_json("[" + "1," * 5_000_000 + "1]", {}).unchecked is Unchecked.COSTLY


def test_unique_items_are_told_apart_as_the_draft_has_it() -> None:
    unique = {"uniqueItems": True}
    assert check_value([1, True, "1", [1], [True], {"a": 1}, {"a": True}, None, 0, False], unique).fits
    assert "non-unique" in said([{"a": [1]}, {"a": [1.0]}], unique)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("", "$"),
        ("[]", "$"),
        ("true", "$"),
        ('{"type": "strin"}', "$.type"),
        ('{"properties": {"a": {"minimum": "1"}}}', "$.properties.a.minimum"),
        ('{"items": [{}]}', "$.items"),
        ('{"pattern": "("}', "$.pattern"),
    ],
)
def test_what_is_no_schema_is_told_with_its_place(text: str, path: str) -> None:
    problem = read_schema(text)
    assert isinstance(problem, SchemaProblem)
    assert problem.path == path

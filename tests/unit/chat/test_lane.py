"""The settings of a lane as a form edits them: what is typed is kept, what can be read is taken."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glm_playground.chat.builtin_tools import BUILTIN_TOOLS
from glm_playground.chat.extra import ExtraProblem, read_extra
from glm_playground.chat.lane import DEFAULT_MODEL, FIELDS, Lane
from glm_playground.chat.setup import Setup
from glm_playground.chat.structured import SchemaProblem
from glm_playground.chat.tools import ToolProblem

WEATHER = '{"name": "weather", "parameters": {"type": "object"}}'


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("model", "glm-4.6"),
        ("system", "Be brief.\n"),
        ("thinking", "off"),
        ("clear_thinking", "on"),
        ("reasoning_effort", "max"),
        ("temperature", 0.5),
        ("max_tokens", 7),
        ("stop", "a\nb"),
        ("builtin", True),
        ("format", "json_object"),
        ("extra", '{"user_tier": 1}'),
    ],
)
def test_a_field_shows_what_was_edited(name: str, value: Any) -> None:
    lane = Lane("1")
    before = {field: lane.value(field) for field in FIELDS}
    lane.edit(name, value)
    assert lane.value(name) == value
    assert {field: lane.value(field) for field in FIELDS if field != name} == {
        field: shown for field, shown in before.items() if field != name
    }


def test_what_cannot_be_read_is_kept_as_typed_and_its_problem_goes_with_it() -> None:
    lane = Lane("1")
    lane.edit("tools", "[{")
    assert isinstance(lane.problems["tools"], ToolProblem)
    assert lane.value("tools") == "[{"
    assert lane.setup == Setup(model="glm-5.1")
    lane.edit("tools", WEATHER)
    assert not lane.problems
    assert lane.setup.parameters.tools[0]["function"]["name"] == "weather"


def test_built_in_tools_stand_beside_the_users() -> None:
    lane = Lane("1")
    lane.edit("tools", WEATHER)
    lane.edit("builtin", True)
    assert lane.setup.parameters.tools[: len(BUILTIN_TOOLS)] == BUILTIN_TOOLS
    assert lane.value("tools") == WEATHER
    lane.edit("builtin", False)
    assert [tool["function"]["name"] for tool in lane.setup.parameters.tools] == ["weather"]


def test_a_schema_is_wanted_with_its_format_only_and_its_text_outlives_another_format() -> None:
    lane = Lane("1")
    lane.edit("format", "json_schema")
    assert isinstance(lane.problems["schema"], SchemaProblem)
    lane.edit("schema", '{"type": "object"}')
    assert not lane.problems
    assert lane.setup.parameters.response_format == {
        "type": "json_schema",
        "json_schema": {"name": "answer", "schema": {"type": "object"}},
    }
    lane.edit("schema", "{")
    lane.edit("format", "text")
    assert not lane.problems
    assert lane.setup.parameters.response_format is None
    lane.edit("format", "json_schema")
    assert lane.value("schema") == "{"
    assert lane.problems


def test_new_settings_take_the_place_of_what_was_typed() -> None:
    lane = Lane("1")
    lane.edit("extra", "{")
    lane.use(Setup(model="glm-4.5"))
    assert (lane.value("extra"), lane.problems) == ("", {})


@pytest.mark.parametrize(
    "text",
    ['{"x": 1e999}', '{"x": NaN}', '{"x": "\\ud800"}', '{"x": -Infinity}', "[", "[1]", '{"x": ' + "9" * 400 + "}"],
)
def test_extra_fields_that_cannot_be_sent_are_refused(text: str) -> None:
    assert isinstance(read_extra(text), ExtraProblem)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_and_what_is_read_can_be_sent(text: str) -> None:
    found = read_extra(text)
    if not isinstance(found, ExtraProblem):
        json.dumps(found, ensure_ascii=False, allow_nan=False).encode()


def test_a_model_may_name_its_gateway_and_keeps_the_lanes_where_it_does_not() -> None:
    lane = Lane("1")
    assert lane.value("model") == DEFAULT_MODEL
    lane.edit("model", "zai-org/GLM@fp8 @ vLLM (rack 2)")
    assert (lane.setup.model, lane.setup.gateway) == ("zai-org/GLM@fp8", "vLLM (rack 2)")
    assert lane.value("model") == "zai-org/GLM@fp8 @ vLLM (rack 2)"
    lane.edit("model", " my-own ")
    assert (lane.setup.model, lane.setup.gateway) == ("my-own", "vLLM (rack 2)")
    lane.edit("model", None)
    assert (lane.setup.model, lane.setup.gateway) == ("", "vLLM (rack 2)")


def test_a_schema_that_is_not_asked_for_is_no_trouble_whenever_it_is_typed() -> None:
    lane = Lane("1")
    lane.edit("schema", "{broken")
    assert lane.problems == {}
    lane.edit("format", "json_schema")
    assert list(lane.problems) == ["schema"]
    lane.edit("format", "text")
    assert lane.problems == {}
    assert lane.value("schema") == "{broken"


@pytest.mark.parametrize("field", ["temperature", "response_format", "tools", "top_k"])
def test_to_leave_a_field_out_keeps_all_else_that_was_typed(field: str) -> None:
    lane = Lane("1")
    lane.edit("temperature", 0.5)
    lane.edit("tools", WEATHER)
    lane.edit("format", "json_schema")
    lane.edit("schema", '{"type": "object"}')
    lane.edit("extra", '{"top_k": 3, "min_p": 0.1}')
    before = {name: lane.value(name) for name in FIELDS}
    lane.leave_out(field)
    after = {name: lane.value(name) for name in FIELDS}
    changed = {"response_format": "format", "top_k": "extra"}.get(field, field)
    assert {name for name in FIELDS if after[name] != before[name]} == {changed}
    if field == "top_k":
        assert json.loads(after["extra"]) == {"min_p": 0.1}


def test_to_leave_a_field_out_keeps_what_is_half_typed() -> None:
    lane = Lane("1")
    lane.edit("tools", '[{"name": "half')
    lane.leave_out("temperature")
    assert lane.value("tools") == '[{"name": "half'
    assert list(lane.problems) == ["tools"]

"""Tools that users type, calls that models stream, and the two that are answered here."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from glm_playground import bounds
from glm_playground.chat.builtin_tools import BUILTIN_TOOLS, answer_builtin
from glm_playground.chat.tools import ToolFault, ToolProblem, check_call, problems_of, read_tools, tool_calls_of
from glm_playground.gateway import ChatRequest, Event, EventKind, ToolCall
from glm_playground.runs.run import Run, Server

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
SCHEMA = {"type": "object", "properties": {"x": {"type": "string"}}}


def run_of(*texts: str) -> Run:
    """A run that received deltas of tool calls with these JSON texts."""
    events = [Event(1, EventKind.CONTENT, "[]"), *(Event(2, EventKind.TOOL_CALLS, text) for text in texts)]
    return Run("r", ChatRequest(model="m", messages=()), Server("s", "http://s"), NOW, events=events)


def assembled(*deltas: Any) -> list[tuple[str, str, str]]:
    """Id, name and arguments of the calls in these deltas' `tool_calls`."""
    calls = tool_calls_of(run_of(*(json.dumps(delta) for delta in deltas)))
    return [(call.id, call.name, call.arguments) for call in calls]


def piece(index: Any = None, call_id: Any = None, name: Any = None, arguments: Any = None) -> dict[str, Any]:
    """A piece of a call with what is given."""
    function = {"name": name, "arguments": arguments}
    fields = {"index": index, "id": call_id, "function": {k: v for k, v in function.items() if v is not None}}
    return {key: value for key, value in fields.items() if value is not None}


def function(name: str, **parameters: Any) -> dict[str, Any]:
    properties = {"type": "object", "properties": parameters, "required": list(parameters)}
    return {"type": "function", "function": {"name": name, "description": "d", "parameters": properties}}


def test_pieces_of_two_calls_are_put_together_by_index() -> None:
    deltas = [
        [piece(1, "b", "g", "")],
        [piece(0, "a", "f", "{"), piece(1, arguments='{"x"')],
        [piece(0, arguments="}")],
        [piece(1, arguments=":1}")],
    ]
    assert assembled(*deltas) == [("a", "f", "{}"), ("b", "g", '{"x":1}')]


@pytest.mark.parametrize(
    ("deltas", "calls"),
    [
        ([[piece(0, None, "f", "{")], [piece(0, None, None, "}")]], [("call_0", "f", "{}")]),
        ([[piece(0, "a", "f", "{")], [piece(0, "a", "f", "}")]], [("a", "f", "{}")]),
        ([[piece(0, "a", "f", "{")], [piece(0, "b", None, "}")]], [("a", "f", "{}")]),
        ([[piece(None, "a", "f", "{")], [piece(None, None, None, "}")]], [("a", "f", "{}")]),
        ([[piece(None, "a", "f", "{}"), piece(None, "b", "f", "{}")]], [("a", "f", "{}"), ("b", "f", "{}")]),
        (
            [[piece(None, None, "f", "{}"), piece(None, None, "f", "{}")]],
            [("call_0", "f", "{}"), ("call_1", "f", "{}")],
        ),
        ([[piece(0, "a", "f", "{}")], [piece(0, "b", "g", "{")], [piece(0, None, None, "}")]], None),
        ([[piece(0, "a", "f", "{}"), piece(1, "a", "g", "{}")]], [("a", "f", "{}"), ("a_2", "g", "{}")]),
        (
            [[piece(0, "a", "f", ""), piece(1, "a_2", "g", ""), piece(2, "a", "h", "")]],
            [("a", "f", ""), ("a_2", "g", ""), ("a_3", "h", "")],
        ),
        ([[piece(0, "a", "f", {"x": 1})]], [("a", "f", '{"x": 1}')]),
        ([piece(0, "a", "f", "{}")], [("a", "f", "{}")]),
        ([[piece(0, 7, "f", 7), 7, None, {"function": []}, {"index": True}], {}, 7, [piece(9)]], [("call_0", "f", "")]),
        ([[piece(0, "a", "f", "\ud83d")], [piece(0, "a", None, "\ude00")]], [("a", "f", "\U0001f600")]),
    ],
    ids=[
        "no id",
        "id and name in each piece",
        "a new id in each piece",
        "no index",
        "whole calls without index",
        "whole calls without index and id",
        "every call numbered 0",
        "one id for two calls",
        "an id that another call has already",
        "arguments as an object",
        "no list around it",
        "wrong types",
        "a character in two pieces",
    ],
)
def test_what_servers_make_of_the_format_is_survived(deltas: list[Any], calls: list[Any] | None) -> None:
    assert assembled(*deltas) == (calls or [("a", "f", "{}"), ("b", "g", "{}")])


loose = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["index", "id", "function", "name", "arguments", "type", "parameters"]), inner
        )
    ),
    max_leaves=15,
)


@given(st.lists(loose.map(json.dumps) | st.text(), max_size=5))
@example(["[" * 100_000])
def test_no_stream_of_pieces_raises(texts: list[str]) -> None:
    calls = tool_calls_of(run_of(*texts))
    assert all(call.id and (call.name or call.arguments) for call in calls)


@given(st.text() | loose.map(json.dumps))
@example("[" * 100_000)
@example('[{"name": "f", "parameters": {"type": "object", "pattern": "("}}]')
@settings(deadline=None)
def test_no_typed_text_raises(text: str) -> None:
    found = read_tools(text)
    if not isinstance(found, ToolProblem):
        assert read_tools(json.dumps(found)) == found


@pytest.mark.parametrize("index", [lambda number: number, lambda number: 0, lambda number: None])
@pytest.mark.parametrize("call_id", [lambda number: "a", lambda number: f"a{number}", lambda number: None])
def test_as_many_calls_of_an_answer_are_read(index: Callable[[int], Any], call_id: Callable[[int], Any]) -> None:
    calls = assembled([piece(index(number), call_id(number), "f", "{}") for number in range(50_000)])
    assert 0 < len(calls) <= bounds.TOOL_CALLS


def test_a_list_a_tool_and_a_bare_function_are_taken() -> None:
    tool = function("f", x={"type": "string"})
    assert read_tools(" \n") == read_tools("[]") == ()
    assert read_tools(json.dumps([tool, function("g")])) == (tool, function("g"))
    assert read_tools(json.dumps(tool)) == (tool,)
    assert read_tools(json.dumps(tool["function"])) == (tool,)
    assert read_tools(json.dumps({"type": "function", **tool["function"]})) == (tool,)
    assert read_tools(json.dumps(BUILTIN_TOOLS)) == BUILTIN_TOOLS


@pytest.mark.parametrize(
    "item",
    [
        {"name": "f", "description": "d", "input_schema": SCHEMA, "cache_control": {"type": "ephemeral"}},
        {"type": "custom", "name": "f", "description": "d", "input_schema": SCHEMA},
        {"name": "f", "title": "F", "description": "d", "inputSchema": SCHEMA, "annotations": {"readOnlyHint": True}},
        {"name": "f", "description": "d", "parametersJsonSchema": SCHEMA},
    ],
    ids=["Anthropic", "Anthropic with its type", "Model Context Protocol", "Google"],
)
def test_other_forms_are_sent_in_openais(item: dict[str, Any]) -> None:
    tool = {"type": "function", "function": {"name": "f", "description": "d", "parameters": SCHEMA}}
    assert read_tools(json.dumps([item])) == (tool,)
    assert read_tools(json.dumps({"tools": [item], "nextCursor": None})) == (tool,)


@pytest.mark.parametrize("parameters", [{}, {"properties": {"x": {}}}, {"type": ["object", "null"]}, {"anyOf": [{}]}])
def test_a_schema_that_an_object_may_fit_is_sent(parameters: dict[str, Any]) -> None:
    [tool] = read_tools(json.dumps({"name": "f", "parameters": parameters}))
    assert isinstance(tool, dict)
    assert tool["function"]["parameters"] == parameters


def test_a_tool_that_the_server_runs_is_sent_as_it_is() -> None:
    tools = [{"type": "web_search", "web_search": {"enable": True}}, function("g")]
    assert read_tools(json.dumps(tools)) == tuple(tools)


def test_as_many_tools_as_a_glm_takes_are_read() -> None:
    tools = [function(f"f{index}") for index in range(129)]
    assert len(read_tools(json.dumps(tools[:128]))) == 128
    assert read_tools(json.dumps(tools)) == ToolProblem(ToolFault.TOO_MANY, None, "129")


@pytest.mark.parametrize(
    ("text", "kind", "index"),
    [
        ("{", ToolFault.NOT_JSON, None),
        ('[{"name": "f", "name": "g"}]', ToolFault.NOT_JSON, None),
        ('[{"name": "f", "x": NaN}]', ToolFault.NOT_JSON, None),
        ('"f"', ToolFault.NOT_A_LIST, None),
        ('[{"name": "f"}, 1]', ToolFault.NOT_A_FUNCTION, 1),
        ('[{"type": "web_search"}]', ToolFault.NOT_A_FUNCTION, 0),
        ('[{"type": "web_search", "web_search": "x"}]', ToolFault.NOT_A_FUNCTION, 0),
        ('[{"name": "f", "input_schema": 1}]', ToolFault.PARAMETERS_INVALID, 0),
        ('{"tools": [{"name": "f", "inputSchema": {"type": "array"}}]}', ToolFault.PARAMETERS_INVALID, 0),
        ('[{"name": "f", "description": 1}]', ToolFault.NOT_A_FUNCTION, 0),
        ('[{"type": "function", "function": {"parameters": {}}}]', ToolFault.NAME_MISSING, 0),
        ('[{"name": ""}]', ToolFault.NAME_MISSING, 0),
        ('[{"name": "a b"}]', ToolFault.NAME_INVALID, 0),
        ('[{"name": "f\\n"}]', ToolFault.NAME_INVALID, 0),
        ('[{"name": 1}]', ToolFault.NAME_INVALID, 0),
        (json.dumps({"name": "a" * 65}), ToolFault.NAME_INVALID, 0),
        ('[{"name": "f"}, {"name": "f"}]', ToolFault.NAME_TWICE, 1),
        ('{"name": "f", "parameters": null}', ToolFault.PARAMETERS_INVALID, 0),
        ('{"name": "f", "parameters": {"type": "string"}}', ToolFault.PARAMETERS_INVALID, 0),
        ('{"name": "f", "parameters": {"type": "object", "required": "x"}}', ToolFault.PARAMETERS_INVALID, 0),
        (
            '[{"name": "e"}, {"name": "f", "parameters": {"type": "object", "minimum": ""}}]',
            ToolFault.PARAMETERS_INVALID,
            1,
        ),
    ],
)
def test_the_first_fault_is_told_with_its_tool(text: str, kind: ToolFault, index: int | None) -> None:
    problem = read_tools(text)
    assert isinstance(problem, ToolProblem)
    assert (problem.kind, problem.index) == (kind, index)


@pytest.mark.parametrize(
    ("name", "arguments", "wrong"),
    [
        ("f", '{"x": "a"}', ()),
        ("f", '{"x": 1}', ("$.x: 1 is not of type 'string'",)),
        ("f", "{}", ("$: 'x' is a required property",)),
        ("f", "[]", ("the arguments are no JSON object",)),
        ("g", "{}", ("no tool is named 'g'",)),
        ("free", '{"x": 1}', ()),
    ],
)
def test_arguments_are_checked_by_the_schema_of_their_tool(name: str, arguments: str, wrong: tuple[str, ...]) -> None:
    tools = [function("f", x={"type": "string"}), {"type": "function", "function": {"name": "free"}}, {"type": "other"}]
    assert problems_of(check_call(ToolCall(id="c", name=name, arguments=arguments), tools)) == wrong


def test_arguments_that_are_no_json_are_told_with_their_place() -> None:
    (wrong,) = problems_of(check_call(ToolCall(id="c", name="f", arguments='{"x":'), [function("f")]))
    assert "line 1, column 6" in wrong


def asked(name: str, **arguments: Any) -> Any:
    """What a built-in tool answers."""
    answer = answer_builtin(ToolCall(id="c", name=name, arguments=json.dumps(arguments)), NOW)
    return None if answer is None else json.loads(answer)


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("(2 + 3) * -4", -20),
        ("7 // 2 + 7 % 4 + 7 / 2", 9.5),
        (" sqrt(16) ** 0.5", 2.0),
        ("max(1, 2.5, abs(-3)) - min(4, 2)", 1),
        ("round(2.567, 2)", 2.57),
        ("2 ** -2", 0.25),
        ("10 ** 300", 10**300),
        ("-" * 199 + "1", -1),
    ],
)
def test_the_calculator_calculates(expression: str, result: float) -> None:
    assert asked("calculator", expression=expression) == {"result": result}


@pytest.mark.parametrize(
    "expression",
    [
        "9**9**9",
        "9.0**9**9",
        "(10**299)**1000",
        "10**300 * 10",
        "1e999",
        "round(5, -10**9)",
        "1/0",
        "0**-1",
        "(-8)**0.5",
        "sqrt(-1)",
        "min()",
        "max(1)",
        "max(*[1, 2])",
        "min(1, 2, key=abs)",
        "__import__('os')",
        "(1).real",
        "'a' * 9",
        "True + 1",
        "1j",
        "2 if 1 else 3",
        "x",
        "",
        "1\0",
        "1;2",
        "(" * 100 + "1",
        "1+" * 100 + "1",
    ],
)
def test_the_calculator_refuses_what_is_no_bounded_arithmetic(expression: str) -> None:
    assert list(asked("calculator", expression=expression)) == ["error"]


@given(st.text("0123456789.+-*/%() sqrtabsoundmix,e", max_size=40))
@settings(deadline=None)
def test_no_expression_raises(expression: str) -> None:
    assert asked("calculator", expression=expression).keys() <= {"result", "error"}


def test_the_clock_tells_the_time_of_a_zone_and_of_utc_without_one() -> None:
    assert asked("clock", timezone="Asia/Shanghai")["time"] == "2026-01-02T11:04:05+08:00"
    assert asked("clock")["time"] == "2026-01-02T03:04:05+00:00"
    blank = answer_builtin(ToolCall(id="c", name="clock", arguments=""), NOW)
    assert blank is not None
    assert json.loads(blank) == asked("clock")


@pytest.mark.parametrize("zone", ["Mars/Base", "../etc/passwd", "/etc/passwd", "America", "", "a" * 5000, "a\0", 5])
def test_the_clock_refuses_what_is_no_zone(zone: Any) -> None:
    assert list(asked("clock", timezone=zone)) == ["error"]


def test_arguments_that_do_not_fit_are_told_to_the_model() -> None:
    assert asked("calculator") == {"error": "expression is missing"}
    assert asked("calculator", expression=5) == {"error": "expression is no text"}
    for arguments in ("{", "[]", '{"expression": "1", "expression": "2"}'):
        assert "error" in (answer_builtin(ToolCall(id="c", name="calculator", arguments=arguments), NOW) or "")


def test_a_tool_of_another_name_is_not_answered() -> None:
    assert asked("weather") is None

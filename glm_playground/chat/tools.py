"""Tools of a request as a user types them, and the calls of them that a model streams.

Formats: OpenAI's function tools and the `tool_calls` of its chunks, which Z.ai's chat completions share
(docs.z.ai/api-reference/llm/chat-completion).
"""

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

from glm_playground import bounds
from glm_playground.chat.strict_json import read_json
from glm_playground.chat.structured import SchemaCheck, SchemaProblem, check_json, check_schemas
from glm_playground.gateway import EventKind, ToolCall
from glm_playground.gateway.wire import clean_text, unsendable
from glm_playground.runs.run import Run

MAX_TOOLS = bounds.TOOLS
"""Functions that a request to a GLM may offer."""
_MAX_NAME_CHARACTERS = 64
"""Of a function's name."""
_NOT_IN_NAMES = re.compile(r"[^a-zA-Z0-9_-]")
_NAME = re.compile(rf"[a-zA-Z0-9_-]{{1,{_MAX_NAME_CHARACTERS}}}")


class ToolFault(StrEnum):
    """Why tools are not sent."""

    NOT_JSON = "not_json"
    NOT_A_LIST = "not_a_list"
    NOT_A_FUNCTION = "not_a_function"
    NAME_MISSING = "name_missing"
    NAME_INVALID = "name_invalid"
    NAME_TWICE = "name_twice"
    PARAMETERS_INVALID = "parameters_invalid"
    TOO_MANY = "too_many"


class ToolProblem(NamedTuple):
    """A fault of the tools that a user typed."""

    kind: ToolFault
    index: int | None  # type: ignore[assignment]  # hides tuple.index, which nobody needs here
    """Of the tool in the list, from 0; None where the fault is the whole text's."""
    detail: str
    """What was found."""


def tool_calls_of(run: Run) -> tuple[ToolCall, ...]:
    """The calls that `run` asks for, in the order of their index.

    Read leniently, never raises: a piece of a wrong type is as if it were not there, a call without an id is named
    `call_<index>`, one with the id of another call gets a number behind it, a piece without an index continues the call
    of its id or else the last one, and a call with neither name nor arguments is left out. Arguments sent as an object
    instead of its text become the text. Calls behind the first `bounds.TOOL_CALLS` are not read.
    """
    calls = _Calls()
    for piece in _pieces(run):
        calls.add(piece)
    return calls.whole()


def sendable_call(call: ToolCall) -> ToolCall:
    """`call` as a server takes it back, with a name that a function may have and a JSON object for its arguments.

    Chat templates and vLLM refuse other arguments, OpenAI other names, in each later turn as well.
    """
    try:
        arguments = json.loads(call.arguments)
    except (ValueError, RecursionError):
        arguments = None
    name = _NOT_IN_NAMES.sub("_", call.name)[:_MAX_NAME_CHARACTERS] or "unnamed"
    fits = isinstance(arguments, dict) and unsendable(arguments) is None
    return call.model_copy(update={"name": name, "arguments": call.arguments if fits else "{}"})


def read_tools(text: str) -> tuple[dict[str, Any], ...] | ToolProblem:
    """The tools that a user typed as JSON, in OpenAI's form, or the first problem; () for a blank text.

    Taken are a list of tools, one tool, a function without the tool around it, the forms of `_SCHEMA_NAMES`, and
    whatever the list stands in under `tools`. A tool of another type, such as Z.ai's `web_search`, is the server's own
    and stays as it is. Names are unique and of at most 64 letters, digits, `_` and `-`; `parameters`, where there are
    any, are a JSON Schema that an object fits.
    """
    if not text.strip():
        return ()
    try:
        value = read_json(text)
    except ValueError as error:
        return ToolProblem(ToolFault.NOT_JSON, None, str(error))
    if isinstance(value, dict) and isinstance(value.get("tools"), list):
        value = value["tools"]
    typed = [value] if isinstance(value, dict) else value
    if not isinstance(typed, list):
        return ToolProblem(ToolFault.NOT_A_LIST, None, _shown(value))
    if len(typed) > MAX_TOOLS:
        return ToolProblem(ToolFault.TOO_MANY, None, str(len(typed)))
    tools: list[dict[str, Any]] = []
    names: set[str] = set()
    described: list[tuple[int, dict[str, Any]]] = []
    for index, item in enumerate(typed):
        if _is_the_servers(item):
            tools.append(item)
            continue
        tool = _wrapped(item)
        if tool is None:
            return ToolProblem(ToolFault.NOT_A_FUNCTION, index, _shown(item))
        if problem := _function_problem(tool["function"], index, names):
            return problem
        names.add(tool["function"]["name"])
        tools.append(tool)
        if "parameters" in tool["function"]:
            described.append((index, tool["function"]["parameters"]))
    if found := check_schemas([parameters for _index, parameters in described]):
        place, (path, message) = found
        return ToolProblem(ToolFault.PARAMETERS_INVALID, described[place][0], f"{path}: {message}")
    return tuple(tools)


def check_call(call: ToolCall, tools: Sequence[Mapping[str, Any]]) -> SchemaCheck:
    """How a call fits the schema of the tool it names."""
    functions = [tool.get("function") for tool in tools]
    named = [function for function in functions if isinstance(function, Mapping) and function.get("name") == call.name]
    if not named:
        return _misfit(f"no tool is named {call.name[:64]!r}")
    try:
        arguments = read_json(call.arguments)
    except ValueError as error:
        return _misfit(f"the arguments are not JSON: {error}")
    if not isinstance(arguments, dict):
        return _misfit("the arguments are no JSON object")
    schema = named[0].get("parameters")
    return SchemaCheck() if schema is None else check_json(call.arguments, schema)


def _misfit(message: str) -> SchemaCheck:
    return SchemaCheck((SchemaProblem("", message),))


def problems_of(check: SchemaCheck) -> tuple[str, ...]:
    """What is wrong with a call, as `path: message`; () when nothing is.

    That it could not be checked stands there too, as `not checked: reason`.
    """
    if check.unchecked:
        return (f"not checked: {check.why}",)
    return tuple(": ".join(filter(None, problem)) for problem in check.problems)


class _Call:
    """A call while its pieces come."""

    def __init__(self) -> None:
        self.id = ""
        self.name = ""
        self.arguments: list[str] = []

    def add(self, call_id: str, name: str, arguments: Any) -> None:
        self.id = self.id or call_id
        # Some servers repeat the name in each piece.
        if name != self.name:
            self.name += name
        if isinstance(arguments, str):
            self.arguments.append(arguments)
        elif isinstance(arguments, dict):
            self.arguments.append(json.dumps(arguments, ensure_ascii=False))


class _Calls:
    """The calls of a run while their pieces come."""

    def __init__(self) -> None:
        self._calls: dict[int, _Call] = {}
        self._moved: dict[int, int] = {}
        """Where the calls under an index go that another call has."""
        self._places: dict[str, int] = {}
        """Of the calls with an id, by it."""
        self._end = 0
        """Behind the last place that a call has."""
        self._last: int | None = None

    def add(self, piece: dict[str, Any]) -> None:
        function = piece.get("function")
        function = function if isinstance(function, dict) else {}
        call_id, name, index = _text(piece.get("id")), _text(function.get("name")), piece.get("index")
        if isinstance(index, int) and not isinstance(index, bool) and index >= 0:
            self._last = self._place(index, call_id, name)
        else:
            self._last = self._place_without_index(call_id, name)
        if self._last not in self._calls:
            if len(self._calls) >= bounds.TOOL_CALLS:
                return
            self._calls[self._last] = _Call()
            self._end = max(self._end, self._last + 1)
        call = self._calls[self._last]
        call.add(call_id, name, function.get("arguments"))
        if call.id:
            self._places.setdefault(call.id, self._last)

    def whole(self) -> tuple[ToolCall, ...]:
        ids = dict[str, int]()
        return tuple(
            ToolCall(
                id=_unique(clean_text(call.id) or f"call_{index}", ids),
                name=clean_text(call.name),
                arguments=clean_text("".join(call.arguments)),
            )
            for index, call in sorted(self._calls.items())
            if call.name or any(call.arguments)
        )

    def _place(self, index: int, call_id: str, name: str) -> int:
        place = self._moved.get(index, index)
        call = self._calls.get(place)
        if call is None or not call_id or not call.id or call_id == call.id:
            return place
        # Some servers number every call 0, some make a new id for each piece: a new call has a name.
        if call_id in self._places:
            return self._places[call_id]
        if name and call.name:
            place = self._moved[index] = self._end
        return place

    def _place_without_index(self, call_id: str, name: str) -> int:
        if call_id and call_id in self._places:
            return self._places[call_id]
        return self._end if name or self._last is None else self._last


def _unique(call_id: str, ids: dict[str, int]) -> str:
    """`call_id`, or one made of it where another call of the answer has it; a result names its call by it.

    Args:
        call_id: as the server sent it.
        ids: those given out, each with the last number put behind it.
    """
    unique = call_id
    while unique in ids:
        ids[call_id] += 1
        unique = f"{call_id}_{ids[call_id]}"
    ids[unique] = 1
    return unique


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _pieces(run: Run) -> Iterator[dict[str, Any]]:
    for event in run.events:
        if event.kind is not EventKind.TOOL_CALLS:
            continue
        try:
            pieces = json.loads(event.text)
        except (ValueError, RecursionError):
            continue
        if isinstance(pieces, dict):
            pieces = [pieces]
        if isinstance(pieces, list):
            yield from (piece for piece in pieces if isinstance(piece, dict))


_SCHEMA_NAMES = ("input_schema", "inputSchema", "parametersJsonSchema")
"""What the parameters of a function are called by Anthropic, the Model Context Protocol, and Google."""


def _is_the_servers(item: Any) -> bool:
    """Whether `item` is a tool that the server runs itself: of a type of its own, described under that name."""
    kind = item.get("type") if isinstance(item, dict) else None
    return isinstance(kind, str) and kind not in {"", "function", "custom"} and isinstance(item.get(kind), dict)


def _wrapped(item: Any) -> dict[str, Any] | None:
    """`item` as a tool in OpenAI's form, or None where it is no function."""
    if not isinstance(item, dict):
        return None
    if schema := next((name for name in _SCHEMA_NAMES if name in item), None):
        told = {name: item[name] for name in ("name", "description") if item.get(name) is not None}
        return {"type": "function", "function": {**told, "parameters": item[schema]}}
    if item.get("type", "function") != "function":
        return None
    if "function" in item:
        return {**item, "type": "function"} if isinstance(item["function"], dict) else None
    if not item.keys() & {"name", "parameters"}:
        return None
    return {"type": "function", "function": {key: value for key, value in item.items() if key != "type"}}


def _function_problem(function: dict[str, Any], index: int, others: Collection[str]) -> ToolProblem | None:
    name = function.get("name")
    if name is None or name == "":
        return ToolProblem(ToolFault.NAME_MISSING, index, _shown(function))
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        return ToolProblem(ToolFault.NAME_INVALID, index, _shown(name))
    if name in others:
        return ToolProblem(ToolFault.NAME_TWICE, index, name)
    if not isinstance(function.get("description", ""), str):
        return ToolProblem(ToolFault.NOT_A_FUNCTION, index, f"description: {_shown(function['description'])}")
    if "parameters" not in function:
        return None
    parameters = function["parameters"]
    kinds = parameters.get("type", "object") if isinstance(parameters, dict) else None
    if "object" not in (kinds if isinstance(kinds, list) else [kinds]):
        return ToolProblem(ToolFault.PARAMETERS_INVALID, index, '$: "type" is not "object"')
    return None


def _shown(value: Any) -> str:
    """`value` as JSON, cut to a line."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else text[:79] + "…"

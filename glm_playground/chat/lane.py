"""A lane: one column of the playground, its settings as a form edits them, and its conversation."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from glm_playground.chat.builtin_tools import BUILTIN_TOOLS
from glm_playground.chat.conversation import Conversation
from glm_playground.chat.extra import ExtraProblem, read_extra
from glm_playground.chat.notice import Notice
from glm_playground.chat.setup import Setup, asked_of
from glm_playground.chat.structured import SchemaProblem, read_schema
from glm_playground.chat.tools import ToolProblem, read_tools

DEFAULT_MODEL: Final = "glm-5.1"
SIMPLE = ("temperature", "top_p", "max_tokens", "seed")
SWITCHES = ("thinking", "clear_thinking", "do_sample")
FORMATS = ("text", "json_object", "json_schema")
"""Of an answer."""
WRITTEN = ("tools", "schema", "extra")
"""Fields that are written as JSON: what is typed is kept, whether it can be read or not."""
FIELDS = (
    "model",
    "system",
    *SWITCHES,
    "reasoning_effort",
    *SIMPLE,
    "stop",
    "builtin",
    "format",
    *WRITTEN,
)
"""The fields of the settings' form, by which `Lane.value` and `Lane.edit` know them."""

FieldProblem = ToolProblem | SchemaProblem | ExtraProblem
_READ: dict[str, Callable[[str], Any]] = {"tools": read_tools, "schema": read_schema, "extra": read_extra}


@dataclass(eq=False)
class Lane:
    """One column: a model with its parameters, and its own conversation."""

    id: str
    setup: Setup = field(default_factory=lambda: Setup(model=DEFAULT_MODEL))
    conversation: Conversation = field(default_factory=Conversation)
    typed: dict[str, str] = field(default_factory=dict)
    """By name in `WRITTEN`: the text as it was typed."""
    format: str | None = None
    """The answer format that was chosen where its schema cannot be read yet; None where the setup says it."""
    problems: dict[str, FieldProblem] = field(default_factory=dict)
    """Why a field cannot be used; nothing is sent with it."""
    notice: Notice | None = None
    """Why the last prompt was not sent here."""

    def use(self, setup: Setup) -> None:
        """Takes these settings in place of all that was typed."""
        self.setup = setup
        self.typed, self.format, self.problems = {}, None, {}

    def value(self, name: str) -> Any:
        """What the form shows for a field: text, a number, None, or "default", "on" or "off" for a switch."""
        parameters = self.setup.parameters
        if name in self.typed:
            return self.typed[name]
        match name:
            case "model":
                return self.setup.asked
            case "system":
                return self.setup.system
            case "thinking" | "clear_thinking" | "do_sample":
                return {None: "default", True: "on", False: "off"}[getattr(parameters, name)]
            case "reasoning_effort":
                return parameters.reasoning_effort or "default"
            case "stop":
                return parameters.stop or ""
            case "builtin":
                return any(tool in BUILTIN_TOOLS for tool in parameters.tools)
            case "tools":
                return _pretty([tool for tool in parameters.tools if tool not in BUILTIN_TOOLS])
            case "format":
                return self.format or _format_in(parameters.response_format)
            case "schema":
                found = (parameters.response_format or {}).get("json_schema")
                return _pretty(found.get("schema")) if isinstance(found, dict) else ""
            case "extra":
                return _pretty(parameters.extra)
        return getattr(parameters, name)

    def edit(self, name: str, value: Any) -> None:
        """Changes one field to what the form says."""
        match name:
            case "model":
                model, gateway = asked_of(value or "")
                # Where a model is typed alone, the gateway stays.
                update = {"model": model} | ({"gateway": gateway} if gateway else {})
                self.setup = self.setup.model_copy(update=update)
            case "system":
                self.setup = self.setup.model_copy(update={"system": value or ""})
            case "thinking" | "clear_thinking" | "do_sample":
                self._set(**{name: {"on": True, "off": False}.get(value or "")})
            case "reasoning_effort":
                self._set(reasoning_effort=None if value in {None, "", "default"} else value)
            case "stop":
                self._set(stop=value or None)
            case "builtin":
                own = tuple(tool for tool in self.setup.parameters.tools if tool not in BUILTIN_TOOLS)
                self._set(tools=(*BUILTIN_TOOLS, *own) if value else own)
            case "format":
                self._choose_format(value or "text")
            case "tools" | "schema" | "extra":
                self._write(name, value or "")
            case _:
                self._set(**{name: value})

    def leave_out(self, name: str) -> None:
        """Forgets what makes a field of the request; all else that was typed stays, and so does a schema's text."""
        before = self.setup.parameters
        if name == "response_format":
            self._choose_format("text")
        else:
            self.setup = self.setup.model_copy(update={"parameters": before.without(name)})
        for field_name in ("tools", "extra"):
            changed = getattr(before, field_name) != getattr(self.setup.parameters, field_name)
            if changed and field_name not in self.problems:
                self.typed.pop(field_name, None)

    def _write(self, name: str, text: str) -> None:
        """Keeps a text and, where it can be read, takes what it says."""
        self.typed[name] = text
        found = _READ[name](text)
        if isinstance(found, ToolProblem | SchemaProblem | ExtraProblem):
            if name != "schema" or self.value("format") == "json_schema":
                self.problems[name] = found
            return
        self.problems.pop(name, None)
        if name == "tools":
            builtin = BUILTIN_TOOLS if self.value("builtin") else ()
            self._set(tools=(*(tool for tool in builtin if tool not in found), *found))
        elif name == "extra":
            self._set(extra=found)
        elif self.value("format") == "json_schema":
            self.format = None
            self._set(response_format=_format_of("json_schema", found))

    def _choose_format(self, kind: str) -> None:
        self.format = None
        if kind != "json_schema":
            # The text of a schema stays for the next time; what is wrong with it is nobody's trouble meanwhile.
            self.typed.setdefault("schema", self.value("schema"))
            self.problems.pop("schema", None)
            self._set(response_format=None if kind == "text" else _format_of(kind))
            return
        self.format = kind
        self._write("schema", self.value("schema"))

    def _set(self, **values: Any) -> None:
        self.setup = self.setup.model_copy(update={"parameters": self.setup.parameters.model_copy(update=values)})


def _format_of(kind: str, schema: Any = None) -> dict[str, Any]:
    return {"type": kind} if schema is None else {"type": kind, "json_schema": {"name": "answer", "schema": schema}}


def _format_in(response_format: dict[str, Any] | None) -> str:
    """The one of `FORMATS` that a request has; the field of a recording, or of another server, may be anything."""
    found = (response_format or {}).get("type")
    return found if isinstance(found, str) and found in FORMATS else "text"


def _pretty(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) if value else ""

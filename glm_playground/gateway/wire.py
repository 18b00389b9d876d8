"""What goes over the wire to an OpenAI-compatible gateway and back, as values.

Formats: RunAPI's and Z.ai's chat completions (docs.z.ai/api-reference/llm/chat-completion).
"""

import json
import math
from enum import StrEnum
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from glm_playground.gateway.errors import RequestUnsendable

_DEEPEST = 200
TEMPLATE = "chat_template_kwargs"
"""The field of vLLM, SGLang and llama.cpp with what a model's chat template is given."""
THINKING = "thinking"
"""The field of RunAPI and Z.ai with the thinking switch."""


class ThinkingSwitch(StrEnum):
    """How a server takes it that a model shall think, or not."""

    TYPE = "thinking.type"
    """`{"thinking": {"type": "disabled"}}`: RunAPI, Z.ai."""
    TEMPLATE = "chat_template_kwargs"
    """`{"chat_template_kwargs": {"enable_thinking": false}}`: vLLM, SGLang, llama.cpp."""
    NONE = "none"
    """Not at all."""


class Dialect(NamedTuple):
    """How a server is spoken to, where servers differ."""

    thinking: ThinkingSwitch = ThinkingSwitch.TYPE
    without: frozenset[str] = frozenset()
    """Those of `ADDED` that it refused."""


ADDED = frozenset({"stream_options", "reasoning_content"})
"""Fields that the app adds by itself, whatever the settings of a lane say."""


class ToolCall(BaseModel):
    """A call of a function that a model asks for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    name: str
    arguments: str
    """JSON as the model wrote it; it may be none."""


ImageUrl = Annotated[str, StringConstraints(pattern=r"^data:image/(png|jpeg|webp|gif);base64,[A-Za-z0-9+/]+={0,2}$")]
"""An image as a data URL; no other address is ever sent or shown."""


class Message(BaseModel):
    """One message of a conversation."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: Literal["system", "user", "assistant", "tool"]
    content: str
    """Its text."""
    images: tuple[ImageUrl, ...] = ()
    """Of a user's message; sent before its text."""
    tool_calls: tuple[ToolCall, ...] = ()
    """What an assistant's message asked for."""
    reasoning_content: str = ""
    """The reasoning before an assistant's message, as it was received (docs.z.ai/guides/capabilities/thinking-mode)."""
    tool_call_id: str | None = None
    """The call that a tool's message answers."""

    def body(self) -> dict[str, Any]:
        """The JSON object that is sent."""
        body: dict[str, Any] = {"role": self.role, "content": self._parts() if self.images else self.content}
        if self.reasoning_content:
            body["reasoning_content"] = self.reasoning_content
        if self.tool_calls:
            body["tool_calls"] = [
                {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
                for call in self.tool_calls
            ]
        if self.tool_call_id is not None:
            body["tool_call_id"] = self.tool_call_id
        return body

    def _parts(self) -> list[dict[str, Any]]:
        """The content as OpenAI's parts, which Z.ai's vision models take too (docs.z.ai/guides/vlm)."""
        images: list[dict[str, Any]] = [{"type": "image_url", "image_url": {"url": url}} for url in self.images]
        # Servers refuse an empty text.
        return [*images, {"type": "text", "text": self.content}] if self.content.strip() else images


class Parameters(BaseModel):
    """What a generation is asked with beside model and messages; what is None or empty is not sent."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    stop: str | None = None
    seed: int | None = None
    thinking: bool | None = None
    """`thinking.type` enabled or disabled, or what a server has in its place (`ThinkingSwitch`)."""
    clear_thinking: bool | None = None
    """`thinking.clear_thinking`: whether the reasoning of earlier turns is left out."""
    reasoning_effort: str | None = None
    do_sample: bool | None = None
    tools: tuple[dict[str, Any], ...] = ()
    response_format: dict[str, Any] | None = None
    extra: dict[str, Any] = Field(default_factory=dict)
    """Further fields of the body, sent as they are; they win over the others."""
    stream_usage: bool = True
    """Whether a stream is asked for its usage (`stream_options`), which some servers refuse."""

    def fields(self) -> dict[str, Any]:
        """The fields of the body that they make."""
        names = ("temperature", "top_p", "max_tokens", "seed", "reasoning_effort", "do_sample", "response_format")
        body = {name: value for name in names if (value := getattr(self, name)) is not None}
        if self.stop:
            # Z.ai takes one, as a list: docs.z.ai/api-reference/llm/chat-completion
            body["stop"] = [self.stop]
        body |= self._thinking_fields()
        if self.tools:
            body["tools"] = list(self.tools)
        return body | self.extra

    def _thinking_fields(self) -> dict[str, Any]:
        kind = None if self.thinking is None else "enabled" if self.thinking else "disabled"
        switch = {"type": kind, "clear_thinking": self.clear_thinking}
        given = {name: value for name, value in switch.items() if value is not None}
        return {THINKING: given} if given else {}

    def without(self, field: str) -> Self:
        """The same without what makes the field `field` of the body; unchanged where nothing makes it."""
        if field == "stream_options":
            return self.model_copy(update={"stream_usage": False})
        fields = Parameters.model_fields
        update: dict[str, Any] = {
            name: fields[name].get_default(call_default_factory=True)
            for name in _MADE_BY.get(field, (field,))
            if name in fields and name != "extra"
        }
        if field in self.extra:
            update["extra"] = {name: value for name, value in self.extra.items() if name != field}
        return self.model_copy(update=update)


_MADE_BY = {THINKING: ("thinking", "clear_thinking"), TEMPLATE: ("thinking", "clear_thinking")}
"""Fields of the body that more than the parameter of that name makes."""


class ChatRequest(Parameters):
    """A request for one generation; what is None is not sent, so the gateway's default holds."""

    model: str
    messages: tuple[Message, ...]
    stream: bool = True
    thinking_switch: ThinkingSwitch = ThinkingSwitch.TYPE

    @property
    def wants_json(self) -> bool:
        """Whether the answer is asked for in a format, which is JSON, and not as text."""
        return bool((self.response_format or {}).get("type", "text") != "text")

    def said_in(self, dialect: Dialect) -> Self:
        """The same as a server of that dialect takes it; what it has no word for is left out."""
        update: dict[str, Any] = {}
        if dialect.thinking is ThinkingSwitch.NONE:
            update = {"thinking": None, "clear_thinking": None}
        elif self.thinking is not None or self.clear_thinking is not None:
            update = {"thinking_switch": dialect.thinking}
        if "stream_options" in dialect.without:
            update["stream_usage"] = False
        if "reasoning_content" in dialect.without:
            update["messages"] = tuple(
                message.model_copy(update={"reasoning_content": ""}) if message.reasoning_content else message
                for message in self.messages
            )
        return self.model_copy(update=update)

    def fields(self) -> dict[str, Any]:
        """The fields of the body that the parameters make."""
        body = super().fields()
        given, own = self._thinking_fields().get(TEMPLATE), self.extra.get(TEMPLATE)
        if given and isinstance(own, dict):
            # The switch beside what a user gives the template.
            body[TEMPLATE] = given | own
        return body

    def _thinking_fields(self) -> dict[str, Any]:
        if self.thinking_switch is not ThinkingSwitch.TEMPLATE:
            return super()._thinking_fields()
        switch = {"enable_thinking": self.thinking, "clear_thinking": self.clear_thinking}
        given = {name: value for name, value in switch.items() if value is not None}
        return {TEMPLATE: given} if given else {}

    def body(self) -> dict[str, Any]:
        """The JSON object that is sent."""
        body: dict[str, Any] = {
            "model": self.model,
            "messages": [message.body() for message in self.messages],
            "stream": self.stream,
        }
        if self.stream and self.stream_usage:
            body["stream_options"] = {"include_usage": True}
        return body | self.fields()

    def encoded(self) -> bytes:
        """The bytes that are sent.

        Raises:
            RequestUnsendable: something in the body cannot be written as JSON in UTF-8; the message says what.
        """
        body = self.body()
        try:
            return json.dumps(body, ensure_ascii=False, allow_nan=False).encode()
        except (ValueError, TypeError, RecursionError):
            problem = unsendable(body) or "the request cannot be written as JSON"
            raise RequestUnsendable(problem) from None


def unsendable(value: Any) -> str | None:
    """Where and why `value` cannot be sent as JSON, such as "x.0: NaN is no JSON number"; None where it can."""
    return _unsendable(value, "", _DEEPEST)


def _unsendable(value: Any, path: str, depth: int) -> str | None:
    where = f"{clean_text(path[1:])}: " if path else ""
    if isinstance(value, float) and not math.isfinite(value):
        return f"{where}JSON has no number beyond 1.8e308, and no NaN"
    if isinstance(value, str) and clean_text(value) != value:
        return f"{where}half a surrogate pair is no character"
    if isinstance(value, dict | list):
        if not depth:
            return f"{where}it is nested too deeply"
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for name, item in items:
            if found := _unsendable(str(name), f"{path}.{name}", 0) or _unsendable(item, f"{path}.{name}", depth - 1):
                return found
    elif not isinstance(value, str | int | float | None):
        return f"{where}it is no JSON value"
    return None


class EventKind(StrEnum):
    """What one piece of a stream is."""

    # Enum's is written in Python, and a kind is looked up for each event.
    __hash__ = str.__hash__

    ROLE = "role"
    REASONING = "reasoning"
    CONTENT = "content"
    TOOL_CALLS = "tool_calls"
    FINISH = "finish"
    USAGE = "usage"
    EMPTY = "empty"
    COMMENT = "comment"
    UNREADABLE = "unreadable"
    ERROR = "error"
    DONE = "done"
    RETRY = "retry"
    """Not of the stream: the request was refused and is sent again."""
    FIGURES = "figures"
    """The server's own figures beside the usage; see `figures.FIGURE_FIELDS`."""


class Event(NamedTuple):
    """One piece of a stream with its time."""

    at_ns: int
    """Nanoseconds since t0, taken in the reader when the bytes were there; t0 is just before the request is written."""
    kind: EventKind
    text: str
    """The delta, the finish_reason, or JSON for tool_calls, usage, error and figures."""


class ChatCompletion(NamedTuple):
    """The answer to a request without streaming."""

    events: tuple[Event, ...]
    identity: "Identity"


class Identity(NamedTuple):
    """Who answered, by the response's own fields."""

    response_id: str | None = None
    model: str | None = None
    system_fingerprint: str | None = None


class ModelListing(NamedTuple):
    """One row of `GET /v1/models`."""

    id: str
    owned_by: str | None
    created: int | None
    context_tokens: int | None = None
    """What the server says that it takes; None where it says nothing."""
    max_output_tokens: int | None = None


def clean_text(text: str) -> str:
    """`text` with lone surrogates replaced, since they cannot be written as UTF-8."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def clean_value(value: Any) -> Any:
    """The JSON `value` with every text made writable as UTF-8."""
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, list):
        return [clean_value(item) for item in value]
    if isinstance(value, dict):
        return {clean_text(key): clean_value(item) for key, item in value.items()}
    return value

"""What goes over the wire to an OpenAI-compatible gateway and back, as values.

Formats: RunAPI's and Z.ai's chat completions (docs.z.ai/api-reference/llm/chat-completion), read leniently: a field
of another type than expected is as if it were not there.
"""

import json
import math
from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

Json = Mapping[str, Any]


class ToolCall(BaseModel):
    """A call of a function that a model asks for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    name: str
    arguments: str
    """JSON as the model wrote it; it may be none."""


class Message(BaseModel):
    """One message of a conversation."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: Literal["system", "user", "assistant", "tool"]
    content: str
    tool_calls: tuple[ToolCall, ...] = ()
    """What an assistant's message asked for."""
    tool_call_id: str | None = None
    """The call that a tool's message answers."""

    def body(self) -> dict[str, Any]:
        """The JSON object that is sent."""
        body: dict[str, Any] = {"role": self.role, "content": self.content}
        if self.tool_calls:
            body["tool_calls"] = [
                {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
                for call in self.tool_calls
            ]
        if self.tool_call_id is not None:
            body["tool_call_id"] = self.tool_call_id
        return body


class Parameters(BaseModel):
    """What a generation is asked with beside model and messages; what is None or empty is not sent."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    stop: str | None = None
    seed: int | None = None
    thinking: bool | None = None
    """`thinking.type` enabled or disabled."""
    clear_thinking: bool | None = None
    """`thinking.clear_thinking`: whether the reasoning of earlier turns is left out."""
    reasoning_effort: str | None = None
    do_sample: bool | None = None
    tools: tuple[dict[str, Any], ...] = ()
    response_format: dict[str, Any] | None = None
    extra: dict[str, Any] = Field(default_factory=dict)
    """Further fields of the body, sent as they are; they win over the others."""

    def fields(self) -> dict[str, Any]:
        """The fields of the body that they make."""
        names = ("temperature", "top_p", "max_tokens", "seed", "reasoning_effort", "do_sample", "response_format")
        body = {name: value for name in names if (value := getattr(self, name)) is not None}
        if self.stop:
            # Z.ai takes one, as a list: docs.z.ai/api-reference/llm/chat-completion
            body["stop"] = [self.stop]
        thinking: dict[str, Any] = {}
        if self.thinking is not None:
            thinking["type"] = "enabled" if self.thinking else "disabled"
        if self.clear_thinking is not None:
            thinking["clear_thinking"] = self.clear_thinking
        if thinking:
            body["thinking"] = thinking
        if self.tools:
            body["tools"] = list(self.tools)
        return body | self.extra


class ChatRequest(Parameters):
    """A request for one generation; what is None is not sent, so the gateway's default holds."""

    model: str
    messages: tuple[Message, ...]
    stream: bool = True

    def body(self) -> dict[str, Any]:
        """The JSON object that is sent."""
        body: dict[str, Any] = {
            "model": self.model,
            "messages": [message.body() for message in self.messages],
            "stream": self.stream,
        }
        if self.stream:
            body["stream_options"] = {"include_usage": True}
        return body | self.fields()


class Usage(NamedTuple):
    """Tokens as the gateway reported them; None where it did not."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    """Reasoning included, as both RunAPI and Z.ai count it."""
    total_tokens: int | None = None
    cached_tokens: int | None = None
    reasoning_tokens: int | None = None
    cost: Decimal | None = None
    """US dollars, where the gateway itself states a cost."""


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


class Event(NamedTuple):
    """One piece of a stream with its time."""

    at_ns: int
    """Nanoseconds since t0, taken in the reader when the bytes were there; t0 is just before the request is written."""
    kind: EventKind
    text: str
    """The delta, the finish_reason, or JSON for tool_calls, usage and error."""


_CONTENT = EventKind.CONTENT


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


def clean_text(text: str) -> str:
    """`text` with lone surrogates replaced, since they cannot be written as UTF-8."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def add_events(chunk: Json, at_ns: int, events: list[Event]) -> None:
    """Adds the events in one chunk of a stream, or in one whole completion, to `events`; at least one."""
    if error := chunk.get("error"):
        events.append(Event(at_ns, EventKind.ERROR, json.dumps(error, ensure_ascii=False)))
        return
    before = len(events)
    choices = chunk.get("choices")
    if choices and isinstance(choices, list) and isinstance(choice := choices[0], dict):
        delta = choice.get("delta") or choice.get("message")
        if isinstance(delta, dict):
            _add_delta(delta, at_ns, events)
        if (finish := choice.get("finish_reason")) and isinstance(finish, str):
            events.append(Event(at_ns, EventKind.FINISH, finish))
    if (usage := chunk.get("usage")) and isinstance(usage, dict):
        events.append(Event(at_ns, EventKind.USAGE, json.dumps(usage)))
    if len(events) == before:
        events.append(Event(at_ns, EventKind.EMPTY, ""))


def _add_delta(delta: dict[str, Any], at_ns: int, events: list[Event]) -> None:
    if len(delta) == 1 and isinstance(content := delta.get("content"), str) and content:
        # Nearly every chunk is only this.
        events.append(Event(at_ns, _CONTENT, content))
        return
    before = len(events)
    # OpenRouter and vLLM call the field `reasoning`.
    reasoning = delta.get("reasoning_content") or delta.get("reasoning")
    if reasoning and (text := _text_of(reasoning)):
        events.append(Event(at_ns, EventKind.REASONING, text))
    content = delta.get("content")
    if content and (text := _text_of(content)):
        events.append(Event(at_ns, EventKind.CONTENT, text))
    calls = delta.get("tool_calls")
    if calls and isinstance(calls, list):
        events.append(Event(at_ns, EventKind.TOOL_CALLS, json.dumps(calls, ensure_ascii=False)))
    if len(events) == before and isinstance(role := delta.get("role"), str):
        events.append(Event(at_ns, EventKind.ROLE, role))


def _text_of(content: Any) -> str:
    """Text of a content that is a string or a list of parts."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        texts = [part.get("text") if isinstance(part, dict) else part for part in content]
        return "".join(text for text in texts if isinstance(text, str))
    return ""


def identity_of(chunk: Json) -> Identity:
    """Who answered."""
    fields = (chunk.get("id"), chunk.get("model"), chunk.get("system_fingerprint"))
    return Identity(*(field if isinstance(field, str) else None for field in fields))


def usage_of(text: str) -> Usage:
    """The usage in the JSON text of a `EventKind.USAGE`."""
    usage = json.loads(text)
    prompt = usage.get("prompt_tokens_details")
    completion = usage.get("completion_tokens_details")
    cost = usage.get("cost")
    return Usage(
        prompt_tokens=_count(usage.get("prompt_tokens")),
        completion_tokens=_count(usage.get("completion_tokens")),
        total_tokens=_count(usage.get("total_tokens")),
        cached_tokens=_count(prompt.get("cached_tokens")) if isinstance(prompt, dict) else None,
        reasoning_tokens=_count(completion.get("reasoning_tokens")) if isinstance(completion, dict) else None,
        cost=Decimal(str(cost)) if _is_number(cost) and cost >= 0 else None,
    )


def _is_number(value: Any) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool)


def _count(value: Any) -> int | None:
    return int(value) if _is_number(value) and 0 <= value < 2**53 else None


def error_fields(error: Any) -> tuple[str, str | None]:
    """Message and code of an error, which is a text or an object with `message` and `code`."""
    if isinstance(error, dict):
        message, code = error.get("message"), error.get("code") or error.get("type")
        text = message if isinstance(message, str) else json.dumps(error, ensure_ascii=False)
        return text, str(code) if isinstance(code, str | int) else None
    return str(error), None

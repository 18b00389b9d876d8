"""What an event is: reads chunks of a stream, and whole completions, as OpenAI-compatible servers write them.

Read leniently: a field of another type than expected is as if it were not there.
"""

import json
from collections.abc import Mapping
from typing import Any

from glm_playground.gateway.error_shapes import error_in_chunk
from glm_playground.gateway.figures import figures_in_chunk, usage_in_chunk
from glm_playground.gateway.wire import Event, EventKind, Identity

Json = Mapping[str, Any]

_REASONING_FIELDS = (
    "reasoning_content",  # Z.ai, RunAPI, DeepSeek, SGLang, llama.cpp, vLLM before 0.10
    "reasoning",  # OpenRouter, vLLM, Groq
    "thinking",  # Ollama
)
_CONTENT_FIELDS = (
    "content",  # everybody
    "refusal",  # OpenAI: in place of the content
)
_REASONING_PARTS = frozenset({"thinking", "reasoning"})
"""Types of content parts that are reasoning (Mistral, Anthropic)."""
_PART_TEXTS = ("text", "thinking", "content")


class ChunkReader:
    """Reads the chunks of one stream, in order.

    Attributes:
        identity: who answered, from the first chunks that say it; None before.
        failure: the first error, if there was one.
        finished: True once a finish_reason came.
        answered: True once something of the answer or of its reasoning came.
        index: which choice is read; None before, and where the server does not number them.
    """

    def __init__(self) -> None:
        self.identity: Identity | None = None
        self.failure: Event | None = None
        self.finished = False
        self.answered = False
        self.index: Any = None

    def add(self, chunk: Json, at_ns: int, events: list[Event]) -> None:
        """Adds the events in `chunk` to `events`; at least one."""
        if not self.answered and not (self.identity and self.identity.model):
            self._identify(chunk)
        if error := error_in_chunk(chunk):
            self.fail(error, at_ns, events)
            return
        before = len(events)
        choices = chunk.get("choices")
        if choices and isinstance(choices, list) and (choice := self._own(choices)):
            self._add_choice(choice, at_ns, events)
        if usage := usage_in_chunk(chunk):
            events.append(Event(at_ns, EventKind.USAGE, json.dumps(usage)))
        if figures := figures_in_chunk(chunk):
            events.append(Event(at_ns, EventKind.FIGURES, json.dumps(figures, ensure_ascii=False)))
        if len(events) == before:
            events.append(Event(at_ns, EventKind.EMPTY, ""))

    def fail(self, error: Any, at_ns: int, events: list[Event]) -> None:
        """Adds an error in any of the shapes of `error_shapes`."""
        event = Event(at_ns, EventKind.ERROR, json.dumps(error, ensure_ascii=False))
        events.append(event)
        self.failure = self.failure or event

    def _own(self, choices: list[Any]) -> dict[str, Any] | None:
        """The choice of the answer that is read: of several (`n`), the one that came first."""
        for choice in choices:
            if isinstance(choice, dict):
                index = choice.get("index")
                if self.index is None:
                    self.index = index
                if index is None or index == self.index:
                    return choice
        return None

    def _add_choice(self, choice: dict[str, Any], at_ns: int, events: list[Event]) -> None:
        before = len(events)
        if isinstance(delta := choice.get("delta"), dict):
            _add_delta(delta, at_ns, events)
        # A message is a whole answer; some servers repeat it at the end of a stream.
        if not self.answered and isinstance(message := choice.get("message"), dict):
            if len(events) > before and events[-1].kind is EventKind.ROLE:
                del events[before:]
            if len(events) == before:
                _add_delta(message, at_ns, events)
        if len(events) > before and events[-1].kind is not EventKind.ROLE:
            self.answered = True
        if (finish := choice.get("finish_reason")) and isinstance(finish, str):
            events.append(Event(at_ns, EventKind.FINISH, finish))
            self.finished = True

    def _identify(self, chunk: Json) -> None:
        found = (chunk.get("id"), chunk.get("model"), chunk.get("system_fingerprint"))
        known = self.identity or Identity()
        # Azure's first chunk has them empty.
        texts = (text if isinstance(text, str) else None for text in found)
        self.identity = Identity(*(old or new for old, new in zip(known, texts, strict=True)))


def _add_delta(delta: dict[str, Any], at_ns: int, events: list[Event]) -> None:
    before = len(events)
    reasoning = _first_text(delta, _REASONING_FIELDS, reasoning=True) or _text_of(delta.get("content"), reasoning=True)
    if reasoning:
        events.append(Event(at_ns, EventKind.REASONING, reasoning))
    if text := _first_text(delta, _CONTENT_FIELDS):
        events.append(Event(at_ns, EventKind.CONTENT, text))
    calls = delta.get("tool_calls")
    if not calls and isinstance(call := delta.get("function_call"), dict):
        # The form before tool calls; one call without an id.
        calls = [{"index": 0, "type": "function", "function": call}]
    if calls and isinstance(calls, list):
        events.append(Event(at_ns, EventKind.TOOL_CALLS, json.dumps(calls, ensure_ascii=False)))
    if len(events) == before and isinstance(role := delta.get("role"), str):
        events.append(Event(at_ns, EventKind.ROLE, role))


def _first_text(delta: dict[str, Any], fields: tuple[str, ...], *, reasoning: bool = False) -> str:
    for field in fields:
        value = delta.get(field)
        if isinstance(value, str) and value:
            return value
        if value and (text := _text_of(value) or (_text_of(value, reasoning=True) if reasoning else "")):
            return text
    return ""


def _text_of(content: Any, *, reasoning: bool = False, depth: int = 2) -> str:
    """The text of a content that is a string or a list of parts; of its reasoning parts, or of the others."""
    if isinstance(content, str):
        return "" if reasoning else content
    if not isinstance(content, list) or not depth:
        return ""
    texts = []
    for part in content:
        if isinstance(part, str) and not reasoning:
            texts.append(part)
        elif isinstance(part, dict) and (str(part.get("type")) in _REASONING_PARTS) is reasoning:
            found = (_text_of(part.get(name), depth=depth - 1) for name in _PART_TEXTS)
            texts.append(next(filter(None, found), ""))
    return "".join(texts)

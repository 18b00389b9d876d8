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
    "reasoning",  # OpenRouter, vLLM, Groq; an object with the text or its summary behind some gateways
    "thinking",  # Ollama
    "reasoning_details",  # OpenRouter, MiniMax with reasoning_split: a list of parts, some of them encrypted
    "thinking_blocks",  # LiteLLM: Anthropic's parts
    "reasoning_text",  # GitHub Copilot
)
_CONTENT_FIELDS = (
    "content",  # everybody
    "refusal",  # OpenAI: in place of the content
)
_REASONING_PARTS = ("thinking", "reasoning")
"""What the types of content parts that are reasoning begin with (Mistral, Anthropic, OpenRouter)."""
_PART_TEXTS = ("text", "thinking", "summary", "content")
_DEEPEST_PART = 4
_WHOLE, _LAST = "chat.completion", "chat.completion.done"
"""What an event calls itself that repeats, behind events of another name, the whole answer (Perplexity)."""

Piece = tuple[EventKind, str]


class ChunkReader:
    """Reads the chunks of one stream, in order.

    Attributes:
        identity: who answered, from the first chunks that say it; None before.
        failure: the first error, if there was one.
        finished: True once a finish_reason came.
        told: what of the answer came so far: its reasoning, its content, its calls.
        index: which choice is read; None before, and where the server does not number them.
    """

    def __init__(self) -> None:
        self.identity: Identity | None = None
        self.failure: Event | None = None
        self.finished = False
        self.told: set[EventKind] = set()
        self._object: Any = None
        self.index: Any = None

    def add(self, chunk: Json, at_ns: int, events: list[Event]) -> None:
        """Adds the events in `chunk` to `events`; at least one."""
        if not self.told and not (self.identity and self.identity.model):
            self._identify(chunk)
        if error := error_in_chunk(chunk):
            self.fail(error, at_ns, events)
            return
        before = len(events)
        choices = chunk.get("choices")
        if choices and isinstance(choices, list) and (choice := self._own(choices)):
            self._add_choice(choice, at_ns, events, whole=self._is_whole(chunk, choice))
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

    def _is_whole(self, chunk: Json, choice: Json) -> bool:
        """Whether a chunk calls itself the whole answer, where the chunks before it did not."""
        name = chunk.get("object")
        ends = name == _LAST or (name == _WHOLE and choice.get("finish_reason"))
        if ends and self._object and name != self._object:
            return True
        # One that does not end the answer is a piece of it, whatever it is called.
        self._object = name or self._object
        return False

    def _add_choice(self, choice: dict[str, Any], at_ns: int, events: list[Event], *, whole: bool) -> None:
        delta, message = choice.get("delta"), choice.get("message")
        if whole and isinstance(delta, dict):
            delta, message = None, message or delta
        pieces, role = _read_delta(delta) if isinstance(delta, dict) else ([], None)
        if isinstance(message, dict):
            # A message is a whole answer; some servers repeat it at the end of a stream, or beside every delta.
            known = self.told | {kind for kind, _ in pieces}
            missed, its_role = _read_delta(message)
            pieces += [piece for piece in missed if piece[0] not in known]
            role = role or (None if known else its_role)
        elif not isinstance(delta, dict) and isinstance(text := choice.get("text"), str) and text:
            # The shape of completions without chat: vLLM's, llama.cpp's and others' at a gateway that maps nothing.
            pieces.append((EventKind.CONTENT, text))
        self.told.update(kind for kind, _ in pieces)
        if not pieces and role is not None:
            pieces.append((EventKind.ROLE, role))
        events += [Event(at_ns, *piece) for piece in pieces]
        if (finish := choice.get("finish_reason")) and isinstance(finish, str):
            events.append(Event(at_ns, EventKind.FINISH, finish))
            self.finished = True

    def _identify(self, chunk: Json) -> None:
        found = (chunk.get("id"), chunk.get("model"), chunk.get("system_fingerprint"))
        known = self.identity or Identity()
        # Azure's first chunk has them empty.
        texts = (text if isinstance(text, str) else None for text in found)
        self.identity = Identity(*(old or new for old, new in zip(known, texts, strict=True)))


def _read_delta(delta: dict[str, Any]) -> tuple[list[Piece], str | None]:
    """What a delta or a message holds of the answer, and the role it names."""
    pieces: list[Piece] = []
    reasoning = _first_text(delta, _REASONING_FIELDS, reasoning=None)
    if reasoning or (reasoning := _text_of(delta.get("content"), reasoning=True)):
        pieces.append((EventKind.REASONING, reasoning))
    if text := _first_text(delta, _CONTENT_FIELDS, reasoning=False):
        pieces.append((EventKind.CONTENT, text))
    calls = delta.get("tool_calls")
    if not calls and isinstance(call := delta.get("function_call"), dict):
        # The form before tool calls; one call without an id.
        calls = [{"index": 0, "type": "function", "function": call}]
    if calls and isinstance(calls, list):
        pieces.append((EventKind.TOOL_CALLS, json.dumps(calls, ensure_ascii=False)))
    role = delta.get("role")
    return pieces, role if isinstance(role, str) else None


def _first_text(delta: dict[str, Any], fields: tuple[str, ...], *, reasoning: bool | None) -> str:
    for field in fields:
        value = delta.get(field)
        if value and (text := value if isinstance(value, str) else _text_of(value, reasoning=reasoning)):
            return text
    return ""


def _text_of(value: Any, *, reasoning: bool | None, depth: int = _DEEPEST_PART) -> str:
    """The text of a value that is a string, a part, or a list of them.

    Args:
        value: what stands in the field.
        reasoning: True for the parts that are reasoning, False for the others, None for all.
        depth: how deep parts may still hold parts.
    """
    if isinstance(value, str):
        return "" if reasoning else value
    if not depth:
        return ""
    if isinstance(value, list):
        return "".join(_text_of(part, reasoning=reasoning, depth=depth - 1) for part in value)
    if not isinstance(value, dict):
        return ""
    if reasoning is not None and str(value.get("type")).startswith(_REASONING_PARTS) is not reasoning:
        return ""
    found = (_text_of(value.get(name), reasoning=None, depth=depth - 1) for name in _PART_TEXTS)
    return next(filter(None, found), "")

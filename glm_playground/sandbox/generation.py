"""What an engine yields: plain values."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Delta:
    """One piece of an answer; `tokens` is how many tokens it carries. Exactly one of the three is set."""

    content: str = ""
    reasoning: str = ""
    tool_call: dict[str, Any] | None = None
    tokens: int = 1


Burst = list[Delta]
"""Deltas that are ready at the same moment. An empty burst says the request was accepted, or is still being read."""


@dataclass(frozen=True, slots=True)
class TokenCounts:
    """Token counts; `reasoning_tokens` are part of `completion_tokens`, `cached_tokens` of `prompt_tokens`."""

    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int = 0
    reasoning_tokens: int = 0

    def to_json(self) -> dict[str, Any]:
        """The `usage` object of a chat completion."""
        usage: dict[str, Any] = {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "total_tokens": self.prompt_tokens + self.completion_tokens,
            "prompt_tokens_details": {"cached_tokens": self.cached_tokens},
        }
        if self.reasoning_tokens:
            usage["completion_tokens_details"] = {"reasoning_tokens": self.reasoning_tokens}
        return usage


@dataclass(frozen=True, slots=True)
class Finish:
    """How a generation ended."""

    finish_reason: str
    usage: TokenCounts


class GeneratedAnswer:
    """The pieces of an answer put together."""

    def __init__(self) -> None:
        self._content: list[str] = []
        self._reasoning: list[str] = []
        self._tool_calls: dict[int, dict[str, Any]] = {}

    def add(self, delta: Delta) -> None:
        """Append the next delta."""
        if delta.content:
            self._content.append(delta.content)
        if delta.reasoning:
            self._reasoning.append(delta.reasoning)
        if delta.tool_call is not None:
            self._add_tool_call(delta.tool_call)

    def message(self) -> dict[str, Any]:
        """The assistant message of a chat completion."""
        message: dict[str, Any] = {"role": "assistant", "content": "".join(self._content)}
        if self._reasoning:
            message["reasoning_content"] = "".join(self._reasoning)
        if self._tool_calls:
            message["tool_calls"] = list(self._tool_calls.values())
        return message

    def _add_tool_call(self, piece: dict[str, Any]) -> None:
        call = self._tool_calls.get(piece["index"])
        if call is None:
            self._tool_calls[piece["index"]] = {**piece, "function": dict(piece["function"])}
        else:
            call["function"]["arguments"] += piece["function"]["arguments"]

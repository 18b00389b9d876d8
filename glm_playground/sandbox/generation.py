"""What an engine is asked and what it yields: plain values and one protocol."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any, Protocol

from glm_playground.sandbox.chat_request import ChatRequest
from glm_playground.sandbox.script import Script


@dataclass(frozen=True, slots=True)
class Delta:
    """One piece of an answer; `tokens` is how many tokens it carries. Exactly one of the three texts is set."""

    content: str = ""
    reasoning: str = ""
    tool_call: dict[str, Any] | None = None
    tokens: int = 1


Burst = list[Delta]
"""Deltas that are ready at the same moment. An empty burst says the request was accepted, or is still being read."""


@dataclass(frozen=True, slots=True)
class Usage:
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
    usage: Usage


@dataclass(frozen=True, slots=True)
class Identity:
    """Who answers, said in every response. `model` is None where no model is behind the text."""

    engine: str
    model: str | None
    served_by: str
    fingerprint: str


class Engine(Protocol):
    """Something that answers a chat request."""

    @property
    def identity(self) -> Identity: ...

    def script_for(self, request: ChatRequest) -> Script:
        """What the request asks of the wire. Raises ApiError 422 for a directive that cannot be read."""

    def generate(self, request: ChatRequest, script: Script) -> AsyncGenerator[Burst | Finish, None]:
        """Yield bursts and at last one Finish; the first item comes once the request is accepted.

        Raises ApiError for a request it refuses. Closing the generator stops the generation.
        """

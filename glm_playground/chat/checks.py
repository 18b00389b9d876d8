"""Checks a request before it is sent and paid for."""

from dataclasses import dataclass
from enum import StrEnum

from glm_playground.gateway import ChatRequest
from glm_playground.runs.tokens import estimate_request_tokens


class Problem(StrEnum):
    """Why a request is not sent."""

    BLANK_PROMPT = "blank_prompt"
    BLANK_MODEL = "blank_model"
    PROMPT_TOO_LONG = "prompt_too_long"
    MAX_TOKENS_TOO_HIGH = "max_tokens_too_high"
    MAX_TOKENS_TOO_LOW = "max_tokens_too_low"
    TEMPERATURE_OUT_OF_RANGE = "temperature_out_of_range"
    TOP_P_OUT_OF_RANGE = "top_p_out_of_range"


@dataclass(frozen=True)
class Finding:
    """A problem with the value found and the limit it breaks."""

    problem: Problem
    found: float | None = None
    limit: float | None = None

    @property
    def is_estimate(self) -> bool:
        """True where only a rule of thumb says so: the request can be sent anyway, and the server decides."""
        return self.problem is Problem.PROMPT_TOO_LONG


def check_request(request: ChatRequest, *, context_tokens: int | None, max_output_tokens: int | None) -> Finding | None:
    """The first problem of `request`, or None; one that is an estimate only where there is no other.

    Args:
        request: its last message is the new prompt.
        context_tokens: the model's context, None where nobody published one (then it is not checked).
        max_output_tokens: the model's largest answer, None likewise.
    """
    if not request.model.strip():
        return Finding(Problem.BLANK_MODEL)
    last = request.messages[-1] if request.messages else None
    if last is None or (last.role == "user" and not last.content.strip()):
        return Finding(Problem.BLANK_PROMPT)
    # GLM's own ranges: docs.z.ai/api-reference/llm/chat-completion
    if request.temperature is not None and not 0 <= request.temperature <= 1:
        return Finding(Problem.TEMPERATURE_OUT_OF_RANGE, request.temperature)
    if request.top_p is not None and not 0.01 <= request.top_p <= 1:
        return Finding(Problem.TOP_P_OUT_OF_RANGE, request.top_p)
    if request.max_tokens is not None and request.max_tokens < 1:
        return Finding(Problem.MAX_TOKENS_TOO_LOW, request.max_tokens, 1)
    if request.max_tokens is not None and max_output_tokens is not None and request.max_tokens > max_output_tokens:
        return Finding(Problem.MAX_TOKENS_TOO_HIGH, request.max_tokens, max_output_tokens)
    if context_tokens is not None and (estimate := estimate_request_tokens(request)) > context_tokens:
        return Finding(Problem.PROMPT_TOO_LONG, estimate, context_tokens)
    return None

"""Checks a request before it is sent and paid for."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from glm_playground import bounds
from glm_playground.chat.extra import refused_fields
from glm_playground.chat.images import image_bytes
from glm_playground.gateway import ChatRequest
from glm_playground.runs.tokens import estimate_request_tokens, image_count


class Problem(StrEnum):
    """Why a request is not sent."""

    BLANK_PROMPT = "blank_prompt"
    BLANK_MODEL = "blank_model"
    PROMPT_TOO_LONG = "prompt_too_long"
    MAX_TOKENS_TOO_HIGH = "max_tokens_too_high"
    MAX_TOKENS_TOO_LOW = "max_tokens_too_low"
    TEMPERATURE_OUT_OF_RANGE = "temperature_out_of_range"
    TOP_P_OUT_OF_RANGE = "top_p_out_of_range"
    TOO_MANY_ANSWERS = "too_many_answers"
    NOT_A_NUMBER = "not_a_number"
    """A further field takes the place of a number and is none."""
    FIELDS_REFUSED = "fields_refused"
    """Further fields that are not sent; see `chat.extra`."""
    IMAGES_REFUSED = "images_refused"
    """Nobody says that the model takes images."""
    IMAGES_TOO_LARGE = "images_too_large"
    """Those of all turns together, in MB."""


@dataclass(frozen=True)
class Finding:
    """A problem with the value found and the limit it breaks."""

    problem: Problem
    found: float | None = None
    limit: float | None = None
    names: tuple[str, ...] = ()
    """Of fields."""
    is_advice: bool = False
    """True where the limit is another server's than the one that is asked."""

    @property
    def may_be_overridden(self) -> bool:
        """True where a rule of thumb or another server says so: it can be sent anyway, and the server decides."""
        return self.is_advice or self.problem is Problem.PROMPT_TOO_LONG


def check_request(
    request: ChatRequest,
    *,
    context_tokens: int | None,
    max_output_tokens: int | None,
    allowed_fields: frozenset[str] | None = None,
    images: bool = False,
    output_is_advice: bool = False,
    glm_ranges: bool = True,
) -> Finding | None:
    """The first problem of `request`, or None; one that may be overridden only where there is no other.

    What is checked is what is sent: a further field takes the place of the control of its name.

    Args:
        request: its last message is the new prompt.
        context_tokens: the model's context, None where nobody published one (then it is not checked).
        max_output_tokens: the model's largest answer, None likewise.
        allowed_fields: the further fields that the operator lists; None where there is no list.
        images: whether the model takes images.
        output_is_advice: whether `max_output_tokens` is another server's limit.
        glm_ranges: whether GLM's own ranges of parameters hold, else OpenAI's.
    """
    if not request.model.strip():
        return Finding(Problem.BLANK_MODEL)
    last = request.messages[-1] if request.messages else None
    if last is None or (last.role == "user" and not last.content.strip() and not last.images):
        return Finding(Problem.BLANK_PROMPT)
    if found := _check_images(request, takes_them=images):
        return found
    if names := refused_fields(request.extra, allowed_fields):
        return Finding(Problem.FIELDS_REFUSED, names=names)
    ranges = _GLM_RANGES if glm_ranges else _OPENAI_RANGES
    found = _check_numbers(request.fields(), max_output_tokens, ranges)
    if found and not (output_is_advice and found.problem is Problem.MAX_TOKENS_TOO_HIGH):
        return found
    if found:
        return replace(found, is_advice=True)
    if context_tokens is not None and (estimate := estimate_request_tokens(request)) > context_tokens:
        return Finding(Problem.PROMPT_TOO_LONG, estimate, context_tokens)
    return None


def _check_images(request: ChatRequest, *, takes_them: bool) -> Finding | None:
    count = image_count(request)
    if count and not takes_them:
        return Finding(Problem.IMAGES_REFUSED, count)
    size = sum(image_bytes(url) for message in request.messages for url in message.images)
    if size > bounds.IMAGES_BYTES:
        return Finding(Problem.IMAGES_TOO_LARGE, size / 1024**2, bounds.IMAGES_BYTES / 1024**2)
    return None


_Ranges = Mapping[str, tuple[float, float, Problem]]
_COUNTS: _Ranges = {
    "n": (1, bounds.ANSWERS_A_REQUEST, Problem.TOO_MANY_ANSWERS),
    "best_of": (1, bounds.ANSWERS_A_REQUEST, Problem.TOO_MANY_ANSWERS),
}
# docs.z.ai/api-reference/llm/chat-completion
_GLM_RANGES: _Ranges = {
    "temperature": (0.0, 1.0, Problem.TEMPERATURE_OUT_OF_RANGE),
    "top_p": (0.01, 1.0, Problem.TOP_P_OUT_OF_RANGE),
    **_COUNTS,
}
_OPENAI_RANGES: _Ranges = {
    "temperature": (0.0, 2.0, Problem.TEMPERATURE_OUT_OF_RANGE),
    "top_p": (0.0, 1.0, Problem.TOP_P_OUT_OF_RANGE),
    **_COUNTS,
}
_LENGTHS = ("max_tokens", "max_completion_tokens", "max_output_tokens", "max_new_tokens")
"""Names under which servers take the length of an answer."""


def _check_numbers(fields: Mapping[str, Any], max_output_tokens: int | None, ranges: _Ranges) -> Finding | None:
    """The first number that is wrong; one above `max_output_tokens` only where no other is."""
    too_high: Finding | None = None
    for name in (*ranges, *_LENGTHS):
        value = fields.get(name)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float):
            return Finding(Problem.NOT_A_NUMBER, names=(name,))
        if name in ranges:
            least, most, problem = ranges[name]
            if not least <= value <= most:
                return Finding(problem, value, most)
        elif value < 1:
            return Finding(Problem.MAX_TOKENS_TOO_LOW, value, 1)
        elif max_output_tokens is not None and value > max_output_tokens:
            too_high = too_high or Finding(Problem.MAX_TOKENS_TOO_HIGH, value, max_output_tokens)
    return too_high

"""The server's own figures: the usage, and what some servers say beside it.

A place in which a server puts a number is a row of one of the tables; a new one is a row and a test.
"""

import json
import math
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

Json = Mapping[str, Any]


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


class Figure(NamedTuple):
    """One figure of the server's, named as it names it."""

    source: str
    """Who gave it: the field or header it stood in, such as `timings`."""
    name: str
    value: float | str


_PROMPT = ("prompt_tokens", "input_tokens")
_COMPLETION = ("completion_tokens", "output_tokens")
_CACHED = (
    "prompt_tokens_details.cached_tokens",  # OpenAI, RunAPI, Z.ai, vLLM, llama.cpp
    "input_tokens_details.cached_tokens",  # OpenAI's Responses, passed on
    "cached_tokens",  # Moonshot, Groq
    "prompt_cache_hit_tokens",  # DeepSeek
    "cache_read_input_tokens",  # Anthropic, LiteLLM
    "prompt_tokens_details.cache_read_tokens",
    "num_cached_tokens",  # SGLang
)
_REASONING = (
    "completion_tokens_details.reasoning_tokens",  # OpenAI, RunAPI, Z.ai
    "output_tokens_details.reasoning_tokens",
    "reasoning_tokens",  # SGLang, Perplexity
)
_COST = (
    "cost",  # OpenRouter, LiteLLM, RunAPI's tasks
    "cost.total_cost",  # Perplexity
    "estimated_cost",  # DeepInfra
    "total_cost",
)

_USAGE_PLACES = (
    ("usage",),  # everybody
    ("x_groq", "usage"),  # Groq
)

FIGURE_FIELDS = (
    "timings",  # llama.cpp: prompt_ms, predicted_per_second, cache_n, ...
    "prompt_progress",  # llama.cpp with return_progress: total, cache, processed, time_ms
    "x_groq",  # Groq: id, queue and prompt times in its usage
    "time_info",  # Cerebras: queue_time, prompt_time, completion_time, total_time
    "metrics",  # vLLM's fork at Novita and others
)
"""Fields of a chunk that hold figures; kept as they came."""

FIGURE_HEADERS = (
    "x-litellm-call-id",
    "x-litellm-model-id",
    "x-litellm-model-group",
    "x-litellm-attempted-fallbacks",
    "x-litellm-attempted-retries",
    "openai-processing-ms",
    "x-envoy-upstream-service-time",
)
"""Headers of a response that say what the server did; LiteLLM's cost is none, since it is zero for every stream."""

_MOST_TOKENS = 10**9
"""More than any model reads or writes at once; a number above is a mistake of the server's."""
_MOST_DOLLARS = 10**6
_NUMBER = re.compile(r"[0-9]{1,30}(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,2})?")
_DEEPEST = 3
_MOST = 60
_LONGEST = 200


def usage_in_chunk(chunk: Json) -> dict[str, Any] | None:
    """The usage in a chunk or a whole completion, where it holds one."""
    for path in _USAGE_PLACES:
        if isinstance(found := _at(chunk, path), dict) and found:
            return found
    choices = chunk.get("choices")
    if isinstance(choices, list) and choices and isinstance(choices[0], dict):
        # Moonshot puts it into the choice that ends the answer.
        found = choices[0].get("usage")
        return found if isinstance(found, dict) and found else None
    return None


def figures_in_chunk(chunk: Json) -> dict[str, Any] | None:
    """The fields of `FIGURE_FIELDS` in a chunk, where it holds any."""
    found = {name: value for name in FIGURE_FIELDS if isinstance(value := chunk.get(name), dict) and value}
    return found or None


def usage_of(text: str) -> Usage:
    """The usage in the JSON text of a `EventKind.USAGE`."""
    usage = json.loads(text)
    cost = _first(usage, _COST, _amount)
    return Usage(
        prompt_tokens=_first(usage, _PROMPT, read_count),
        completion_tokens=_first(usage, _COMPLETION, read_count),
        total_tokens=read_count(usage.get("total_tokens")),
        cached_tokens=_first(usage, _CACHED, read_count),
        reasoning_tokens=_first(usage, _REASONING, read_count),
        cost=cost,
    )


def figures_of(texts: Iterable[str], headers: Iterable[tuple[str, str]] = ()) -> tuple[Figure, ...]:
    """The figures in the JSON texts of `EventKind.FIGURES` and in a response's headers; the last of a name holds."""
    found: dict[tuple[str, str], float | str] = {}
    for text in texts:
        for source, value in json.loads(text).items():
            _collect(found, source, "", value, _DEEPEST)
    figures = [Figure(source, name, value) for (source, name), value in found.items()]
    return (*figures, *(Figure("header", name, value) for name, value in headers))[:_MOST]


def _collect(found: dict[tuple[str, str], float | str], source: str, name: str, value: Any, depth: int) -> None:
    if isinstance(value, dict) and depth:
        for inner, item in value.items():
            _collect(found, source, f"{name}.{inner}" if name else str(inner), item, depth - 1)
    elif is_number(value):
        found[source, name] = value
    elif isinstance(value, str):
        found[source, name] = value[:_LONGEST]


def is_number(value: Any) -> bool:
    """Whether `value` is a JSON number that is finite."""
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool)


def _first(usage: Json, places: tuple[str, ...], read: Any) -> Any:
    for place in places:
        if (found := read(_at(usage, tuple(place.split("."))))) is not None:
            return found
    return None


def _at(value: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def read_count(value: Any) -> int | None:
    """A whole number of tokens that a model can have read or written."""
    number = _decimal(value)
    return int(number) if number is not None and number == int(number) and 0 <= number <= _MOST_TOKENS else None


def _amount(value: Any) -> Decimal | None:
    number = _decimal(value)
    return number if number is not None and 0 <= number <= _MOST_DOLLARS else None


def _decimal(value: Any) -> Decimal | None:
    """The number that `value` is, or that it writes as a text (gateways in languages without a number of their own)."""
    text = value.strip() if isinstance(value, str) else str(value) if is_number(value) else ""
    return Decimal(text) if _NUMBER.fullmatch(text) else None

"""What a row of `GET /v1/models` says of a model.

A place in which a server puts a limit is a row of one of the tables; a new one is a row and a test.
"""

from collections.abc import Mapping
from typing import Any

from glm_playground.gateway.figures import MOST_TOKENS
from glm_playground.gateway.wire import ModelListing

_CONTEXT = (
    "max_model_len",  # vLLM, SGLang
    "meta.n_ctx",  # llama.cpp, of one slot
    "context_length",  # OpenRouter, Together
    "context_window",  # Groq
    "context_size",  # Novita
    "max_input_tokens",  # LiteLLM, Anthropic
    "loaded_context_length",  # LM Studio, of the model as it is loaded
    "max_context_length",  # LM Studio, Mistral
)
_OUTPUT = (
    "max_completion_tokens",  # Groq
    "max_output_tokens",  # Novita
    "top_provider.max_completion_tokens",  # OpenRouter
)


def read_listing(row: Mapping[str, Any]) -> ModelListing:
    """The model in a row that has an id."""
    return ModelListing(
        id=row["id"],
        owned_by=owner if isinstance(owner := row.get("owned_by"), str) else None,
        created=created if isinstance(created := row.get("created"), int) else None,
        context_tokens=_first(row, _CONTEXT),
        max_output_tokens=_first(row, _OUTPUT),
    )


def _first(row: Mapping[str, Any], places: tuple[str, ...]) -> int | None:
    return next((found for place in places if (found := _tokens(row, place)) is not None), None)


def _tokens(row: Mapping[str, Any], place: str) -> int | None:
    value: Any = row
    for name in place.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= MOST_TOKENS else None

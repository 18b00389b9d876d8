"""What servers answer to `GET /v1/models`: where the rows stand, and what one says of a model.

A place in which a server puts them, or a limit, is a row of one of the tables; a new one is a row and a test.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from glm_playground import bounds
from glm_playground.gateway.figures import read_count
from glm_playground.gateway.wire import ModelListing, clean_text

_ROWS = (
    "data",  # everybody
    "models",  # llama.cpp and Ollama beside it, Cohere and Google in its place
)
_IDS = (
    "id",  # everybody
    "model",  # llama.cpp, Ollama
    "name",  # Cohere, Google
    "model_name",  # LiteLLM's /model/info
)
_CONTEXT = (
    "max_model_len",  # vLLM, SGLang
    "meta.n_ctx",  # llama.cpp, of one slot
    "context_length",  # OpenRouter, Together
    "context_window",  # Groq
    "context_size",  # Novita
    "max_input_tokens",  # LiteLLM, Anthropic
    "loaded_context_length",  # LM Studio, of the model as it is loaded
    "max_context_length",  # LM Studio, Mistral
    "inputTokenLimit",  # Google
    "metadata.context_length",  # DeepInfra
    "top_provider.context_length",  # OpenRouter
)
_OUTPUT = (
    "max_completion_tokens",  # Groq
    "max_output_tokens",  # Novita, LiteLLM
    "outputTokenLimit",  # Google
    "max_tokens",  # Anthropic, Vercel
    "metadata.max_tokens",  # DeepInfra
    "top_provider.max_completion_tokens",  # OpenRouter
)


def rows_of(answer: Any) -> list[Any] | None:
    """The rows in the answer to `GET /v1/models`; None where it is no list of models."""
    if isinstance(answer, list):
        # Together
        return answer
    if not isinstance(answer, Mapping):
        return None
    for name in _ROWS:
        if isinstance(found := answer.get(name), list):
            return found
    # Ollama without a model.
    return [] if answer.get("object") == "list" and answer.get("data", "") is None else None


def next_page(answer: Any) -> str | None:
    """The query that asks for the rows behind these; None without such rows (Anthropic lists 20 at a time)."""
    more = isinstance(answer, Mapping) and answer.get("has_more") is True and answer.get("last_id")
    return f"after_id={quote(clean_text(more), safe='')}" if isinstance(more, str) else None


def read_listing(row: Any) -> ModelListing | None:
    """The model in a row, which may be its id alone; None where the row names none that can be asked for."""
    if isinstance(row, str):
        row = {"id": row}
    if not isinstance(row, Mapping):
        return None
    ids = (value for name in _IDS if isinstance(value := row.get(name), str) and value.strip())
    id = next(ids, "")
    if not id.isprintable() or not 0 < len(id) <= bounds.MODEL_CHARACTERS:
        return None
    return ModelListing(
        id=id,
        owned_by=clean_text(owner) if isinstance(owner := row.get("owned_by"), str) else None,
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
    return tokens if (tokens := read_count(value)) else None

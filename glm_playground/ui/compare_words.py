"""Names of the rows and subjects of a comparison, and its values as plain text for a grid, which draws no Markdown."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from glm_playground.catalog import AnyFact
from glm_playground.catalog.comparison import ComparedRow, ScoreName
from glm_playground.ui.fact_values import kind_name, value_text
from glm_playground.ui.i18n import _, language

_ESCAPE = re.compile(r"\\([\\`*_{}\[\]<>()#+\-.!|~$:&\"'])")


def group_names() -> dict[str, str]:
    """The subjects that rows are chosen by, in the order of the list."""
    return {
        "key": _("Key facts"),
        "prices": _("Prices"),
        "scores": _("Scores"),
        "limits": _("Limits and sizes"),
        "features": _("Features"),
        "sheet": _("RunAPI's sheet"),
        "runapi": _("What RunAPI declares"),
        "release": _("Release and licence"),
        "architecture": _("Architecture"),
        "arithmetic": _("Our own count of the parameters"),
        "all": _("Everything"),
    }


def plain(fact: AnyFact) -> str:
    """The fact's value as plain text, or the word "unknown"."""
    return plain_texts((fact,))[0]


def plain_texts(facts: Iterable[AnyFact]) -> tuple[str, ...]:
    """The facts' values as plain texts."""
    # Asking for the language costs more than a text that is kept, so it is asked for once.
    spoken, unknown = language(), _("unknown")
    # The digits of a decimal count, so 0.60 and 0.6 are two texts.
    return tuple(
        unknown
        if fact.value is None
        else _plain(spoken, type(fact.value).__name__, str(fact.value), fact.unit, _Held(fact.value))
        for fact in facts
    )


class _Held:
    """Carries a value past the cache's key: the type and the text beside it stand for it."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held)

    def __hash__(self) -> int:
        return 0


@lru_cache(maxsize=20_000)
def _plain(language: str, kind: str, text: str, unit: str | None, held: _Held) -> str:
    return _ESCAPE.sub(r"\1", value_text(held.value, unit))


def row_label(row: ComparedRow) -> str:
    """The row's name; it says whose fact it is, since rows of every subject may stand together."""
    return score_label(row.score) if row.score else fact_labels().get(row.key, row.key)


def score_label(name: ScoreName) -> str:
    """A benchmark with its conditions, and who ran it where that is not the model's own maker."""
    parts = [name.benchmark]
    if name.conditions:
        parts.append(name.conditions)
    if name.kind != "vendor":
        parts.append(kind_name(name.kind))
    return ", ".join(parts)


def fact_labels() -> dict[str, str]:
    """Names of the facts by key."""
    return _labels(language())


@lru_cache(maxsize=8)
def _labels(language: str) -> dict[str, str]:
    return {f"facts.{key}": label for key, label in _of_the_model().items()} | {
        f"{table}.{key}": label
        for table, labels in (
            ("gateways.runapi", _of_runapi()),
            ("gateways.runapi.capabilities", _capabilities()),
            ("gateways.runapi.protocols", _protocols()),
            ("gateways.runapi.price", _prices(_("RunAPI"))),
            ("gateways.zai", _of_zai()),
            ("gateways.zai.price", _prices(_("Z.ai"))),
            ("arithmetic", _arithmetic()),
        )
        for key, label in labels.items()
    }


def _of_the_model() -> dict[str, str]:
    return {
        "release": _("Release"),
        "availability": _("At Z.ai"),
        "license": _("Licence"),
        "open_weights": _("Open weights"),
        "weights": _("Weights"),
        "size_total": _("Size, total"),
        "size_active": _("Size, active"),
        "context_tokens": _("Context"),
        "max_output_tokens": _("Largest output"),
        "max_tokens_default": _("Output, default"),
        "knowledge_cutoff": _("Knowledge cutoff"),
        "input_modalities": _("Takes"),
        "output_modalities": _("Gives"),
        "thinking": _("Thinking"),
        "thinking_types": _("Thinking, settings"),
        "reasoning_effort": _("Reasoning effort"),
        "reasoning_efforts": _("Reasoning effort, settings"),
        "tool_calling": _("Tools"),
        "tool_stream": _("Tools in a stream"),
        "structured_output": _("Structured output"),
        "context_caching": _("Caching"),
        "temperature_default": _("Temperature, default"),
        "top_p_default": _("top_p, default"),
        "architecture": _("Architecture"),
        "layers": _("Layers"),
        "dense_layers": _("Dense layers"),
        "moe_layers": _("MoE layers"),
        "mtp_layers": _("MTP layers"),
        "hidden_size": _("Hidden size"),
        "attention_heads": _("Attention heads"),
        "kv_heads": _("KV heads"),
        "attention": _("Attention"),
        "experts": _("Experts"),
        "experts_per_token": _("Experts a token"),
        "shared_experts": _("Shared experts"),
        "training_tokens": _("Training tokens"),
        "vocabulary": _("Vocabulary"),
        "tokenizer": _("Tokenizer"),
    }


def _of_runapi() -> dict[str, str]:
    return {
        "model_id": _("Model ID"),
        "provider": _("Provider"),
        "modality": _("Modality"),
        "task_type": _("Task type"),
        "billing": _("Billing"),
        "endpoint": _("Endpoint"),
        "commercial": _("Commercial use"),
        "status": _("Status, advertised"),
        "context_tokens": _("Context on RunAPI"),
        "max_output_tokens": _("Output on RunAPI"),
        "architecture": _("Architecture, RunAPI's words"),
        "overview": _("RunAPI's words"),
        "card_text": _("RunAPI's card"),
        "default_choice": _("RunAPI's default choice"),
        "skill_use_when": _("RunAPI's skill: use for"),
    }


def _of_zai() -> dict[str, str]:
    return {
        "model_id": _("Model ID at Z.ai"),
        "billing": _("Billing at Z.ai"),
        "endpoint": _("Endpoint at Z.ai"),
    }


def _prices(gateway: str) -> dict[str, str]:
    labels = {
        "input": _("Input, {gateway}"),
        "output": _("Output, {gateway}"),
        "cache_read": _("Cached input, {gateway}"),
        "cache_write_5m": _("Cache write 5 min, {gateway}"),
        "cache_write_1h": _("Cache write 1 h, {gateway}"),
        "cache_storage": _("Cache storage, {gateway}"),
        "headline": _("Headline, {gateway}"),
    }
    return {key: label.format(gateway=gateway) for key, label in labels.items()}


def _capabilities() -> dict[str, str]:
    return {
        "text": _("Text on RunAPI"),
        "sync": _("Answer in one piece on RunAPI"),
        "streaming": _("Streaming on RunAPI"),
        "default_thinking": _("Thinking unless asked on RunAPI"),
        "reasoning_controls": _("Reasoning controls on RunAPI"),
        "function_tools": _("Tools on RunAPI"),
        "structured_output": _("Structured output on RunAPI"),
        "multimodal_input": _("Images as input on RunAPI"),
        "hosted_tools": _("Hosted tools on RunAPI"),
        "explicit_cache_controls": _("Cache controls on RunAPI"),
    }


def _protocols() -> dict[str, str]:
    return {
        "chat_completions": _("Chat completions on RunAPI"),
        "responses": _("Responses on RunAPI"),
        "messages": _("Messages on RunAPI"),
        "gemini_contents": _("Gemini contents on RunAPI"),
    }


def _arithmetic() -> dict[str, str]:
    return {
        "layers": _("In layers"),
        "embedding_and_head": _("In embedding and head"),
        "mtp": _("In the MTP layer"),
        "layers_and_mtp": _("Layers and MTP"),
        "layers_embedding_and_head": _("Layers, embedding, head"),
        "all": _("All"),
        "all_with_mtp_copies": _("All, MTP with its copies"),
        "exact": _("All, one by one"),
        "indexer_layers": _("Layers with an indexer"),
        "active_without_embedding": _("Active, no embedding"),
    }

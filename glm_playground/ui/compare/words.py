"""Names of the rows and subjects of a comparison."""

from collections.abc import Iterable
from functools import lru_cache

from glm_playground.catalog.comparison import ComparedRow, ScoreName
from glm_playground.ui.shared.facts.board_words import conditions_text
from glm_playground.ui.shared.facts.fact_groups import lifecycle_labels, self_host_labels
from glm_playground.ui.shared.facts.fact_values import arithmetic_labels, kind_name, unit_name
from glm_playground.ui.shared.i18n import _, in_each_language, language
from glm_playground.ui.shared.searched import folded

PRICE_AT_MY_WORKLOAD = "workload.price"
"""Key of the row with the blended price."""


def group_names() -> dict[str, str]:
    """The subjects that rows are chosen by, in the order of the list."""
    return {
        "key": _("Key facts"),
        "prices": _("Prices"),
        "measured": _("Measured by my runs"),
        "scores": _("Scores"),
        "limits": _("Limits and sizes"),
        "features": _("Features"),
        "sheet": _("RunAPI's sheet"),
        "runapi": _("What RunAPI declares"),
        "release": _("Release and licence"),
        "lifecycle": _("Lifecycle and providers"),
        "self_host": _("Self-hosting"),
        "architecture": _("Architecture"),
        "arithmetic": _("Our own count of the parameters"),
        "all": _("Everything"),
    }


def row_label(row: ComparedRow) -> str:
    """The row's name; it says whose fact it is, since rows of every subject may stand together."""
    return score_label(row.score) if row.score else fact_labels().get(row.key, row.key)


def with_unit(label: str, unit: str | None) -> str:
    """The name of a row with the unit of its values: "Context (tokens)"."""
    return f"{label} ({unit_name(unit)})" if unit else label


def searched(row: ComparedRow, texts: Iterable[str]) -> str:
    """What a search in the rows looks at: the row's name and subject in each language, its key, and its cells."""
    names = in_each_language(lambda: " ".join((row_label(row), *_subjects(row))))
    return folded(" ".join((*names, row.key.replace("_", " "), *texts)))


def _subjects(row: ComparedRow) -> tuple[str, ...]:
    """Words for rows whose names do not say what they are about."""
    if row.score:
        return (_("Scores"), _("benchmark"))
    return (_("price, cost"),) if ".price." in row.key or row.key == PRICE_AT_MY_WORKLOAD else ()


def score_label(name: ScoreName) -> str:
    """A benchmark with its conditions, and who ran it where that is not the model's own maker."""
    parts = [name.benchmark]
    if name.conditions:
        parts.append(conditions_text(name.conditions))
    if name.kind != "vendor":
        parts.append(kind_name(name.kind))
    return ", ".join(parts)


def fact_labels() -> dict[str, str]:
    """Names of the facts by key."""
    return _labels(language())


@lru_cache(maxsize=8)
def _labels(language: str) -> dict[str, str]:
    return (
        {PRICE_AT_MY_WORKLOAD: _("Price at my workload")}
        | {f"facts.{key}": label for key, label in _of_the_model().items()}
        | lifecycle_labels()
        | self_host_labels()
        | {
            f"{table}.{key}": label
            for table, labels in (
                ("gateways.runapi", _of_runapi()),
                ("gateways.runapi.capabilities", _capabilities()),
                ("gateways.runapi.protocols", _protocols()),
                ("gateways.runapi.price", _prices(_("RunAPI"))),
                ("gateways.zai", _of_zai()),
                ("gateways.zai.price", _prices(_("Z.ai"))),
                ("gateways.vercel", {"model_id": _("Model ID at Vercel"), "billing": _("Billing at Vercel")}),
                ("gateways.vercel.price", _prices(_("Vercel"))),
                ("arithmetic", arithmetic_labels()),
            )
            for key, label in labels.items()
        }
    )


def _of_the_model() -> dict[str, str]:
    return {
        "release": _("Release"),
        "availability": _("At Z.ai"),
        "best_for": _("Best for"),
        "license": _("Licence"),
        "license_conditions": _("Licence conditions"),
        "open_weights": _("Open weights"),
        "weights": _("Weights"),
        "size_total": _("Size, total"),
        "size_active": _("Size, active"),
        "context_tokens": _("Context"),
        "max_output_tokens": _("Largest output"),
        "max_tokens_default": _("Output, default"),
        "knowledge_cutoff": _("Knowledge cutoff"),
        "input_modalities": _("Input modality"),
        "output_modalities": _("Output modality"),
        "thinking": _("Thinking"),
        "thinking_types": _("Thinking, settings"),
        "reasoning_effort": _("Reasoning effort"),
        "reasoning_efforts": _("Reasoning effort, settings"),
        "reasoning_effort_default": _("Reasoning effort, default"),
        "reasoning_field": _("Reasoning field"),
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
        "experts_per_token": _("Experts per token"),
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
        "tiers": _("Price by length, {gateway}"),
        "headline": _("Headline, {gateway}"),
    }
    return {key: label.format(gateway=gateway) for key, label in labels.items()}


def _capabilities() -> dict[str, str]:
    return {
        "text": _("Text on RunAPI"),
        "sync": _("Non-streaming on RunAPI"),
        "streaming": _("Streaming on RunAPI"),
        "default_thinking": _("Thinking by default on RunAPI"),
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

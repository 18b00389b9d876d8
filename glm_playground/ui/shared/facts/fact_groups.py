"""Rows of a model's sheet by the catalog's own groups, so that a fact added to a group shows by itself."""

from glm_playground.catalog import ModelCard
from glm_playground.catalog.comparison import GROUPS, fact_at
from glm_playground.ui.shared.facts.fact_values import code
from glm_playground.ui.shared.facts.fact_view import Row, row
from glm_playground.ui.shared.i18n import _

_AS_CODE = {"facts.vllm_command", "facts.sglang_command", "facts.tool_parser", "facts.reasoning_field"}


def group_rows(card: ModelCard, group: str) -> list[Row]:
    """One row for each fact of the group; a gateway that does not serve the model has none."""
    labels = lifecycle_labels() | self_host_labels()
    rows = []
    for key in GROUPS[group]:
        head, _dot, rest = key.partition(".")
        if head == "gateways" and card.gateway(rest.partition(".")[0]) is None:
            continue
        fact = fact_at(card, key)
        text = code(fact.value) if key in _AS_CODE and isinstance(fact.value, str) else None
        rows.append(row(key, labels[key], fact, text))
    return rows


def lifecycle_labels() -> dict[str, str]:
    """What the facts on sellers and the end of a model are called, by key."""
    return {
        "facts.on_runapi": _("On RunAPI"),
        "facts.deprecated": _("Deprecated"),
        "facts.retired": _("Retired"),
        "facts.replaced_by": _("Replaced by"),
        "facts.providers": _("Providers"),
        "gateways.zai.coding_plan": _("In Z.ai's Coding Plan"),
        "gateways.zai.plans": _("Z.ai's Coding Plans"),
        "gateways.zai.endpoints": _("Z.ai's endpoints"),
        "gateways.runapi.data_policy": _("Data policy, RunAPI"),
        "gateways.zai.data_policy": _("Data policy, Z.ai"),
        "gateways.vercel.data_policy": _("Data policy, Vercel"),
    }


def self_host_labels() -> dict[str, str]:
    """What the facts on running a model oneself are called, by key."""
    return {
        "facts.weight_formats": _("Weight formats"),
        "facts.weight_sizes": _("Size of the weights"),
        "facts.gpu_memory_bf16": _("GPU memory, BF16"),
        "facts.gpu_memory_fp8": _("GPU memory, FP8"),
        "facts.gpu_memory_nvfp4": _("GPU memory, NVFP4"),
        "facts.small_machines": _("Small machines"),
        "facts.vllm_command": _("Start with vLLM"),
        "facts.sglang_command": _("Start with SGLang"),
        "facts.tool_parser": _("Tool call parser"),
        "facts.vllm_reasoning_parser": _("Reasoning parser, vLLM"),
        "facts.sglang_reasoning_parser": _("Reasoning parser, SGLang"),
    }

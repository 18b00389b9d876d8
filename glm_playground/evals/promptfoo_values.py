"""Values of a configuration as promptfoo reads them."""

import json
import re

from pydantic import JsonValue

# What Nunjucks can say between braces, and a name cannot: nunjucks templating, promptfoo's own.
_TEMPLATE = re.compile(r"\{%|\{#|\{\{-|\{\{[^{}\n]*[|.(\[+][^{}\n]*\}\}")


def has_template(text: str) -> bool:
    """Whether there is more between braces than a name, such as a filter or a statement."""
    return bool(_TEMPLATE.search(text))


def names_file(text: str) -> bool:
    """Whether promptfoo would open a file or an address, or run code, for it."""
    return bool(re.match(r"(file|https?|huggingface|python|exec|package|env|langfuse|helicone)://", text)) or bool(
        re.fullmatch(r"[\w./*-]+\.(txt|md|json|jsonl|ya?ml|csv|py|js|ts|j2|xlsx?)(:\w+)?", text)
    )


def plain(value: JsonValue) -> str:
    """A variable as it stands in a prompt."""
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False)


def listed(value: JsonValue) -> list[JsonValue]:
    """The values of a list; one that stands for itself, or none."""
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def mapping(value: JsonValue) -> dict[str, JsonValue]:
    """A mapping; an empty one in the place of anything else."""
    return value if isinstance(value, dict) else {}

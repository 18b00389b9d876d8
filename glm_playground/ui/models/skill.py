"""A model skill: a folder with a SKILL.md that teaches a coding agent to use one model over RunAPI.

It follows the Agent Skills specification (agentskills.io): a name of lowercase letters, digits and hyphens that equals
the folder's, and a description of at most 1,024 characters. The text is English, as agents' instructions are.
"""

import io
import json
import re
import zipfile
from collections.abc import Mapping
from typing import NamedTuple

from glm_playground.catalog import AnyFact, Catalog, ModelCard, Source
from glm_playground.ui.shared.text.snippets import BASE_URL, snippets

_MOST_NAME, _MOST_DESCRIPTION = 64, 1024
# A fixed time makes the archive of the same facts the same file.
_TIME = (2026, 1, 1, 0, 0, 0)


class Skill(NamedTuple):
    """A skill's folder name and the text of its SKILL.md."""

    name: str
    text: str

    def archive(self) -> bytes:
        """The folder as a zip file."""
        stored = io.BytesIO()
        with zipfile.ZipFile(stored, "w", zipfile.ZIP_DEFLATED) as archive:
            entry = zipfile.ZipInfo(f"{self.name}/SKILL.md", _TIME)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, self.text.encode(), zipfile.ZIP_DEFLATED)
        return stored.getvalue()


def skill_of(card: ModelCard, catalog: Catalog) -> Skill:
    """The skill of one model, made from its facts."""
    name = skill_name(card.id)
    # A JSON string is a YAML string; without quotes a date or a number would not be one.
    front = f"""\
---
name: {name}
description: {json.dumps(_description(card))}
compatibility: "Needs network access to runapi.ai and a key in RUNAPI_API_KEY."
metadata:
  model: {json.dumps(card.id)}
  facts-read: {json.dumps(_newest(card))}
---
"""
    return Skill(name, front + _body(card, catalog))


def skill_name(model: str) -> str:
    """The folder's name: the model's id with everything else than letters and digits as single hyphens."""
    plain = re.sub(r"[^a-z0-9]+", "-", f"runapi-{model}".lower())
    return plain[:_MOST_NAME].strip("-")


def _description(card: ModelCard) -> str:
    text = (
        f"Calls {card.name} by Z.ai (model id {card.id}) over RunAPI's OpenAI-compatible chat completions: request, "
        f"streaming, limits, prices and errors. Use when asked to call, test or write code against {card.id} or "
        f"{card.name}, or when code should switch to this GLM variant."
    )
    return text[:_MOST_DESCRIPTION]


def _body(card: ModelCard, catalog: Catalog) -> str:
    gateway = catalog.gateway("runapi")
    rules = gateway.rules.value if gateway and gateway.rules.value else ()
    curl = snippets(card.id, "Say hello.")[0].text
    seen = "" if card.gateway("runapi") else "\nRunAPI was not seen to serve this model: it may answer 404 or 403.\n"
    return f"""
# {card.name} over RunAPI

Send chat completions to `{BASE_URL}/v1/chat/completions` with `"model": "{card.id}"`. The key is read from
`RUNAPI_API_KEY`; never write it into a file, a log or a commit.
{seen}
```bash
{curl}```

Stream with `"stream": true` and `"stream_options": {{"include_usage": true}}`.

## Facts

What nobody published is unknown: do not guess it.

{_facts_table(card, catalog.sources)}

## Rules

{_bullets(rules)}

## Errors

- 401: no key, or a wrong one. 402: no credits left; nothing was generated. 403: the key may not use this model.
- 400, 422: the request is not valid; the answer names the field.
- `unsupported_model_capability`: the model does not do that here; leave the feature out.
- 429: too many requests; wait as `Retry-After` says. 500 to 504, 529: the server; retry only if no token came.
"""


def _bullets(rules: tuple[str, ...]) -> str:
    return "\n".join(f"- {rule[:1].upper()}{rule[1:]}." for rule in rules) or "- None published."


def _facts_table(card: ModelCard, sources: Mapping[str, Source]) -> str:
    runapi = card.gateway("runapi")
    limits, price = card.limits("runapi"), card.price("runapi")
    facts: list[tuple[str, AnyFact]] = [
        ("Context", limits.context),
        ("Largest output", limits.max_output),
        ("Thinking", card.facts.thinking),
        ("RunAPI price, input", price.input),
        ("RunAPI price, output", price.output),
        ("RunAPI price, cached input", price.cache_read),
    ]
    if runapi:
        capabilities = runapi.capabilities
        facts += [
            ("Tools on RunAPI", capabilities.function_tools),
            ("Structured output on RunAPI", capabilities.structured_output),
            ("Reasoning controls on RunAPI", capabilities.reasoning_controls),
        ]
    lines = ["| Fact | Value | Source | Read |", "|---|---|---|---|"]
    lines += [f"| {label} | {' | '.join(_fact_cells(fact, sources))} |" for label, fact in facts]
    return "\n".join(lines)


def _fact_cells(fact: AnyFact, sources: Mapping[str, Source]) -> tuple[str, str, str]:
    if fact.chosen is None:
        return "unknown", "", ""
    source = sources.get(fact.chosen.source)
    value = f"{fact.value:,}" if isinstance(fact.value, int) else str(fact.value)
    where = (source.url or source.publisher) if source else fact.chosen.source
    return f"{value} {fact.unit or ''}".strip().replace("|", "\\|"), where, fact.chosen.read.isoformat()


def _newest(card: ModelCard) -> str:
    dates = [claim.read for _key, fact in card.all_facts() for claim in fact.claims]
    return max(dates).isoformat() if dates else "unknown"

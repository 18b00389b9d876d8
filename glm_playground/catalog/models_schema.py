"""JSON Schemas of the catalogue for other programs: models.dev's own shape, and ours, which adds to it.

    python -m glm_playground.catalog schema

writes them into `docs/` of a checkout too. models.dev's is that of `packages/core/src/schema.ts` in its repository
(anomalyco/models.dev) at f3fc6922, of July 2026.
"""

import json
from typing import Any

from glm_playground.catalog.types import KINDS

Schema = dict[str, Any]
_DIALECT = "https://json-schema.org/draft/2020-12/schema"

ADDITIONS = frozenset({"license", "sources", "conflicts", "unknown"})
"""Fields of a provider's model that models.dev does not have."""
REQUIRED = frozenset(
    {
        "attachment",
        "reasoning",
        "tool_call",
        "release_date",
        "modalities.input",
        "modalities.output",
        "open_weights",
        "limit.context",
        "limit.output",
    }
)
"""Fields that models.dev requires and that may be unknown here."""

_TEXT: Schema = {"type": "string", "minLength": 1}
_FLAG: Schema = {"type": "boolean"}
_AMOUNT: Schema = {"type": "number", "minimum": 0}
_PRICE: Schema = {**_AMOUNT, "description": "US dollars per million tokens"}
_DAY: Schema = {"type": "string", "format": "date"}
_DAY_OR_MONTH: Schema = {"type": "string", "pattern": r"^\d{4}-\d{2}(-\d{2})?$"}
_ADDRESS: Schema = {"type": "string", "format": "uri"}
_WORDS: Schema = {"type": "array", "items": {"enum": ["text", "audio", "image", "video", "pdf"]}}
_EFFORT: Schema = {"enum": [None, "none", "minimal", "low", "medium", "high", "xhigh", "max", "default"]}


def _closed(properties: Schema, required: tuple[str, ...] = ()) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


_REASONING_OPTION: Schema = {
    "oneOf": [
        _closed({"type": {"const": "toggle"}}, ("type",)),
        _closed({"type": {"const": "effort"}, "values": {"type": "array", "items": _EFFORT}}, ("type", "values")),
        _closed(
            {"type": {"const": "budget_tokens"}, "min": {"type": "number", "minimum": -1}, "max": _AMOUNT}, ("type",)
        ),
    ]
}
_COST_FIELDS: Schema = dict.fromkeys(
    ("input", "output", "reasoning", "cache_read", "cache_write", "input_audio", "output_audio"), _PRICE
)
_TIER: Schema = _closed(
    {
        **_COST_FIELDS,
        "tier": _closed({"type": {"const": "context"}, "size": {"type": "integer", "minimum": 0}}, ("size",)),
    },
    ("input", "output", "tier"),
)
_COST: Schema = {
    "type": "object",
    "properties": {
        **_COST_FIELDS,
        "context_over_200k": {"type": "object", "properties": _COST_FIELDS, "required": ["input", "output"]},
        "tiers": {"type": "array", "items": _TIER},
    },
    "required": ["input", "output"],
}
_MODEL_FIELDS: Schema = {
    "id": {"type": "string"},
    "name": _TEXT,
    "family": _TEXT,
    "attachment": _FLAG,
    "reasoning": _FLAG,
    "reasoning_options": {"type": "array", "items": _REASONING_OPTION},
    "tool_call": _FLAG,
    "interleaved": {
        "oneOf": [{"const": True}, _closed({"field": {"enum": ["reasoning_content", "reasoning_details"]}}, ("field",))]
    },
    "structured_output": _FLAG,
    "temperature": _FLAG,
    "knowledge": _DAY_OR_MONTH,
    "release_date": _DAY_OR_MONTH,
    "last_updated": {**_DAY_OR_MONTH, "description": "here: the newest day a source of this entry was read"},
    "modalities": _closed({"input": _WORDS, "output": _WORDS}, ("input", "output")),
    "open_weights": _FLAG,
    "cost": _COST,
    "limit": _closed({"context": _AMOUNT, "input": _AMOUNT, "output": _AMOUNT}, ("context", "output")),
    "status": {"enum": ["alpha", "beta", "deprecated"]},
    "experimental": {"type": "object"},
    "provider": {"type": "object"},
}
# With reasoning there are options, be they none; without, neither options nor a price of it.
_REASONING_RULES: Schema = {
    "if": {"properties": {"reasoning": {"const": True}}, "required": ["reasoning"]},
    "then": {"required": ["reasoning_options"]},
    "else": {
        "properties": {
            "reasoning_options": False,
            "cost": {"type": "object", "properties": {"reasoning": False}},
        }
    },
}
_PROVIDER_FIELDS: Schema = {
    "id": {"type": "string"},
    "name": _TEXT,
    "env": {"type": "array", "items": _TEXT, "minItems": 1},
    "npm": _TEXT,
    "api": _ADDRESS,
    "doc": _TEXT,
}
_WITH_API = ["@ai-sdk/openai-compatible", "@openrouter/ai-sdk-provider"]
_MAY_HAVE_API = ["@ai-sdk/openai", "@ai-sdk/anthropic", "kiro-acp-ai-provider"]


def models_dev_schema() -> Schema:
    """models.dev's schema of its `api.json`."""
    named = tuple(path for path in sorted(REQUIRED) if "." not in path)
    model = _closed(_MODEL_FIELDS, ("id", "name", *named, "last_updated", "modalities", "limit")) | _REASONING_RULES
    provider = _closed(
        {**_PROVIDER_FIELDS, "models": {"type": "object", "additionalProperties": {"$ref": "#/$defs/model"}}},
        ("id", "name", "env", "npm", "doc", "models"),
    )
    provider["allOf"] = [
        {"if": {"properties": {"npm": {"enum": _WITH_API}}}, "then": {"required": ["api"]}},
        {
            "if": {"properties": {"npm": {"not": {"enum": [*_WITH_API, *_MAY_HAVE_API]}}}},
            "then": {"properties": {"api": False}},
        },
    ]
    return {
        "$schema": _DIALECT,
        "title": "api.json of models.dev",
        "type": "object",
        "additionalProperties": provider,
        "$defs": {"model": model},
    }


def schema() -> Schema:
    """The schema of `/api/models.json`; `/api/models/{id}.json` is its `$defs/one`.

    A field that models.dev requires is there, or its reason is in `unknown`.
    """
    model = _closed({**_loose_fields(), **_additions()}, ("id", "name", "sources", "conflicts", "unknown"))
    model["allOf"] = [_there_or_unknown(path) for path in sorted(REQUIRED)]
    one = {
        **_loose_fields(),
        **_additions(),
        "benchmarks": {"type": "array", "items": _benchmark()},
        "facts": {"type": "object", "additionalProperties": {"$ref": "#/$defs/fact"}},
        "providers": {"type": "object", "additionalProperties": {"$ref": "#/$defs/model"}},
    }
    provider = {**_PROVIDER_FIELDS, "models": {"type": "object", "additionalProperties": {"$ref": "#/$defs/model"}}}
    return {
        "$schema": _DIALECT,
        "title": "Models by provider, as models.dev has them, with sources, conflicts and what is unknown",
        "type": "object",
        "additionalProperties": _closed(provider, ("id", "name", "npm", "env", "models")),
        "$defs": {
            "model": model,
            "one": _closed(one, ("id", "name", "sources", "conflicts", "unknown", "benchmarks", "facts", "providers")),
            "fact": _fact(),
            "claim": _claim(),
        },
    }


def schema_text(document: Schema) -> str:
    """A schema as it is written into a file."""
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _loose_fields() -> Schema:
    """models.dev's fields of a model, of which any may be unknown."""
    limit, modalities = _MODEL_FIELDS["limit"], _MODEL_FIELDS["modalities"]
    return {**_MODEL_FIELDS, "limit": {**limit, "required": []}, "modalities": {**modalities, "required": []}}


def _additions() -> Schema:
    claims: Schema = {"type": "array", "items": {"$ref": "#/$defs/claim"}, "minItems": 1}
    return {
        "license": _TEXT,
        "sources": {"description": "who says it, by field", "type": "object", "additionalProperties": claims},
        "conflicts": {"description": "who says otherwise, by field", "type": "object", "additionalProperties": claims},
        "unknown": {"description": "why, by field", "type": "object", "additionalProperties": _TEXT},
    }


def _there_or_unknown(path: str) -> Schema:
    *outer, name = path.split(".")
    there: Schema = {"required": [name]}
    for key in outer:
        there = {"required": [key], "properties": {key: there}}
    return {"anyOf": [there, {"properties": {"unknown": {"required": [path]}}}]}


def _claim_fields() -> Schema:
    return {
        "source": {**_TEXT, "description": "its id"},
        "publisher": _TEXT,
        "kind": {"enum": list(KINDS)},
        "read": {**_DAY, "description": "the day it was read"},
        "url": _ADDRESS,
        "as_of": {**_DAY_OR_MONTH, "description": "the date of the document or of its copy"},
        "as_of_unknown": _TEXT,
        "licence": {**_TEXT, "description": "what its text may be quoted under"},
        "licence_unknown": _TEXT,
    }


def _sourced(fields: Schema) -> Schema:
    """A table that says where it is from; a date and a licence are there, or the reason why not."""
    found = _closed(fields, ("source", "publisher", "kind", "read"))
    found["allOf"] = [
        {"oneOf": [{"required": [name]}, {"required": [f"{name}_unknown"]}]} for name in ("as_of", "licence")
    ]
    return found


def _claim() -> Schema:
    words = {"note": _TEXT, "quote": {**_TEXT, "description": "the source's own words"}, "value": {}}
    return _sourced({**_claim_fields(), **words})


def _fact() -> Schema:
    claims: Schema = {"type": "array", "items": {"$ref": "#/$defs/claim"}, "minItems": 1}
    why = {**_TEXT, "description": "why this value of several, or why none"}
    return _closed({"value": {}, "unit": _TEXT, "why": why, "claims": claims})


def _benchmark() -> Schema:
    fields: Schema = dict.fromkeys(("name", "metric", "harness", "conditions", "effort", "time_limit", "runs"), _TEXT)
    fields |= {"score": {"type": "number"}, "source": _ADDRESS, "date": _DAY_OR_MONTH}
    fields["said_by"] = _sourced(_claim_fields())
    return _closed(fields, ("name", "score", "metric", "said_by"))

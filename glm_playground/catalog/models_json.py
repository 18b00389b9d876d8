"""The catalogue for other programs, in the shape of models.dev's `api.json` (models.dev, its `schema.ts`).

A provider holds its models by id. What nobody published is left out, never zero or false. Beside the fields of
models.dev each model has `sources` and `conflicts`, by the field that they are about.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from glm_playground.catalog.card import GatewayFacts, ModelCard
from glm_playground.catalog.catalog import Catalog, GatewaySheet
from glm_playground.catalog.types import KINDS, AnyFact, Claim

_COSTS = {"input": "input", "output": "output", "cache_read": "cache_read", "cache_write": "cache_write_5m"}


class _Field(NamedTuple):
    """A field of a model and the fact that it is made of."""

    path: str
    """Such as `limit.context`."""
    value: Any
    fact: AnyFact


def models_json(catalog: Catalog) -> dict[str, Any]:
    """Every provider with the models it is known to serve."""
    providers = {sheet.id: _provider(sheet) for sheet in catalog.gateways}
    for card in catalog.cards:
        for table in card.gateways:
            if table.id in providers:
                providers[table.id]["models"][card.id] = model_json(catalog, card, table)
    return {name: provider for name, provider in providers.items() if provider["models"]}


def model_of_all(catalog: Catalog, card: ModelCard) -> dict[str, Any]:
    """One model, with what each provider says of it under `providers`."""
    return {
        **model_json(catalog, card, None),
        "providers": {table.id: model_json(catalog, card, table) for table in card.gateways},
    }


def model_json(catalog: Catalog, card: ModelCard, table: GatewayFacts | None) -> dict[str, Any]:
    """A model as a provider serves it; without one, the model itself."""
    found: dict[str, Any] = {"id": card.id, "name": card.name}
    sources: dict[str, list[dict[str, Any]]] = {}
    conflicts: dict[str, list[dict[str, Any]]] = {}
    for path, value, fact in _fields(card, table):
        *outer, name = path.split(".")
        holder = found
        for key in outer:
            holder = holder.setdefault(key, {})
        holder[name] = value
        chosen = [claim for claim in fact.claims if claim.value == fact.value]
        sources[path] = [_source(catalog, claim) for claim in chosen]
        if fact.disagrees:
            conflicts[path] = [_source(catalog, claim) | {"value": _plain(claim.value)} for claim in fact.dissenting]
    return {**found, "sources": sources, "conflicts": conflicts}


def _provider(sheet: GatewaySheet) -> dict[str, Any]:
    found: dict[str, Any] = {"id": sheet.id, "name": sheet.name, "npm": "@ai-sdk/openai-compatible", "models": {}}
    if sheet.id == "runapi":
        found["env"] = ["RUNAPI_API_KEY"]
    if address := sheet.sdk_base_url.value or sheet.base_url.value:
        found["api"] = address
    return found


def _fields(card: ModelCard, table: GatewayFacts | None) -> Iterator[_Field]:
    """What is known; a gateway's own limit goes before the vendor's."""
    facts = card.facts
    limits = card.limits(table.id if table else None)
    plain: list[tuple[str, AnyFact]] = [
        ("release_date", facts.release),
        ("knowledge", facts.knowledge_cutoff),
        ("open_weights", facts.open_weights),
        ("tool_call", facts.tool_calling),
        ("modalities.input", facts.input_modalities),
        ("modalities.output", facts.output_modalities),
        ("limit.context", limits.context),
        ("limit.output", limits.max_output),
        ("license", facts.license),
    ]
    if table and not table.price.historical:
        plain += [(f"cost.{name}", getattr(table.price, key)) for name, key in _COSTS.items()]
    for path, fact in plain:
        if fact.known:
            yield _Field(path, _plain(fact.value), fact)
    if facts.thinking_types.known:
        yield _Field("reasoning", bool(facts.thinking_types.value), facts.thinking_types)
    if facts.input_modalities.known:
        files = set(facts.input_modalities.value or ()) - {"text"}
        yield _Field("attachment", bool(files), facts.input_modalities)


def _source(catalog: Catalog, claim: Claim[Any]) -> dict[str, Any]:
    source = catalog.sources[claim.source]
    found = {"publisher": source.publisher, "kind": claim.kind, "read": claim.read.isoformat()}
    if source.url:
        found["url"] = source.url
    if claim.note:
        found["note"] = claim.note
    return found


def _plain(value: Any) -> Any:
    """`value` as JSON has it; a price as a number, since models.dev has numbers."""
    match value:
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case tuple():
            return list(value)
        case date():
            return value.isoformat()
    return value


_TEXT, _FLAG, _COUNT = {"type": "string"}, {"type": "boolean"}, {"type": "integer", "minimum": 0}
_PRICE = {"type": "number", "minimum": 0, "description": "US dollars per million tokens"}
_KINDS = {"type": "array", "items": _TEXT, "minItems": 1}
_CLAIM = {
    "type": "object",
    "properties": {
        "publisher": _TEXT,
        "kind": {"enum": list(KINDS)},
        "read": {"type": "string", "format": "date"},
        "url": {"type": "string", "format": "uri"},
        "note": _TEXT,
        "value": {},
    },
    "required": ["publisher", "kind", "read"],
    "additionalProperties": False,
}
_BY_FIELD = {"type": "object", "additionalProperties": {"type": "array", "items": _CLAIM, "minItems": 1}}
_MODEL: dict[str, Any] = {
    "type": "object",
    "properties": {
        "id": _TEXT,
        "name": _TEXT,
        "attachment": _FLAG,
        "reasoning": _FLAG,
        "tool_call": _FLAG,
        "open_weights": _FLAG,
        "knowledge": _TEXT,
        "license": _TEXT,
        "release_date": {"type": "string", "format": "date"},
        "modalities": {
            "type": "object",
            "properties": {"input": _KINDS, "output": _KINDS},
            "additionalProperties": False,
        },
        "cost": {
            "type": "object",
            "properties": dict.fromkeys(_COSTS, _PRICE),
            "additionalProperties": False,
        },
        "limit": {
            "type": "object",
            "properties": {"context": _COUNT, "output": _COUNT},
            "additionalProperties": False,
        },
        "sources": _BY_FIELD,
        "conflicts": _BY_FIELD,
        "providers": {"type": "object", "additionalProperties": {"$ref": "#/$defs/model"}},
    },
    "required": ["id", "name", "sources", "conflicts"],
    "additionalProperties": False,
}


def schema() -> dict[str, Any]:
    """The JSON Schema of `models_json`; a single model is its `$defs/model`."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Models by provider, as models.dev has them, with sources and conflicts",
        "type": "object",
        "additionalProperties": {
            "type": "object",
            "properties": {
                "id": _TEXT,
                "name": _TEXT,
                "npm": _TEXT,
                "env": {"type": "array", "items": _TEXT},
                "api": {"type": "string", "format": "uri"},
                "models": {"type": "object", "additionalProperties": {"$ref": "#/$defs/model"}},
            },
            "required": ["id", "name", "models"],
            "additionalProperties": False,
        },
        "$defs": {"model": _MODEL},
    }

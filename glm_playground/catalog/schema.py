"""JSON Schema for the data files, made from the types they are read into, so that an editor completes them.

The schemas are kept in `schema/` beside this module; each data file names its own in its first line (`#:schema`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args

from glm_playground.catalog.card import (
    Capabilities,
    Discrepancy,
    GatewayFacts,
    ModelFacts,
    Parameter,
    ParameterCount,
    PriceFacts,
    Protocols,
)
from glm_playground.catalog.catalog import GatewaySheet, TokenCounting, Tokenizer, Variant
from glm_playground.catalog.files import SOURCE_KEYS
from glm_playground.catalog.history import FactChange
from glm_playground.catalog.shorthand import (
    NOT_STATED,
    OF_UNIT,
    SCORE_ROW,
    SCORE_UNITS,
    SETTINGS,
    FactField,
    fact_fields,
    inner_tables,
)
from glm_playground.catalog.types import KINDS, Fact, FactTable

FOLDER = Path(__file__).with_name("schema")
Schema = dict[str, Any]

_TEXT: Schema = {"type": "string", "minLength": 1}
_DAY: Schema = {"type": "string", "format": "date"}
_TEXTS: Schema = {"type": "array", "items": _TEXT, "minItems": 1}
_VALUES: dict[Any, Schema] = {
    Fact[int]: {"type": "integer"},
    Fact[Decimal]: {"type": "string", "pattern": r"^-?\d+(\.\d+)?$", "description": "a number in quotes"},
    Fact[str]: _TEXT,
    Fact[bool]: {"type": "boolean"},
    Fact[date]: _DAY,
    Fact[tuple[str, ...]]: _TEXTS,
}
_AS_OF: Schema = {"anyOf": [_DAY, {"type": "string", "pattern": r"^\d{4}-\d{2}$"}]}
_SOURCE: Schema = {"description": "id in sources.toml", "anyOf": [_TEXT, _TEXTS]}
_UNKNOWN: Schema = {
    "type": "object",
    "properties": {"unknown": _TEXT},
    "required": ["unknown"],
    "additionalProperties": False,
}
_WHY = "why the value was chosen, where claims disagree"
_QUOTE = "the source's own words, in its language"
_NAMES: dict[Any, str] = {
    Fact[int]: "whole",
    Fact[Decimal]: "number",
    Fact[str]: "text",
    Fact[bool]: "flag",
    Fact[date]: "day",
    Fact[tuple[str, ...]]: "texts",
}
_WORD = re.compile(r"\w+")
_REFERENCE = re.compile(r"#/definitions/(\w+)")
_TABLES: tuple[type[FactTable], ...] = (
    ModelFacts,
    ParameterCount,
    PriceFacts,
    Capabilities,
    GatewayFacts,
    GatewaySheet,
    Protocols,
    TokenCounting,
    Tokenizer,
    Variant,
)


def schemas() -> dict[str, Schema]:
    """The schema of each kind of data file, by the name of its file in `schema/`."""
    documents = {
        "model": _model(),
        "sources": _document(additional=_source()),
        "discrepancies": _document({"unknown": _TEXTS, "discrepancy": {"type": "array", "items": _discrepancy()}}),
        "gateways": _document({"gateways": _by_name(_table(GatewaySheet, {"name": _TEXT}, skip=("id",)))}),
        "parameters": _document(additional=_parameter()),
        "variants": _document(additional=_variant()),
        "tokenizers": _document(
            {
                "vocabularies": _by_name(_table(Tokenizer, {"models": _TEXTS}, skip=("id",))),
                "counting": _table(TokenCounting),
            }
        ),
        "history": _document({"digest": _TEXT, "change": {"type": "array", "items": _change()}}),
    }
    named = _named_facts()
    return {name: _with_definitions(schema, named) for name, schema in documents.items()}


def _with_definitions(schema: Schema, named: Mapping[str, Schema]) -> Schema:
    """The schema with the definitions it refers to."""
    used = sorted(set(_REFERENCE.findall(json.dumps(schema))))
    return {**schema, "definitions": {name: named[name] for name in used}} if used else schema


def texts() -> dict[Path, str]:
    """The files of the schemas and what stands in them."""
    return {FOLDER / f"{name}.json": json.dumps(schema, indent=1) + "\n" for name, schema in schemas().items()}


def _document(properties: Mapping[str, Schema] | None = None, *, additional: Schema | bool = False) -> Schema:
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "properties": dict(properties or {}),
        "additionalProperties": additional,
    }


def _by_name(schema: Schema) -> Schema:
    return {"type": "object", "additionalProperties": schema}


def _model() -> Schema:
    gateway = _table(GatewayFacts, {"scores": _scores(), "not_found": _TEXTS}, skip=("id",))
    schema = _document(
        {
            "id": _TEXT,
            "name": _TEXT,
            "facts": _table(ModelFacts),
            "arithmetic": _table(ParameterCount),
            "scores": _scores(),
            "gateways": _by_name(gateway),
        }
    )
    return {**schema, "required": ["id", "name"]}


def _table(cls: type[FactTable], plain: Mapping[str, Schema] | None = None, skip: tuple[str, ...] = ()) -> Schema:
    """A table of facts: each bare where the table names a source, or with claims of its own."""
    properties: Schema = {"source": {**_SOURCE, "description": "stands behind every value that names none"}}
    for name, entry in fact_fields(cls).items():
        properties[name] = _fact(entry)
    for name, inner in inner_tables(cls).items():
        properties[name] = _table(inner)
    if "historical" in cls.model_fields:
        properties["historical"] = {"type": "boolean", "description": "a list the model is no longer on"}
    properties |= plain or {}
    return {
        "type": "object",
        "description": (cls.__doc__ or "").partition("\n")[0],
        "properties": {name: schema for name, schema in properties.items() if name not in skip},
        "additionalProperties": False,
    }


def _fact(field: FactField) -> Schema:
    """A reference to the schema of such a fact, which many fields share."""
    return {"$ref": f"#/definitions/{_fact_name(field)}"}


def _fact_name(field: FactField) -> str:
    words = [_NAMES[field.fact], field.unit or "", *(field.choices or ())]
    return "_".join(_WORD.findall(" ".join(words))).lower()


def _fact_schema(field: FactField) -> Schema:
    value = {"enum": list(field.choices)} if field.choices else _VALUES[field.fact]
    claim = _claim(value)
    keys: Schema = {
        **claim["properties"],
        "others": {"type": "array", "items": {**claim, "required": ["value"]}, "description": "further claims"},
        "why": {**_TEXT, "description": _WHY},
        "unknown": {**_TEXT, "description": "why nothing is known; stands in place of a value"},
    }
    if field.unit:
        keys["unit"] = {"const": field.unit}
    return {"anyOf": [value, {"type": "object", "properties": keys, "additionalProperties": False}]}


def _named_facts() -> dict[str, Schema]:
    """The schema of every kind of fact there is, by name."""
    plain = [FactField(fact) for fact in _VALUES]
    in_tables = [field for table in _TABLES for field in fact_fields(table).values()]
    return {_fact_name(field): _fact_schema(field) for field in (*plain, *in_tables)}


def _claim(value: Schema) -> Schema:
    keys: Schema = {
        "value": value,
        "source": _SOURCE,
        "kind": {"enum": list(KINDS)},
        "read": _DAY,
        "as_of": _AS_OF,
        "note": _TEXT,
        "quote": {**_TEXT, "description": _QUOTE},
    }
    return {"type": "object", "properties": keys, "additionalProperties": False}


def _scores() -> Schema:
    unit: Schema = {"anyOf": [{"enum": list(SCORE_UNITS)}, {"type": "string", "pattern": f"^{OF_UNIT.pattern}$"}]}
    conditions = {**_TEXT, "description": f"subset, tools and other settings, or {NOT_STATED!r}"}
    value = _VALUES[Fact[Decimal]]
    row: Schema = {
        "type": "array",
        "description": f"[{', '.join(SCORE_ROW)}]",
        "items": [_TEXT, value, unit, conditions],
        "minItems": len(SCORE_ROW),
        "maxItems": len(SCORE_ROW),
    }
    keys: Schema = {"benchmark": _TEXT, "value": value, "unit": unit, "conditions": conditions, "published": _TEXT}
    keys |= dict.fromkeys(SETTINGS, _TEXT)
    table: Schema = {
        "type": "object",
        "properties": keys,
        "required": ["benchmark", "value", "unit"],
        "anyOf": [{"required": [name]} for name in ("conditions", *SETTINGS)],
        "additionalProperties": False,
    }
    entries: Schema = {"type": "array", "items": {"anyOf": [row, table]}}
    return {"type": "object", "description": "scores by the id of their source", "additionalProperties": entries}


def _source() -> Schema:
    keys: Schema = dict.fromkeys(SOURCE_KEYS, _TEXT)
    keys |= {
        "kind": {"enum": list(KINDS)},
        "read": {**_DAY, "description": "the day it was read"},
        "as_of": {"description": "the date of the document or its copy", "anyOf": [*_AS_OF["anyOf"], _UNKNOWN]},
        "licence": {"description": "what its text may be quoted under", "anyOf": [_TEXT, _UNKNOWN]},
    }
    required = ["publisher", "kind", "read", "as_of", "licence"]
    return {"type": "object", "properties": keys, "required": required, "additionalProperties": False}


def _discrepancy() -> Schema:
    keys: Schema = dict.fromkeys(Discrepancy.model_fields, _TEXT)
    claim = {**_claim(_TEXT), "required": ["value", "source"]}
    keys |= {"models": {"type": "array", "items": _TEXT}, "facts": _TEXTS, "claims": {"type": "array", "items": claim}}
    return {
        "type": "object",
        "properties": keys,
        "required": ["topic", "subject", "reading"],
        "additionalProperties": False,
    }


def _change() -> Schema:
    keys: Schema = {**dict.fromkeys(FactChange.model_fields, _TEXT), "day": _DAY}
    return {"type": "object", "properties": keys, "required": ["day", "about"], "additionalProperties": False}


def _parameter() -> Schema:
    def one_of(name: str) -> Schema:
        return {"enum": list(get_args(Parameter.model_fields[name].annotation))}

    number = {"anyOf": [_fact(FactField(Fact[int])), _fact(FactField(Fact[Decimal]))]}
    keys: Schema = {
        "type": one_of("type"),
        "bounds": one_of("bounds"),
        "minimum": number,
        "maximum": number,
        "default": {"anyOf": [_fact(FactField(kind)) for kind in (Fact[bool], Fact[int], Fact[Decimal], Fact[str])]},
        "values": _fact(FactField(Fact[tuple[str, ...]])),
        "source": _SOURCE,
        "documented": {"type": "boolean"},
        "note": _TEXT,
    }
    return {"type": "object", "properties": keys, "required": ["type"], "additionalProperties": False}


def _variant() -> Schema:
    price = {"type": "object", "properties": {"price": _table(PriceFacts)}, "additionalProperties": False}
    return _table(Variant, {"gateways": _by_name(price)}, skip=("id",))

"""What each kind of data file holds: one reader a kind, from parsed TOML to the catalog's types."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, get_args

from glm_playground.catalog.card import (
    Discrepancy,
    GatewayFacts,
    ModelCard,
    ModelFacts,
    Parameter,
    ParameterCount,
    PriceFacts,
)
from glm_playground.catalog.catalog import GatewaySheet, TokenCounting, Tokenizer, Variant
from glm_playground.catalog.shorthand import FactReader
from glm_playground.catalog.types import KINDS, Fact, Source, day, texts

_SOURCE_TEXTS = ("publisher", "url", "read_from", "note")
SOURCE_KEYS = (*_SOURCE_TEXTS, "kind", "read", "as_of", "licence")
_PARAMETER_KEYS = ("type", "bounds", "minimum", "maximum", "default", "values", "source", "documented", "note")
_PARAMETER_TYPES = get_args(Parameter.model_fields["type"].annotation)
_PARAMETER_BOUNDS = get_args(Parameter.model_fields["bounds"].annotation)
# The fact behind a parameter's default, by the parameter's type; the two compound types have none.
_DEFAULTS: dict[str, Any] = {
    "bool": Fact[bool],
    "enum": Fact[str],
    "float": Fact[Decimal],
    "int": Fact[int],
    "string": Fact[str],
}


def read_sources(raw: dict[str, Any], reading: FactReader) -> dict[str, Source]:
    """The sources by id, each with the day it was read, its own date and the licence of its text.

    A date or a licence that is not known is written as `{ unknown = "why" }`; silence is a problem.
    """
    found: dict[str, Source] = {}
    for source_id, entry in raw.items():
        table = reading.mapping(entry, source_id, SOURCE_KEYS)
        fields: dict[str, str | None] = {
            name: reading.text(table[name], f"{source_id}.{name}") for name in _SOURCE_TEXTS if name in table
        }
        own = reading.parsed(day, table.get("read"), f"{source_id}.read")
        for name in ("as_of", "licence"):
            fields |= _known_or_why(table.get(name), name, reading, f"{source_id}.{name}")
        if table.get("kind") not in KINDS:
            reading.problem(f"{source_id}.kind", f"unknown kind {table.get('kind')!r}: one of {', '.join(KINDS)}")
        elif "publisher" not in fields:
            reading.problem(f"{source_id}.publisher", "a source without a publisher")
        elif own is not None:
            found[source_id] = Source.model_validate({"id": source_id, "kind": table["kind"], "read": own, **fields})
    return found


def _known_or_why(raw: object, name: str, reading: FactReader, key: str) -> dict[str, str | None]:
    """The date or licence under its name, or why it is not known under `..._unknown`."""
    if isinstance(raw, dict):
        return {
            f"{name}_unknown": reading.text(reading.mapping(raw, key, ("unknown",)).get("unknown"), f"{key}.unknown")
        }
    if raw is None:
        reading.problem(key, 'neither given nor { unknown = "why" }')
        return {}
    return {name: reading.as_of(raw, key) if name == "as_of" else reading.text(raw, key)}


def read_card(raw: dict[str, Any], reading: FactReader, stem: str) -> ModelCard:
    """The card in a model file, without what the loader adds from the files that all models share."""
    reading.mapping(raw, "", ("id", "name", "facts", "arithmetic", "scores", "gateways"))
    model_id, name = reading.text(raw.get("id"), "id"), reading.text(raw.get("name"), "name")
    if model_id != stem:
        reading.problem("id", f"{model_id!r} in a file called {stem}.toml")
    tables = reading.mapping(raw.get("gateways", {}), "gateways")
    return ModelCard(
        id=model_id,
        name=name,
        facts=reading.table(ModelFacts, raw.get("facts", {}), "facts"),
        arithmetic=reading.table(ParameterCount, raw["arithmetic"], "arithmetic") if "arithmetic" in raw else None,
        scores=reading.scores(raw.get("scores", {}), "scores"),
        gateways=tuple(_model_on_gateway(gateway_id, table, reading) for gateway_id, table in tables.items()),
    )


def _model_on_gateway(gateway_id: str, raw: object, reading: FactReader) -> GatewayFacts:
    path = f"gateways.{gateway_id}"
    table = dict(reading.mapping(raw, path))
    plain: dict[str, Any] = {"id": gateway_id}
    if "scores" in table:
        plain["scores"] = reading.scores(table.pop("scores"), f"{path}.scores")
    if "not_found" in table:
        plain["not_found"] = reading.parsed(texts, table.pop("not_found"), f"{path}.not_found") or ()
    return reading.table(GatewayFacts, table, path, plain)


def read_gateways(raw: dict[str, Any], reading: FactReader) -> tuple[GatewaySheet, ...]:
    """One sheet for each table `[gateways.<id>]`."""
    found = []
    for gateway_id, entry in reading.mapping(raw.get("gateways"), "gateways").items():
        path = f"gateways.{gateway_id}"
        table = dict(reading.mapping(entry, path))
        name = reading.text(table.pop("name", None), f"{path}.name")
        found.append(reading.table(GatewaySheet, table, path, {"id": gateway_id, "name": name}))
    reading.mapping(raw, "", ("gateways",))
    return tuple(found)


def read_parameters(raw: dict[str, Any], reading: FactReader) -> tuple[Parameter, ...]:
    """One parameter for each table; a table's `source` stands behind each of its values that names none."""
    found = []
    for name, entry in raw.items():
        table = reading.mapping(entry, name, _PARAMETER_KEYS)
        kind, bounds = table.get("type"), table.get("bounds", "value")
        if kind not in _PARAMETER_TYPES:
            reading.problem(f"{name}.type", f"unknown type {kind!r}: one of {', '.join(_PARAMETER_TYPES)}")
            continue
        if bounds not in _PARAMETER_BOUNDS:
            reading.problem(f"{name}.bounds", f"unknown bounds {bounds!r}: one of {', '.join(_PARAMETER_BOUNDS)}")
            continue
        number = Fact[Decimal] if kind == "float" else Fact[int]
        sides = {
            "minimum": number,
            "maximum": number,
            "default": _DEFAULTS.get(str(kind)),
            "values": Fact[tuple[str, ...]],
        }
        fields: dict[str, Any] = {}
        for side, fact in sides.items():
            if side not in table:
                continue
            if fact is None:
                reading.problem(f"{name}.{side}", f"no default for the type {kind}")
                continue
            fields[side] = reading.fact(fact, table[side], f"{name}.{side}", source=table.get("source"))
        if "note" in table:
            fields["note"] = reading.text(table["note"], f"{name}.note")
        documented = table.get("documented", True)
        if not isinstance(documented, bool):
            reading.problem(f"{name}.documented", f"expected true or false, got {documented!r}")
            continue
        found.append(Parameter(name=name, type=kind, bounds=bounds, documented=documented, **fields))
    return tuple(found)


def read_discrepancies(raw: dict[str, Any], reading: FactReader) -> tuple[tuple[Discrepancy, ...], tuple[str, ...]]:
    """The list `discrepancy`, and the texts in `unknown`: what nobody published."""
    reading.mapping(raw, "", ("discrepancy", "unknown"))
    found = []
    for place, entry in enumerate(reading.items(raw.get("discrepancy", []), "discrepancy")):
        path = f"discrepancy[{place}]"
        table = reading.mapping(entry, path, Discrepancy.model_fields)
        stated = reading.items(table.get("claims", []), f"{path}.claims")
        claims = [reading.claim(claim, f"{path}.claims[{number}]") for number, claim in enumerate(stated)]
        found.append(
            Discrepancy(
                topic=reading.text(table.get("topic"), f"{path}.topic"),
                subject=reading.text(table.get("subject"), f"{path}.subject"),
                models=_optional_texts(table, "models", reading, path),
                facts=_optional_texts(table, "facts", reading, path),
                claims=tuple(claim for claim in claims if claim),
                reading=reading.text(table.get("reading"), f"{path}.reading"),
            )
        )
    return tuple(found), _optional_texts(raw, "unknown", reading, "")


def read_variants(raw: dict[str, Any], reading: FactReader) -> tuple[Variant, ...]:
    """One variant for each table; its `gateways` hold price tables."""
    found = []
    for model_id, entry in raw.items():
        table = dict(reading.mapping(entry, model_id))
        gateways = reading.mapping(table.pop("gateways", {}), f"{model_id}.gateways")
        prices = []
        for gateway_id, prices_in_file in gateways.items():
            path = f"{model_id}.gateways.{gateway_id}"
            table_in_file = reading.mapping(prices_in_file, path, ("price",))
            prices.append((gateway_id, reading.table(PriceFacts, table_in_file.get("price", {}), f"{path}.price")))
        found.append(reading.table(Variant, table, model_id, {"id": model_id, "prices": tuple(prices)}))
    return tuple(found)


def read_tokenizers(raw: dict[str, Any], reading: FactReader) -> tuple[tuple[Tokenizer, ...], TokenCounting]:
    """The vocabularies in `vocabularies.<id>` and what is known about `counting`."""
    reading.mapping(raw, "", ("vocabularies", "counting"))
    found = []
    for name, entry in reading.mapping(raw.get("vocabularies", {}), "vocabularies").items():
        path = f"vocabularies.{name}"
        table = dict(reading.mapping(entry, path))
        models = reading.parsed(texts, table.pop("models", None), f"{path}.models") or ()
        found.append(reading.table(Tokenizer, table, path, {"id": name, "models": models}))
    return tuple(found), reading.table(TokenCounting, raw.get("counting", {}), "counting")


def _optional_texts(table: dict[str, Any], name: str, reading: FactReader, path: str) -> tuple[str, ...]:
    if not table.get(name):
        return ()
    return reading.parsed(texts, table[name], f"{path}.{name}" if path else name) or ()


# Every file that is not a model's, with its reader.
FILE_READERS: dict[str, Callable[[dict[str, Any], FactReader], Any]] = {
    "sources.toml": read_sources,
    "parameters.toml": read_parameters,
    "discrepancies.toml": read_discrepancies,
    "gateways.toml": read_gateways,
    "variants.toml": read_variants,
    "tokenizers.toml": read_tokenizers,
}

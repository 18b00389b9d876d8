"""Loads the catalog from its data files. A bad file is refused with its reasons; the others load.

sources.toml         every source by id
models/<id>.toml     one model a file: facts, scores, and a table for each gateway
gateways.toml        what holds for a gateway whatever the model
parameters.toml      the request parameters of the chat completion API
discrepancies.toml   where sources disagree, and what nobody published
variants.toml        ids with a price but no card
tokenizers.toml      vocabularies and counting
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import tomli

from glm_playground.catalog.card import Discrepancy, GatewayFacts, ModelCard, ModelFacts, Parameter
from glm_playground.catalog.catalog import Catalog, GatewaySheet, RejectedFile, TokenCounting, newest_first
from glm_playground.catalog.files import (
    read_card,
    read_discrepancies,
    read_gateways,
    read_parameters,
    read_sources,
    read_tokenizers,
    read_variants,
)
from glm_playground.catalog.shorthand import FactReader
from glm_playground.catalog.types import AnyFact, Source

DATA = Path(__file__).with_name("data")

# A parameter's side that the model's own fact fills in: (parameter, side, key of the fact).
_FROM_THE_MODEL = (
    ("temperature", "default", "temperature_default"),
    ("top_p", "default", "top_p_default"),
    ("max_tokens", "default", "max_tokens_default"),
    ("max_tokens", "maximum", "max_output_tokens"),
    ("thinking.type", "values", "thinking_types"),
    ("reasoning_effort", "values", "reasoning_efforts"),
    ("reasoning_effort", "default", "reasoning_effort_default"),
)
# What holds for a gateway whatever the model, and stands on each of its models' sheets.
FROM_THE_GATEWAY = ("plans", "endpoints", "data_policy")

Found = TypeVar("Found")
FileReader = Callable[[dict[str, Any], FactReader], Found]


def load_catalog(directory: Path | None = None) -> Catalog:
    """The catalog in `directory`, or the one that comes with the package, which is read once a process.

    Never raises for a bad file: see `Catalog.rejected`.
    """
    return _packaged() if directory is None else _load(directory)


@cache
def _packaged() -> Catalog:
    return _load(DATA)


def _load(directory: Path) -> Catalog:
    rejected: list[RejectedFile] = []
    sources: Mapping[str, Source] = {}

    def read(name: str, reader: FileReader[Found]) -> Found | None:
        found, problems = read_file(directory / name, reader, sources)
        rejected.extend(problems)
        return None if problems else found

    # A bad source is left out by itself: it refuses only the files that name it.
    named, problems = read_file(directory / "sources.toml", read_sources, sources)
    sources = MappingProxyType(named or {})
    rejected.extend(problems)
    parameters = read("parameters.toml", read_parameters) or ()
    discrepancies, unknown = read("discrepancies.toml", read_discrepancies) or ((), ())
    tokenizers, counting = read("tokenizers.toml", read_tokenizers) or ((), TokenCounting())
    gateways = read("gateways.toml", read_gateways) or ()
    variants = read("variants.toml", read_variants) or ()
    cards = []
    for path in sorted((directory / "models").glob("*.toml")):
        card = read(f"models/{path.name}", partial(read_card, stem=path.stem))
        if card:
            cards.append(_completed(card, parameters, discrepancies, gateways))
    return Catalog(
        cards=tuple(sorted(cards, key=newest_first)),
        sources=sources,
        rejected=tuple(rejected),
        discrepancies=discrepancies,
        gateways=gateways,
        parameters=parameters,
        variants=variants,
        tokenizers=tokenizers,
        counting=counting,
        unknown=unknown,
    )


def read_file(
    path: Path, reader: FileReader[Found], sources: Mapping[str, Source]
) -> tuple[Found | None, tuple[RejectedFile, ...]]:
    """What the reader makes of a file, None where it cannot be parsed, with every reason to refuse it."""
    reading = FactReader(sources)
    found = None
    try:
        found = reader(tomli.loads(path.read_text(encoding="utf-8")), reading)
    except OSError as error:
        reading.problem("", f"cannot be read: {error.strerror}")
    except UnicodeDecodeError:
        reading.problem("", "is not UTF-8 text")
    except tomli.TOMLDecodeError as error:
        reading.problem("", f"is not TOML: {error}")
    problems = tuple(RejectedFile(file=path.name, key=key, reason=reason) for key, reason in reading.problems)
    return found, problems


def _completed(
    card: ModelCard,
    parameters: tuple[Parameter, ...],
    discrepancies: tuple[Discrepancy, ...],
    sheets: tuple[GatewaySheet, ...],
) -> ModelCard:
    """The card with what the files that all models share say of it."""
    own = tuple(_for_model(parameter, card.facts) for parameter in parameters)
    concerning = tuple(entry for entry in discrepancies if card.id in entry.models)
    by_id = {sheet.id: sheet for sheet in sheets}
    tables = tuple(_with_sheet(table, by_id.get(table.id)) for table in card.gateways)
    return card.model_copy(update={"parameters": own, "discrepancies": concerning, "gateways": tables})


def _with_sheet(table: GatewayFacts, sheet: GatewaySheet | None) -> GatewayFacts:
    """The model on that gateway with what the gateway says of itself, where its own table is silent."""
    if sheet is None:
        return table
    empty = [key for key in FROM_THE_GATEWAY if getattr(table, key) == GatewayFacts.model_fields[key].default]
    return table.model_copy(update={key: getattr(sheet, key) for key in empty})


def _for_model(parameter: Parameter, facts: ModelFacts) -> Parameter:
    update: dict[str, AnyFact] = {
        side: getattr(facts, key) for name, side, key in _FROM_THE_MODEL if name == parameter.name
    }
    return parameter.model_copy(update=update) if update else parameter

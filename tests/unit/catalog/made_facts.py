"""Facts and cards that tests make, and the comparison of all cards."""

from datetime import date
from typing import Any

from glm_playground.catalog import Claim, Fact, ModelCard, ModelFacts, load_catalog
from glm_playground.catalog.comparison import (
    GROUPS,
    Comparison,
    compare,
    score_names,
)

READ = date(2026, 11, 23)
EVERY_KEY = tuple(dict.fromkeys(key for keys in GROUPS.values() for key in keys))


def said(value: Any, source: str = "zai", unit: str | None = None, note: str | None = None) -> Fact[Any]:
    claim = Claim[Any](value=value, source=source, read=READ, kind="vendor", note=note)
    return Fact[Any](value=value, unit=unit, claims=(claim,))


def card(name: str, **facts: Fact[Any]) -> ModelCard:
    return ModelCard(id=name, name=name.upper(), facts=ModelFacts(**facts))


def everything() -> Comparison:
    cards = load_catalog().cards
    return compare(cards, EVERY_KEY, score_names(cards))


def labels_of(comparison: Comparison) -> dict[str, str]:
    return {row.key: row.key for row in comparison.rows}

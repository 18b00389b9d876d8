"""What the plots show: the known figures of each model with their text and source, and who has none."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from glm_playground.catalog import AnyFact, ModelCard
from glm_playground.catalog.comparison import Comparison, LaidOver, ScoreName, compare, score_key, score_names
from glm_playground.catalog.running_cost import NOT_LISTED
from glm_playground.ui.compare.live import price_now


class PlotFigure(NamedTuple):
    """One fact of one model, with the name of what it is."""

    series: str
    fact: AnyFact

    @property
    def number(self) -> float | None:
        """The value as a plot takes it, or None for an unknown."""
        value = self.fact.value
        return float(value) if isinstance(value, int | Decimal) else None

    @property
    def day(self) -> date | None:
        """The value as a date, or None for an unknown."""
        return self.fact.value if isinstance(self.fact.value, date) else None


@dataclass(frozen=True)
class Point:
    """A model in a plot; it is drawn where every figure is known."""

    card: ModelCard
    figures: tuple[PlotFigure, ...]

    @property
    def unknown(self) -> tuple[str, ...]:
        """Names of the figures nobody published."""
        return tuple(figure.series for figure in self.figures if figure.fact.value is None)


PRICES = tuple(f"gateways.{gateway}.price.{token}" for gateway in ("runapi", "zai") for token in ("input", "output"))
"""Keys of the prices that a plot can show."""


def price_of(card: ModelCard, key: str, over: LaidOver) -> AnyFact:
    """The price a plot shows; unknown for a list the model is no longer on, which says nothing about today."""
    _table, gateway, _price, token_class = key.split(".")
    price = price_now(card, gateway, over)
    fact: AnyFact = getattr(price, token_class)
    if price.historical and fact.known:
        return fact.model_copy(update={"value": None, "why": NOT_LISTED})
    return fact


def best_known_price(cards: Sequence[ModelCard], over: LaidOver) -> str:
    """The price that is known for most of the models; RunAPI's where it is a draw."""
    return max(PRICES, key=lambda key: sum(price_of(card, key, over).known for card in cards))


def score_facts(cards: Sequence[ModelCard], name: ScoreName) -> Sequence[AnyFact]:
    """That score of each model, in their order."""
    row = compare(cards, (), (name,)).row(score_key(name))
    return row.facts if row else ()


def benchmarks(cards: Sequence[ModelCard]) -> dict[str, list[ScoreName]]:
    """The benchmarks that some model has a score of, each with its comparable groups; those of most models first."""
    found: dict[str, list[ScoreName]] = {}
    for name in score_names(cards):
        found.setdefault(name.benchmark, []).append(name)
    return found


def points(cards: Sequence[ModelCard], series: Sequence[tuple[str, Sequence[AnyFact]]]) -> list[Point]:
    """A point a model from the facts of each series."""
    return [
        Point(card, tuple(PlotFigure(name, facts[place]) for name, facts in series)) for place, card in enumerate(cards)
    ]


def facts_of(cards: Sequence[ModelCard], key: str) -> Sequence[AnyFact]:
    """The fact of that key of each model, in their order."""
    comparison: Comparison = compare(cards, (key,))
    return comparison.rows[0].facts

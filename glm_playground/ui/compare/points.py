"""What the plots show: the known figures of each model with their text and source, and who has none."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from glm_playground.catalog import AnyFact, Fact, ModelCard
from glm_playground.catalog.comparison import Comparison, ScoreName, compare, score_fact, score_key, score_names
from glm_playground.catalog.topics import Board, scores_of
from glm_playground.ui.shared.facts.board_words import conditions_text
from glm_playground.ui.shared.i18n import _


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


def family(card: ModelCard) -> str:
    """The generation that a model is of, such as "GLM-5"; its own name where the name says none."""
    found = re.match(r"GLM-\d+", card.name)
    return found[0] if found else card.name


def frontier(drawn: Sequence[Point]) -> list[Point]:
    """The points that no other beats: none is as cheap or cheaper and as good or better, and one of both by some.

    A point's first figure is the price, its second the score; cheapest first.
    """
    found: list[Point] = []
    for point in sorted(drawn, key=lambda one: (_number(one, 0), -_number(one, 1))):
        alike = found and _place(found[-1]) == _place(point)
        if alike or not found or _number(point, 1) > _number(found[-1], 1):
            found.append(point)
    return found


def _place(point: Point) -> tuple[float, float]:
    return _number(point, 0), _number(point, 1)


def _number(point: Point, place: int) -> float:
    return point.figures[place].number or 0.0


def board_facts(cards: Sequence[ModelCard], board: Board) -> Sequence[AnyFact]:
    """The board's score of each model, in their order; one that is not on it says whether others of it are known."""
    return [_board_fact(card, board) for card in cards]


def _board_fact(card: ModelCard, board: Board) -> AnyFact:
    if score := board.scores.get(card.id):
        return score_fact((score,))
    others = [score for score in scores_of(card) if score.benchmark == board.benchmark]
    if not others:
        return Fact[Any](why=_("nobody published a score"))
    conditions = dict.fromkeys(
        conditions_text(score.conditions) if score.conditions else _("none stated, in another document")
        for score in others
    )
    return Fact[Any](why=_("published under other conditions: {conditions}").format(conditions="; ".join(conditions)))


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

"""Charts as plain values: bars with their spread, and dots by two figures. Each says in words what it shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, log10
from typing import NamedTuple


class Bar(NamedTuple):
    """A bar with the text of its value."""

    name: str
    value: float
    text: str
    least: float | None = None
    most: float | None = None
    """How far the runs spread; None for a single one."""


@dataclass(frozen=True)
class BarChart:
    """Bars of one figure, in the order given."""

    title: str
    axis: str
    """What the values are, with their unit."""
    bars: tuple[Bar, ...]
    note: str = ""

    @property
    def alternative(self) -> str:
        """The chart in words."""
        said = "; ".join(f"{bar.name}: {bar.text}" for bar in self.bars)
        return f"{self.title}. {self.axis}. {said}."


class Dot(NamedTuple):
    """A dot with the text of both values."""

    name: str
    x: float
    y: float
    text: str


@dataclass(frozen=True)
class DotChart:
    """Dots by two figures, such as price and score."""

    title: str
    x_axis: str
    y_axis: str
    dots: tuple[Dot, ...]
    note: str = ""

    @property
    def alternative(self) -> str:
        """The chart in words."""
        said = "; ".join(f"{dot.name}: {dot.text}" for dot in self.dots)
        return f"{self.title}. {self.x_axis}, {self.y_axis}. {said}."


def ticks(least: float, most: float, about: int = 5) -> tuple[float, ...]:
    """Round values from at most `least` to at least `most`, evenly apart.

    Args:
        least: of what is drawn.
        most: of what is drawn; at least `least`.
        about: how many steps there should be.
    """
    span = most - least or abs(most) or 1.0
    rough = span / about
    size = 10.0 ** floor(log10(rough))
    step = next(size * factor for factor in (1, 2, 2.5, 5, 10) if size * factor >= rough * (1 - 1e-9))
    first = floor(least / step + 1e-9)
    found = [first * step]
    while found[-1] < most - step * 1e-9:
        found.append((first + len(found)) * step)
    return tuple(round(value, 12) for value in found)


def largest(bars: Sequence[Bar]) -> float:
    """The largest value or spread of `bars`."""
    return max(max(bar.value, bar.most or 0) for bar in bars)

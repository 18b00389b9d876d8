"""Who stands before whom, from orders that each hold for some models only.

A board orders the models on it. A model that is ahead of another on more boards than behind it stands before it, and
before all that this one stands before: Copeland's method on the transitive closure. No values of different boards are
ever added, so a benchmark of percents and an Elo number weigh the same, and a model that beat one weak rival does not
come out above one that beat many.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

Order = Mapping[str, float]
"""A number for each model on one board; the greater, the better."""


class Standing(NamedTuple):
    """A model among others: how many it stands before, how many behind, and how many neither."""

    before: int
    behind: int
    open: int = 0
    """Equal on the boards, or never compared, not by others in between either."""
    tied: int = 0
    """Of the same value, which is known."""

    @property
    def value(self) -> float:
        """The share of the others that it stands before; one that it is neither before nor behind counts half."""
        return (self.least + self.most) / 2

    @property
    def least(self) -> float:
        """The share if it stood behind all that is open."""
        return (self.before + self.tied / 2) / self.others

    @property
    def most(self) -> float:
        """The share if it stood before all that is open."""
        return (self.before + self.tied / 2 + self.open) / self.others

    @property
    def place(self) -> int:
        """1 for who stands behind nobody."""
        return self.behind + 1

    @property
    def others(self) -> int:
        """How many others there are."""
        return self.before + self.behind + self.open + self.tied


@dataclass(frozen=True)
class Ranking:
    """Who stands before whom; sets of models are the bits of whole numbers, by place in `models`."""

    models: tuple[str, ...]
    before: tuple[int, ...]
    """The models that each stands before."""
    behind: tuple[int, ...]
    groups: tuple[int, ...]
    """Models that boards connect, each group apart from the others."""

    def among(self, models: Iterable[str]) -> dict[str, Standing]:
        """The standings of the largest group of connected ones of `models`; empty where no two are connected.

        Others stand on no board with them, not by others in between either, so they have no standing.
        """
        places = {model: place for place, model in enumerate(self.models)}
        asked = sum(1 << places[model] for model in set(models) if model in places)
        group = max((group & asked for group in self.groups), key=int.bit_count, default=0)
        count = group.bit_count()
        if count < 2:
            return {}
        found = {}
        for place, model in enumerate(self.models):
            if group >> place & 1:
                before, behind = (self.before[place] & group).bit_count(), (self.behind[place] & group).bit_count()
                found[model] = Standing(before, behind, count - 1 - before - behind)
        return found


def ranking(orders: Sequence[Order]) -> Ranking:
    """What the orders say together. A difference of any size counts, and each order once."""
    models = tuple(dict.fromkeys(model for order in orders for model in order))
    places = {model: place for place, model in enumerate(models)}
    leads: dict[tuple[int, int], int] = {}
    together = [0] * len(models)
    for order in orders:
        ranked = sorted(((places[model], value) for model, value in order.items()))
        everyone = sum(1 << place for place, _value in ranked)
        for place, _value in ranked:
            together[place] |= everyone
        for (one, first), (other, second) in combinations(ranked, 2):
            if first != second:
                leads[one, other] = leads.get((one, other), 0) + (1 if first > second else -1)
    before = [0] * len(models)
    for (one, other), lead in leads.items():
        if lead:
            before[one if lead > 0 else other] |= 1 << (other if lead > 0 else one)
    _close(before)
    behind = [0] * len(models)
    for one, others in enumerate(before):
        for other in _places(others):
            behind[other] |= 1 << one
    # Who stand before each other, in a circle, are neither.
    circles = [one & other for one, other in zip(before, behind, strict=True)]
    return Ranking(
        models,
        tuple(one & ~circle for one, circle in zip(before, circles, strict=True)),
        tuple(one & ~circle for one, circle in zip(behind, circles, strict=True)),
        _groups(together),
    )


def _places(models: int) -> Iterator[int]:
    """The places of the bits that are set."""
    while models:
        lowest = models & -models
        yield lowest.bit_length() - 1
        models ^= lowest


def _close(before: list[int]) -> None:
    """Adds to each model's set what is reached by way of others (Warshall, 1962)."""
    for middle, reached in enumerate(before):
        for one, others in enumerate(before):
            if others >> middle & 1:
                before[one] = others | reached if one != middle else others


def _groups(together: Sequence[int]) -> tuple[int, ...]:
    """The connected parts, in the order of their first models."""
    found: list[int] = []
    for members in together:
        rest = [group for group in found if not group & members]
        joined = members
        for group in found:
            joined |= group if group & members else 0
        found = [*rest, joined]
    return tuple(sorted(found, key=lambda group: group & -group))

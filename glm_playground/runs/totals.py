"""What several runs cost together: a sum for each state of a cost, and how many runs no sum covers."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from glm_playground.runs.cost import Cost, CostState, is_play_money
from glm_playground.runs.run import Run

T = TypeVar("T")
_ORDER: tuple[CostState | None, ...] = (*CostState, None)


@dataclass(frozen=True)
class CostPart:
    """The runs of one state of cost, dollars or play money."""

    state: CostState | None
    """None for runs without a cost yet: they are running, or nobody computed it."""
    play_money: bool
    runs: int
    amount: Decimal | None
    """US dollars; None where nobody can say."""
    received: Decimal | None
    """US dollars that the text received without usage is worth at the price; in no sum. None without any."""


@dataclass(frozen=True)
class CostTotal:
    """What runs cost together; dollars and play money are never added up."""

    parts: tuple[CostPart, ...]
    """In the order of `CostState`, dollars first; runs without a cost last."""

    @property
    def amount(self) -> Decimal | None:
        """US dollars; None where no run has an amount."""
        return _sum(part.amount for part in self.parts if not part.play_money)

    @property
    def play_amount(self) -> Decimal | None:
        """US dollars of play money, which nobody pays; None where no run has an amount."""
        return _sum(part.amount for part in self.parts if part.play_money)

    @property
    def received(self) -> Decimal | None:
        """US dollars of text received without usage, play money left out: beside the sum, never in it."""
        return _sum(part.received for part in self.parts if not part.play_money)

    @property
    def play_received(self) -> Decimal | None:
        """Play money of text received without usage: beside the sum, never in it."""
        return _sum(part.received for part in self.parts if part.play_money)

    @property
    def states(self) -> tuple[tuple[CostState | None, int], ...]:
        """How many runs are in each state, in the order of `CostState`; None last."""
        return counted([part.state for part in self.parts for _run in range(part.runs)], CostState)

    @property
    def runs(self) -> int:
        """How many there are."""
        return sum(part.runs for part in self.parts)

    @property
    def known(self) -> int:
        """The runs that the amounts cover; those that are not charged count as covered."""
        return sum(part.runs for part in self.parts if part.amount is not None or part.state is CostState.NOT_CHARGED)

    @property
    def unknown(self) -> int:
        """The runs that no amount covers."""
        return self.runs - self.known


def cost_total(priced: Iterable[tuple[Run, Cost | None]]) -> CostTotal:
    """The sums over runs with their costs; a run without one is counted, not left out."""
    groups: dict[tuple[int, bool, bool], list[Cost | None]] = {}
    for run, cost in priced:
        play = is_play_money(run, cost) if cost else run.server.stand_in is not None
        # A group has an amount for each of its runs, or for none.
        unpriced = cost is None or cost.amount is None
        groups.setdefault((_ORDER.index(cost.state if cost else None), play, unpriced), []).append(cost)
    return CostTotal(tuple(_part(_ORDER[key[0]], key[1], groups[key]) for key in sorted(groups)))


def _part(state: CostState | None, play_money: bool, costs: list[Cost | None]) -> CostPart:
    known = [cost for cost in costs if cost]
    return CostPart(
        state,
        play_money,
        len(costs),
        _sum(cost.amount for cost in known if state is not CostState.NOT_CHARGED),
        _sum(cost.received.amount for cost in known if cost.received),
    )


def counted(found: Iterable[T | None], order: Iterable[T]) -> tuple[tuple[T | None, int], ...]:
    """How often each value was found, in the order given; None last."""
    counts = Counter(found)
    return tuple((value, counts[value]) for value in (*order, None) if counts[value])


def _sum(amounts: Iterable[Decimal | None]) -> Decimal | None:
    known = [amount for amount in amounts if amount is not None]
    return sum(known, Decimal(0)) if known else None

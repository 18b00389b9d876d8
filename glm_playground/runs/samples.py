"""A figure over many runs: its median, and how far it spreads.

n stands with every figure, a 95th percentile only where n is 20 or more.
"""

from collections.abc import Iterable
from statistics import median
from typing import NamedTuple

MIN_N_FOR_P95 = 20


class Sample(NamedTuple):
    """A figure over the `n` runs that have it."""

    n: int
    median: float
    p95: float | None
    """Nearest rank; None for fewer than `MIN_N_FOR_P95` runs."""
    least: float
    most: float


def sample_of(values: Iterable[float | None]) -> Sample | None:
    """The sample of what is known; None where nothing is."""
    known = sorted(value for value in values if value is not None)
    if not known:
        return None
    nearest = -(-len(known) * 95 // 100) - 1
    p95 = known[nearest] if len(known) >= MIN_N_FOR_P95 else None
    return Sample(len(known), median(known), p95, known[0], known[-1])

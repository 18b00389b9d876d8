"""What the benchmarks measure besides times, and how they print it."""

from __future__ import annotations

import asyncio
import os
import sys
import time
import uuid
from collections.abc import Sequence
from pathlib import Path

_TICK_SECONDS = 0.01


def nonce() -> str:
    """A name for one request; none is the beginning of another."""
    return uuid.uuid4().hex[:10]


def cpu_seconds(pid: int) -> float:
    """CPU time of a process, user and system, all its threads alive or ended; in steps of 10 ms."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mb(pid: int) -> float:
    """Memory of a process that is in use (RSS), MB."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least ``share`` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)]


class LoopLag:
    """How late this process's own event loop is (ms), so that a busy client is not taken for a slow server."""

    def __init__(self) -> None:
        self.samples: list[float] = [0.0]

    async def __aenter__(self) -> LoopLag:
        self._task = asyncio.create_task(self._sample())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()

    async def _sample(self) -> None:
        while True:
            due = time.perf_counter() + _TICK_SECONDS
            await asyncio.sleep(_TICK_SECONDS)
            self.samples.append((time.perf_counter() - due) * 1000)


def say(text: str = "") -> None:
    """Print a line at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def table(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows with the first column to the left and the others to the right."""
    lines = [list(header), *(list(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    say(f"\n{title}")
    for first, *others in lines:
        cells = [first.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))]
        say("  ".join(cells))


def number(value: float) -> str:
    """A figure with three digits or more, as many as it has before the point."""
    if value != 0 and abs(value) < 100:
        return f"{value:.3g}"
    return f"{value:,.0f}"


def say_limit(what: str, value: float, limit: float) -> bool:
    """Print whether a figure keeps to its limit, and return it."""
    say(f"{what}: {number(value)} (limit {limit:g}): {'held' if value <= limit else 'MISSED'}")
    return value <= limit


def ratio_header(names: Sequence[str]) -> list[str]:
    """The heading of a column that compares two pages; nothing for one page."""
    return [" : ".join(names)] if len(names) == 2 else []


def ratio(values: Sequence[float | None]) -> list[str]:
    """The cell of that column: the first value by the second, or a dash where one is missing."""
    if len(values) != 2:
        return []
    first, second = values
    return [number(first / second) if first is not None and second else "-"]

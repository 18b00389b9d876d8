"""How exact a replay keeps the recorded pace, as an attached reader sees it.

    uv run python -m bench.replay [--seconds 10] [--at-once 1 6] [--speeds 1 4] [--repeats 3]

A recording with 100 tokens a second is played; a thread for each replay is attached to it and notes when an event is
there. A gap's error is the time between two events as seen, less the recorded one divided by the speed. Beside it a
bare thread of this process waits for the same moments and nothing else: what the machine alone delays. Of the repeats
the median counts, since a busy machine delays a few of them by more. Ends with status 1 when the 99th percentile is
above the limit, or the worst is and more than twice as large as the bare thread's.
"""

from __future__ import annotations

import argparse
import sys
import threading
from datetime import UTC, datetime
from itertools import pairwise
from statistics import median
from time import perf_counter_ns

from bench.measures import number, quantile, table
from glm_playground.gateway import ChatRequest, Event, EventKind, Message, Usage
from glm_playground.runs.engine import Engine
from glm_playground.runs.live_run import LiveRun
from glm_playground.runs.run import Outcome, Run, Server

LIMIT_MS = 10.0
_RATE = 100
_FIRST_NS = 250_000_000


def recording(seconds: float) -> Run:
    """A run that was answered at 100 tokens a second."""
    tokens = int(seconds * _RATE)
    gap_ns = 1_000_000_000 // _RATE
    events = [Event(_FIRST_NS + place * gap_ns, EventKind.CONTENT, f"token {place} ") for place in range(tokens)]
    ended_ns = events[-1].at_ns + gap_ns
    return Run(
        id="recorded",
        request=ChatRequest(model="glm-5.1", messages=(Message(role="user", content="Count."),)),
        server=Server("bench", "http://127.0.0.1"),
        started_at=datetime.now(UTC),
        events=events,
        outcome=Outcome.COMPLETED,
        ended_ns=ended_ns,
        usage=Usage(3, tokens, tokens + 3),
    )


def _watch(engine: Engine, run: LiveRun, seen: list[int]) -> None:
    """Notes when each event is there."""
    ended = False
    while not ended:
        ended = run.ended
        engine.wait_changed(run, len(seen), timeout=1)
        now = perf_counter_ns()
        seen += [now] * (len(run.events) - len(seen))


def _wait_for(moments: list[float], seen: list[int]) -> None:
    """Waits for each moment, nanoseconds from now on, with a plain timer."""
    began, never = perf_counter_ns(), threading.Event()
    for moment in moments:
        never.wait(max(began + moment - perf_counter_ns(), 0) / 1e9)
        seen.append(perf_counter_ns())


def _errors_ms(seen: list[int], moments: list[float]) -> list[float]:
    """The error of each gap between what was seen and what was planned, without sign."""
    gaps = zip(pairwise(seen), pairwise(moments), strict=True)
    return [abs((after - before) - (due - earlier)) / 1e6 for (before, after), (earlier, due) in gaps]


def measure(engine: Engine, recorded: Run, speed: float, at_once: int) -> tuple[list[float], list[float]]:
    """The errors of the replays, and those of the bare thread."""
    moments = [event.at_ns / speed for event in recorded.events]
    bare: list[int] = []
    seen: list[list[int]] = [[] for _ in range(at_once)]
    runs = [engine.replay(recorded, speed=speed) for _ in range(at_once)]
    readers = [
        threading.Thread(target=_watch, args=(engine, run, times)) for run, times in zip(runs, seen, strict=True)
    ]
    readers.append(threading.Thread(target=_wait_for, args=(moments, bare)))
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    return [error for times in seen for error in _errors_ms(times, moments)], _errors_ms(bare, moments)


def _figures(errors: list[float], bare: list[float]) -> list[float]:
    return [quantile(errors, 0.5), quantile(errors, 0.99), max(errors), quantile(bare, 0.99), max(bare)]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.replay", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=10.0, help="length of the recording")
    parser.add_argument("--at-once", type=int, nargs="+", default=[1, 6], help="how many replays go on at once")
    parser.add_argument("--speeds", type=float, nargs="+", default=[1.0, 4.0])
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    recorded = recording(given.seconds)
    engine = Engine()
    rows, held = [], True
    try:
        for at_once in given.at_once:
            for speed in given.speeds:
                repeats = [_figures(*measure(engine, recorded, speed, at_once)) for _ in range(given.repeats)]
                figures = [median(values) for values in zip(*repeats, strict=True)]
                kept = figures[2] <= LIMIT_MS
                largest = max(values[2] for values in repeats)
                shown = map(number, [*figures, largest, LIMIT_MS])
                rows.append([f"{at_once} at once, speed {speed:g}", *shown, "held" if kept else "MISSED"])
                held = held and kept
    finally:
        engine.close()
    title = (
        f"{len(recorded.events)} tokens at {_RATE} tokens/s, {given.repeats} times; error of the gaps without sign, ms"
    )
    table(title, ["", "median", "p99", "worst", "bare p99", "bare worst", "largest", "limit", ""], rows)
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())

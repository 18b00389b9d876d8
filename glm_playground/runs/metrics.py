"""The figures of a run, computed from its events.

Names and definitions are those of NVIDIA's GenAI-Perf and vLLM's benchmarks (TTFT, TPOT), with two rules of our own:
only non-empty deltas count, and a speed is shown only where there is enough to measure.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import itemgetter, sub
from statistics import median

from glm_playground.gateway import Event, EventKind, Usage
from glm_playground.runs.run import DELTAS, Run
from glm_playground.runs.thinking import CLOSING_TAG, ThinkingSplitter

MIN_TOKENS_FOR_SPEED = 40
MIN_NS_FOR_SPEED = 200_000_000
_TIME, _TEXT = itemgetter(0), itemgetter(2)


@dataclass(frozen=True)
class ChunkGaps:
    """Time between deltas, nanoseconds. Not inter-token latency: a gateway may bundle tokens."""

    p50: float
    p95: float | None
    """Only for 20 gaps or more."""
    longest: int


@dataclass(frozen=True)
class Metrics:
    """Times in nanoseconds since t0; None where the run has nothing to measure."""

    ttft: int | None
    """First non-empty reasoning, content or tool delta."""
    ttfa: int | None
    """First non-empty delta of the answer."""
    thinking: int | None
    """TTFA - TTFT where reasoning came first."""
    e2e: int | None
    """Last non-empty delta."""
    tpot: float | None
    """(E2E - TTFT) / (completion tokens - 1), nanoseconds a token."""
    output_speed: float | None
    """1 / TPOT in tokens a second; None for fewer than 40 tokens or less than 200 ms."""
    usage: Usage | None
    times: tuple[int, ...] = field(repr=False)
    """Of each non-empty delta."""

    @property
    def deltas(self) -> int:
        """How many non-empty deltas came."""
        return len(self.times)

    @cached_property
    def gaps(self) -> ChunkGaps | None:
        """Between the deltas; None for fewer than two. Computed when it is asked for: sorting takes longest of all."""
        return _gaps(self.times)


def metrics_of(run: Run) -> Metrics:
    """The figures of `run`, which may still be going on."""
    deltas = [event for event in run.events if event[1] in DELTAS and event[2]]
    times = tuple(map(_TIME, deltas))
    ttfa = _ttfa(deltas)
    ttft, e2e = (times[0], times[-1]) if times else (None, None)
    tpot = _tpot(ttft, e2e, run.usage.completion_tokens if run.usage else None)
    return Metrics(
        ttft=ttft,
        ttfa=ttfa,
        thinking=ttfa - ttft if ttfa is not None and ttft is not None and ttfa > ttft else None,
        e2e=e2e,
        tpot=tpot,
        output_speed=_speed(run, tpot, ttft, e2e),
        usage=run.usage,
        times=times,
    )


def _ttfa(deltas: Sequence[Event]) -> int | None:
    """When the first delta of the answer came, by what the whole text makes of `<think>` tags."""
    splitter = ThinkingSplitter()
    ttfa: int | None = None
    untold: int | None = None
    revision = splitter.revision
    # Only a lone closing tag can turn what looked like the answer into reasoning.
    is_final = CLOSING_TAG not in "".join(map(_TEXT, deltas))
    for at_ns, kind, text in deltas:
        told = kind if kind is EventKind.TOOL_CALLS else splitter.add(kind, text)
        if splitter.revision != revision:
            revision, ttfa, untold = splitter.revision, None, None
        if told is None:
            untold = at_ns if untold is None else untold
        elif told is EventKind.REASONING:
            untold = None
        elif ttfa is None:
            ttfa = at_ns if untold is None or splitter.reasoning else untold
            if is_final:
                return ttfa
    return untold if ttfa is None else ttfa


def _tpot(ttft: int | None, e2e: int | None, tokens: int | None) -> float | None:
    if ttft is None or e2e is None or tokens is None or tokens < 2:
        return None
    return (e2e - ttft) / (tokens - 1)


def _speed(run: Run, tpot: float | None, ttft: int | None, e2e: int | None) -> float | None:
    tokens = run.usage.completion_tokens if run.usage else None
    if not tpot or tokens is None or ttft is None or e2e is None:
        return None
    if tokens < MIN_TOKENS_FOR_SPEED or e2e - ttft < MIN_NS_FOR_SPEED:
        return None
    return 1e9 / tpot


def _gaps(times: tuple[int, ...]) -> ChunkGaps | None:
    gaps = sorted(map(sub, times[1:], times))
    if not gaps:
        return None
    p95 = float(gaps[-(-len(gaps) * 95 // 100) - 1]) if len(gaps) >= 20 else None
    return ChunkGaps(p50=median(gaps), p95=p95, longest=gaps[-1])

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
    """Times in nanoseconds since t0; None where there is nothing to measure. Each is computed when it is asked for."""

    events: tuple[Event, ...] = field(repr=False)
    usage: Usage | None

    @cached_property
    def ttft(self) -> int | None:
        """First non-empty reasoning, content or tool delta."""
        return next((event.at_ns for event in self.events if _is_delta(event)), None)

    @cached_property
    def e2e(self) -> int | None:
        """Last non-empty delta."""
        return next((event.at_ns for event in reversed(self.events) if _is_delta(event)), None)

    @cached_property
    def ttfa(self) -> int | None:
        """First non-empty delta of the answer."""
        return _ttfa(self._deltas)

    @property
    def thinking(self) -> int | None:
        """TTFA - TTFT where reasoning came first."""
        if self.ttfa is None or self.ttft is None or self.ttfa <= self.ttft:
            return None
        return self.ttfa - self.ttft

    @property
    def tpot(self) -> float | None:
        """(E2E - TTFT) / (completion tokens - 1), nanoseconds a token."""
        tokens = self.usage.completion_tokens if self.usage else None
        if self.ttft is None or self.e2e is None or tokens is None or tokens < 2:
            return None
        return (self.e2e - self.ttft) / (tokens - 1)

    @property
    def output_speed(self) -> float | None:
        """1 / TPOT in tokens a second; None for fewer than 40 tokens or less than 200 ms."""
        if not self.tpot or self.ttft is None or self.e2e is None or self.usage is None:
            return None
        tokens = self.usage.completion_tokens
        if tokens is None or tokens < MIN_TOKENS_FOR_SPEED or self.e2e - self.ttft < MIN_NS_FOR_SPEED:
            return None
        return 1e9 / self.tpot

    @property
    def chunk_speed(self) -> float | None:
        """Chunks a second in place of an output speed: only where no completion tokens were reported.

        None for fewer than 40 chunks or less than 200 ms.
        """
        if self.usage and self.usage.completion_tokens is not None:
            return None
        if self.ttft is None or self.e2e is None or self.deltas < MIN_TOKENS_FOR_SPEED:
            return None
        span = self.e2e - self.ttft
        return None if span < MIN_NS_FOR_SPEED else (self.deltas - 1) / (span / 1e9)

    @cached_property
    def times(self) -> tuple[int, ...]:
        """Of each non-empty delta."""
        return tuple(map(_TIME, self._deltas))

    @property
    def deltas(self) -> int:
        """How many non-empty deltas came."""
        return len(self._deltas)

    @cached_property
    def gaps(self) -> ChunkGaps | None:
        """Between the deltas; None for fewer than two."""
        return _gaps(self.times)

    @cached_property
    def _deltas(self) -> list[Event]:
        return list(filter(_is_delta, self.events))


def metrics_of(run: Run) -> Metrics:
    """The figures of `run` as it is now; it may still be running."""
    return Metrics(tuple(run.events), run.usage)


def _is_delta(event: Event) -> bool:
    return event.kind in DELTAS and bool(event.text)


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


def _gaps(times: tuple[int, ...]) -> ChunkGaps | None:
    gaps = sorted(map(sub, times[1:], times))
    if not gaps:
        return None
    p95 = float(gaps[-(-len(gaps) * 95 // 100) - 1]) if len(gaps) >= 20 else None
    return ChunkGaps(p50=median(gaps), p95=p95, longest=gaps[-1])

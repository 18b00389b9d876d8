"""The figures of a lane over all its runs: how many, how they ended, medians with their n, what they cost.

Aggregates follow one rule: n stands with every figure (`runs.samples`), and a run that failed or that nobody can price
is counted, not dropped.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from glm_playground.runs.cost import Cost
from glm_playground.runs.metrics import Metrics, metrics_of
from glm_playground.runs.run import Outcome, Run
from glm_playground.runs.samples import Sample, sample_of
from glm_playground.runs.totals import CostTotal, cost_total, counted

_WHOLE = frozenset({Outcome.COMPLETED, Outcome.TOOL_CALLS})


@dataclass(frozen=True)
class LaneFigures:
    """The figures of a lane; a figure that no run has is None. Times in nanoseconds since t0."""

    outcomes: tuple[tuple[Outcome | None, int], ...]
    """How many runs ended how, in the order of `Outcome`; None last, for runs that are running."""
    ttft: Sample | None
    output_speed: Sample | None
    """Tokens a second, only of runs with enough to measure (`runs.metrics`)."""
    e2e: Sample | None
    """Only of runs that ended of themselves: one that was cut or stopped does not say how long it would have taken."""
    completion_tokens: int | None
    """In all, as reported."""
    token_runs: int
    """The runs that reported their completion tokens."""
    cost: CostTotal

    @property
    def runs(self) -> int:
        """How many there are, whatever became of them."""
        return sum(count for _outcome, count in self.outcomes)

    @property
    def failures(self) -> int:
        """How many failed."""
        return dict(self.outcomes).get(Outcome.FAILED, 0)


def lane_figures(runs: Sequence[Run], costs: Mapping[str, Cost]) -> LaneFigures:
    """The figures of `runs`.

    Args:
        runs: of one lane, repeats included.
        costs: by run id; a run that is not in it has no cost yet.
    """
    found = [(run, metrics_of(run)) for run in runs if run.ended]
    tokens = [run.usage.completion_tokens for run in runs if run.usage and run.usage.completion_tokens is not None]
    return LaneFigures(
        outcomes=counted([run.outcome for run in runs], Outcome),
        ttft=sample_of(metrics.ttft for _run, metrics in found),
        output_speed=sample_of(metrics.output_speed for _run, metrics in found),
        e2e=sample_of(_whole_time(run, metrics) for run, metrics in found),
        completion_tokens=sum(tokens) if tokens else None,
        token_runs=len(tokens),
        cost=cost_total((run, costs.get(run.id)) for run in runs),
    )


def _whole_time(run: Run, metrics: Metrics) -> int | None:
    return metrics.e2e if run.outcome in _WHOLE else None

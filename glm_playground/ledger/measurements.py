"""How models did on gateways, from the owner's own runs: times, speed, and how many runs got an answer.

Answers of a stand-in and warm-ups are in none of it. A run counts as answered where it ended with an answer, one that
was cut at the token limit included, and as failed where it failed; one that was stopped, interrupted or filtered is
neither. Days are UTC.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, Row, select

from glm_playground.ledger.filters import shown
from glm_playground.ledger.run_parts import plain
from glm_playground.ledger.schema import runs
from glm_playground.runs.run import Outcome
from glm_playground.runs.samples import Sample, sample_of

MOST_RUNS = 10_000
"""The newest ones count; so many are read in about 50 ms."""

_ANSWERED = frozenset({Outcome.COMPLETED, Outcome.TOOL_CALLS, Outcome.LENGTH})
_QUERY = select(
    runs.c.model, runs.c.origin, runs.c.server, runs.c.day, runs.c.outcome, runs.c.ttft_ns, runs.c.output_speed
)

_Row = Row[str, str, str, date, str | None, int | None, float | None]


@dataclass(frozen=True)
class MeasuredRuns:
    """Some runs of one model on one gateway."""

    runs: int
    answered: int
    failed: int
    ttft: Sample | None
    """Nanoseconds."""
    output_speed: Sample | None
    """Tokens a second, of the runs with enough to measure (`runs.metrics`)."""

    @property
    def answered_share(self) -> float | None:
        """Of the runs that were answered or failed; None without such runs."""
        decided = self.answered + self.failed
        return self.answered / decided if decided else None

    @property
    def failed_share(self) -> float:
        """Of all runs."""
        return self.failed / self.runs


@dataclass(frozen=True)
class Measured:
    """One model on one gateway."""

    model: str
    origin: str
    """Of the gateway."""
    server: str
    """The gateway's name, as its newest run has it."""
    total: MeasuredRuns
    days: tuple[tuple[date, MeasuredRuns], ...]
    """Newest first; days without a run are left out."""


def read(connection: Connection, owner: str, since: date, model: str | None) -> Sequence[_Row]:
    """The newest ended runs since that day, of all models or of one."""
    query = _QUERY.where(
        shown(owner),
        runs.c.outcome.is_not(None),
        runs.c.by_stand_in.is_(False),
        runs.c.warm_up.is_(False),
        runs.c.day >= since,
    )
    if model is not None:
        query = query.where(runs.c.model == plain(model))
    return connection.execute(query.order_by(runs.c.number.desc()).limit(MOST_RUNS)).all()


def measured(rows: Sequence[_Row]) -> tuple[Measured, ...]:
    """The figures by model and gateway; rows are newest first."""
    groups: dict[tuple[str, str], list[_Row]] = {}
    for row in rows:
        groups.setdefault((row.model, row.origin), []).append(row)
    found = []
    for (model, origin), theirs in groups.items():
        by_day: dict[date, list[_Row]] = {}
        for row in theirs:
            by_day.setdefault(row.day, []).append(row)
        days = tuple((day, _figures(by_day[day])) for day in sorted(by_day, reverse=True))
        found.append(Measured(model, origin, theirs[0].server, _figures(theirs), days))
    return tuple(sorted(found, key=lambda one: (-one.total.runs, one.model, one.origin)))


def _figures(rows: Sequence[_Row]) -> MeasuredRuns:
    outcomes = [row.outcome for row in rows]
    return MeasuredRuns(
        runs=len(rows),
        answered=sum(outcome in _ANSWERED for outcome in outcomes),
        failed=outcomes.count(Outcome.FAILED),
        ttft=sample_of(row.ttft_ns for row in rows),
        output_speed=sample_of(row.output_speed for row in rows),
    )

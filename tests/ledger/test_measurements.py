"""What the owner's own runs measured of models on gateways."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from glm_playground.gateway import Event, EventKind, Usage
from glm_playground.ledger import Ledger
from glm_playground.runs.run import Outcome, Run, RunError, Server
from tests.ledger.made import keep, made_run

MILLISECOND = 1_000_000
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
OTHER = Server("Other", "https://other.example")


def run(ttft_ms: int, *, days_ago: int = 0, tokens: int = 101, step_ms: int = 10, **fields: Any) -> Run:
    """A run whose first token came after `ttft_ms`, and then one every `step_ms`."""
    events = [Event((ttft_ms + step_ms * place) * MILLISECOND, EventKind.CONTENT, "word ") for place in range(tokens)]
    return made_run(
        events=events, usage=Usage(7, tokens, 7 + tokens), started_at=NOON - timedelta(days=days_ago), **fields
    )


def failed(**fields: Any) -> Run:
    return made_run(events=[], usage=None, outcome=Outcome.FAILED, error=RunError("Busy", "try later", 429), **fields)


def test_the_median_counts_and_a_p95_needs_twenty_runs(ledger: Ledger, owner: str) -> None:
    keep(ledger, owner, *(run(100 * place) for place in range(1, 20)))
    (found,) = ledger.measured(owner, date(2026, 11, 1))
    assert found.total.ttft is not None
    assert (found.total.ttft.n, found.total.ttft.median, found.total.ttft.p95) == (19, 1000 * MILLISECOND, None)
    keep(ledger, owner, run(2000))
    (found,) = ledger.measured(owner, date(2026, 11, 1))
    assert found.total.ttft is not None
    assert (found.total.ttft.n, found.total.ttft.p95) == (20, 1900 * MILLISECOND)
    assert found.total.output_speed is not None
    assert found.total.output_speed.median == pytest.approx(100)


def test_failures_count_and_who_stops_a_run_does_not_fail_it(ledger: Ledger, owner: str) -> None:
    runs = [run(100), run(100, outcome=Outcome.LENGTH), run(100, outcome=Outcome.TOOL_CALLS), failed()]
    keep(ledger, owner, *runs, run(100, outcome=Outcome.STOPPED), run(100, outcome=Outcome.INTERRUPTED))
    (found,) = ledger.measured(owner, date(2026, 11, 1))
    assert (found.total.runs, found.total.answered, found.total.failed) == (6, 3, 1)
    assert found.total.answered_share == 3 / 4
    assert found.total.failed_share == 1 / 6


def test_models_and_gateways_are_apart_and_days_newest_first(ledger: Ledger, owner: str) -> None:
    keep(ledger, owner, run(100), run(300, days_ago=1), run(500, server=OTHER), run(100, model="glm-4.6"))
    found = ledger.measured(owner, date(2026, 11, 1))
    assert {(one.model, one.origin, one.total.runs) for one in found} == {
        ("glm-5.1", "https://example.org", 2),
        ("glm-5.1", "https://other.example", 1),
        ("glm-4.6", "https://example.org", 1),
    }
    first = found[0]
    assert [(when, figures.ttft and figures.ttft.median) for when, figures in first.days] == [
        (date(2026, 11, 24), 100 * MILLISECOND),
        (date(2026, 11, 23), 300 * MILLISECOND),
    ]
    assert [one.origin for one in ledger.measured(owner, date(2026, 11, 1), "glm-4.6")] == ["https://example.org"]
    assert ledger.measured(owner, date(2026, 11, 25)) == ()


def test_no_stand_in_no_warm_up_no_deleted_run_and_nobody_elses(ledger: Ledger, owner: str) -> None:
    gone = run(100)
    keep(ledger, owner, run(100, stand_in="small"), run(100, warm_up=True), gone)
    ledger.store_started([(run(100, outcome=None), owner)])
    ledger.delete(owner, [gone.id])
    keep(ledger, f"{owner}-other", run(100))
    assert ledger.measured(owner, date(2026, 11, 1)) == ()

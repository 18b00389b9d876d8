"""Runs that a cap refused do not fill the database."""

import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from glm_playground import bounds
from glm_playground.ledger import Ledger, Recorder, RunFilter
from glm_playground.ledger.refused_runs import RefusedRuns, Storing
from glm_playground.runs.caps import CAP_REACHED, Refusal
from glm_playground.runs.run import Outcome, Run, RunError
from tests.condition import wait_until
from tests.ledger.made import ids, made_run


@pytest.fixture
def writing(ledger: Ledger) -> Iterator[Recorder]:
    opened = Recorder(lambda: ledger, interval=0.1)
    yield opened
    opened.close()


def refused(**fields: object) -> Run:
    error = RunError(CAP_REACHED, "not sent: the operator has stopped sending")
    given = {"outcome": Outcome.FAILED, "sent": False, "error": error, "usage": None, "ended_ns": 1}
    return made_run(answer=(), **{**given, **fields})


def store(writing: Recorder, owner: str, *runs: Run) -> None:
    for run in runs:
        writing.watch(run, owner, lambda: None)
        writing.ended(run)


@pytest.mark.slow
def test_a_flood_of_refused_runs_is_a_few_rows_and_a_count(ledger: Ledger, writing: Recorder, owner: str) -> None:
    runs = [refused() for _ in range(500)]
    store(writing, owner, *runs)
    assert writing.flush(10)
    kept = [run.id for run in runs[: bounds.REFUSED_RUNS + 1]]
    assert sorted(ids(ledger, owner, outcomes=tuple(Outcome))) == sorted(kept)

    def counted() -> int:
        found = ledger.run(owner, kept[-1])
        assert found is not None
        assert found.run.error is not None
        refusal = Refusal.of(found.run.error)
        return refusal.more if refusal else -1

    wait_until(lambda: counted() == 500 - len(kept), 15)
    # One more is counted, too, and what was sent is stored as ever.
    answered = made_run()
    store(writing, owner, refused(), answered)
    assert writing.flush(5)
    wait_until(lambda: counted() == 501 - len(kept), 15)
    assert len(ledger.page(owner, RunFilter(outcomes=tuple(Outcome))).rows) == len(kept) + 1
    assert ledger.run(owner, answered.id)


def test_what_was_counted_is_stored_at_the_end(ledger: Ledger, owner: str) -> None:
    runs = [refused() for _ in range(bounds.REFUSED_RUNS + 3)]
    with closing(Recorder(lambda: Ledger(ledger._database), interval=0.1)) as writing:
        store(writing, owner, *runs)
        assert writing.flush(10)
    found = ledger.run(owner, runs[bounds.REFUSED_RUNS].id)
    assert found is not None
    assert found.run.error is not None
    assert Refusal.of(found.run.error) == Refusal(more=2)


def test_one_that_waits_for_its_turn_is_not_stored_before_it_is_sent(
    ledger: Ledger, writing: Recorder, owner: str
) -> None:
    store(writing, owner, *(refused() for _ in range(bounds.REFUSED_RUNS + 1)))
    waiting, sent = made_run(outcome=None, sent=False), made_run(outcome=None)
    writing.watch(waiting, owner, lambda: None)
    writing.watch(sent, owner, lambda: None)
    wait_until(lambda: ledger.run(owner, sent.id))
    assert ledger.run(owner, waiting.id) is None
    waiting.sent = True
    wait_until(lambda: ledger.run(owner, waiting.id))


def test_each_owner_has_hours_of_their_own() -> None:
    policy, now = RefusedRuns(), time.monotonic()
    for owner in ("a", "b"):
        took = [policy.take(refused(), owner, now) for _ in range(bounds.REFUSED_RUNS + 2)]
        assert took == [Storing.AS_IT_IS] * bounds.REFUSED_RUNS + [Storing.AS_THE_COUNT, Storing.COUNTED]
    assert policy.is_full("a", now + 3599)
    assert policy.take(refused(), "a", now + 3601) is Storing.AS_IT_IS
    assert not policy.is_full("a", now + 3601)
    assert policy.take(made_run(), "b", now) is Storing.AS_IT_IS
    assert policy.take(refused(error=RunError("RateLimited", "429"), sent=True), "b", now) is Storing.AS_IT_IS

"""Runs that are stored, read again and kept apart by owner."""

import uuid
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings

from glm_playground.gateway import Event, EventKind, Usage
from glm_playground.ledger import BalanceReading, Callback, Cursor, Ledger, RunFilter, Spent, StoredRun, TaskLookup
from glm_playground.ledger.event_codec import pack_events, unpack_events
from glm_playground.runs.cost import Cost, CostState, cost_of
from glm_playground.runs.metrics import metrics_of
from glm_playground.runs.run import Outcome, Run, Server
from tests.ledger.made import PRICE, ids, keep, made_run, settlement
from tests.unit.runs.test_run_json import RUNS

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@hypothesis_settings(max_examples=40)
@given(run=RUNS)
def test_a_run_comes_back_as_it_was(ledger: Ledger, run: Run) -> None:
    owner = uuid.uuid4().hex
    cost = cost_of(run, PRICE)
    ledger.store_started([(replace(run, outcome=None), owner)])
    ledger.store_ended(run, owner, cost)
    # PostgreSQL has no NUL in a column, so that an id with one is found by what stands in its place.
    stored = ledger.run(owner, ids(ledger, owner)[0])
    assert stored is not None
    assert stored.run == run
    assert stored.cost == cost
    assert ledger.run(owner, run.id) == stored


@given(run=RUNS)
def test_events_come_back_letter_by_letter(run: Run) -> None:
    odd = [Event(2**80, EventKind.ERROR, "\ud800\0é"), Event(-5, EventKind.RETRY, "")]
    for events in (run.events, [*run.events, odd[1]], [*odd, *run.events], []):
        assert unpack_events(pack_events(events).data) == events


def test_a_row_says_what_the_run_and_its_metrics_say(ledger: Ledger, owner: str) -> None:
    events = [Event(10_000_000 * place, EventKind.CONTENT, "word ") for place in range(1, 101)]
    run = made_run("P" * 300, events=events, usage=Usage(7, 100, 107), task_id="task-1", stand_in="small")
    keep(ledger, owner, run)
    (row,) = ledger.page(owner, RunFilter()).rows
    metrics = metrics_of(run)
    assert (row.ttft_ns, row.e2e_ns, row.output_speed) == (metrics.ttft, metrics.e2e, metrics.output_speed)
    assert (row.prompt, row.started_at, row.task_id, row.stand_in) == ("P" * 200, run.started_at, "task-1", "small")
    assert row.started_at.tzinfo is UTC
    assert row.outcome is Outcome.COMPLETED
    assert row.cost_state is CostState.ESTIMATED
    assert row.cost == (7 * Decimal("1.40") + 100 * Decimal("4.40")) / 1_000_000


def test_a_day_is_utc_whatever_the_clock_says(ledger: Ledger, owner: str) -> None:
    late = datetime(2026, 11, 24, 22, tzinfo=timezone(timedelta(hours=-5)))
    keep(ledger, owner, made_run(started_at=late))
    assert [total.day for total in ledger.totals(owner)] == [date(2026, 11, 25)]
    assert ledger.page(owner, RunFilter()).rows[0].started_at == late


def test_pages_are_newest_first_and_complete(ledger: Ledger, owner: str) -> None:
    runs = [made_run() for _ in range(7)]
    keep(ledger, owner, *runs)
    seen: list[str] = []
    after: Cursor | None = None
    sizes = []
    while True:
        page = ledger.page(owner, RunFilter(), after, limit=3)
        seen += [row.id for row in page.rows]
        sizes.append(len(page.rows))
        if (after := page.older) is None:
            break
    assert seen == [run.id for run in reversed(runs)]
    assert sizes == [3, 3, 1]
    assert [stored.run for stored in ledger.each(owner, RunFilter())] == runs[::-1]


def test_each_gives_more_runs_than_one_batch_holds(ledger: Ledger, owner: str) -> None:
    keep(ledger, owner, *(made_run(str(place)) for place in range(101)))
    assert len({stored.run.id for stored in ledger.each(owner, RunFilter())}) == 101


def test_a_run_that_goes_on_is_read_with_its_text_so_far(ledger: Ledger, owner: str) -> None:
    run = made_run(outcome=None, events=[Event(-3, EventKind.RETRY, "RateLimited 1.0")], usage=None)
    ledger.store_started([(run, owner)])
    ledger.store_events([run])
    run.events[:] = [run.events[0]._replace(at_ns=-900)]
    run.started_at += timedelta(seconds=1)
    run.task_id = "task-2"
    for text in ("Good", " day"):
        run.events.append(Event(5, EventKind.CONTENT, text))
        ledger.store_events([run])
    stored = ledger.run(owner, run.id)
    assert stored is not None
    assert stored.run == run
    assert (stored.cost, stored.row.outcome, stored.row.task_id) == (None, None, "task-2")
    assert ledger.totals(owner) == ()
    run.outcome = Outcome.STOPPED
    keep(ledger, owner, run)
    assert [stored.run for stored in ledger.each(owner, RunFilter())] == [run]


def test_an_end_that_is_stored_twice_counts_once_and_keeps_what_was_settled(ledger: Ledger, owner: str) -> None:
    run = made_run()
    keep(ledger, owner, run)
    ledger.settle(owner, run.id, settlement("0.5"))
    keep(ledger, owner, run)
    (total,) = ledger.totals(owner)
    assert (total.runs, total.cost, total.cost_state) == (1, Decimal("0.5"), CostState.SETTLED)
    assert ids(ledger, owner, text="fine") == [run.id]


def test_a_settlement_has_every_digit_and_stands_beside_the_estimate(ledger: Ledger, owner: str) -> None:
    run = made_run()
    keep(ledger, owner, run)
    for said in (settlement("9", day=25), settlement("0.0000000000014999", day=26)):
        assert ledger.settle(owner, run.id, said)
    stored = ledger.run(owner, run.id)
    assert isinstance(stored, StoredRun)
    assert stored.settlement == said
    assert stored.cost_at_end == cost_of(run, PRICE)
    assert stored.cost == Cost(CostState.SETTLED, said.amount, price=PRICE)
    assert (stored.row.cost_state, stored.row.cost) == (CostState.SETTLED, Decimal("1e-12"))
    (total,) = ledger.totals(owner)
    assert (total.cost_state, total.cost) == (CostState.SETTLED, Decimal("1e-12"))
    with pytest.raises(ValueError, match="not negative"):
        ledger.settle(owner, run.id, settlement("NaN"))
    running = made_run(outcome=None)
    ledger.store_started([(running, owner)])
    assert not ledger.settle(owner, running.id, said)


def test_tags_and_notes_replace_those_before(ledger: Ledger, owner: str) -> None:
    run = made_run()
    keep(ledger, owner, run)
    assert ledger.set_tags(owner, run.id, ["b", " a ", "b", ""])
    assert ledger.page(owner, RunFilter()).rows[0].tags == ("b", "a")
    assert ledger.tags(owner) == ("a", "b")
    assert ledger.set_tags(owner, run.id, ["c"])
    assert ledger.tags(owner) == ("c",)
    assert ledger.set_note(owner, run.id, "first")
    assert ledger.set_note(owner, run.id, "second thought")
    assert (ids(ledger, owner, text="first"), ids(ledger, owner, text="second fine")) == ([], [run.id])


def test_a_note_of_a_run_that_goes_on_is_found_when_it_ended(ledger: Ledger, owner: str) -> None:
    run = made_run(outcome=None)
    ledger.store_started([(run, owner)])
    assert ledger.set_note(owner, run.id, "remember")
    run.outcome = Outcome.COMPLETED
    keep(ledger, owner, run)
    assert ids(ledger, owner, text="remember") == [run.id]
    assert ledger.page(owner, RunFilter()).rows[0].note == "remember"


def test_callbacks_are_stored_once_and_shown_with_lookups_at_the_runs_of_their_task(ledger: Ledger, owner: str) -> None:
    task = uuid.uuid4().hex
    mine, other = made_run(task_id=task), made_run(task_id=task)
    keep(ledger, owner, mine)
    keep(ledger, "another" + owner, other)
    callback = Callback(uuid.uuid4().hex, NOON, NOON + timedelta(seconds=1), task, "completed", {"a": [1, "é\0"]})
    assert ledger.add_callback(callback)
    assert not ledger.add_callback(replace(callback, status="failed"))
    lookup = TaskLookup(task, NOON, "completed", Decimal("0.10"), {"usage": {"cost": 0.1}})
    ledger.add_lookup(owner, lookup)
    stored, others = ledger.run(owner, mine.id), ledger.run("another" + owner, other.id)
    assert stored is not None
    assert others is not None
    assert (stored.callbacks, stored.lookups) == ((callback,), (lookup,))
    assert (others.callbacks, others.lookups) == ((callback,), ())


def test_another_owner_sees_and_changes_nothing(ledger: Ledger, owner: str) -> None:
    run = made_run(task_id="task")
    keep(ledger, owner, run)
    ledger.set_tags(owner, run.id, ["tag"])
    before = ledger.run(owner, run.id)
    deletion = ledger.delete(owner, [run.id])
    stranger = "not " + owner
    assert ledger.restore(stranger, deletion.id) == 0
    assert ledger.restore(owner, deletion.id) == 1
    assert ledger.page(stranger, RunFilter()).rows == ()
    assert ids(ledger, stranger, text="fine") == ids(ledger, stranger, tags=("tag",)) == []
    assert ids(ledger, stranger, task_id="task") == []
    assert ledger.run(stranger, run.id) is None
    assert list(ledger.each(stranger, RunFilter())) == []
    assert ledger.totals(stranger) == ()
    assert ledger.models(stranger) == ledger.tags(stranger) == ()
    assert not ledger.set_tags(stranger, run.id, ["mine"])
    assert not ledger.set_note(stranger, run.id, "mine")
    assert not ledger.settle(stranger, run.id, settlement("1"))
    assert ledger.delete(stranger, [run.id]).runs == ledger.delete_all(stranger).runs == 0
    ledger.add_lookup(stranger, TaskLookup("task", NOON, None, None, {}))
    assert ledger.run(owner, run.id) == before


def test_a_balance_is_set_against_the_runs_at_its_gateway(ledger: Ledger, owner: str) -> None:
    elsewhere = Server("Elsewhere", "https://elsewhere.example")
    keep(
        ledger,
        owner,
        made_run(started_at=NOON),
        made_run(started_at=NOON + timedelta(minutes=9), usage=Usage(cost=Decimal("0.5"))),
        made_run(started_at=NOON, usage=None),
        made_run(started_at=NOON, server=elsewhere),
        made_run(started_at=NOON + timedelta(minutes=10)),
        made_run(started_at=NOON - timedelta(minutes=1)),
    )
    origin = "https://example.org"
    readings = [
        BalanceReading(origin, NOON + timedelta(minutes=10 * place), Decimal("9.00") - place) for place in range(3)
    ]
    for reading in readings:
        ledger.add_balance(owner, reading)
    assert ledger.balances(owner, origin, 2) == (readings[2], readings[1])
    assert ledger.balances("not " + owner, origin, 2) == ledger.balances(owner, elsewhere.origin, 2) == ()
    spent = ledger.spent(owner, origin, readings[0].read_at, readings[1].read_at)
    estimated = (7 * Decimal("1.40") + 5 * Decimal("4.40")) / 1_000_000
    assert spent == Spent(Decimal("0.5") + estimated, 3, 1)
    assert ledger.spent("not " + owner, origin, NOON, NOON + timedelta(days=1)) == Spent(Decimal(0), 0, 0)


def test_two_owners_may_keep_the_same_run(ledger: Ledger, owner: str) -> None:
    run = made_run()
    keep(ledger, owner, run)
    keep(ledger, "not " + owner, run)
    ledger.delete(owner, [run.id])
    assert (ids(ledger, owner), ids(ledger, "not " + owner)) == ([], [run.id])

"""Stored runs that this version cannot read: each is said to be so, and none harms another."""

import json
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event, select

from glm_playground.gateway import Event, EventKind
from glm_playground.ledger import Callback, Ledger, RunFilter, StoredRun, TaskLookup, UnreadableRun, schema
from glm_playground.ledger.database import Database
from glm_playground.ledger.sums import By, sum_of, sums
from glm_playground.runs.cost import CostState
from glm_playground.runs.run import Outcome, Run
from tests.ledger.made import ids, keep, made_run, settlement

NOW = datetime.now(UTC)
CONTENTS, RUNS = schema.contents, schema.runs


@pytest.fixture
def opened(url: str) -> Iterator[tuple[Ledger, Database]]:
    """A ledger of the test's own, and a way to its tables."""
    ledger, database = Ledger.open(url), Database(url, 5)
    yield ledger, database
    ledger.close()
    database.close()


def change(database: Database, run: Run, **columns: Any) -> None:
    """Writes to the tables as another version would, or a broken disk."""
    with database.writing() as connection:
        number = connection.execute(select(RUNS.c.number).where(RUNS.c.id == run.id)).scalar_one()
        for table in (RUNS, CONTENTS):
            if mine := {name: value for name, value in columns.items() if name in table.c}:
                connection.execute(table.update().where(table.c.number == number).values(mine))


def head_with(database: Database, run: Run, **fields: Any) -> bytes:
    """The stored head of a run with other fields."""
    with database.reading() as connection:
        query = select(CONTENTS.c.head).join(RUNS, RUNS.c.number == CONTENTS.c.number).where(RUNS.c.id == run.id)
        data = json.loads(zlib.decompress(connection.execute(query).scalar_one()))
    return zlib.compress(json.dumps(data | fields).encode())


BROKEN: dict[str, Callable[[Database, Run], dict[str, Any]]] = {
    "no zlib": lambda *_: {"head": b"broken"},
    "no head": lambda *_: {"head": b""},
    "cut off": lambda database, run: {"head": head_with(database, run)[:-9]},
    "no JSON": lambda *_: {"head": zlib.compress(b"{")},
    "too deep": lambda *_: {"head": zlib.compress(b"[" * 100_000)},
    "unknown outcome": lambda database, run: {"head": head_with(database, run, outcome="dreamt"), "outcome": "dreamt"},
    "unknown outcome in the row": lambda *_: {"outcome": "dreamt"},
    "unknown state of the cost": lambda *_: {"cost_state": "haggled", "cost": '{"state": "haggled"}'},
    "broken cost": lambda *_: {"cost": "no JSON"},
    "broken settlement": lambda *_: {"settlement": '{"amount": "much"}'},
    "broken events": lambda *_: {"events": zlib.compress(b"\0" * 9)},
    "unknown kind of event": lambda *_: {"events": zlib.compress(b"\1" + b"\0" * 16 + b'[[1, 99, "x"]]')},
}


@pytest.mark.parametrize("kind", BROKEN)
def test_an_unreadable_run_is_said_and_harms_no_other(opened: tuple[Ledger, Database], kind: str) -> None:
    ledger, database = opened
    good, bad, last = made_run("one needle"), made_run("two needle", task_id="t"), made_run("three needle")
    keep(ledger, "me", good, bad, last)
    ledger.settle("me", bad.id, settlement("1"))
    change(database, bad, **BROKEN[kind](database, bad))
    assert ids(ledger, "me", text="needle") == [last.id, bad.id, good.id]
    stored = ledger.run("me", bad.id)
    assert isinstance(stored, UnreadableRun)
    assert (stored.row.prompt, stored.newer) == ("two needle", False)
    assert set(ledger.runs("me", [good.id, bad.id, last.id])) == {good.id, last.id}
    found = list(ledger.each("me", RunFilter()))
    assert [type(one) for one in found] == [StoredRun, UnreadableRun, StoredRun]
    assert sum_of(ledger.totals("me")).runs == 3
    assert sum(group.runs for by in By for group in sums(ledger.totals("me"), by)) == 3 * len(By)
    assert ledger.spent("me", "https://example.org", bad.started_at, NOW + timedelta(days=999)).runs == 3
    assert ledger.set_tags("me", bad.id, ["odd"])
    ledger.set_note("me", bad.id, "note")
    assert ledger.set_note("me", good.id, "note")
    deletion = ledger.delete_all("me")
    assert ledger.restore("me", deletion.id) == 3
    ledger.delete("me", [bad.id, last.id])
    assert ledger.purge(datetime.now(UTC) + timedelta(days=1)) == 2
    assert ids(ledger, "me", text="needle") == [good.id]


def test_a_run_of_a_later_version_is_read_without_what_it_added(opened: tuple[Ledger, Database]) -> None:
    ledger, database = opened
    run = made_run("needle")
    keep(ledger, "me", run)
    change(database, run, head=head_with(database, run, mood="calm"), version=7)
    stored = ledger.run("me", run.id)
    assert isinstance(stored, StoredRun)
    assert (stored.run, stored.left_out) == (run, ("mood",))
    assert ledger.set_note("me", run.id, "note")
    change(database, run, head=head_with(database, run, outcome="dreamt"))
    unreadable = ledger.run("me", run.id)
    assert isinstance(unreadable, UnreadableRun)
    assert unreadable.newer


def test_what_gateways_said_is_left_out_where_it_is_broken(opened: tuple[Ledger, Database]) -> None:
    ledger, database = opened
    run = made_run(task_id="t")
    keep(ledger, "me", run)
    ledger.add_callback(Callback("c", NOW, NOW, "t", "completed", {}))
    ledger.add_lookup("me", TaskLookup("t", NOW, None, None, {}))
    with database.writing() as connection:
        connection.execute(schema.callbacks.update().values(body="[1"))
        connection.execute(schema.lookups.update().values(body="1", cost="much"))
    change(database, run, tags="{")
    stored = ledger.run("me", run.id)
    assert isinstance(stored, StoredRun)
    assert [one.body for one in (*stored.callbacks, *stored.lookups)] == [{}, {}]
    assert (stored.lookups[0].cost, stored.row.tags) == (None, ())


def test_an_unreadable_run_that_was_running_ends_and_the_others_too(url: str) -> None:
    first, database = Ledger.open(url), Database(url, 5)
    runs = [made_run(f"needle {place}", outcome=None, usage=None) for place in range(3)]
    first.store_started([(run, "me") for run in runs])
    first.store_events(runs)
    change(database, runs[1], head=b"broken")
    head = head_with(database, runs[2], mood="calm")
    change(database, runs[2], head=head)
    first.close()
    ledger = Ledger.open(url)
    rows = ledger.page("me", RunFilter()).rows
    assert [(row.outcome, row.cost_state) for row in rows] == [(Outcome.INTERRUPTED, CostState.NO_USAGE)] * 3
    assert isinstance(ledger.run("me", runs[1].id), UnreadableRun)
    assert sorted(ids(ledger, "me", text="needle")) == sorted([runs[0].id, runs[2].id])
    assert ledger.delete_all("me").runs == 3
    assert ledger.purge(datetime.now(UTC) + timedelta(days=1)) == 3
    ledger.close()
    database.close()


def test_a_run_that_ends_between_two_statements_of_a_page_is_read_at_one_moment(
    opened: tuple[Ledger, Database],
) -> None:
    ledger, _database = opened
    run = made_run(outcome=None)
    run.events.append(Event(10**9, EventKind.CONTENT, " Thanks."))
    ledger.store_started([(run, "me")])
    ledger.store_events([run])
    ended: list[str] = []

    def end_meanwhile(*_: Any) -> None:
        statement = str(_[2])
        if "FROM progress" in statement and not ended:
            ended.append(run.id)
            run.outcome = Outcome.COMPLETED
            keep(ledger, "me", run)

    event.listen(Engine, "before_cursor_execute", end_meanwhile)
    try:
        for read in (lambda: ledger.run("me", run.id), lambda: ledger.runs("me", [run.id])[run.id]):
            stored = read()
            assert isinstance(stored, StoredRun)
            assert stored.run.content == "I am fine. Thanks."
    finally:
        event.remove(Engine, "before_cursor_execute", end_meanwhile)
    assert ended

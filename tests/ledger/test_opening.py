"""Opening a ledger: new ones, two at once, and those that a process left behind."""

import multiprocessing
import signal
import stat
import subprocess
import sys
import threading
import time
import uuid
from datetime import UTC, datetime, timedelta
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from glm_playground.gateway import Event, EventKind, Usage
from glm_playground.ledger import (
    Ledger,
    RunFilter,
    migration,
    schema,
)
from glm_playground.runs.cost import CostState
from glm_playground.runs.run import Outcome
from tests.ledger.engine import engine_of
from tests.ledger.made import ids, keep, made_run


def test_the_migrations_lead_to_the_tables_that_are_used(url: str) -> None:
    Ledger.open(url).close()
    engine = engine_of(url)
    words = {"run_words", "terms"}

    def is_ours(_: Any, name: str | None, kind: str, reflected: bool, __: Any) -> bool:
        return not (kind == "table" and reflected and (str(name).startswith("run_words") or name in words))

    with engine.connect() as connection:
        options = {"version_table": schema.VERSION_TABLE, "include_object": is_ours}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), schema.metadata) == []
    engine.dispose()
    scripts = ScriptDirectory(str(Path(migration.__file__).with_name("migrations")))
    assert scripts.get_heads() == [migration.NEWEST]


def test_the_file_and_its_folder_are_for_their_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "new" / "runs.sqlite3"
    ledger = Ledger.open(f"sqlite:///{path}")
    keep(ledger, "me", made_run())
    modes = {entry: stat.S_IMODE(entry.stat().st_mode) for entry in (path.parent, *path.parent.iterdir())}
    ledger.close()
    assert modes.pop(path.parent) == 0o700
    assert set(modes.values()) == {0o600}
    assert len(modes) == 3


def test_runs_are_there_when_it_is_opened_again(url: str) -> None:
    ledger = Ledger.open(url)
    run = made_run()
    keep(ledger, "me", run)
    ledger.close()
    again = Ledger.open(url.replace("postgresql://", "postgres://"))
    assert [stored.run for stored in again.each("me", RunFilter())] == [run]
    again.close()


def _open_and_keep(url: str, together: Barrier) -> None:
    together.wait(10)
    ledger = Ledger.open(url)
    keep(ledger, "me", made_run())
    ledger.close()


def test_several_processes_may_open_a_new_one_at_once(url: str) -> None:
    # One server loads all that is needed, and is forked: a process with threads cannot be forked safely.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    together = context.Barrier(4)
    processes = [context.Process(target=_open_and_keep, args=(url, together)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(30)
    assert [process.exitcode for process in processes] == [0] * 4
    ledger = Ledger.open(url)
    assert len(ids(ledger, "me")) == 4
    ledger.close()


@pytest.mark.slow
def test_a_killed_process_leaves_runs_that_become_interrupted_with_their_text(url: str) -> None:
    ledger = Ledger.open(url)
    command = [sys.executable, "-m", "tests.ledger.growing_process", url, "me"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        run_ids = process.stdout.readline().split()
        deadline = time.monotonic() + 20
        while not all((found := ledger.run("me", run_id)) and "word9 " in found.run.content for run_id in run_ids):
            assert time.monotonic() < deadline, "the process stored nothing"
            threading.Event().wait(0.05)
        assert ledger.interrupt_abandoned() == 0
        process.send_signal(signal.SIGKILL)
    ledger.close()
    ledger = Ledger.open(url)
    for run_id in run_ids:
        stored = ledger.run("me", run_id)
        assert stored is not None
        assert stored.run.outcome is Outcome.INTERRUPTED
        assert stored.run.ended_ns == stored.run.events[-1].at_ns
        assert stored.run.content.startswith("word0 word1 ")
        assert stored.cost is not None
        assert stored.cost.state is CostState.NO_USAGE
        assert stored.row.ttft_ns == stored.run.events[0].at_ns
    assert sorted(ids(ledger, "me", text="word0 word5")) == sorted(run_ids)
    assert ledger.interrupt_abandoned() == 0
    (total,) = ledger.totals("me")
    assert (total.outcome, total.runs) == (Outcome.INTERRUPTED, 2)
    ledger.close()


def _forget(url: str, **changes: object) -> None:
    """Makes the recorders of a database look like those of a process elsewhere."""
    engine = engine_of(url)
    with engine.begin() as connection:
        connection.execute(schema.recorders.update().values(**changes))
    engine.dispose()


def test_a_recorder_elsewhere_is_gone_after_a_minute_without_a_sign(url: str) -> None:
    first = Ledger.open(url)
    run = made_run(outcome=None, usage=None)
    run.events.append(Event(50, EventKind.USAGE, '{"prompt_tokens": 3, "completion_tokens": 4, "cost": 0.25}'))
    first.store_started([(run, "me")])
    first.store_events([run])
    first.close()
    _forget(url, place="elsewhere", heartbeat=datetime.now(UTC) - timedelta(seconds=40))
    second = Ledger.open(url)
    assert ids(second, "me", outcomes=(Outcome.INTERRUPTED,)) == []
    _forget(url, heartbeat=datetime.now(UTC) - timedelta(seconds=61))
    second.heartbeat()
    assert second.interrupt_abandoned() == 1
    stored = second.run("me", run.id)
    assert stored is not None
    assert stored.run.usage == Usage(3, 4, cost=stored.cost.amount if stored.cost else None)
    assert stored.row.cost_state is CostState.SETTLED
    second.close()


@pytest.mark.parametrize("place", ["another namespace of process numbers", None])
def test_a_container_with_the_same_host_name_and_process_id_is_another_process(url: str, place: str | None) -> None:
    first, run = Ledger.open(url), made_run(outcome=None)
    first.store_started([(run, "me")])
    # What another container would have written: hostname and pid are those of this process.
    _forget(url, id=(theirs := uuid.uuid4().hex), place=place)
    engine = engine_of(url)
    with engine.begin() as connection:
        connection.execute(schema.runs.update().values(recorder=theirs))
    engine.dispose()
    second = Ledger.open(url)
    assert ids(second, "me", outcomes=(Outcome.INTERRUPTED,)) == []
    _forget(url, heartbeat=datetime.now(UTC) - timedelta(seconds=61))
    second.heartbeat()
    assert second.interrupt_abandoned() == 1
    first.close()
    second.close()


def test_a_run_that_was_given_up_too_early_is_stored_as_it_ended(url: str) -> None:
    first = Ledger.open(url)
    run = made_run("question", answer=["half"], outcome=None)
    first.store_started([(run, "me")])
    first.store_events([run])
    _forget(url, id=uuid.uuid4().hex, place="elsewhere", heartbeat=datetime.now(UTC) - timedelta(minutes=2))
    assert first.interrupt_abandoned() == 1
    first.set_note("me", run.id, "remember")
    run.events.append(Event(99, EventKind.CONTENT, " whole"))
    first.store_events([run])
    run.outcome = Outcome.COMPLETED
    keep(first, "me", run)
    assert [stored.run for stored in first.each("me", RunFilter())] == [run]
    assert ids(first, "me", text="whole remember") == [run.id]
    assert [(total.outcome, total.runs) for total in first.totals("me")] == [(Outcome.COMPLETED, 1)]
    first.close()


def test_two_ledgers_of_one_process_leave_each_others_runs_alone(url: str) -> None:
    first, run = Ledger.open(url), made_run(outcome=None)
    first.store_started([(run, "me")])
    second = Ledger.open(url)
    assert ids(second, "me", outcomes=(Outcome.INTERRUPTED,)) == []
    first.close()
    assert second.interrupt_abandoned() == 1
    second.close()

"""What writes runs down in the background."""

import gc
import sqlite3
import time
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest

from glm_playground.gateway import ChatRequest, Event, EventKind, Gateway, Message, Usage
from glm_playground.ledger import Ledger, LedgerError, LedgerLocked, LedgerUnreachable, Recorder, RunFilter, recorder
from glm_playground.runs.cost import CostState
from glm_playground.runs.engine import Engine
from glm_playground.runs.run import Outcome, Run
from tests.condition import wait_until
from tests.ledger.made import PRICE, ids, made_run


@pytest.fixture
def writing(ledger: Ledger) -> Iterator[Recorder]:
    opened = Recorder(lambda: ledger, interval=0.1)
    yield opened
    opened.close()


def end(run: Run, outcome: Outcome = Outcome.COMPLETED) -> None:
    run.ended_ns, run.outcome = 1_000, outcome


def test_a_run_is_there_from_its_beginning_and_whole_at_its_end(ledger: Ledger, writing: Recorder, owner: str) -> None:
    run = made_run(answer=(), outcome=None, usage=None)
    writing.watch(run, owner, lambda: PRICE)
    wait_until(lambda: ledger.run(owner, run.id))
    run.events.append(Event(5, EventKind.CONTENT, "Hello"))
    wait_until(lambda: (found := ledger.run(owner, run.id)) and found.run.content == "Hello")
    run.usage = Usage(7, 5, 12)
    end(run)
    writing.ended(run)
    assert writing.flush(5)
    stored = ledger.run(owner, run.id)
    assert stored is not None
    assert stored.run == run
    assert stored.cost is not None
    assert (stored.cost.state, stored.cost.price) == (CostState.ESTIMATED, PRICE)
    assert (writing.problem, writing.waiting) == (None, 0)


def test_a_run_that_ended_before_it_was_watched_is_stored(ledger: Ledger, writing: Recorder, owner: str) -> None:
    run, unwatched, played = made_run(), made_run(), made_run(outcome=None)
    writing.ended(run)
    writing.watch(run, owner, lambda: None)
    writing.ended(unwatched)
    writing.watch(played, owner, lambda: None)
    # Nobody says that this one ended.
    end(played)
    wait_until(lambda: sorted(ids(ledger, owner, outcomes=tuple(Outcome))) == sorted([run.id, played.id]))


def test_what_an_engine_records_is_kept(ledger: Ledger, writing: Recorder, owner: str, gateway: Gateway) -> None:
    engine = Engine(on_end=writing.ended)
    message = Message(role="user", content="@script tokens=30 rate=300")
    runs = [engine.start(ChatRequest(model="glm-5.1", messages=(message,)), gateway) for _ in range(3)]
    for run in runs:
        writing.watch(run, owner, lambda: None)
    engine.stop(runs[2])
    wait_until(lambda: all(run.ended for run in runs))
    engine.close()
    assert writing.flush(5)
    stored = {found.run.id: found.run for found in ledger.each(owner, RunFilter())}
    assert stored == {run.id: run.recorded() for run in runs}
    assert stored[runs[2].id].outcome is Outcome.STOPPED


def test_nothing_is_lost_while_the_database_is_locked(sqlite_path: Path) -> None:
    ledger = Ledger.open(f"sqlite:///{sqlite_path}", timeout=0.05)
    writing = Recorder(lambda: ledger, interval=0.1)
    with sqlite3.connect(sqlite_path, isolation_level=None) as other:
        other.execute("BEGIN EXCLUSIVE")
        ended, running = made_run(), made_run(outcome=None)
        started = time.monotonic()
        writing.watch(ended, "me", lambda: PRICE)
        writing.watch(running, "me", lambda: PRICE)
        assert time.monotonic() - started < 0.05
        assert not writing.flush(0.3)
        wait_until(lambda: isinstance(writing.problem, LedgerLocked))
        assert writing.waiting == 2
        other.execute("ROLLBACK")
    other.close()
    assert writing.flush(5)
    wait_until(lambda: writing.problem is None)
    assert sorted(ids(ledger, "me")) == sorted([ended.id, running.id])
    writing.close()
    ledger.close()


def test_a_lock_that_is_gone_is_found_without_being_asked(sqlite_path: Path) -> None:
    ledger = Ledger.open(f"sqlite:///{sqlite_path}", timeout=0.05)
    writing = Recorder(lambda: ledger, interval=0.1)
    with sqlite3.connect(sqlite_path, isolation_level=None) as other:
        other.execute("BEGIN EXCLUSIVE")
        writing.watch(made_run(), "me", lambda: PRICE)
        wait_until(lambda: writing.problem)
        other.execute("ROLLBACK")
    other.close()
    wait_until(lambda: writing.waiting == 0 and writing.problem is None)
    assert len(ids(ledger, "me")) == 1
    writing.close()
    ledger.close()


def test_a_database_that_is_locked_at_the_start_is_opened_when_it_is_free(
    sqlite_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before, meanwhile, running = made_run(), made_run(), made_run(outcome=None)
    with sqlite3.connect(sqlite_path, isolation_level=None) as other:
        other.execute("BEGIN EXCLUSIVE")
        writing = Recorder(lambda: Ledger.open(f"sqlite:///{sqlite_path}", timeout=0.02))
        assert isinstance(writing.ledger, LedgerError)
        writing.watch(before, "me", lambda: PRICE)
        wait_until(lambda: writing._failures >= 2)
        assert isinstance(writing.ledger, LedgerLocked)
        assert writing.ledger is writing.problem
        for run in (meanwhile, running):
            writing.watch(run, "me", lambda: PRICE)
        other.execute("ROLLBACK")
    other.close()
    wait_until(lambda: isinstance(writing.ledger, Ledger) and not writing.waiting and not writing.problem)
    opened = writing.ledger
    assert isinstance(opened, Ledger)
    assert ids(opened, "me") == [running.id, meanwhile.id, before.id]
    errors = [record for record in caplog.records if record.levelname == "ERROR"]
    assert len(errors) == 1
    assert "locked" in errors[0].getMessage()
    writing.close()


@pytest.mark.parametrize("reason", [LedgerUnreachable("down"), RuntimeError("a driver's bug")])
def test_a_server_that_is_down_at_the_start_is_reached_later(
    url: str, reason: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "_FIRST_PAUSE_S", 0.01)
    attempts: list[float] = []

    def open_third() -> Ledger:
        attempts.append(time.monotonic())
        if len(attempts) < 3:
            raise reason
        return Ledger.open(url)

    writing = Recorder(open_third)
    writing.wait_open(5)
    assert writing.problem
    run = made_run()
    writing.watch(run, "me", lambda: None)
    wait_until(lambda: isinstance(writing.ledger, Ledger) and not writing.waiting)
    assert len(attempts) == 3
    writing.close()


def test_an_outage_does_not_hold_who_met_it() -> None:
    class Page:
        """What a script has while it asks."""

    def refuse() -> Ledger:
        raise LedgerUnreachable("down")

    def ask(page: Page) -> object:
        error = writing.ledger
        assert isinstance(error, LedgerUnreachable)
        with pytest.raises(LedgerUnreachable, match="down") as raised:
            raise error.anew()
        assert raised.value.id == error.id
        return page

    writing = Recorder(refuse)
    writing.wait_open(5)
    page = Page()
    gone = weakref.ref(page)
    ask(page)
    del page
    gc.collect()
    assert gone() is None
    writing.close()


def test_a_recorder_that_never_opened_its_ledger_closes_at_once() -> None:
    def refuse() -> Ledger:
        raise LedgerUnreachable("down")

    writing = Recorder(refuse)
    writing.wait_open(5)
    writing.close()
    assert not writing._thread.is_alive()


def test_what_waits_for_the_first_opening_is_written_at_the_end(sqlite_path: Path) -> None:
    locked = sqlite3.connect(sqlite_path, isolation_level=None)
    locked.execute("BEGIN EXCLUSIVE")
    writing = Recorder(lambda: Ledger.open(f"sqlite:///{sqlite_path}", timeout=0.02))
    run = made_run()
    writing.watch(run, "me", lambda: None)
    wait_until(lambda: writing.problem)
    locked.close()
    writing.close()
    ledger = Ledger.open(f"sqlite:///{sqlite_path}")
    assert ids(ledger, "me") == [run.id]
    ledger.close()


def test_the_oldest_are_given_up_where_too_many_wait(sqlite_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder, "MOST_WAITING", 3)
    ledger = Ledger.open(f"sqlite:///{sqlite_path}", timeout=0.05)
    writing = Recorder(lambda: ledger)
    runs = [made_run() for _ in range(5)]
    with sqlite3.connect(sqlite_path, isolation_level=None) as other:
        other.execute("BEGIN EXCLUSIVE")
        for run in runs:
            writing.watch(run, "me", lambda: None)
        assert writing.waiting == 3
        other.execute("ROLLBACK")
    other.close()
    writing.close()
    # The first may have been on its way already.
    assert ids(ledger, "me")[:3] == [run.id for run in reversed(runs[2:])]
    ledger.close()


def test_a_run_that_no_database_takes_does_not_hold_up_the_others(
    ledger: Ledger, writing: Recorder, owner: str
) -> None:
    broken, running, good = made_run(), made_run(outcome=None), made_run()
    broken.started_at = None  # type: ignore[assignment]
    running.started_at = None  # type: ignore[assignment]
    for run in (broken, running, good):
        writing.watch(run, owner, lambda: None)
    assert writing.flush(5)
    assert ids(ledger, owner) == [good.id]
    assert writing.problem is None


def test_what_waits_is_written_at_the_end(ledger: Ledger, owner: str) -> None:
    writing = Recorder(lambda: ledger)
    run, running = made_run(), made_run(outcome=None)
    writing.watch(run, owner, lambda: None)
    writing.watch(running, owner, lambda: None)
    writing.close()
    stored = ledger.run(owner, running.id)
    assert stored is not None
    assert stored.run == running
    assert len(ids(ledger, owner)) == 2

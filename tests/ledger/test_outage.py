"""What happens to a ledger whose database goes away: stopped, removed, or left by another process."""

import threading
import time
from pathlib import Path

import pytest

from glm_playground.gateway import Event, EventKind
from glm_playground.ledger import Ledger, LedgerReplaced, LedgerUnreachable, Recorder, RunFilter, recorder
from glm_playground.ledger.workbench_queue import WorkbenchCopy
from glm_playground.runs.run import Outcome
from tests.condition import wait_until
from tests.ledger import postgres
from tests.ledger.made import ids, keep, made_run


@pytest.mark.slow
def test_a_stopped_server_holds_nobody_up_for_long_and_is_back_at_once(own_server: postgres.Server) -> None:
    writing = Recorder(lambda: Ledger.open(own_server.url))
    writing.wait_open(10)
    ledger = writing.ledger
    assert isinstance(ledger, Ledger)
    keep(ledger, "me", made_run())
    meanwhile = made_run()
    with own_server.frozen():
        began = time.monotonic()
        with pytest.raises(LedgerUnreachable, match="answer"):
            ledger.page("me", RunFilter())
        assert time.monotonic() - began < 7
        # Whoever comes after is told at once.
        assert isinstance(writing.ledger, LedgerUnreachable)
        assert writing.problem is not None
        began = time.monotonic()
        with pytest.raises(LedgerUnreachable):
            ledger.page("me", RunFilter())
        assert time.monotonic() - began < 6
        writing.watch(meanwhile, "me", lambda: None)
    assert wait_until(lambda: writing.problem is None and not writing.waiting) < 5
    assert len(ids(ledger, "me")) == 2
    writing.close()


@pytest.mark.parametrize("pattern", ["*", "*.sqlite3"])
def test_a_file_that_is_removed_is_noticed_and_what_is_at_hand_is_written_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, pattern: str
) -> None:
    monkeypatch.setattr(recorder, "_BEAT_S", 0.05)
    path = tmp_path / "data" / "runs.sqlite3"
    replaced = threading.Event()
    writing = Recorder(lambda: Ledger.open(f"sqlite:///{path}"), interval=0.05, on_replaced=replaced.set)
    writing.wait_open(5)
    ledger = writing.ledger
    assert isinstance(ledger, Ledger)
    before, running = made_run(), made_run(outcome=None, answer=("a word",))
    keep(ledger, "me", before)
    writing.watch(running, "me", lambda: None)
    bench = WorkbenchCopy("me", "bench")
    writing.save_workbench(bench, "name", lambda: "body")
    assert writing.flush(5)
    for file in list(path.parent.glob(pattern)):
        file.unlink()
    assert replaced.wait(5)
    wait_until(lambda: writing.problem is None and not writing.waiting)
    assert isinstance(writing.replaced(60), LedgerReplaced)
    running.events.append(Event(99, EventKind.CONTENT, " more"))
    running.outcome = Outcome.COMPLETED
    writing.ended(running)
    writing.save_workbench(bench, "name", lambda: "body, changed")
    assert writing.flush(5)
    # Those who hold it use the new file, too.
    assert ids(ledger, "me") == [running.id]
    kept = ledger.workbenches.read("me", "bench")
    assert kept
    assert (kept.body, kept.revision) == ("body, changed", bench.revision)
    assert path.stat().st_mode & 0o777 == 0o600
    errors = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert len(errors) == 1
    assert "removed or replaced" in errors[0]
    writing.close()


def test_a_file_that_another_one_replaced_is_used_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder, "_BEAT_S", 0.05)
    path, other = tmp_path / "runs.sqlite3", tmp_path / "other.sqlite3"
    restored = made_run()
    copy = Ledger.open(f"sqlite:///{other}")
    keep(copy, "me", restored)
    copy.close()
    writing = Recorder(lambda: Ledger.open(f"sqlite:///{path}"))
    writing.wait_open(5)
    ledger = writing.ledger
    assert isinstance(ledger, Ledger)
    other.replace(path)
    with pytest.raises(LedgerReplaced):
        ledger.page("me", RunFilter())
    wait_until(lambda: writing.problem is None)
    assert ids(ledger, "me") == [restored.id]
    writing.close()


def test_runs_of_a_process_that_is_gone_are_found_by_whoever_records(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder, "_BEAT_S", 0.05)
    writing = Recorder(lambda: Ledger.open(url))
    writing.wait_open(10)
    other, run = Ledger.open(url), made_run(outcome=None)
    other.store_started([(run, "me")])
    assert isinstance(writing.ledger, Ledger)
    assert ids(writing.ledger, "me", outcomes=(Outcome.INTERRUPTED,)) == []
    other.close()
    wait_until(lambda: ids(other, "me", outcomes=(Outcome.INTERRUPTED,)) == [run.id])
    assert other.delete("me", [run.id]).runs == 1
    other.close()
    writing.close()

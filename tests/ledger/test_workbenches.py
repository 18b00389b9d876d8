"""Workbenches and presets of owners."""

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, event

from glm_playground.ledger import Ledger, LedgerFull, LedgerLocked, LedgerNoRoom, Recorder, schema, workbench_queue
from glm_playground.ledger.database import Database
from glm_playground.ledger.values import MOST_TEXT_BYTES
from glm_playground.ledger.workbench_queue import Saving, WorkbenchCopy
from tests.ledger.made import made_run
from tests.ledger.test_recorder import wait_until


@given(body=st.text(), name=st.text())
def test_a_workbench_comes_back_letter_by_letter(ledger: Ledger, body: str, name: str) -> None:
    owner = os.urandom(8).hex()
    assert ledger.workbenches.save(owner, "w", name, body, 0) == 1
    stored = ledger.workbenches.read(owner, "w")
    assert stored
    assert (stored.body, stored.revision, stored.id) == (body, 1, "w")
    assert stored.name == name.replace("\0", "\ufffd")[:200]


def test_who_saves_over_another_revision_is_told_and_nothing_is_lost(ledger: Ledger, owner: str) -> None:
    assert ledger.workbenches.save(owner, "w", "first", "one", 0) == 1
    assert ledger.workbenches.save(owner, "w", "second", "two", 1) == 2
    for revision in (0, 1, 3, -1):
        assert ledger.workbenches.save(owner, "w", "third", "lost", revision) is None
    assert ledger.workbenches.save(owner, "new", "third", "never read", 5) is None
    assert ledger.workbenches.read(owner, "new") is None
    stored = ledger.workbenches.read(owner, "w")
    assert stored
    assert (stored.name, stored.body, stored.revision) == ("second", "two", 2)


def test_another_owner_neither_sees_nor_changes_a_workbench(ledger: Ledger, owner: str) -> None:
    ledger.workbenches.save(owner, "w", "mine", "body", 0)
    stranger = "not " + owner
    assert ledger.workbenches.read(stranger, "w") is None
    assert ledger.workbenches.save(stranger, "w", "theirs", "theirs", 1) is None
    assert ledger.workbenches.save(stranger, "w", "theirs", "theirs", 0) == 1
    assert not ledger.workbenches.rename(stranger, "nowhere", "x")
    ledger.workbenches.delete(stranger, "w")
    assert [(row.id, row.name) for row in ledger.workbenches.rows(owner)] == [("w", "mine")]
    assert ledger.workbenches.rows(stranger) == ()
    stored = ledger.workbenches.read(owner, "w")
    assert stored
    assert stored.body == "body"


def test_workbenches_are_listed_with_the_last_saved_first(ledger: Ledger, owner: str) -> None:
    for id in ("a", "b"):
        ledger.workbenches.save(owner, id, id.upper(), "", 0)
    ledger.workbenches.save(owner, "a", "A again", "", 1)
    assert ledger.workbenches.rename(owner, "b", "B renamed")
    assert [(row.id, row.name) for row in ledger.workbenches.rows(owner)] == [("a", "A again"), ("b", "B renamed")]
    stored = ledger.workbenches.read(owner, "b")
    assert stored
    assert stored.revision == 1


def test_a_deleted_workbench_can_be_restored_until_it_is_purged(ledger: Ledger, owner: str) -> None:
    ledger.workbenches.save(owner, "w", "name", "body", 0)
    ledger.workbenches.save(owner, "kept", "name", "body", 0)
    assert ledger.workbenches.delete(owner, "w")
    assert not ledger.workbenches.delete(owner, "w")
    assert ledger.workbenches.read(owner, "w") is None
    assert ledger.workbenches.save(owner, "w", "name", "from another tab", 1) is None
    ledger.purge(datetime.now(UTC) - timedelta(days=1))
    assert ledger.workbenches.restore(owner, "w")
    assert not ledger.workbenches.restore(owner, "w")
    assert ledger.workbenches.save(owner, "w", "name", "goes on", 1) == 2
    ledger.workbenches.delete(owner, "w")
    ledger.purge(datetime.now(UTC) + timedelta(seconds=1))
    assert not ledger.workbenches.restore(owner, "w")
    assert [row.id for row in ledger.workbenches.rows(owner)] == ["kept"]


def test_the_file_forgets_a_workbench_that_is_removed_for_good(tmp_path: Path) -> None:
    ledger = Ledger.open(f"sqlite:///{tmp_path}/runs.sqlite3")
    ledger.workbenches.save("me", "w", "xylophonist", "body", 0)
    ledger.workbenches.delete("me", "w")
    ledger.purge(datetime.now(UTC) + timedelta(seconds=1))
    ledger.close()
    assert b"xylophonist" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


def test_presets_are_saved_by_revision(ledger: Ledger, owner: str) -> None:
    assert ledger.workbenches.presets(owner) == ("", 0)
    assert ledger.workbenches.save_presets(owner, "[1]", 0) == 1
    assert ledger.workbenches.save_presets(owner, "[2]", 1) == 2
    assert ledger.workbenches.save_presets(owner, "lost", 1) is None
    assert ledger.workbenches.save_presets(owner, "lost", 0) is None
    assert (ledger.workbenches.presets(owner), ledger.workbenches.presets("not " + owner)) == (("[2]", 2), ("", 0))


def test_what_is_too_large_is_refused_and_what_is_broken_is_empty(url: str) -> None:
    ledger, database = Ledger.open(url), Database(url, 5)
    for body in ("x" * (MOST_TEXT_BYTES + 1), "é" * (MOST_TEXT_BYTES // 2 + 1)):
        with pytest.raises(ValueError, match="not stored"):
            ledger.workbenches.save("me", "w", "", body, 0)
        with pytest.raises(LedgerNoRoom, match="presets"):
            ledger.workbenches.save_presets("me", body, 0)
    assert ledger.workbenches.save("me", "w", "", "x" * MOST_TEXT_BYTES, 0) == 1
    ledger.workbenches.save_presets("me", "[]", 0)
    with database.writing() as connection:
        connection.execute(schema.workbenches.update().values(body=b"broken"))
        connection.execute(schema.presets.update().values(body=b"broken"))
    stored = ledger.workbenches.read("me", "w")
    assert stored
    assert (stored.body, stored.revision, ledger.workbenches.presets("me")) == ("", 1, ("", 1))
    assert ledger.workbenches.save("me", "w", "", "mended", 1) == 2
    ledger.close()
    database.close()


@pytest.fixture
def writing(ledger: Ledger) -> Iterator[Recorder]:
    opened = Recorder(lambda: ledger)
    yield opened
    opened.close()


def test_the_newest_change_is_written_and_its_session_told(ledger: Ledger, writing: Recorder, owner: str) -> None:
    copy, told, made = WorkbenchCopy(owner, "w"), threading.Event(), []

    def body(text: str) -> str:
        made.append(text)
        return text

    for text in ("one", "two", "three"):
        writing.save_workbench(copy, "name", lambda text=text: body(text), lambda _: told.set())
    assert copy.saving is Saving.WAITING
    assert told.wait(5)
    assert (copy.revision, copy.saving, made) == (1, Saving.SAVED, ["three"])
    writing.save_workbench(copy, "name", lambda: "four")
    assert writing.flush(5)
    stored = ledger.workbenches.read(owner, "w")
    assert stored
    assert (stored.body, stored.revision) == ("four", copy.revision) == ("four", 2)


def test_two_tabs_of_one_workbench_do_not_overwrite_each_other(ledger: Ledger, writing: Recorder, owner: str) -> None:
    ledger.workbenches.save(owner, "w", "name", "before", 0)
    first, second = WorkbenchCopy(owner, "w", 1), WorkbenchCopy(owner, "w", 1)
    writing.save_workbench(first, "name", lambda: "of the first")
    writing.save_workbench(second, "name", lambda: "of the second")
    assert writing.flush(5)
    assert [(copy.saving, copy.revision) for copy in (first, second)] == [(Saving.SAVED, 2), (Saving.CONFLICT, 1)]
    stored = ledger.workbenches.read(owner, "w")
    assert stored
    assert stored.body == "of the first"


def test_a_workbench_that_cannot_be_a_text_is_refused_alone(ledger: Ledger, writing: Recorder, owner: str) -> None:
    broken, large, odd, good = (WorkbenchCopy(owner, id) for id in ("broken", "large", "odd", "good"))
    writing.save_workbench(odd, "", lambda: b"bytes")  # type: ignore[arg-type,return-value]
    writing.save_workbench(broken, "", lambda: str(1 / 0))
    writing.save_workbench(large, "", lambda: "x" * (MOST_TEXT_BYTES + 1))
    writing.save_workbench(good, "", lambda: "good", lambda _: 1 / 0)  # type: ignore[arg-type,return-value]
    assert writing.flush(5)
    assert [copy.saving for copy in (broken, large, odd)] == [Saving.REFUSED] * 3
    assert good.saving is Saving.SAVED
    assert [row.id for row in ledger.workbenches.rows(owner)] == ["good"]
    assert writing.problem is None


def test_a_locked_database_makes_a_workbench_wait(sqlite_path: Path) -> None:
    writing = Recorder(lambda: Ledger.open(f"sqlite:///{sqlite_path}", timeout=0.05))
    wait_until(lambda: isinstance(writing.ledger, Ledger))
    copy = WorkbenchCopy("me", "w")
    with sqlite3.connect(sqlite_path, isolation_level=None) as other:
        other.execute("BEGIN EXCLUSIVE")
        writing.save_workbench(copy, "", lambda: "one")
        wait_until(lambda: isinstance(writing.problem, LedgerLocked))
        writing.save_workbench(copy, "", lambda: "two")
        assert (copy.saving, writing.waiting) == (Saving.WAITING, 1)
        other.execute("ROLLBACK")
    other.close()
    wait_until(lambda: copy.saving is Saving.SAVED)
    wait_until(lambda: writing.problem is None)
    writing.save_workbench(copy, "", lambda: "three")
    writing.close()
    ledger = Ledger.open(f"sqlite:///{sqlite_path}")
    stored = ledger.workbenches.read("me", "w")
    assert stored
    assert (stored.body, stored.revision) == ("three", 2)
    ledger.close()


def test_a_full_disk_makes_a_workbench_wait_and_harms_no_run(tmp_path: Path) -> None:
    url, pages = f"sqlite:///{tmp_path}/runs.sqlite3", [0]
    Ledger.open(url).close()
    full = (tmp_path / "runs.sqlite3").stat().st_size // 4096 + 8

    def limit(connection: Any, _: object, __: object) -> None:
        if isinstance(connection, sqlite3.Connection):
            connection.execute(f"PRAGMA max_page_count={pages[0] or 2**30}")

    event.listen(Engine, "checkout", limit)
    try:
        pages[0] = full
        writing = Recorder(lambda: Ledger.open(url))
        copy, noise, run = WorkbenchCopy("me", "w"), os.urandom(200_000).hex(), made_run()
        writing.save_workbench(copy, "", lambda: noise)
        wait_until(lambda: isinstance(writing.problem, LedgerFull))
        writing.watch(run, "me", lambda: None)
        wait_until(lambda: isinstance(writing.ledger, Ledger) and writing.ledger.run("me", run.id))
        assert copy.saving is Saving.WAITING
        pages[0] = 0
        wait_until(lambda: copy.saving is Saving.SAVED)
        writing.close()
    finally:
        event.remove(Engine, "checkout", limit)


def test_the_first_are_given_up_where_too_many_workbenches_wait(
    sqlite_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbench_queue, "MOST_WAITING", 2)
    opening = threading.Event()

    def open_late() -> Ledger:
        assert opening.wait(10)
        return Ledger.open(f"sqlite:///{sqlite_path}")

    writing = Recorder(open_late)
    copies = [WorkbenchCopy("me", str(place)) for place in range(3)]
    for copy in copies:
        writing.save_workbench(copy, "", lambda: "")
    opening.set()
    assert writing.flush(5)
    assert [copy.saving for copy in copies] == [Saving.REFUSED, Saving.SAVED, Saving.SAVED]
    writing.close()


def test_handing_over_a_large_workbench_takes_no_time(ledger: Ledger, writing: Recorder, owner: str) -> None:
    text = "a workbench of ten megabytes " * 350_000
    copy, spent = WorkbenchCopy(owner, "w"), []
    for _ in range(3):
        before = time.thread_time()
        writing.save_workbench(copy, "", lambda: text)
        spent.append(time.thread_time() - before)
    assert min(spent) < 0.005
    assert writing.flush(20)
    stored = ledger.workbenches.read(owner, "w")
    assert stored
    assert stored.body == text

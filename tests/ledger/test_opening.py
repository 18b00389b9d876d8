"""Opening a ledger: new ones, two at once, those that a process left behind, and those that cannot be used."""

import multiprocessing
import os
import pwd
import signal
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, event, make_url, text

from glm_playground.gateway import Event, EventKind, Usage
from glm_playground.ledger import (
    Ledger,
    LedgerDamaged,
    LedgerFull,
    LedgerLocked,
    LedgerNewer,
    LedgerReadOnly,
    LedgerUnreachable,
    RunFilter,
    migration,
    schema,
)
from glm_playground.runs.cost import CostState
from glm_playground.runs.run import Outcome
from tests.ledger.made import ids, keep, made_run


def _engine(url: str) -> Engine:
    return create_engine(url.replace("postgresql://", "postgresql+psycopg://"))


@contextmanager
def _postgres(url: str) -> Iterator[psycopg.Connection]:
    parsed = make_url(url)
    with psycopg.connect(
        host=str(parsed.query["host"]), user="tests", dbname=parsed.database, autocommit=True
    ) as connection:
        yield connection


def test_the_migrations_lead_to_the_tables_that_are_used(url: str) -> None:
    Ledger.open(url).close()
    engine = _engine(url)
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


def test_several_processes_may_open_a_new_one_at_once(url: str) -> None:
    # Forked, since each would load for seconds otherwise.
    fork = multiprocessing.get_context("fork")
    together = fork.Barrier(4)

    def open_and_keep() -> None:
        together.wait(10)
        ledger = Ledger.open(url)
        keep(ledger, "me", made_run())
        ledger.close()

    processes = [fork.Process(target=open_and_keep) for _ in range(4)]
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
    """Has the recorders of a database be as if of a process elsewhere."""
    engine = _engine(url)
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
    engine = _engine(url)
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


def test_a_later_version_is_left_untouched(url: str) -> None:
    Ledger.open(url).close()
    engine = _engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE ledger_version SET version_num = '9999'"))
    engine.dispose()
    path = Path(make_url(url).database or "") if url.startswith("sqlite") else None
    before = path.read_bytes() if path else b""
    with pytest.raises(LedgerNewer, match="9999"):
        Ledger.open(url)
    assert not path or path.read_bytes() == before


@pytest.mark.parametrize("content", [b"This is no database. " * 100, os.urandom(8192)])
def test_what_is_no_database_is_left_untouched(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "runs.sqlite3"
    path.write_bytes(content)
    with pytest.raises(LedgerDamaged, match=r"runs\.sqlite3: "):
        Ledger.open(f"sqlite:///{path}")
    assert path.read_bytes() == content


def test_a_database_of_another_program_is_left_untouched(tmp_path: Path) -> None:
    path = tmp_path / "mail.sqlite3"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE mail (x)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(LedgerDamaged, match="another program"):
        Ledger.open(f"sqlite:///{path}")
    assert path.read_bytes() == before


def test_a_truncated_file_is_damaged(sqlite_path: Path) -> None:
    with sqlite_path.open("r+b") as file:
        file.truncate(sqlite_path.stat().st_size // 2)
    with pytest.raises(LedgerDamaged):
        Ledger.open(f"sqlite:///{sqlite_path}")


def test_a_page_that_breaks_while_it_is_open_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "runs.sqlite3"
    ledger = Ledger.open(f"sqlite:///{path}")
    keep(ledger, "me", *(made_run("p" * 200) for _ in range(300)))
    ledger.close()
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (path.stat().st_size - 8192))
    with pytest.raises(LedgerDamaged):
        ids(Ledger.open(f"sqlite:///{path}"), "me")


@contextmanager
def _as_anybody() -> Iterator[Path]:
    """A folder, and no more rights in it than the file modes give; root has all of them otherwise."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        is_root = os.geteuid() == 0
        if is_root:
            nobody = pwd.getpwnam("nobody").pw_uid
            os.chown(folder, nobody, -1)
            # What opening loads on the way is loaded while it may be.
            Ledger.open(f"sqlite:///{folder}/first.sqlite3").close()
            os.seteuid(nobody)
        try:
            yield folder
        finally:
            if is_root:
                os.seteuid(0)
            folder.chmod(0o755)


def test_a_file_that_may_not_be_written_is_read_only() -> None:
    with _as_anybody() as folder:
        path = folder / "runs.sqlite3"
        Ledger.open(f"sqlite:///{path}").close()
        path.chmod(0o400)
        folder.chmod(0o500)
        with pytest.raises((LedgerReadOnly, LedgerUnreachable)):
            Ledger.open(f"sqlite:///{path}")
        folder.chmod(0o700)
        with pytest.raises(LedgerReadOnly, match="readonly"):
            Ledger.open(f"sqlite:///{path}")


def test_a_folder_without_permission_is_unreachable() -> None:
    with _as_anybody() as folder:
        folder.chmod(0o500)
        for path in (folder / "runs.sqlite3", folder / "deeper" / "runs.sqlite3"):
            with pytest.raises(LedgerUnreachable, match="Permission denied"):
                Ledger.open(f"sqlite:///{path}")


def test_a_file_that_is_opened_to_read_only(sqlite_path: Path) -> None:
    with pytest.raises(LedgerReadOnly):
        Ledger.open(f"sqlite:///file:{sqlite_path}?mode=ro&uri=true")


def test_a_full_disk_is_said_and_what_was_stored_stays(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/runs.sqlite3"
    pages: list[int] = []

    def limit(connection: Any, _: object) -> None:
        if isinstance(connection, sqlite3.Connection) and pages:
            connection.execute(f"PRAGMA max_page_count={pages[0]}")

    event.listen(Engine, "connect", limit)
    try:
        Ledger.open(url).close()
        pages.append((tmp_path / "runs.sqlite3").stat().st_size // 4096 + 3)
        ledger = Ledger.open(url)
        small = made_run()
        keep(ledger, "me", small)
        with pytest.raises(LedgerFull, match="full"):
            keep(ledger, "me", made_run(os.urandom(60_000).hex()))
        assert ids(ledger, "me") == [small.id]
        ledger.close()
    finally:
        event.remove(Engine, "connect", limit)


def test_a_file_that_another_program_holds_is_locked(sqlite_path: Path) -> None:
    ledger = Ledger.open(f"sqlite:///{sqlite_path}", timeout=0.1)
    with sqlite3.connect(sqlite_path, isolation_level=None) as other:
        other.execute("BEGIN EXCLUSIVE")
        for attempt in (
            lambda: keep(ledger, "me", made_run()),
            lambda: Ledger.open(f"sqlite:///{sqlite_path}", timeout=0.1),
        ):
            with pytest.raises(LedgerLocked, match="locked"):
                attempt()
        # Readers do not wait for a writer.
        assert ids(ledger, "me") == []
        other.execute("ROLLBACK")
    other.close()
    keep(ledger, "me", made_run())
    ledger.close()


@pytest.mark.parametrize(
    "bad", ["mysql://user:secret@host/db", "no address", "sqlite://", "sqlite:///:memory:", "postgresql://h:port/x"]
)
def test_an_address_of_nothing_we_know_is_said_without_its_password(bad: str) -> None:
    with pytest.raises(LedgerUnreachable) as caught:
        Ledger.open(bad)
    assert "secret" not in str(caught.value)


@pytest.fixture
def postgres_url(make_url: Callable[[str], str]) -> str:
    return make_url("postgresql")


def test_a_server_that_is_not_there_is_said_without_the_password() -> None:
    for url in ("postgresql://me:sesame@127.0.0.1:1/runs", "postgresql://me@127.0.0.1:1/runs?password=sesame"):
        with pytest.raises(LedgerUnreachable, match=r"runs at 127\.0\.0\.1: ") as caught:
            Ledger.open(url, timeout=1)
        assert "sesame" not in str(caught.value)
        assert "\n" not in str(caught.value)


def test_what_postgresql_refuses_is_told_apart(postgres_url: str) -> None:
    ledger = Ledger.open(postgres_url, timeout=0.2)
    with pytest.raises(LedgerUnreachable, match="does not exist"):
        Ledger.open(postgres_url.replace("/d", "/no"))
    with _postgres(postgres_url) as other:
        with other.transaction():
            other.execute("LOCK TABLE runs IN ACCESS EXCLUSIVE MODE")
            with pytest.raises(LedgerLocked):
                keep(ledger, "me", made_run())
        name = make_url(postgres_url).database
        other.execute(f"CREATE ROLE reader_{name} LOGIN")
        other.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader_{name}")
        with pytest.raises(LedgerReadOnly):
            Ledger.open(postgres_url.replace("tests@", f"reader_{name}@"))
        other.execute(f"ALTER ROLE reader_{name} SET default_transaction_read_only = on")
        with pytest.raises(LedgerReadOnly, match="read-only"):
            Ledger.open(postgres_url.replace("tests@", f"reader_{name}@"))
        # A server whose disk is full says so with this code.
        other.execute(
            "CREATE FUNCTION no_space() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'no space left on device' USING ERRCODE = '53100'; END $$"
        )
        other.execute("CREATE TRIGGER no_space BEFORE INSERT ON runs FOR EACH ROW EXECUTE FUNCTION no_space()")
        with pytest.raises(LedgerFull, match="no space left"):
            keep(ledger, "me", made_run())
        other.execute("DROP TRIGGER no_space ON runs")
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        # Connections that broke are made again.
        keep(ledger, "me", made_run())
    ledger.close()

"""Databases that cannot be used: of a later version or another program, damaged, closed to us, full, locked, away."""

import os
import pwd
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine, event, make_url, text

from glm_playground.ledger import (
    Ledger,
    LedgerDamaged,
    LedgerFull,
    LedgerLocked,
    LedgerNewer,
    LedgerReadOnly,
    LedgerUnreachable,
)
from tests.ledger.engine import engine_of
from tests.ledger.made import ids, keep, made_run


@contextmanager
def _postgres(url: str) -> Iterator[psycopg.Connection]:
    parsed = make_url(url)
    with psycopg.connect(
        host=str(parsed.query["host"]), user="tests", dbname=parsed.database, autocommit=True
    ) as connection:
        yield connection


def test_a_later_version_is_left_untouched(url: str) -> None:
    Ledger.open(url).close()
    engine = engine_of(url)
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

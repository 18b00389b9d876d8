"""A connection to SQLite or PostgreSQL by URL, with transactions whose errors are those of `ledger.errors`."""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, Table, create_engine, event, exc, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.expression import TableClause

from glm_playground.ledger.driver_errors import as_ledger_errors
from glm_playground.ledger.errors import LedgerLocked, LedgerUnreachable

SQLITE, POSTGRESQL = "sqlite", "postgresql"
_DRIVERS = {
    "sqlite": "sqlite",
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}
_WRITING = "ledger_writing"
# KiB of pages a connection to SQLite keeps, and how large its log may stay.
_CACHE_KIB, _LOG_BYTES = 16_000, 32 * 2**20
_WAL_RETRY_S = 0.02


class Database:
    """One database; every method may be called from any thread.

    Args:
        url: `sqlite:///path`, or a PostgreSQL URL.
        timeout: seconds to wait for a lock or a server.

    Raises:
        LedgerUnreachable: the URL is none of a database we know, or the folder cannot be made.
    """

    def __init__(self, url: str, timeout: float) -> None:
        parsed = _parse(url)
        self.where = _name(parsed)
        self._timeout = timeout
        self._secret = str(parsed.password or parsed.query.get("password") or "")
        with as_ledger_errors(self.where, self._secret):
            if parsed.drivername == SQLITE:
                _make_file(parsed)
                self._engine = _sqlite_engine(parsed, timeout)
            else:
                self._engine = _postgresql_engine(parsed, timeout)
        self._writer = self._engine.execution_options(**{_WRITING: True})
        # PostgreSQL would see each statement's own moment: a run that ends between two would have neither the events
        # so far nor all of them. SQLite sees one moment from the first statement on.
        one_moment = {} if self.kind == SQLITE else {"isolation_level": "REPEATABLE READ"}
        self._reader = self._engine.execution_options(**one_moment)

    @property
    def kind(self) -> str:
        """SQLITE or POSTGRESQL."""
        return self._engine.dialect.name

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees the database as it is at one moment."""
        with as_ledger_errors(self.where, self._secret), self._reader.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that may write; on SQLite it excludes other writers from its start."""
        with as_ledger_errors(self.where, self._secret), self._writer.begin() as connection:
            yield connection

    def keep_log(self) -> None:
        """Switches SQLite to write-ahead logging for good, so that readers and a writer do not block each other."""
        if self.kind != SQLITE:
            return
        for attempts_left in range(int(self._timeout / _WAL_RETRY_S), -1, -1):
            try:
                self._pragma("journal_mode=WAL")
            except LedgerLocked:
                # Where two processes do this at once, SQLite lets one fail without waiting.
                if not attempts_left:
                    raise
                threading.Event().wait(_WAL_RETRY_S)
            else:
                return

    def empty_log(self) -> None:
        """Moves SQLite's log into the file, so that removed rows are in neither; does nothing while others read."""
        if self.kind == SQLITE:
            self._pragma("wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Closes all connections."""
        self._engine.dispose()

    def _pragma(self, pragma: str) -> None:
        with as_ledger_errors(self.where, self._secret):
            connection = self._engine.raw_connection()
            try:
                connection.cursor().execute(f"PRAGMA {pragma}").fetchall()
            finally:
                connection.close()


def insert(kind: str, table: Table | TableClause) -> "sqlite.Insert | postgresql.Insert":
    """An INSERT for that kind of database that can say what to do where the row is there already."""
    return sqlite.insert(table) if kind == SQLITE else postgresql.insert(table)


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
        driver = _DRIVERS[parsed.drivername]
    except (exc.ArgumentError, KeyError, ValueError):
        raise LedgerUnreachable("the address is not one of SQLite (sqlite:///path) or PostgreSQL") from None
    if driver == SQLITE and (not parsed.database or parsed.database == ":memory:"):
        raise LedgerUnreachable("SQLite needs a path: sqlite:///path")
    return parsed.set(drivername=driver)


def _name(url: URL) -> str:
    if url.drivername == SQLITE:
        return str(url.database)
    return f"{url.database or 'database'} at {url.host or url.query.get('host') or 'localhost'}"


def _make_file(url: URL) -> None:
    """Makes the file, for its owner's eyes only; SQLite gives its log the same permissions."""
    if "uri" in url.query:
        return
    path = Path(str(url.database))
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


def _sqlite_engine(url: URL, timeout: float) -> Engine:
    engine = create_engine(url, connect_args={"timeout": timeout})

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _: object) -> None:
        # Python's driver would begin transactions late, and none for a change of tables; `begin` does it below.
        connection.isolation_level = None
        for pragma in (
            "foreign_keys=ON",
            "synchronous=NORMAL",
            "secure_delete=ON",
            f"cache_size=-{_CACHE_KIB}",
            f"journal_size_limit={_LOG_BYTES}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writing = connection.get_execution_options().get(_WRITING)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine


def _postgresql_engine(url: URL, timeout: float) -> Engine:
    engine = create_engine(url, pool_pre_ping=True, connect_args={"connect_timeout": max(1, round(timeout))})

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"SET lock_timeout = {round(timeout * 1000)}")
            cursor.execute("SET timezone = 'UTC'")
        connection.commit()

    return engine

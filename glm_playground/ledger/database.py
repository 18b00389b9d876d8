"""A connection to SQLite or PostgreSQL by URL, with transactions whose errors are those of `ledger.errors`."""

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, Table, create_engine, event, exc, make_url, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.expression import TableClause

from glm_playground.ledger.driver_errors import as_ledger_errors
from glm_playground.ledger.errors import LedgerError, LedgerLocked, LedgerReplaced, LedgerUnreachable

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

    while_waiting: Callable[[], AbstractContextManager[None]] = staticmethod(nullcontext)
    """What a thread is in while it waits for a database; set once for the process."""

    def __init__(self, url: str, timeout: float) -> None:
        self._url = parsed = _parse(url)
        self.where = _name(parsed)
        self.on_unreachable: Callable[[LedgerError], None] = lambda _error: None
        """Told of each transaction that did not reach the database, on the thread that asked for it."""
        self._log: tuple[int, int] | None = None
        self._timeout = timeout
        self._secret = str(parsed.password or parsed.query.get("password") or "")
        with as_ledger_errors(self.where, self._secret):
            if parsed.drivername == SQLITE:
                self._path = _make_file(parsed)
                self._file = _identity(self._path)
                self._engine = _sqlite_engine(parsed, timeout)
            else:
                # It takes a while to load.
                from glm_playground.ledger.postgresql import postgresql_engine  # noqa: PLC0415

                self._path = self._file = None
                self._engine = postgresql_engine(parsed, timeout)
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
        with self._transaction(self._reader) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that may write; on SQLite it excludes other writers from its start."""
        with self._transaction(self._writer) as connection:
            yield connection

    @contextmanager
    def writing_long(self, seconds: float | None) -> Iterator[Connection]:
        """`writing` for what may take longer than a statement may elsewhere: so many seconds, or None for no limit."""
        with self.writing() as connection:
            if self.kind == SQLITE:
                yield connection
                return
            connection.execute(text(f"SET LOCAL statement_timeout = {round((seconds or 0) * 1000)}"))
            driver: Any = connection.connection.driver_connection
            patience, driver.patience = driver.patience, None if seconds is None else seconds + 1
            try:
                yield connection
            finally:
                driver.patience = patience

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

    def reopen(self) -> None:
        """Continues with the file that is there now, or with a new, empty one, where it was removed or replaced."""
        with as_ledger_errors(self.where, self._secret):
            self._engine.dispose()
            # SQLite would take the log of the file that is gone for one of the file that is there now.
            if self._path and self._log and _identity(_beside(self._path, "-wal")) == self._log:
                for ending in ("-wal", "-shm"):
                    _beside(self._path, ending).unlink(missing_ok=True)
            self._path = _make_file(self._url)
            self._file, self._log = _identity(self._path), None

    def close(self) -> None:
        """Closes all connections."""
        self._engine.dispose()

    @contextmanager
    def _transaction(self, engine: Engine) -> Iterator[Connection]:
        with self.while_waiting():
            try:
                self._check_file()
                with as_ledger_errors(self.where, self._secret), engine.begin() as connection:
                    yield connection
            except LedgerUnreachable as error:
                self.on_unreachable(error)
                raise

    def _check_file(self) -> None:
        if self._path is None:
            return
        # SQLite would go on with a file that has no name any more, and all of it would be gone at the end.
        if _identity(self._path) != self._file:
            raise LedgerReplaced(f"{self.where}: the file was removed or replaced while it was open")
        if self._log is None:
            self._log = _identity(_beside(self._path, "-wal"))

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


def _make_file(url: URL) -> Path | None:
    """Makes the file, for its owner's eyes only; SQLite gives its log the same permissions. None where it is a URI."""
    if "uri" in url.query:
        return None
    path = Path(str(url.database))
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    return path


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)


def _identity(path: Path | None) -> tuple[int, int] | None:
    """Which file that is, whatever it holds; None if it is missing."""
    try:
        found = os.stat(path) if path else None
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if found else None


def _sqlite_engine(url: URL, timeout: float) -> Engine:
    # What people wrote is in no error's text.
    engine = create_engine(url, pool_timeout=timeout, connect_args={"timeout": timeout}, hide_parameters=True)

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

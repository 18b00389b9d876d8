"""Turns errors of database drivers into those of `ledger.errors`.

Codes: sqlite.org/rescode.html and postgresql.org/docs/current/errcodes-appendix.html.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import exc

from glm_playground.ledger.errors import (
    LedgerDamaged,
    LedgerError,
    LedgerFull,
    LedgerLocked,
    LedgerReadOnly,
    LedgerUnreachable,
)

_SQLITE: dict[int, type[LedgerError]] = {
    sqlite3.SQLITE_BUSY: LedgerLocked,
    sqlite3.SQLITE_LOCKED: LedgerLocked,
    sqlite3.SQLITE_READONLY: LedgerReadOnly,
    sqlite3.SQLITE_FULL: LedgerFull,
    sqlite3.SQLITE_CORRUPT: LedgerDamaged,
    sqlite3.SQLITE_NOTADB: LedgerDamaged,
    sqlite3.SQLITE_CANTOPEN: LedgerUnreachable,
    sqlite3.SQLITE_PERM: LedgerUnreachable,
    sqlite3.SQLITE_AUTH: LedgerUnreachable,
}
_POSTGRESQL: dict[str, type[LedgerError]] = {
    "55P03": LedgerLocked,
    "57014": LedgerLocked,
    "40P01": LedgerLocked,
    "25006": LedgerReadOnly,
    "42501": LedgerReadOnly,
    "53100": LedgerFull,
    "XX001": LedgerDamaged,
    "XX002": LedgerDamaged,
    "42P01": LedgerDamaged,
    "42703": LedgerDamaged,
    "3D000": LedgerUnreachable,
    "53300": LedgerUnreachable,
}
_POSTGRESQL_CLASSES: dict[str, type[LedgerError]] = {
    "08": LedgerUnreachable,
    "28": LedgerUnreachable,
    "57": LedgerUnreachable,
}


@contextmanager
def as_ledger_errors(where: str, secret: str = "") -> Iterator[None]:
    """Turns what a driver raises into a `LedgerError` with the message "`where`: why".

    Args:
        where: names the database.
        secret: a password, replaced in the driver's message.

    Raises:
        ValueError: a value that no database of this kind can hold; the database itself is well.
    """
    try:
        yield
    except exc.DataError as error:
        raise ValueError(_line(error.orig or error, secret)) from None
    except (exc.SQLAlchemyError, sqlite3.Error, OSError) as error:
        cause = error.orig if isinstance(error, exc.DBAPIError) and error.orig else error
        raise _kind(cause)(f"{where}: {_line(cause, secret)}") from None


def _kind(error: BaseException) -> type[LedgerError]:
    if isinstance(error, sqlite3.Error):
        # The low byte is the kind, the rest says more.
        return _SQLITE.get(getattr(error, "sqlite_errorcode", 0) & 0xFF, LedgerError)
    # psycopg.Error, without loading psycopg where no server is used.
    if hasattr(error, "sqlstate"):
        state = error.sqlstate
        if state is None:
            # Without a code nothing came from a server.
            return LedgerUnreachable if type(error).__name__ == "OperationalError" else LedgerError
        return _POSTGRESQL.get(state, _POSTGRESQL_CLASSES.get(state[:2], LedgerError))
    if isinstance(error, exc.TimeoutError):
        return LedgerLocked
    if isinstance(error, OSError | exc.ArgumentError):
        return LedgerUnreachable
    return LedgerError


def _line(error: BaseException, secret: str) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    lines = str(error).strip().splitlines()
    text = lines[0] if lines else type(error).__name__
    return text.replace(secret, "***") if secret else text

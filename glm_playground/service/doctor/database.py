"""Whether the database answers, and what replicas of the app share of it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sqlalchemy import text

from glm_playground.ledger import LedgerError
from glm_playground.ledger.database import SQLITE, Database
from glm_playground.ledger.migration import is_newest
from glm_playground.service.doctor.finding import Diagnosis, Level
from glm_playground.service.storage import database_url
from glm_playground.settings import ENVIRONMENT_NAMES, Settings

_DATABASE_S: Final = 5.0
CONNECTIONS: Final = 15
"""With the database that a replica has at most."""


_OLDEST_POSTGRESQL: Final = 14
_MOST_SKEW_S: Final = 5.0


def state(settings: Settings) -> Iterator[Diagnosis]:
    """Whether it answers, takes writes and has tables of this version."""
    about, url = "database", database_url()
    path = Path(url.removeprefix("sqlite:///"))
    if url.startswith("sqlite:") and not path.exists():
        yield Diagnosis(about, Level.OK, f"{path} is made at the first start")
        return
    try:
        database = Database(url, _DATABASE_S)
        try:
            with database.reading() as connection:
                newest = is_newest(connection, database.where)
                if database.kind != SQLITE:
                    read_only = connection.execute(text("SHOW transaction_read_only")).scalar_one() == "on"
                    clock: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
                    yield from _server(read_only=read_only, skew=abs((datetime.now(UTC) - clock).total_seconds()))
                    version = int(connection.execute(text("SHOW server_version_num")).scalar_one()) // 10_000
                    most = int(connection.execute(text("SHOW max_connections")).scalar_one())
                    yield from _capacity(version, most)
        finally:
            database.close()
    except LedgerError as error:
        todo = f"check {ENVIRONMENT_NAMES['database_url']}, the server, and the way to it"
        yield Diagnosis(about, Level.PROBLEM, f"{type(error).__name__}: {error}", todo)
        return
    if newest:
        yield Diagnosis(about, Level.OK, f"{database.where} answers, and its tables are up to date")
    else:
        said = f"{database.where} answers; its tables are made or updated at the next start"
        yield Diagnosis(about, Level.OK, said, "back it up first, where it holds anything")


def _server(*, read_only: bool, skew: float) -> Iterator[Diagnosis]:
    if read_only:
        todo = "name the primary server, and a role that may write"
        yield Diagnosis("database", Level.PROBLEM, "it takes no writes", todo)
    if skew > _MOST_SKEW_S:
        said = f"its clock and this machine's differ by {skew:.0f} s"
        yield Diagnosis(
            "clock", Level.WARNING, said, "have both synchronised by NTP; callbacks are refused when it is off"
        )
    else:
        yield Diagnosis("clock", Level.OK, "it agrees with the database's")


def _capacity(version: int, connections: int) -> Iterator[Diagnosis]:
    if version < _OLDEST_POSTGRESQL:
        said = f"PostgreSQL {version} is older than what is tested"
        yield Diagnosis("database", Level.WARNING, said, f"update it to {_OLDEST_POSTGRESQL} or newer")
    replicas = connections // CONNECTIONS
    said = f"it takes {connections} connections, enough for {replicas} replicas at most"
    if replicas < 2:
        yield Diagnosis("connections", Level.WARNING, said, f"raise max_connections: {CONNECTIONS} a replica, and some")
    else:
        yield Diagnosis("connections", Level.OK, said)


def replicas(settings: Settings) -> Iterator[Diagnosis]:
    """Whether they know the same owners."""
    if not database_url().startswith("postgres"):
        return
    if settings.cookie_secret is None:
        said = "each replica signs cookies with a secret of its own, so that a visitor of two has two histories"
        todo = "set GLM_PLAYGROUND_COOKIE_SECRET to the same 32 characters or more on all of them"
        yield Diagnosis("replicas", Level.WARNING, said, todo)
    else:
        yield Diagnosis("replicas", Level.OK, "cookies are signed with the operator's secret")

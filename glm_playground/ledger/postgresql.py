"""Connections to PostgreSQL that give up where the server, or the way to it, stands still.

A server that is stopped cannot keep its own time limits, and its machine still acknowledges every packet, so each wait
for an answer has a limit here, too.
"""

from time import monotonic
from typing import Any

import psycopg
from psycopg.abc import PQGen
from sqlalchemy import URL, Engine, create_engine, event

STATEMENT_S = 5.0
"""Seconds that a statement may take, in the server."""
PATIENCE_S = STATEMENT_S + 1.0
"""Seconds to wait for the answer to one, here."""
_POLL_S = 0.1
_SILENT_FOR_S = 1.0
_KEEPALIVE = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}
_silences: dict[str, float] = {}
"""When a server was last silent, by its address, so that nobody waits for it a second time at once."""


class PatientConnection(psycopg.Connection[Any]):
    """A connection that closes itself where an answer takes longer than `patience` seconds."""

    patience: float | None = PATIENCE_S
    server = ""

    def wait(self, gen: PQGen[Any], interval: float = _POLL_S, timeout: float | None = None) -> Any:
        """Waits for an answer; see `psycopg.Connection.wait`."""
        if timeout is not None or self.patience is None:
            return super().wait(gen, interval, timeout)
        deadline = monotonic() + self.patience
        try:
            return super().wait(gen, interval, self.patience)
        except psycopg.OperationalError:
            if monotonic() < deadline:
                raise
            _silences[self.server] = monotonic()
            # What it would still send is the answer to a question nobody waits for.
            self.pgconn.finish()
            raise psycopg.OperationalError(f"the server does not answer within {self.patience:g} s") from None


def postgresql_engine(url: URL, timeout: float) -> Engine:
    """Connects to a server.

    Args:
        url: of PostgreSQL; what its query says of time limits goes before ours.
        timeout: seconds to wait for a connection, or for another's lock.
    """
    limits = {"connect_timeout": max(2, round(timeout)), "tcp_user_timeout": round(PATIENCE_S * 1000), **_KEEPALIVE}
    engine = create_engine(
        url,
        pool_pre_ping=True,
        pool_timeout=timeout,
        connect_args={name: value for name, value in limits.items() if name not in url.query},
        # What people wrote is in no error's text.
        hide_parameters=True,
    )
    server = f"{url.host} {url.port} {url.query.get('host')}"

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: object, _record: object, words: Any, named: Any) -> PatientConnection:
        if monotonic() - _silences.get(server, -_SILENT_FOR_S) < _SILENT_FOR_S:
            raise psycopg.OperationalError("the server does not answer")
        connection = PatientConnection.connect(*words, **named)
        connection.server = server
        return connection

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"SET lock_timeout = {round(timeout * 1000)}")
            cursor.execute(f"SET statement_timeout = {round(STATEMENT_S * 1000)}")
            cursor.execute("SET timezone = 'UTC'")
        connection.commit()

    return engine

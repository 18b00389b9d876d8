"""Counts requests against the caps in the database, so that they hold over all processes that share it.

One transaction counts a batch of them while no other one does: on SQLite by its lock for writers, on PostgreSQL by an
advisory lock, whose holder reads the server's clock. What a request may use at most is added to the day's usage when it
is reserved and corrected when it is settled; a process that dies leaves the most there until the day is over, since
nobody knows what its requests cost, but their places among the running ones are free after `LEASE`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    Case,
    Column,
    Connection,
    Insert,
    bindparam,
    case,
    delete,
    func,
    select,
    text,
    update,
)
from sqlalchemy.sql.elements import KeyedColumnElement

from glm_playground.ledger.caps_schema import entries, stops, usage
from glm_playground.ledger.database import SQLITE, Database, insert
from glm_playground.runs.cap_book import Reservation
from glm_playground.runs.caps import MINUTE, Amount, Caps, Key, Refusal, Scope, Tally, UsageClaim, refusal_of

LEASE = timedelta(seconds=60)
"""A running request counts so long after its process last said that it runs."""
Owed = dict[tuple[date, Key], Amount]

_KEPT_FOR = timedelta(days=2)
_MOST = 4 * 10**18
# Any number that no other lock of this app has: "GLMC".
_ADVISORY_LOCK = 0x474C4D43


class Stop(NamedTuple):
    """The operator has stopped sending."""

    stopped_at: datetime
    reason: str


@dataclass
class UsageBatch:
    """What is counted together."""

    claims: list[tuple[str, UsageClaim]] = field(default_factory=list)
    """By run id; each is decided in turn."""
    opened: list[Reservation] = field(default_factory=list)
    """Granted by the process itself while the database was away."""
    owed: Owed = field(default_factory=dict)
    """What is added to the usage of a day: corrections of ended requests, and use while the database was away."""
    ended: list[str] = field(default_factory=list)
    released: list[str] = field(default_factory=list)
    """Those of which nothing was sent: they count in no minute either."""
    renewed: list[str] = field(default_factory=list)
    """Those that still run."""
    tidy: bool = False
    """Whether to remove what counts no more."""

    @property
    def empty(self) -> bool:
        """Whether there is nothing to write."""
        return not any((self.claims, self.opened, self.owed, self.ended, self.released, self.renewed))


def owe(owed: Owed, day: date, keys: Iterable[Key], amount: Amount) -> None:
    """Adds what these used on a day."""
    for key in keys:
        owed[day, key] = owed.get((day, key), Amount()).plus(amount)


class Counted(NamedTuple):
    """What became of a batch."""

    now: datetime
    """The moment by which it was decided."""
    stop: Stop | None
    refusals: tuple[Refusal | None, ...]
    """Of the claims; None where one was granted."""


def count(connection: Connection, batch: UsageBatch, caps: Caps) -> Counted:
    """Counts `batch`; the transaction ends with its result."""
    now = _lock(connection)
    owed = dict(batch.owed)
    for reservation in batch.opened:
        owe(owed, reservation.day, reservation.claim.keys, reservation.claim.most)
    _end(connection, batch)
    _open(connection, batch.opened, now)
    if batch.renewed:
        connection.execute(
            update(entries)
            .where(entries.c.run_id.in_(batch.renewed), entries.c.expires_at.is_not(None))
            .values(expires_at=now + LEASE)
        )
    if batch.tidy:
        tidy(connection, now)
    stop = read_stop(connection)
    if not batch.claims:
        _owe(connection, owed)
        return Counted(now, stop, ())
    tallies = read_tallies(connection, {key for _id, claim in batch.claims for key in claim.keys}, now, owed)
    refusals, granted = [], []
    for run_id, claim in batch.claims:
        stopped = stop and claim.at_operators_cost
        refusal = Refusal() if stopped else refusal_of(claim, tallies, caps, now)
        refusals.append(refusal)
        if refusal is None:
            tallies |= {key: tallies.get(key, Tally()).plus(claim.most, now) for key in claim.keys}
            granted.append(Reservation(run_id, claim, now))
            owe(owed, now.date(), claim.keys, claim.most)
    _open(connection, granted, now)
    _owe(connection, owed)
    return Counted(now, stop, tuple(refusals))


def read_tallies(
    connection: Connection, keys: Iterable[Key], now: datetime, owed: Mapping[tuple[date, Key], Amount] | None = None
) -> dict[Key, Tally]:
    """What these have used; `owed` is added."""
    wanted = set(keys)
    among = {"scopes": sorted({key.scope.value for key in wanted}), "of": sorted({key.of for key in wanted})}
    counted = {
        Key(Scope(scope), of): Tally(running, requests, oldest)
        for scope, of, running, requests, oldest in connection.execute(
            _COUNTED, among | {"now": now, "since": now - MINUTE}
        )
    }
    for scope, of, tokens, picodollars in connection.execute(_USED, among | {"day": now.date()}):
        key = Key(Scope(scope), of)
        counted[key] = counted.get(key, Tally())._replace(used=Amount(tokens, picodollars))
    for (day, key), amount in (owed or {}).items():
        if day == now.date():
            tally = counted.get(key, Tally())
            counted[key] = tally._replace(used=tally.used.plus(amount))
    return {key: tally for key, tally in counted.items() if key in wanted}


def read_most(connection: Connection, scope: Scope, now: datetime, limit: int) -> list[Key]:
    """Who used most today."""
    query = select(usage.c.of).where(usage.c.day == now.date(), usage.c.scope == scope.value)
    ordered = query.order_by(usage.c.picodollars.desc(), usage.c.tokens.desc()).limit(limit)
    return [Key(scope, of) for of in connection.execute(ordered).scalars()]


def read_stop(connection: Connection) -> Stop | None:
    """The operator's stop; None where requests are sent."""
    found = connection.execute(_STOP).first()
    return Stop(*found) if found else None


def write_stop(connection: Connection, reason: str) -> None:
    """Stops sending, in all processes; one that stands stays as it is."""
    row = {"number": 1, "stopped_at": datetime.now(UTC), "reason": reason}
    connection.execute(insert(connection.dialect.name, stops).values(row).on_conflict_do_nothing())


def remove_stop(connection: Connection) -> bool:
    """Sends again; False where nothing was stopped."""
    return bool(connection.execute(delete(stops)).rowcount)


def tidy(connection: Connection, now: datetime) -> None:
    """Removes what counts no more."""
    gone = entries.c.expires_at.is_(None) | (entries.c.expires_at < now)
    connection.execute(delete(entries).where(entries.c.at < now - MINUTE, gone))
    connection.execute(delete(usage).where(usage.c.day < (now - _KEPT_FOR).date()))


class CapTallies:
    """What everybody has used, and the operator's stop, in one database. Raises as `Ledger` does."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def count(self, batch: UsageBatch, limits: Caps) -> Counted:
        """Counts requests against the caps, in one transaction over all processes."""
        with self._database.writing() as connection:
            return count(connection, batch, limits)

    def tallies(self, keys: Sequence[Key]) -> dict[Key, Tally]:
        """What these have used; one that used nothing is missing."""
        with self._database.reading() as connection:
            return read_tallies(connection, keys, datetime.now(UTC))

    def most_used(self, scope: Scope, limit: int) -> list[Key]:
        """Who used most today, in that order."""
        with self._database.reading() as connection:
            return read_most(connection, scope, datetime.now(UTC), limit)

    def stop(self) -> Stop | None:
        """The operator's stop; None where requests are sent."""
        with self._database.reading() as connection:
            return read_stop(connection)

    def stop_sending(self, reason: str) -> None:
        """Stops the requests of every process, until `resume_sending`."""
        with self._database.writing() as connection:
            write_stop(connection, reason)

    def resume_sending(self) -> bool:
        """Allows requests again; False where nothing was stopped."""
        with self._database.writing() as connection:
            return remove_stop(connection)


def _lock(connection: Connection) -> datetime:
    """Waits until no other transaction counts; the time."""
    if connection.dialect.name == SQLITE:
        return datetime.now(UTC)
    connection.execute(text(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})"))
    now: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
    return now.astimezone(UTC)


def _end(connection: Connection, batch: UsageBatch) -> None:
    if batch.ended:
        connection.execute(_ENDED, [{"of_run": run_id} for run_id in batch.ended])
    if batch.released:
        connection.execute(_RELEASED, [{"of_run": run_id} for run_id in batch.released])


def _open(connection: Connection, reservations: Sequence[Reservation], now: datetime) -> None:
    rows: list[dict[str, Any]] = [
        {"run_id": each.run_id, "scope": key.scope.value, "of": key.of, "at": each.at, "expires_at": now + LEASE}
        for each in reservations
        for key in each.claim.keys
    ]
    if rows:
        connection.execute(_insert_entry(connection.dialect.name), rows)


def _owe(connection: Connection, owed: Owed) -> None:
    rows = [
        {
            "day": day,
            "scope": key.scope.value,
            "of": key.of,
            "tokens": _bounded(amount.tokens),
            "picodollars": _bounded(amount.picodollars),
        }
        for (day, key), amount in sorted(owed.items())
        if amount != Amount()
    ]
    if rows:
        connection.execute(_add_usage(connection.dialect.name), rows)


# Made once: to make a statement takes SQLAlchemy longer than to have it executed.
_SCOPES: BindParameter[list[str]] = bindparam("scopes", expanding=True)
_OF: BindParameter[list[str]] = bindparam("of", expanding=True)
_RECENT = entries.c.at > bindparam("since")
_COUNTED = (
    select(
        entries.c.scope,
        entries.c.of,
        func.sum(case((entries.c.expires_at > bindparam("now"), 1), else_=0)),
        func.sum(case((_RECENT, 1), else_=0)),
        func.min(case((_RECENT, entries.c.at))),
    )
    .where(entries.c.scope.in_(_SCOPES), entries.c.of.in_(_OF))
    .group_by(entries.c.scope, entries.c.of)
)
_USED = select(usage.c.scope, usage.c.of, usage.c.tokens, usage.c.picodollars).where(
    usage.c.day == bindparam("day"), usage.c.scope.in_(_SCOPES), usage.c.of.in_(_OF)
)
_STOP = select(stops.c.stopped_at, stops.c.reason)
_ENDED = update(entries).where(entries.c.run_id == bindparam("of_run")).values(expires_at=None)
_RELEASED = delete(entries).where(entries.c.run_id == bindparam("of_run"))


@cache
def _insert_entry(kind: str) -> Insert:
    return insert(kind, entries).on_conflict_do_nothing()


@cache
def _add_usage(kind: str) -> Insert:
    statement = insert(kind, usage)
    sums = {name: _sum(usage.c[name], statement.excluded[name]) for name in ("tokens", "picodollars")}
    return statement.on_conflict_do_update(index_elements=["day", "scope", "of"], set_=sums)


def _sum(used: Column[int], more: KeyedColumnElement[Any]) -> Case[int]:
    # Without a cap, requests for absurd lengths could add up to more than 64 bits.
    return case((used > _MOST - more, _MOST), (used < -more, 0), else_=used + more)


def _bounded(amount: int) -> int:
    return max(min(amount, _MOST), -_MOST)

"""The tables of the caps; `caps` reads and writes them."""

from datetime import date, datetime

from sqlalchemy import BigInteger, Column, Date, Index, Integer, Named, Table, Text, TypedColumns

from glm_playground.ledger.schema import UtcTime, metadata


class EntryColumns(TypedColumns):
    """A request that runs or began within the last minute, once for each key that it counts for."""

    run_id: Named[str] = Column(Text, primary_key=True)
    scope: Named[str] = Column(Text, primary_key=True)
    of: Named[str] = Column(Text)
    at: Named[datetime] = Column(UtcTime)
    expires_at: Named[datetime | None] = Column(UtcTime)
    """Until when it counts as running unless its process says that it still does; None once it has ended."""


class UsageColumns(TypedColumns):
    """What a key has used on a day, with what was reserved and not settled."""

    day: Named[date] = Column(Date, primary_key=True)
    scope: Named[str] = Column(Text, primary_key=True)
    of: Named[str] = Column(Text, primary_key=True)
    tokens: Named[int] = Column(BigInteger)
    picodollars: Named[int] = Column(BigInteger)


class StopColumns(TypedColumns):
    """At most one row: the operator has stopped sending."""

    number: Named[int] = Column(Integer, primary_key=True, autoincrement=False)
    stopped_at: Named[datetime] = Column(UtcTime)
    reason: Named[str] = Column(Text)


entries = Table("cap_entries", metadata, EntryColumns)
usage = Table("cap_usage", metadata, UsageColumns, sqlite_with_rowid=False)
stops = Table("cap_stops", metadata, StopColumns)

Index("cap_entries_by_key", entries.c.scope, entries.c.of)

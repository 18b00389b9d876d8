"""The table of suites; `suites` reads and writes it."""

from datetime import datetime

from sqlalchemy import Column, Index, Integer, LargeBinary, Named, Table, Text, TypedColumns

from glm_playground.ledger.schema import Number, UtcTime, metadata


class SuiteColumns(TypedColumns):
    """A suite that its owner collects. The body comes last, as it is large."""

    number: Named[int] = Column(Number, primary_key=True, autoincrement=True)
    id: Named[str] = Column(Text)
    owner: Named[str] = Column(Text)
    name: Named[str] = Column(Text)
    cases: Named[int] = Column(Integer)
    created_at: Named[datetime] = Column(UtcTime)
    used_at: Named[datetime] = Column(UtcTime)
    """When it was changed or asked last."""
    deletion: Named[str | None] = Column(Text)
    """Of the runs that it was deleted together with, until a purge."""
    deleted_at: Named[datetime | None] = Column(UtcTime)
    body: Named[bytes] = Column(LargeBinary)
    """`packed_text.pack_text` of its JSON."""


suites = Table("suites", metadata, SuiteColumns, sqlite_autoincrement=True)
Index("suites_by_id", suites.c.owner, suites.c.id, unique=True)

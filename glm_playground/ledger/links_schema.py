"""The table of shared links; `links` reads and writes it."""

from datetime import datetime

from sqlalchemy import BigInteger, Column, Index, LargeBinary, Named, Table, Text, TypedColumns

from glm_playground.ledger.schema import Number, UtcTime, metadata


class LinkColumns(TypedColumns):
    """A page that whoever knows its address may read for a time."""

    number: Named[int] = Column(Number, primary_key=True, autoincrement=True)
    id: Named[str] = Column(Text, unique=True)
    """By which its owner takes it back; of no use to read it."""
    owner: Named[str] = Column(Text)
    secret_hash: Named[str] = Column(Text, unique=True)
    """Of what its address ends with, which is stored nowhere."""
    kind: Named[str] = Column(Text)
    title: Named[str] = Column(Text)
    page: Named[bytes] = Column(LargeBinary)
    """The page as it was when the link was made, compressed."""
    size: Named[int] = Column(BigInteger)
    """Of `page`, in bytes."""
    runs: Named[str] = Column(Text)
    """Ids of the runs that the page shows, as a JSON list."""
    created_at: Named[datetime] = Column(UtcTime)
    expires_at: Named[datetime] = Column(UtcTime)
    opened: Named[int] = Column(BigInteger)
    """How often it was read."""


links = Table("links", metadata, LinkColumns, sqlite_autoincrement=True)

Index("links_owner", links.c.owner, links.c.number)
Index("links_end", links.c.expires_at)

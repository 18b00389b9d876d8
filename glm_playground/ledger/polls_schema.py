"""The tables of an audience's votes; `polls` reads and writes them."""

from datetime import datetime

from sqlalchemy import Column, ForeignKey, Index, LargeBinary, Named, Table, Text, TypedColumns

from glm_playground.ledger.schema import Number, UtcTime, metadata


class PollColumns(TypedColumns):
    """Two answers that an audience is asked about."""

    number: Named[int] = Column(Number, primary_key=True, autoincrement=True)
    id: Named[str] = Column(Text, unique=True)
    """What the address that the audience opens ends with."""
    owner: Named[str] = Column(Text)
    scenario: Named[str] = Column(Text)
    language: Named[str] = Column(Text)
    candidate_a: Named[str] = Column(Text)
    """The model whose answer stands on side A."""
    candidate_b: Named[str] = Column(Text)
    texts: Named[bytes] = Column(LargeBinary)
    """Question and answers as a JSON list, compressed."""
    named: Named[bool]
    """Whether the names had been on stage before."""
    stand_in: Named[bool]
    """Whether a stand-in model wrote an answer."""
    begun_at: Named[datetime] = Column(UtcTime)
    ends_at: Named[datetime] = Column(UtcTime)
    closed_at: Named[datetime | None] = Column(UtcTime)


class PollVoteColumns(TypedColumns):
    """What one browser said; who sat before it is not known."""

    poll: Named[str] = Column(Text, ForeignKey("polls.id", ondelete="CASCADE"), primary_key=True)
    voter: Named[str] = Column(Text, primary_key=True)
    """A hash of the browser's cookie, which is for this vote alone."""
    address: Named[str] = Column(Text)
    """A keyed hash of the client address, to count how many there are."""
    choice: Named[str] = Column(Text)


polls = Table("polls", metadata, PollColumns, sqlite_autoincrement=True)
poll_votes = Table("poll_votes", metadata, PollVoteColumns)

Index("polls_owner", polls.c.owner, polls.c.number)

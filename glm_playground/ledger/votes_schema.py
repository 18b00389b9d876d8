"""The table of votes; `votes` reads and writes it."""

from datetime import datetime

from sqlalchemy import BigInteger, Column, Index, Named, Table, Text, TypedColumns

from glm_playground.ledger.schema import Number, UtcTime, metadata


class VoteColumns(TypedColumns):
    """Two answers to one prompt, and which of them somebody prefers."""

    number: Named[int] = Column(Number, primary_key=True, autoincrement=True)
    id: Named[str] = Column(Text, unique=True)
    owner: Named[str] = Column(Text)
    run_a: Named[str] = Column(Text)
    """The run that stands on side A; it may have been deleted since."""
    run_b: Named[str] = Column(Text)
    candidate_a: Named[str] = Column(Text)
    """Model and gateway, as `chat.setup.asked_text` writes them."""
    candidate_b: Named[str] = Column(Text)
    prompt: Named[str] = Column(Text)
    """A digest of what was asked; its words are in the runs."""
    suite: Named[str] = Column(Text)
    """A digest of the suite that the prompt is from; empty where it was typed."""
    case: Named[str] = Column(Text)
    """Of the suite."""
    stand_in: Named[bool]
    """Whether a stand-in model wrote an answer."""
    created_at: Named[datetime] = Column(UtcTime)
    verdict: Named[str | None] = Column(Text)
    """None while the vote is open."""
    source: Named[str] = Column(Text)
    """Who votes: a person, later a judge or an audience."""
    language: Named[str] = Column(Text)
    """Of the page on which the vote was given."""
    voted_at: Named[datetime | None] = Column(UtcTime)
    characters_a: Named[int | None] = Column(BigInteger)
    """Length of the answer."""
    characters_b: Named[int | None] = Column(BigInteger)
    deletion: Named[str | None] = Column(Text)
    """Votes that were deleted together have the same."""
    deleted_at: Named[datetime | None] = Column(UtcTime)


votes = Table("votes", metadata, VoteColumns, sqlite_autoincrement=True)

_OPEN = votes.c.verdict.is_(None)
Index("votes_open", votes.c.owner, unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN)
Index("votes_newest", votes.c.owner, votes.c.number)

"""The tables of evaluations; `evaluations` reads and writes them."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Named,
    Table,
    Text,
    TypedColumns,
    literal_column,
)

from glm_playground.ledger.evaluation_values import CellState
from glm_playground.ledger.schema import Number, UtcTime, metadata

NO_SUMS = {"reserved_picodollars": 0, "reserved_tokens": 0, "spent_picodollars": 0, "spent_tokens": 0}
"""Of what is not asked yet."""


class EvaluationColumns(TypedColumns):
    """An evaluation, with sums over its cells. The suite comes last, as it is large."""

    number: Named[int] = Column(Number, primary_key=True, autoincrement=True)
    id: Named[str] = Column(Text)
    owner: Named[str] = Column(Text)
    name: Named[str] = Column(Text)
    created_at: Named[datetime] = Column(UtcTime)
    state: Named[str] = Column(Text)
    why: Named[str] = Column(Text)
    """Why nobody works on it, in plain English; empty while somebody does, and once it is finished."""
    digest: Named[str] = Column(Text)
    """SHA-256 of the suite's JSON."""
    candidates: Named[str] = Column(Text)
    """A JSON list."""
    cases: Named[int] = Column(Integer)
    """How many requests each candidate is asked once: cases times prompts."""
    repeats: Named[int] = Column(Integer)
    cap_picodollars: Named[int | None] = Column(BigInteger)
    cap_tokens: Named[int | None] = Column(BigInteger)
    reserved_picodollars: Named[int] = Column(BigInteger)
    reserved_tokens: Named[int] = Column(BigInteger)
    spent_picodollars: Named[int] = Column(BigInteger)
    spent_tokens: Named[int] = Column(BigInteger)
    judge: Named[str] = Column(Text, server_default="")
    """Who judges the answers, as JSON; empty where nobody does."""
    suite: Named[bytes] = Column(LargeBinary)
    """`packed_text.pack_text` of its JSON."""


class CellColumns(TypedColumns):
    """One case with one prompt, asked of one candidate once; cells are asked in the order of their key."""

    evaluation: Named[int] = Column(
        Number, ForeignKey("evaluations.number", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    repeat: Named[int] = Column(Integer, primary_key=True, autoincrement=False)
    case: Named[int] = Column(Integer, primary_key=True, autoincrement=False)
    """Its place in `Suite.asked`."""
    candidate: Named[int] = Column(Integer, primary_key=True, autoincrement=False)
    """Its place; those behind the last candidate are what the judge is asked."""
    state: Named[str] = Column(Text)
    run_id: Named[str | None] = Column(Text)
    """Of the run that was started last."""
    recorder: Named[str | None] = Column(Text)
    """Who asks it, while it is claimed."""
    attempts: Named[int] = Column(Integer)
    """How often it was claimed."""
    reserved_picodollars: Named[int] = Column(BigInteger)
    reserved_tokens: Named[int] = Column(BigInteger)
    """With what earlier attempts may have cost, of which nobody knows."""
    spent_picodollars: Named[int] = Column(BigInteger)
    spent_tokens: Named[int] = Column(BigInteger)


evaluations = Table("evaluations", metadata, EvaluationColumns, sqlite_autoincrement=True)
cells = Table("cells", metadata, CellColumns, sqlite_with_rowid=False)

# Written out, not as parameters: a database uses such an index only where it sees that the condition is its own.
WAITING: Any = cells.c.state == literal_column(f"'{CellState.WAITING.value}'")
CLAIMED: Any = cells.c.state == literal_column(f"'{CellState.CLAIMED.value}'")
Index("evaluations_by_id", evaluations.c.owner, evaluations.c.id, unique=True)
Index(
    "cells_waiting",
    cells.c.evaluation,
    cells.c.repeat,
    cells.c.case,
    cells.c.candidate,
    sqlite_where=WAITING,
    postgresql_where=WAITING,
)
Index("cells_claimed", cells.c.evaluation, cells.c.recorder, sqlite_where=CLAIMED, postgresql_where=CLAIMED)

"""Shared links, and an audience's votes."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Adds them."""
    op.create_table(
        "links",
        _number(),
        sa.Column("id", sa.Text(), nullable=False, unique=True),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=False, unique=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("page", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("runs", sa.Text(), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.Column("opened", sa.BigInteger(), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("links_owner", "links", ["owner", "number"])
    op.create_index("links_end", "links", ["expires_at"])
    op.create_table(
        "polls",
        _number(),
        sa.Column("id", sa.Text(), nullable=False, unique=True),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("scenario", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("candidate_a", sa.Text(), nullable=False),
        sa.Column("candidate_b", sa.Text(), nullable=False),
        sa.Column("texts", sa.LargeBinary(), nullable=False),
        sa.Column("named", sa.Boolean(), nullable=False),
        sa.Column("stand_in", sa.Boolean(), nullable=False),
        sa.Column("begun_at", _TIME, nullable=False),
        sa.Column("ends_at", _TIME, nullable=False),
        sa.Column("closed_at", _TIME),
        sqlite_autoincrement=True,
    )
    op.create_index("polls_owner", "polls", ["owner", "number"])
    op.create_table(
        "poll_votes",
        sa.Column("poll", sa.Text(), sa.ForeignKey("polls.id", ondelete="CASCADE"), primary_key=True, nullable=False),
        sa.Column("voter", sa.Text(), primary_key=True, nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("choice", sa.Text(), nullable=False),
    )


def _number() -> sa.Column[int]:
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column("number", kind, primary_key=True, autoincrement=True)

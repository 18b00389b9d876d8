"""Votes on two answers whose names are hidden."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Adds them."""
    op.create_table(
        "votes",
        sa.Column(
            "number",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            primary_key=True,
            autoincrement=True,
        ),
        sa.Column("id", sa.Text(), nullable=False, unique=True),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("run_a", sa.Text(), nullable=False),
        sa.Column("run_b", sa.Text(), nullable=False),
        sa.Column("candidate_a", sa.Text(), nullable=False),
        sa.Column("candidate_b", sa.Text(), nullable=False),
        sa.Column("prompt", sa.Text(), nullable=False),
        sa.Column("suite", sa.Text(), nullable=False),
        sa.Column("case", sa.Text(), nullable=False),
        sa.Column("stand_in", sa.Boolean(), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("verdict", sa.Text()),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("voted_at", _TIME),
        sa.Column("characters_a", sa.BigInteger()),
        sa.Column("characters_b", sa.BigInteger()),
        sa.Column("deletion", sa.Text()),
        sa.Column("deleted_at", _TIME),
        sqlite_autoincrement=True,
    )
    still_open = sa.text("verdict IS NULL")
    op.create_index("votes_open", "votes", ["owner"], unique=True, sqlite_where=still_open, postgresql_where=still_open)
    op.create_index("votes_newest", "votes", ["owner", "number"])

"""Caps on what is sent: running and recent requests, what was used on a day, the operator's stop."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Adds them."""
    op.create_table(
        "cap_entries",
        sa.Column("run_id", sa.Text(), primary_key=True),
        sa.Column("scope", sa.Text(), primary_key=True),
        sa.Column("of", sa.Text(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME),
    )
    op.create_index("cap_entries_by_key", "cap_entries", ["scope", "of"])
    op.create_table(
        "cap_usage",
        sa.Column("day", sa.Date(), primary_key=True),
        sa.Column("scope", sa.Text(), primary_key=True),
        sa.Column("of", sa.Text(), primary_key=True),
        sa.Column("tokens", sa.BigInteger(), nullable=False),
        sa.Column("picodollars", sa.BigInteger(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "cap_stops",
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("stopped_at", _TIME, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
    )

"""Processes that containers cannot mix up; moves to another browser; runs by day, so that old ones can be removed."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds them."""
    op.add_column("recorders", sa.Column("place", sa.Text()))
    op.add_column("recorders", sa.Column("started", sa.Text()))
    op.create_table(
        "moves",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
    )
    shown = sa.text("deletion IS NULL")
    op.create_index("runs_by_day", "runs", ["day"], sqlite_where=shown, postgresql_where=shown)

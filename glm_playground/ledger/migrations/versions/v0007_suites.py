"""Suites of owners, and who judges an evaluation."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Adds them."""
    op.create_table(
        "suites",
        sa.Column("number", _NUMBER, primary_key=True, autoincrement=True),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("id", "owner", "name")),
        sa.Column("cases", sa.Integer(), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("used_at", _TIME, nullable=False),
        sa.Column("deletion", sa.Text()),
        sa.Column("deleted_at", _TIME),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("suites_by_id", "suites", ["owner", "id"], unique=True)
    op.add_column("evaluations", sa.Column("judge", sa.Text(), nullable=False, server_default=""))

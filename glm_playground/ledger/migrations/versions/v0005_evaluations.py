"""Evaluations, and their cells."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_SUMS = ("reserved_picodollars", "reserved_tokens", "spent_picodollars", "spent_tokens")


def upgrade() -> None:
    """Adds them."""
    op.create_table(
        "evaluations",
        sa.Column("number", _NUMBER, primary_key=True, autoincrement=True),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("id", "owner", "name")),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("state", "why", "digest", "candidates")),
        sa.Column("cases", sa.Integer(), nullable=False),
        sa.Column("repeats", sa.Integer(), nullable=False),
        sa.Column("cap_picodollars", sa.BigInteger()),
        sa.Column("cap_tokens", sa.BigInteger()),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in _SUMS),
        sa.Column("suite", sa.LargeBinary(), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("evaluations_by_id", "evaluations", ["owner", "id"], unique=True)
    op.create_table(
        "cells",
        sa.Column(
            "evaluation",
            _NUMBER,
            sa.ForeignKey("evaluations.number", ondelete="CASCADE"),
            primary_key=True,
            autoincrement=False,
        ),
        *(
            sa.Column(name, sa.Integer(), primary_key=True, autoincrement=False)
            for name in ("repeat", "case", "candidate")
        ),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text()),
        sa.Column("recorder", sa.Text()),
        sa.Column("attempts", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in _SUMS),
        sqlite_with_rowid=False,
    )
    waiting, claimed = sa.text("state = 'waiting'"), sa.text("state = 'claimed'")
    op.create_index(
        "cells_waiting",
        "cells",
        ["evaluation", "repeat", "case", "candidate"],
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
    op.create_index(
        "cells_claimed", "cells", ["evaluation", "recorder"], sqlite_where=claimed, postgresql_where=claimed
    )

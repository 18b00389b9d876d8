"""Workbenches and presets; settlements beside costs; warm-ups apart."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Adds them."""
    _workbenches()
    _contents()
    _warm_ups()


def _workbenches() -> None:
    op.create_table(
        "workbenches",
        sa.Column("owner", sa.Text(), primary_key=True),
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("updated_at", _TIME, nullable=False),
        sa.Column("deleted_at", _TIME),
        sa.Column("body", sa.LargeBinary(), nullable=False),
    )
    _partial("workbenches_deleted", "workbenches", ["deleted_at"], "deleted_at IS NOT NULL")
    op.create_table(
        "presets",
        sa.Column("owner", sa.Text(), primary_key=True),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
    )


def _contents() -> None:
    op.rename_table("records", "run_contents")
    op.add_column("run_contents", sa.Column("settlement", sa.Text()))
    op.add_column("run_contents", sa.Column("version", sa.Integer(), nullable=False, server_default="1"))


def _warm_ups() -> None:
    op.add_column("runs", sa.Column("warm_up", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.drop_index("runs_newest", "runs")
    columns = ["owner", "number", "model", "outcome", "cost_state", "by_stand_in", "warm_up", "day"]
    _partial("runs_newest", "runs", columns, "deletion IS NULL")
    # SQLite cannot change a primary key, so the table is made anew.
    op.rename_table("totals", "totals_before")
    op.create_table(
        "totals",
        sa.Column("owner", sa.Text(), primary_key=True),
        sa.Column("day", sa.Date(), primary_key=True),
        sa.Column("model", sa.Text(), primary_key=True),
        sa.Column("outcome", sa.Text(), primary_key=True),
        sa.Column("cost_state", sa.Text(), primary_key=True),
        sa.Column("by_stand_in", sa.Boolean(), primary_key=True),
        sa.Column("warm_up", sa.Boolean(), primary_key=True),
        sa.Column("runs", sa.BigInteger(), nullable=False),
        sa.Column("prompt_tokens", sa.BigInteger(), nullable=False),
        sa.Column("completion_tokens", sa.BigInteger(), nullable=False),
        sa.Column("picodollars", sa.BigInteger(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO totals SELECT owner, day, model, outcome, cost_state, by_stand_in, false,"
        " runs, prompt_tokens, completion_tokens, picodollars FROM totals_before"
    )
    op.drop_table("totals_before")


def _partial(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))

"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Makes them."""
    _runs()
    _parts_of_runs()
    _said_by_gateways()
    _words()


def _runs() -> None:
    op.create_table(
        "recorders",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("hostname", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("heartbeat", _TIME, nullable=False),
    )
    op.create_table(
        "deletions",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("deleted_at", _TIME, nullable=False),
    )
    op.create_table(
        "runs",
        sa.Column("number", _NUMBER, primary_key=True, autoincrement=True),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("recorder", sa.Text()),
        sa.Column("abandoned", sa.Boolean(), nullable=False),
        sa.Column("deletion", sa.Text(), sa.ForeignKey("deletions.id")),
        sa.Column("started_at", _TIME, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("server", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("stand_in", sa.Text()),
        sa.Column("by_stand_in", sa.Boolean(), nullable=False),
        sa.Column("outcome", sa.Text()),
        sa.Column("prompt", sa.Text(), nullable=False),
        sa.Column("prompt_tokens", sa.BigInteger()),
        sa.Column("completion_tokens", sa.BigInteger()),
        sa.Column("ttft_ns", sa.BigInteger()),
        sa.Column("e2e_ns", sa.BigInteger()),
        sa.Column("output_speed", sa.Double()),
        sa.Column("cost_state", sa.Text()),
        sa.Column("picodollars", sa.BigInteger()),
        sa.Column("task_id", sa.Text()),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("runs_by_id", "runs", ["owner", "id"], unique=True)
    _partial("runs_newest", ["owner", "number", "model", "outcome", "cost_state", "by_stand_in", "day"], _SHOWN)
    for column in ("model", "outcome", "cost_state"):
        _partial(f"runs_by_{column}", ["owner", column, "number"], _SHOWN)
    _partial("runs_by_stand_in", ["owner", "by_stand_in", "number"], _SHOWN)
    _partial("runs_by_task", ["task_id"], "task_id IS NOT NULL")
    _partial("runs_going_on", ["owner", "recorder"], "outcome IS NULL")
    _partial("runs_by_deletion", ["deletion"], "deletion IS NOT NULL")


_SHOWN = "deletion IS NULL"


def _partial(name: str, columns: list[str], where: str) -> None:
    op.create_index(name, "runs", columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def _run_number() -> sa.Column[int]:
    return sa.Column(
        "number", _NUMBER, sa.ForeignKey("runs.number", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )


def _parts_of_runs() -> None:
    op.create_table(
        "records",
        _run_number(),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.Column("events", sa.LargeBinary()),
        sa.Column("cost", sa.Text()),
    )
    op.create_table(
        "progress",
        _run_number(),
        sa.Column("first", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("events", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "run_tags",
        sa.Column("owner", sa.Text(), primary_key=True),
        sa.Column("tag", sa.Text(), primary_key=True),
        _run_number(),
        sqlite_with_rowid=False,
    )
    op.create_index("run_tags_by_number", "run_tags", ["number"])
    op.create_table(
        "totals",
        sa.Column("owner", sa.Text(), primary_key=True),
        sa.Column("day", sa.Date(), primary_key=True),
        sa.Column("model", sa.Text(), primary_key=True),
        sa.Column("outcome", sa.Text(), primary_key=True),
        sa.Column("cost_state", sa.Text(), primary_key=True),
        sa.Column("by_stand_in", sa.Boolean(), primary_key=True),
        sa.Column("runs", sa.BigInteger(), nullable=False),
        sa.Column("prompt_tokens", sa.BigInteger(), nullable=False),
        sa.Column("completion_tokens", sa.BigInteger(), nullable=False),
        sa.Column("picodollars", sa.BigInteger(), nullable=False),
        sqlite_with_rowid=False,
    )


def _said_by_gateways() -> None:
    op.create_table(
        "callbacks",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("sent_at", _TIME, nullable=False),
        sa.Column("received_at", _TIME, nullable=False),
        sa.Column("task_id", sa.Text()),
        sa.Column("status", sa.Text()),
        sa.Column("body", sa.Text(), nullable=False),
    )
    op.create_index("ix_callbacks_task_id", "callbacks", ["task_id"])
    op.create_table(
        "lookups",
        sa.Column("number", _NUMBER, primary_key=True, autoincrement=True),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("task_id", sa.Text(), nullable=False),
        sa.Column("asked_at", _TIME, nullable=False),
        sa.Column("status", sa.Text()),
        sa.Column("cost", sa.Text()),
        sa.Column("body", sa.Text(), nullable=False),
    )
    op.create_index("lookups_by_task", "lookups", ["owner", "task_id"])
    op.create_table(
        "balances",
        sa.Column("number", _NUMBER, primary_key=True, autoincrement=True),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("read_at", _TIME, nullable=False),
        sa.Column("amount", sa.Text(), nullable=False),
    )
    op.create_index("balances_newest", "balances", ["owner", "origin", "number"])


def _words() -> None:
    """The index of words; what is in it is made by `ledger.words`, so the databases only split at spaces."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE VIRTUAL TABLE run_words USING fts5(words, content='', columnsize=0, tokenize='ascii')",
        )
        op.execute("CREATE TABLE terms (term TEXT PRIMARY KEY) WITHOUT ROWID")
    else:
        op.execute(
            "CREATE TABLE run_words ("
            "number BIGINT PRIMARY KEY REFERENCES runs (number) ON DELETE CASCADE, words TSVECTOR NOT NULL)"
        )
        op.execute("CREATE INDEX run_words_words ON run_words USING gin (words)")

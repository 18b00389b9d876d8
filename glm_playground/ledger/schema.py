"""The ledger's tables as they are now. `migrations` leads to them; a test compares both."""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Named,
    Table,
    Text,
    TypedColumns,
    TypeDecorator,
    column,
    table,
)

VERSION_TABLE = "ledger_version"

metadata = MetaData()
Number = BigInteger().with_variant(Integer, "sqlite")


class UtcTime(TypeDecorator[datetime]):
    """A moment with its time zone; always UTC where it comes out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turns a local time into UTC, since SQLite drops the zone."""
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Puts the zone back."""
        if value is None:
            return None
        moment: datetime = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        return moment


class RecorderColumns(TypedColumns):
    """A process that records runs."""

    id: Named[str] = Column(Text, primary_key=True)
    hostname: Named[str] = Column(Text)
    pid: Named[int] = Column(Integer)
    heartbeat: Named[datetime] = Column(UtcTime)
    """By the database's clock, where it has one."""
    place: Named[str | None] = Column(Text)
    """`process.Process.place`; None also where an earlier version wrote it."""
    started: Named[str | None] = Column(Text)
    """`process.Process.started`."""


class DeletionColumns(TypedColumns):
    """Runs that were deleted together."""

    id: Named[str] = Column(Text, primary_key=True)
    owner: Named[str] = Column(Text)
    deleted_at: Named[datetime] = Column(UtcTime)


class RunColumns(TypedColumns):
    """What lists, filters and totals need of a run."""

    number: Named[int] = Column(Number, primary_key=True, autoincrement=True)
    id: Named[str] = Column(Text)
    owner: Named[str] = Column(Text)
    recorder: Named[str | None] = Column(Text)
    """Who records it while it is running."""
    abandoned: Named[bool]
    """True where `interrupt_abandoned` ended it."""
    deletion: Named[str | None] = Column(Text, ForeignKey("deletions.id"))
    started_at: Named[datetime] = Column(UtcTime)
    day: Named[date] = Column(Date)
    model: Named[str] = Column(Text)
    server: Named[str] = Column(Text)
    origin: Named[str] = Column(Text)
    """Where the server is."""
    stand_in: Named[str | None] = Column(Text)
    by_stand_in: Named[bool]
    warm_up: Named[bool]
    outcome: Named[str | None] = Column(Text)
    prompt: Named[str] = Column(Text)
    prompt_tokens: Named[int | None] = Column(BigInteger)
    completion_tokens: Named[int | None] = Column(BigInteger)
    ttft_ns: Named[int | None] = Column(BigInteger)
    e2e_ns: Named[int | None] = Column(BigInteger)
    output_speed: Named[float | None]
    cost_state: Named[str | None] = Column(Text)
    picodollars: Named[int | None] = Column(BigInteger)
    """The cost that counts, in 1e-12 US dollars: settled where the gateway said so later."""
    task_id: Named[str | None] = Column(Text)
    tags: Named[str] = Column(Text)
    """A JSON list, in the order they were given."""
    note: Named[str] = Column(Text)
    size: Named[int] = Column(BigInteger, server_default="0")
    """Bytes of its contents; 0 while it is running, and where an earlier version wrote it."""


class ContentColumns(TypedColumns):
    """The heavy parts of a run."""

    number: Named[int] = Column(
        Number, ForeignKey("runs.number", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    head: Named[bytes] = Column(LargeBinary)
    """All of the run but its events; `run_parts.pack_head`."""
    events: Named[bytes | None] = Column(LargeBinary)
    """`event_codec.pack_events`; None while the run is running."""
    cost: Named[str | None] = Column(Text)
    """JSON: the cost as computed at the run's end, with its price; None while the run is running."""
    settlement: Named[str | None] = Column(Text)
    """JSON: what the gateway charged, as it said later."""
    version: Named[int] = Column(Integer)
    """`run_parts.CONTENT_VERSION` of the app that wrote it."""


class ProgressColumns(TypedColumns):
    """Events of a running run, as they came."""

    number: Named[int] = Column(
        Number, ForeignKey("runs.number", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    first: Named[int] = Column(Integer, primary_key=True, autoincrement=False)
    """How many events come before these."""
    events: Named[bytes] = Column(LargeBinary)


class TagColumns(TypedColumns):
    """A tag of a run; `runs.tags` has them in order."""

    owner: Named[str] = Column(Text, primary_key=True)
    tag: Named[str] = Column(Text, primary_key=True)
    number: Named[int] = Column(
        Number, ForeignKey("runs.number", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )


class TotalColumns(TypedColumns):
    """Sums over the ended runs that are not deleted, kept in step with them."""

    owner: Named[str] = Column(Text, primary_key=True)
    day: Named[date] = Column(Date, primary_key=True)
    model: Named[str] = Column(Text, primary_key=True)
    outcome: Named[str] = Column(Text, primary_key=True)
    cost_state: Named[str] = Column(Text, primary_key=True)
    by_stand_in: Named[bool] = Column(primary_key=True)
    warm_up: Named[bool] = Column(primary_key=True)
    runs: Named[int] = Column(BigInteger)
    prompt_tokens: Named[int] = Column(BigInteger)
    completion_tokens: Named[int] = Column(BigInteger)
    picodollars: Named[int] = Column(BigInteger)
    size: Named[int] = Column(BigInteger, server_default="0")


class CallbackColumns(TypedColumns):
    """What gateways sent unasked."""

    id: Named[str] = Column(Text, primary_key=True)
    sent_at: Named[datetime] = Column(UtcTime)
    received_at: Named[datetime] = Column(UtcTime)
    task_id: Named[str | None] = Column(Text, index=True)
    status: Named[str | None] = Column(Text)
    body: Named[str] = Column(Text)
    """JSON."""


class LookupColumns(TypedColumns):
    """What gateways answered about a task."""

    number: Named[int] = Column(Number, primary_key=True, autoincrement=True)
    owner: Named[str] = Column(Text)
    task_id: Named[str] = Column(Text)
    asked_at: Named[datetime] = Column(UtcTime)
    status: Named[str | None] = Column(Text)
    cost: Named[str | None] = Column(Text)
    """US dollars with every digit."""
    body: Named[str] = Column(Text)
    """JSON."""


class BalanceColumns(TypedColumns):
    """What gateways said is left."""

    number: Named[int] = Column(Number, primary_key=True, autoincrement=True)
    owner: Named[str] = Column(Text)
    origin: Named[str] = Column(Text)
    read_at: Named[datetime] = Column(UtcTime)
    amount: Named[str] = Column(Text)
    """US dollars with every digit."""


class WorkbenchColumns(TypedColumns):
    """A workbench. The body comes last: SQLite reads what stands before it without reading it."""

    owner: Named[str] = Column(Text, primary_key=True)
    id: Named[str] = Column(Text, primary_key=True)
    name: Named[str] = Column(Text)
    revision: Named[int] = Column(BigInteger)
    """Counts its changes, from 1."""
    created_at: Named[datetime] = Column(UtcTime)
    updated_at: Named[datetime] = Column(UtcTime)
    deleted_at: Named[datetime | None] = Column(UtcTime)
    body: Named[bytes] = Column(LargeBinary)
    """`packed_text.pack_text`."""


class PresetColumns(TypedColumns):
    """The presets of an owner, as one text."""

    owner: Named[str] = Column(Text, primary_key=True)
    revision: Named[int] = Column(BigInteger)
    """Counts its changes, from 1."""
    body: Named[bytes] = Column(LargeBinary)
    """`packed_text.pack_text`."""


class MoveColumns(TypedColumns):
    """A one-time code by which another browser takes over an owner's history."""

    id: Named[str] = Column(Text, primary_key=True)
    """The first part of the code, by which it is found."""
    owner: Named[str] = Column(Text)
    secret_hash: Named[str] = Column(Text)
    """SHA-256 of the whole code."""
    expires_at: Named[datetime] = Column(UtcTime)
    tries: Named[int] = Column(Integer)
    """How often its second part was wrong."""


recorders = Table("recorders", metadata, RecorderColumns)
deletions = Table("deletions", metadata, DeletionColumns)
runs = Table("runs", metadata, RunColumns, sqlite_autoincrement=True)
contents = Table("run_contents", metadata, ContentColumns)
progress = Table("progress", metadata, ProgressColumns)
run_tags = Table("run_tags", metadata, TagColumns, sqlite_with_rowid=False)
totals = Table("totals", metadata, TotalColumns, sqlite_with_rowid=False)
callbacks = Table("callbacks", metadata, CallbackColumns)
lookups = Table("lookups", metadata, LookupColumns)
balances = Table("balances", metadata, BalanceColumns)
workbenches = Table("workbenches", metadata, WorkbenchColumns)
presets = Table("presets", metadata, PresetColumns)
moves = Table("moves", metadata, MoveColumns)

Index("runs_by_id", runs.c.owner, runs.c.id, unique=True)
_SHOWN: Any = {"sqlite_where": runs.c.deletion.is_(None), "postgresql_where": runs.c.deletion.is_(None)}
# One index answers any mix of filters from its own pages; a single filter has its own, which skips nothing.
Index(
    "runs_newest",
    runs.c.owner,
    runs.c.number,
    runs.c.model,
    runs.c.outcome,
    runs.c.cost_state,
    runs.c.by_stand_in,
    runs.c.warm_up,
    runs.c.day,
    **_SHOWN,
)
Index("runs_by_model", runs.c.owner, runs.c.model, runs.c.number, **_SHOWN)
Index("runs_by_outcome", runs.c.owner, runs.c.outcome, runs.c.number, **_SHOWN)
Index("runs_by_cost_state", runs.c.owner, runs.c.cost_state, runs.c.number, **_SHOWN)
Index("runs_by_stand_in", runs.c.owner, runs.c.by_stand_in, runs.c.number, **_SHOWN)
_HAS_TASK, _IS_RUNNING, _GONE = runs.c.task_id.is_not(None), runs.c.outcome.is_(None), runs.c.deletion.is_not(None)
Index("runs_by_task", runs.c.task_id, sqlite_where=_HAS_TASK, postgresql_where=_HAS_TASK)
Index("runs_going_on", runs.c.owner, runs.c.recorder, sqlite_where=_IS_RUNNING, postgresql_where=_IS_RUNNING)
Index(
    "workbenches_deleted",
    workbenches.c.deleted_at,
    sqlite_where=workbenches.c.deleted_at.is_not(None),
    postgresql_where=workbenches.c.deleted_at.is_not(None),
)
Index("runs_by_deletion", runs.c.deletion, sqlite_where=_GONE, postgresql_where=_GONE)
Index("runs_by_day", runs.c.day, **_SHOWN)
Index("run_tags_by_number", run_tags.c.number)
Index("lookups_by_task", lookups.c.owner, lookups.c.task_id)
Index("balances_newest", balances.c.owner, balances.c.origin, balances.c.number)

# What is written differently on SQLite (FTS5) and PostgreSQL (tsvector): see `word_index`.
run_words = table("run_words", column("rowid"), column("number"), column("words"), column("run_words"))
terms = table("terms", column("term"))

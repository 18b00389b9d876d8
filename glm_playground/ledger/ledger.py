"""The ledger: the recorded runs of all owners in one database."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import insert

from glm_playground.ledger import annotations, balances, deletion, queries, run_writes, totals
from glm_playground.ledger.database import Database
from glm_playground.ledger.errors import LedgerError
from glm_playground.ledger.event_codec import pack_events
from glm_playground.ledger.migration import migrate
from glm_playground.ledger.run_parts import known_so_far
from glm_playground.ledger.schema import progress
from glm_playground.ledger.values import (
    BalanceReading,
    Callback,
    Cursor,
    Deletion,
    Page,
    RunFilter,
    Spent,
    StoredRun,
    TaskLookup,
    Total,
)
from glm_playground.runs.cost import Cost
from glm_playground.runs.run import Run

LOCK_TIMEOUT_S = 5.0
_EACH = 100


@dataclass
class _Saved:
    """How much of a run that goes on is stored."""

    number: int
    known: tuple[Any, ...]
    events: int = 0


class Ledger:
    """Stores runs and finds them. Every method may be called from any thread.

    Each raises a `LedgerError` where the database cannot be used, and then nothing of the call was stored. Each look-up
    and each change is of one owner's runs only.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._recorder = uuid.uuid4().hex
        self._saved: dict[str, _Saved] = {}

    @classmethod
    def open(cls, url: str, *, timeout: float = LOCK_TIMEOUT_S) -> "Ledger":
        """Opens the database at `url`, makes or updates its tables, and ends runs whose recorder is gone.

        Args:
            url: `sqlite:///path`, whose folder and file are made, or a PostgreSQL URL.
            timeout: seconds to wait for another program's lock, or for a server.

        Raises:
            LedgerNewer: a later version of the app has written it; it is left untouched.
            LedgerDamaged: it is no database, a broken one, or another program's; it is left untouched.
            LedgerError: it cannot be reached, read or written.
        """
        database = Database(url, timeout)
        ledger = cls(database)
        try:
            migrate(database)
            ledger.heartbeat()
            ledger.interrupt_abandoned()
        except LedgerError:
            ledger.close()
            raise
        return ledger

    def close(self) -> None:
        """Closes the database; runs that go on are interrupted when it is opened again."""
        run_writes.sign_off(self._recorder)
        self._database.close()

    # Recording

    def begin(self, runs: Sequence[tuple[Run, str]]) -> None:
        """Stores runs that go on, each with its owner, so that a crash leaves them."""
        begun = {}
        with self._database.writing() as connection:
            run_writes.sign_on(connection, self._recorder)
            for run, owner in runs:
                known = known_so_far(run)
                if number := run_writes.begin_run(connection, run, owner, self._recorder):
                    begun[run.id] = _Saved(number, known)
        self._saved |= begun

    def save_progress(self, runs: Sequence[Run]) -> None:
        """Stores the events of begun runs that came since the last time."""
        rows = []
        saved = {}
        with self._database.writing() as connection:
            run_writes.sign_on(connection, self._recorder)
            for run in runs:
                if (before := self._saved.get(run.id)) is None:
                    continue
                first, known = before.events, known_so_far(run)
                if known != before.known:
                    run_writes.renew_head(connection, before.number, run)
                    first = 0
                if new := run.events[first:]:
                    rows.append({"number": before.number, "first": first, "events": pack_events(new).data})
                saved[run.id] = _Saved(before.number, known, first + len(new))
            if rows:
                connection.execute(insert(progress), rows)
        self._saved |= saved

    def heartbeat(self) -> None:
        """Notes that this process still records."""
        with self._database.writing() as connection:
            run_writes.sign_on(connection, self._recorder)

    def finish(self, run: Run, owner: str, cost: Cost) -> None:
        """Stores a run that ended, whole, with its metrics and cost. Once it is stored, doing so again changes nothing.

        Raises:
            ValueError: no database can hold it.
        """
        ended = run_writes.EndedRun.of(run, owner, cost)
        with self._database.writing() as connection:
            run_writes.end_run(connection, ended)
        self._saved.pop(run.id, None)

    def interrupt_abandoned(self) -> int:
        """Ends the runs whose recorder is gone as interrupted, with the events that were stored; how many.

        A recorder is gone where its process on this machine has ended, or it gave no sign for 60 s.
        """
        with self._database.writing() as connection:
            return run_writes.end_abandoned(connection)

    # Reading

    def page(self, owner: str, filter: RunFilter, after: Cursor | None = None, limit: int = 50) -> Page:
        """At most `limit` runs that fit, newest first, from `after` on. Texts are searched in runs that ended."""
        with self._database.reading() as connection:
            return queries.read_page(connection, owner, filter, after, limit)

    def run(self, owner: str, run_id: str) -> StoredRun | None:
        """One run with all its events, or those so far; None where there is no such run."""
        with self._database.reading() as connection:
            return queries.read_run(connection, owner, run_id)

    def each(self, owner: str, filter: RunFilter) -> Iterator[StoredRun]:
        """All runs that fit, newest first, whole."""
        before: int | None = None
        while True:
            with self._database.reading() as connection:
                stored, before = queries.read_batch(connection, owner, filter, before, _EACH)
            yield from stored
            if before is None:
                return

    def totals(self, owner: str, since: date | None = None, until: date | None = None) -> tuple[Total, ...]:
        """The sums of each day from `since` to `until`, both included, newest first; runs that go on are in none."""
        with self._database.reading() as connection:
            return totals.read(connection, owner, since, until)

    def models(self, owner: str) -> tuple[str, ...]:
        """The models the owner's runs asked, by name."""
        with self._database.reading() as connection:
            return queries.read_models(connection, owner)

    def tags(self, owner: str) -> tuple[str, ...]:
        """The tags of the owner's runs, by name."""
        with self._database.reading() as connection:
            return queries.read_tags(connection, owner)

    def balances(self, owner: str, origin: str, limit: int) -> tuple[BalanceReading, ...]:
        """At most `limit` readings of the balance at the gateway at `origin`, newest first."""
        with self._database.reading() as connection:
            return balances.read_balances(connection, owner, origin, limit)

    def spent(self, owner: str, origin: str, since: datetime, until: datetime) -> Spent:
        """What the ended runs cost that began at that gateway from `since` until before `until`."""
        with self._database.reading() as connection:
            return balances.read_spent(connection, owner, origin, since, until)

    # Changing

    def set_tags(self, owner: str, run_id: str, tags: Sequence[str]) -> bool:
        """Gives a run these tags in place of its others; False where there is no such run."""
        with self._database.writing() as connection:
            return annotations.write_tags(connection, owner, run_id, tags)

    def set_note(self, owner: str, run_id: str, note: str) -> bool:
        """Gives a run this note; False where there is no such run."""
        with self._database.writing() as connection:
            return annotations.write_note(connection, owner, run_id, note)

    def settle(self, owner: str, run_id: str, cost: Decimal) -> bool:
        """Notes what the gateway says an ended run cost, US dollars; False where there is no such run.

        Raises:
            ValueError: `cost` is no amount.
        """
        if not cost.is_finite() or cost < 0:
            raise ValueError("a settled cost is a number of US dollars that is not negative")
        with self._database.writing() as connection:
            return annotations.settle_cost(connection, owner, run_id, cost)

    def add_callback(self, callback: Callback) -> bool:
        """Stores what a gateway sent; False where that id is stored already. It shows with the runs of its task."""
        with self._database.writing() as connection:
            return annotations.write_callback(connection, callback)

    def add_lookup(self, owner: str, lookup: TaskLookup) -> None:
        """Stores what a gateway answered about a task; it shows with the owner's runs of that task."""
        with self._database.writing() as connection:
            annotations.write_lookup(connection, owner, lookup)

    def add_balance(self, owner: str, reading: BalanceReading) -> None:
        """Stores what a gateway said is left."""
        with self._database.writing() as connection:
            balances.write_balance(connection, owner, reading)

    # Deleting

    def delete(self, owner: str, run_ids: Sequence[str]) -> Deletion:
        """Takes these runs away, until `restore` or `purge`. A run that goes on stays."""
        with self._database.writing() as connection:
            return deletion.delete_runs(connection, owner, run_ids)

    def delete_all(self, owner: str) -> Deletion:
        """Takes all ended runs of the owner away, until `restore` or `purge`."""
        with self._database.writing() as connection:
            return deletion.delete_runs(connection, owner, None)

    def restore(self, owner: str, deletion_id: str) -> int:
        """Brings back what was taken away together; how many runs."""
        with self._database.writing() as connection:
            return deletion.restore_runs(connection, owner, deletion_id)

    def purge(self, before: datetime) -> int:
        """Removes for good what was taken away before then; how many runs. Takes about 3 ms a run."""
        return deletion.purge_runs(self._database, before)

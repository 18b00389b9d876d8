"""The ledger: the runs of all owners in one database; what else it stores are attributes, such as `workbenches`.

Each method is one transaction, which takes 0.1 ms; the functions of the other modules are given its connection, since
most acts need several of them together: the end of a run is its row, its contents, its words and the totals.
"""

import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select

from glm_playground.ledger import (
    annotations,
    balances,
    caps,
    cells,
    deletion,
    evaluations,
    links,
    measurements,
    moves,
    polls,
    queries,
    run_writes,
    suites,
    totals,
    votes,
    workbenches,
)
from glm_playground.ledger.database import Database
from glm_playground.ledger.errors import LedgerError
from glm_playground.ledger.event_codec import pack_events
from glm_playground.ledger.migration import migrate
from glm_playground.ledger.run_parts import changing_fields
from glm_playground.ledger.schema import progress
from glm_playground.ledger.values import (
    BalanceReading,
    Callback,
    Cursor,
    Deletion,
    Page,
    RunFilter,
    Settlement,
    Spent,
    StoredRun,
    TaskLookup,
    Total,
    UnreadableRun,
)
from glm_playground.runs.cost import Cost
from glm_playground.runs.run import Run

LOCK_TIMEOUT_S = 5.0
_EACH = 100
_LONG_S = 60.0
"""Seconds that it may take to delete or restore all that somebody has."""


@dataclass
class _Progress:
    """How much of a running run is stored."""

    number: int
    fields: tuple[Any, ...]
    events: int = 0


class Ledger:
    """Stores runs and finds them. Every method may be called from any thread.

    Each raises a `LedgerError` where the database cannot be used, and then nothing of the call was stored. Each look-up
    and each change is of one owner's runs only.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._recorder = uuid.uuid4().hex
        self._progress: dict[str, _Progress] = {}
        self.evaluations = evaluations.Evaluations(database, lambda: self._recorder)
        self.votes = votes.Votes(database)
        self.links = links.Links(database)
        self.polls = polls.Polls(database)
        self.suites = suites.Suites(database)
        self.workbenches = workbenches.Workbenches(database)
        self.caps = caps.CapTallies(database)

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
        ledger = cls(Database(url, timeout))
        try:
            ledger._begin()
        except LedgerError:
            ledger.close()
            raise
        return ledger

    def reopen(self) -> None:
        """Continues with the database that is at the address now, after a `LedgerReplaced`; raises as `open` does."""
        run_writes.sign_off(self._recorder)
        self._recorder, self._progress = uuid.uuid4().hex, {}
        self._database.reopen()
        self._begin()

    def _begin(self) -> None:
        migrate(self._database)
        self.heartbeat()
        self.interrupt_abandoned()

    def close(self) -> None:
        """Closes the database; runs that are still running are interrupted by whoever looks next."""
        run_writes.sign_off(self._recorder)
        self._database.close()

    @property
    def id(self) -> str:
        """Tells this opening of a database from any other."""
        return self._recorder

    def tell_unreachable(self, told: Callable[[LedgerError], None]) -> None:
        """Calls `told` for each call of whatever thread that did not reach the database."""
        self._database.on_unreachable = told

    # Recording

    def store_started(self, runs: Sequence[tuple[Run, str]]) -> None:
        """Stores running runs, each with its owner, so that a crash leaves them."""
        started = {}
        with self._database.writing() as connection:
            run_writes.sign_on(connection, self._recorder)
            for run, owner in runs:
                fields = changing_fields(run)
                if number := run_writes.store_started(connection, run, owner, self._recorder):
                    started[run.id] = _Progress(number, fields)
        self._progress |= started

    def store_events(self, runs: Sequence[Run]) -> None:
        """Stores the events of started runs that came since the last time."""
        rows = []
        stored = {}
        with self._database.writing() as connection:
            run_writes.sign_on(connection, self._recorder)
            for run in runs:
                if (before := self._progress.get(run.id)) is None:
                    continue
                first, fields = before.events, changing_fields(run)
                if fields != before.fields:
                    run_writes.renew_head(connection, before.number, run)
                    first = 0
                if new := run.events[first:]:
                    rows.append({"number": before.number, "first": first, "events": pack_events(new).data})
                stored[run.id] = _Progress(before.number, fields, first + len(new))
            if rows:
                connection.execute(insert(progress), rows)
        self._progress |= stored

    def store_ended(self, run: Run, owner: str, cost: Cost) -> None:
        """Stores an ended run, whole, with its metrics and cost. Once it is stored, doing so again changes nothing.

        Raises:
            ValueError: no database can hold it.
        """
        ended = run_writes.EndedRun.of(run, owner, cost)
        with self._database.writing() as connection:
            run_writes.store_ended(connection, ended)
        self._progress.pop(run.id, None)

    def store_error(self, run: Run, owner: str) -> None:
        """Stores the error of an ended run anew, where it is stored."""
        with self._database.writing() as connection:
            run_writes.store_error(connection, run, owner)

    def heartbeat(self) -> None:
        """Says that this process still records."""
        with self._database.writing() as connection:
            run_writes.sign_on(connection, self._recorder)

    def look(self) -> None:
        """Does nothing but reach the database."""
        with self._database.reading() as connection:
            connection.execute(select(1))

    def interrupt_abandoned(self) -> int:
        """Ends the runs whose recorder is gone as interrupted, with the events that were stored, and interrupts its
        cells of evaluations; how many of both.

        A recorder is gone where its process on this machine has ended, or it gave no sign for `GONE_AFTER`.
        """
        with self._database.reading() as connection:
            if not (run_writes.any_abandoned(connection) or cells.any_left(connection)):
                return 0
        with self._database.writing() as connection:
            return run_writes.end_abandoned(connection) + cells.interrupt_left(connection)

    # Reading

    def page(self, owner: str, filter: RunFilter, after: Cursor | None = None, limit: int = 50) -> Page:
        """At most `limit` runs that fit, newest first, from `after` on. Texts are searched in runs that ended."""
        with self._database.reading() as connection:
            return queries.read_page(connection, owner, filter, after, limit)

    def run(self, owner: str, run_id: str) -> StoredRun | UnreadableRun | None:
        """One run with all its events, or those so far; None where there is no such run."""
        with self._database.reading() as connection:
            return queries.read_run(connection, owner, run_id)

    def runs(self, owner: str, run_ids: Sequence[str]) -> dict[str, StoredRun]:
        """The runs with these ids, whole, at one moment. Those that are missing or cannot be read are not in it."""
        with self._database.reading() as connection:
            found = queries.read_runs(connection, owner, run_ids)
        return {stored.run.id: stored for stored in found if isinstance(stored, StoredRun)}

    def each(self, owner: str, filter: RunFilter) -> Iterator[StoredRun | UnreadableRun]:
        """All runs that fit, newest first, whole."""
        before: int | None = None
        while True:
            with self._database.reading() as connection:
                stored, before = queries.read_batch(connection, owner, filter, before, _EACH)
            yield from stored
            if before is None:
                return

    def knows(self, owner: str) -> bool:
        """Whether a run, a workbench or a preset is stored for `owner`."""
        with self._database.reading() as connection:
            return queries.knows(connection, owner)

    def totals(self, owner: str, since: date | None = None, until: date | None = None) -> tuple[Total, ...]:
        """The sums of each day from `since` to `until`, both included, newest first; running runs are in none."""
        with self._database.reading() as connection:
            return totals.read(connection, owner, since, until)

    def need_room(self, owner: str) -> None:
        """Sees to it that runs of `owner` may be stored.

        Raises:
            LedgerNoRoom: those that are stored have as many bytes as an owner's may.
        """
        with self._database.reading() as connection:
            totals.need_room(connection, owner)

    def totals_by_server(self, owner: str, since: date | None = None) -> tuple[Total, ...]:
        """The same by gateway, too; added up from the runs, which takes longer."""
        with self._database.reading() as connection:
            return totals.read_by_server(connection, owner, since)

    def measured(self, owner: str, since: date, model: str | None = None) -> tuple[measurements.Measured, ...]:
        """How each model did on each gateway since that day, those with most runs first; see `measurements`."""
        with self._database.reading() as connection:
            found = measurements.read(connection, owner, since, model)
        return measurements.measured(found)

    def models(self, owner: str) -> tuple[str, ...]:
        """The models the owner's runs asked, by name."""
        with self._database.reading() as connection:
            return queries.read_models(connection, owner)

    def servers(self, owner: str) -> tuple[str, ...]:
        """The gateways that the owner's runs asked, by name."""
        with self._database.reading() as connection:
            return queries.read_servers(connection, owner)

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

    def settle(self, owner: str, run_id: str, settlement: Settlement) -> bool:
        """Stores what the gateway charged for an ended run, beside its cost at the end; False if it is missing.

        Raises:
            ValueError: it is no amount, or has no time.
        """
        if not settlement.amount.is_finite() or settlement.amount < 0 or settlement.settled_at is None:
            raise ValueError("a settlement is a number of US dollars that is not negative, with its time")
        with self._database.writing() as connection:
            return annotations.settle_cost(connection, owner, run_id, settlement)

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
        """Deletes these runs, until `restore` or `purge`, and for good the links that show one. A running one stays."""
        with self._database.writing() as connection:
            return deletion.delete_runs(connection, owner, run_ids)

    def delete_all(self, owner: str) -> Deletion:
        """Deletes all ended runs of the owner with all suites, until `restore` or `purge`; links and polls for good."""
        with self._database.writing_long(_LONG_S) as connection:
            return deletion.delete_all(connection, owner)

    def restore(self, owner: str, deletion_id: str) -> int:
        """Restores what was deleted together; how many runs."""
        with self._database.writing_long(_LONG_S) as connection:
            return deletion.restore_runs(connection, owner, deletion_id)

    def purge(self, before: datetime) -> int:
        """Removes for good what was deleted before then; how many runs. Takes about 3 ms a run."""
        return deletion.purge_runs(self._database, before)

    def expire(self, before: date) -> int:
        """Removes for good the ended runs that began before that day, and workbenches and suites last used before it.

        Tags, notes, and what gateways said of them go with the runs, and so do their sums. How many runs.
        """
        return deletion.expire_runs(self._database, before)

    # Moving

    def offer_move(self, owner: str) -> moves.Offer:
        """A one-time code by which another owner can take over this one's runs, workbenches and presets.

        A second one takes the place of the first.
        """
        with self._database.writing() as connection:
            return moves.write_offer(connection, owner)

    def find_move(self, code: str, to: str) -> moves.Movable | None:
        """What `to` would take over with that code; None where it is wrong, used, or too old.

        A wrong code for a known first part counts; after `moves.MOST_TRIES` of them the right one is refused, too.
        """
        with self._database.writing() as connection:
            return moves.find(connection, code, to)

    def move(self, code: str, to: str) -> moves.Movable | None:
        """Makes the ended runs, workbenches, votes and other records behind that code `to`'s, once.

        None as `find_move`.

        Runs are moved in several transactions: what was moved stays moved where one of them fails, and the code with
        it, so that a second call moves the rest. Presets are the caller's to join: `Movable.owner` says whose.
        """
        return moves.move(self._database, code, to)

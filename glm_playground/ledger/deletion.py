"""Deletes runs, restores them, and removes them for good."""

import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import Connection, delete, exists, insert, select, true, update
from sqlalchemy.sql.elements import ColumnElement

from glm_playground.ledger import evaluations, links, polls, suites, totals, votes, word_index, workbenches
from glm_playground.ledger.database import Database
from glm_playground.ledger.database import insert as put
from glm_playground.ledger.filters import shown
from glm_playground.ledger.run_parts import plain
from glm_playground.ledger.run_writes import lock_runs, stored_words
from glm_playground.ledger.schema import balances, callbacks, deletions, lookups, runs
from glm_playground.ledger.values import Deletion

_IDS_AT_ONCE = 1000
# So many runs are removed in one transaction, so that others who write wait for less than a second.
_PURGED_AT_ONCE = 50
_EXPIRED, _LONG_AGO = "expired", datetime(2000, 1, 1, tzinfo=UTC)
"""The deletion that what is too old belongs to until it is removed; nobody can take it back."""


def delete_runs(connection: Connection, owner: str, run_ids: Sequence[str] | None) -> Deletion:
    """Deletes the ended runs with these ids, or all of the owner's for None; for good, the links that show them."""
    if run_ids is None:
        links.delete_of(connection, owner)
        polls.delete_of(connection, owner)
    else:
        links.delete_showing(connection, run_ids, owner)
    deletion = uuid.uuid4().hex
    row = {"id": deletion, "owner": plain(owner), "deleted_at": datetime.now(UTC)}
    connection.execute(insert(deletions).values(row))
    count = 0
    for which in _chosen(run_ids):
        taken = shown(owner) & runs.c.outcome.is_not(None) & which
        lock_runs(connection, taken)
        count += connection.execute(update(runs).where(taken).values(deletion=deletion)).rowcount
    # Only what is in this deletion is taken off: another tab may have deleted some of it meanwhile.
    totals.count(connection, runs.c.deletion == deletion, -1)
    if not count:
        connection.execute(delete(deletions).where(deletions.c.id == deletion))
    return Deletion(deletion, count)


def delete_all(connection: Connection, owner: str) -> Deletion:
    """Deletes all ended runs of the owner, and all suites."""
    found = delete_runs(connection, owner, None)
    suites.delete_all(connection, owner, found.id)
    return found


def restore_runs(connection: Connection, owner: str, deletion: str) -> int:
    """Restores what was deleted together; how many runs."""
    which = (runs.c.owner == plain(owner)) & (runs.c.deletion == plain(deletion))
    lock_runs(connection, which)
    totals.count(connection, which)
    count = connection.execute(update(runs).where(which).values(deletion=None)).rowcount
    suites.restore(connection, owner, deletion)
    connection.execute(delete(deletions).where(deletions.c.owner == plain(owner), deletions.c.id == plain(deletion)))
    return count


def purge_runs(database: Database, before: datetime) -> int:
    """Removes what was deleted before then, with texts, words, events, and what gateways said of its tasks."""
    removed = _in_batches(database, lambda connection: _purge_some(connection, before))
    with database.writing() as connection:
        now = datetime.now(UTC)
        others = links.purge(connection, now) + polls.purge(connection, now)
        others += sum(table.purge(connection, before) for table in (workbenches, votes, suites))
    if removed or others:
        _clean_up(database)
    return removed


def expire_runs(database: Database, before: date) -> int:
    """Removes what is older than that day: runs, workbenches, evaluations, votes, suites, what gateways said.

    How many runs.
    """
    moment = datetime.combine(before, time(), UTC)
    marked = _in_batches(database, lambda connection: _mark_expired(connection, before))
    with database.writing() as connection:
        connection.execute(delete(balances).where(balances.c.read_at < moment))
        connection.execute(delete(callbacks).where(callbacks.c.received_at < moment))
        kept = (workbenches, evaluations, votes, suites)
        others = sum(table.expire(connection, moment) for table in kept)
    # All of them are older than anything else that waits to be removed.
    if marked or others:
        purge_runs(database, _LONG_AGO + timedelta(days=1))
    return marked


def _in_batches(database: Database, act: Callable[[Connection], int]) -> int:
    """Does `act` in a transaction each until there are fewer than `_PURGED_AT_ONCE`; how many in all."""
    done = 0
    while True:
        with database.writing() as connection:
            batch = act(connection)
        done += batch
        if batch < _PURGED_AT_ONCE:
            return done


def _mark_expired(connection: Connection, before: date) -> int:
    old = (runs.c.day < before) & runs.c.outcome.is_not(None) & runs.c.deletion.is_(None)
    numbers = lock_runs(connection, old, _PURGED_AT_ONCE)
    if not numbers:
        return 0
    statement = put(connection.dialect.name, deletions).values(id=_EXPIRED, owner="", deleted_at=_LONG_AGO)
    connection.execute(statement.on_conflict_do_nothing())
    links.delete_showing(connection, connection.execute(select(runs.c.id).where(runs.c.number.in_(numbers))).scalars())
    taken = runs.c.number.in_(numbers) & old
    totals.count(connection, taken, -1)
    return connection.execute(update(runs).where(taken).values(deletion=_EXPIRED)).rowcount


def _chosen(run_ids: Sequence[str] | None) -> list[ColumnElement[bool]]:
    if run_ids is None:
        return [true()]
    ids = list(dict.fromkeys(map(plain, run_ids)))
    return [runs.c.id.in_(ids[at : at + _IDS_AT_ONCE]) for at in range(0, len(ids), _IDS_AT_ONCE)]


def _purge_some(connection: Connection, before: datetime) -> int:
    old = select(deletions.c.id).where(deletions.c.deleted_at < before)
    query = select(runs.c.number, runs.c.owner, runs.c.task_id)
    numbers = lock_runs(connection, runs.c.deletion.in_(old), _PURGED_AT_ONCE)
    found = connection.execute(query.where(runs.c.number.in_(numbers))).all()
    words: set[str] = set()
    for row in found:
        # The words of an unreadable run stay in the index, where they lead to no run.
        if (of_run := stored_words(connection, row.number)) is not None:
            word_index.remove(connection, row.number, of_run)
            words.update(of_run)
    connection.execute(delete(runs).where(runs.c.number.in_([row.number for row in found])))
    word_index.forget_terms(connection, words)
    for row in found:
        if row.task_id is not None:
            _forget_task(connection, row.owner, row.task_id)
    # Another replica may be about to give one more runs; then it is not empty.
    connection.execute(old.order_by(deletions.c.id).with_for_update())
    emptied = ~exists().where(runs.c.deletion == deletions.c.id)
    connection.execute(delete(deletions).where(deletions.c.deleted_at < before, emptied))
    return len(found)


def _forget_task(connection: Connection, owner: str, task_id: str) -> None:
    """Removes what gateways said of a task that no run names any more."""
    left = connection.execute(select(runs.c.owner).where(runs.c.task_id == task_id)).scalars().all()
    if owner not in left:
        connection.execute(delete(lookups).where(lookups.c.owner == owner, lookups.c.task_id == task_id))
    if not left:
        connection.execute(delete(callbacks).where(callbacks.c.task_id == task_id))


def _clean_up(database: Database) -> None:
    """Removes from the files what was removed from the tables."""
    more = begin = True
    while more:
        with database.writing() as connection:
            more = word_index.merge_some(connection, begin=begin)
        begin = False
    database.empty_log()

"""What is added to a run after it ended: tags, a note, what the gateway charged and said of its task."""

import json
from collections.abc import Sequence

from sqlalchemy import Connection, delete, select, update
from sqlalchemy import insert as plain_insert

from glm_playground import bounds
from glm_playground.ledger import totals, word_index
from glm_playground.ledger.database import insert
from glm_playground.ledger.filters import shown
from glm_playground.ledger.run_parts import cost_row, pack_settlement, pack_tags, plain, settled
from glm_playground.ledger.run_writes import stored_words
from glm_playground.ledger.schema import callbacks, contents, lookups, run_tags, runs
from glm_playground.ledger.values import Callback, Settlement, TaskLookup


def write_tags(connection: Connection, owner: str, run_id: str, tags: Sequence[str]) -> bool:
    """Gives a run these tags in place of its others; False where there is no such run."""
    number = _number(connection, owner, run_id)
    if number is None:
        return False
    chosen = list(dict.fromkeys(word for tag in tags if (word := plain(tag).strip())))
    connection.execute(update(runs).where(runs.c.number == number).values(tags=pack_tags(chosen)))
    connection.execute(delete(run_tags).where(run_tags.c.number == number))
    if chosen:
        rows = [{"owner": plain(owner), "tag": tag, "number": number} for tag in chosen]
        connection.execute(plain_insert(run_tags), rows)
    return True


def write_note(connection: Connection, owner: str, run_id: str, note: str) -> bool:
    """Gives a run this note; False where there is no such run, or none that can be read."""
    number = _number(connection, owner, run_id)
    if number is None:
        return False
    change = update(runs).where(runs.c.number == number).values(note=plain(note))
    ended = connection.execute(select(runs.c.outcome).where(runs.c.number == number)).scalar_one() is not None
    before = stored_words(connection, number) if ended else None
    if ended and before is None:
        # The index would no longer have the words that a version which can read the run takes out of it.
        return False
    connection.execute(change)
    if before is not None:
        word_index.remove(connection, number, before)
        word_index.add(connection, number, stored_words(connection, number) or [])
    return True


def settle_cost(connection: Connection, owner: str, run_id: str, settlement: Settlement) -> bool:
    """Stores what the gateway charged beside the cost at the end; False where there is no such ended run."""
    number = _number(connection, owner, run_id)
    if number is None:
        return False
    if connection.execute(select(runs.c.outcome).where(runs.c.number == number)).scalar() is None:
        return False
    totals.count_runs(connection, [number], -1)
    connection.execute(update(runs).where(runs.c.number == number).values(cost_row(settled(None, settlement))))
    change = update(contents).where(contents.c.number == number)
    connection.execute(change.values(settlement=pack_settlement(settlement)))
    totals.count_runs(connection, [number])
    return True


def write_callback(connection: Connection, callback: Callback) -> bool:
    """Stores what a gateway sent; False where that id is stored already."""
    row = {
        "id": plain(callback.id),
        "sent_at": callback.sent_at,
        "received_at": callback.received_at,
        "task_id": None if callback.task_id is None else plain(callback.task_id),
        "status": None if callback.status is None else plain(callback.status),
        "body": json.dumps(callback.body),
    }
    statement = insert(connection.dialect.name, callbacks).values(row).on_conflict_do_nothing(index_elements=["id"])
    return connection.execute(statement.returning(callbacks.c.id)).first() is not None


def write_lookup(connection: Connection, owner: str, lookup: TaskLookup) -> None:
    """Stores what a gateway answered; the oldest of many about one task go."""
    row = {
        "owner": plain(owner),
        "task_id": plain(lookup.task_id),
        "asked_at": lookup.asked_at,
        "status": None if lookup.status is None else plain(lookup.status),
        "cost": None if lookup.cost is None else str(lookup.cost),
        "body": json.dumps(lookup.body),
    }
    connection.execute(plain_insert(lookups).values(row))
    of_task = (lookups.c.owner == row["owner"]) & (lookups.c.task_id == row["task_id"])
    newest = select(lookups.c.number).where(of_task).order_by(lookups.c.number.desc()).limit(bounds.TASK_LOOKUPS)
    connection.execute(delete(lookups).where(of_task, lookups.c.number.not_in(newest)))


def _number(connection: Connection, owner: str, run_id: str) -> int | None:
    query = select(runs.c.number).where(shown(owner), runs.c.id == plain(run_id)).with_for_update()
    return connection.execute(query).scalar()

"""What becomes known of a run after it ended: tags, a note, its settled cost, what gateways say of its task."""

import json
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from sqlalchemy import Connection, delete, select, update
from sqlalchemy import insert as plain_insert

from glm_playground.ledger import totals, word_index
from glm_playground.ledger.database import insert
from glm_playground.ledger.filters import shown
from glm_playground.ledger.run_parts import cost_row, pack_cost, pack_tags, plain, unpack_cost
from glm_playground.ledger.run_writes import stored_words
from glm_playground.ledger.schema import callbacks, lookups, records, run_tags, runs
from glm_playground.ledger.values import Callback, TaskLookup
from glm_playground.runs.cost import CostState


def write_tags(connection: Connection, owner: str, run_id: str, tags: Sequence[str]) -> bool:
    """Gives a run these tags in place of its others; False where there is no such run."""
    number = _number(connection, owner, run_id)
    if number is None:
        return False
    kept = list(dict.fromkeys(word for tag in tags if (word := plain(tag).strip())))
    connection.execute(update(runs).where(runs.c.number == number).values(tags=pack_tags(kept)))
    connection.execute(delete(run_tags).where(run_tags.c.number == number))
    if kept:
        rows = [{"owner": plain(owner), "tag": tag, "number": number} for tag in kept]
        connection.execute(plain_insert(run_tags), rows)
    return True


def write_note(connection: Connection, owner: str, run_id: str, note: str) -> bool:
    """Gives a run this note; False where there is no such run."""
    number = _number(connection, owner, run_id)
    if number is None:
        return False
    change = update(runs).where(runs.c.number == number).values(note=plain(note))
    ended = connection.execute(select(runs.c.outcome).where(runs.c.number == number)).scalar_one() is not None
    if ended:
        word_index.remove(connection, number, stored_words(connection, number))
    connection.execute(change)
    if ended:
        word_index.add(connection, number, stored_words(connection, number))
    return True


def settle_cost(connection: Connection, owner: str, run_id: str, amount: Decimal) -> bool:
    """Notes what the gateway says an ended run cost; False where there is no such run."""
    number = _number(connection, owner, run_id)
    query = select(records.c.cost).where(records.c.number == number, records.c.cost.is_not(None))
    packed = connection.execute(query).scalar()
    if number is None or packed is None:
        return False
    cost = replace(unpack_cost(packed), state=CostState.SETTLED, amount=amount, terms=())
    totals.count_run(connection, number, -1)
    connection.execute(update(runs).where(runs.c.number == number).values(cost_row(cost)))
    connection.execute(update(records).where(records.c.number == number).values(cost=pack_cost(cost)))
    totals.count_run(connection, number)
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
    """Stores what a gateway answered."""
    row = {
        "owner": plain(owner),
        "task_id": plain(lookup.task_id),
        "asked_at": lookup.asked_at,
        "status": None if lookup.status is None else plain(lookup.status),
        "cost": None if lookup.cost is None else str(lookup.cost),
        "body": json.dumps(lookup.body),
    }
    connection.execute(plain_insert(lookups).values(row))


def _number(connection: Connection, owner: str, run_id: str) -> int | None:
    query = select(runs.c.number).where(shown(owner), runs.c.id == plain(run_id)).with_for_update()
    return connection.execute(query).scalar()

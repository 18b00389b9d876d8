"""Writes runs down: when they begin, while they go on, when they end or are given up."""

import os
import socket
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from sqlalchemy import Connection, Insert, bindparam, delete, select, update
from sqlalchemy.sql.dml import ReturningInsert

from glm_playground.ledger import totals, word_index
from glm_playground.ledger.database import insert
from glm_playground.ledger.event_codec import pack_events, unpack_events
from glm_playground.ledger.queries import read_progress
from glm_playground.ledger.run_parts import (
    Row,
    begun_row,
    cost_row,
    ended_row,
    index_words,
    interrupted,
    pack_cost,
    pack_head,
    progress_row,
    unpack_cost,
    unpack_run,
)
from glm_playground.ledger.schema import progress, recorders, records, runs
from glm_playground.ledger.words import words_of
from glm_playground.runs.cost import Cost, CostState, cost_of
from glm_playground.runs.run import Run

GONE_AFTER = timedelta(seconds=60)
"""A recorder that was silent for so long is taken to be gone."""

# Made once: to make a statement takes SQLAlchemy longer than to have it executed.
_KNOWN = select(runs).where(runs.c.owner == bindparam("of_owner"), runs.c.id == bindparam("of_id")).with_for_update()
_UPDATE_RUN = update(runs).where(runs.c.number == bindparam("of_number"))
_INSERT_RECORD = records.insert()
_FORGET_PROGRESS = delete(progress).where(progress.c.number == bindparam("of_number"))

# Recorders of this process; its number alone does not tell them from one of an earlier process.
_here: set[str] = set()


@dataclass(frozen=True)
class EndedRun:
    """A run that ended, ready to be written, so that the transaction is short."""

    row: Row
    head: bytes
    events: bytes
    cost: Cost
    words: list[str]

    @classmethod
    def of(cls, run: Run, owner: str, cost: Cost) -> "EndedRun":
        """Computes and packs all that is stored of it."""
        row = begun_row(run, owner) | ended_row(run, cost)
        packed = pack_events(run.events)
        return cls(row, pack_head(run), packed.data, cost, index_words(run, owner, packed, ""))


def sign_on(connection: Connection, recorder: str) -> None:
    """Notes that the recorder of this process lives."""
    _here.add(recorder)
    statement = insert(connection.dialect.name, recorders).values(
        id=recorder, hostname=socket.gethostname(), pid=os.getpid(), heartbeat=datetime.now(UTC)
    )
    connection.execute(
        statement.on_conflict_do_update(index_elements=["id"], set_={"heartbeat": statement.excluded.heartbeat})
    )


def sign_off(recorder: str) -> None:
    """Forgets that the recorder is one of this process."""
    _here.discard(recorder)


def begin_run(connection: Connection, run: Run, owner: str, recorder: str) -> int | None:
    """Stores a run that goes on; its number, or None where it is stored as ended already."""
    row = begun_row(run, owner) | {"recorder": recorder, "abandoned": False, "tags": "[]", "note": ""}
    number = connection.execute(_begin(connection.dialect.name), row).scalar()
    if number is None:
        known = select(runs.c.number).where(
            runs.c.owner == row["owner"], runs.c.id == row["id"], runs.c.outcome.is_(None)
        )
        return connection.execute(known).scalar()
    connection.execute(_INSERT_RECORD, {"number": number, "head": pack_head(run)})
    return int(number)


def renew_head(connection: Connection, number: int, run: Run) -> None:
    """Stores what became known of a run that goes on, and forgets its events, whose times may have changed."""
    connection.execute(_UPDATE_RUN, progress_row(run) | {"of_number": number})
    connection.execute(update(records).where(records.c.number == number).values(head=pack_head(run)))
    connection.execute(_FORGET_PROGRESS, {"of_number": number})


def end_run(connection: Connection, ended: EndedRun, *, abandoned: bool = False) -> None:
    """Stores a run that ended, whole. One that is stored as ended stays as it is, unless it was only given up."""
    known = connection.execute(_KNOWN, {"of_owner": ended.row["owner"], "of_id": ended.row["id"]}).first()
    if known and known.outcome is not None and (abandoned or not known.abandoned or known.deletion is not None):
        return
    row = ended.row | {"recorder": None, "abandoned": abandoned}
    cost = ended.cost
    note = ""
    if known is None:
        number = connection.execute(
            insert(connection.dialect.name, runs).returning(runs.c.number), row | {"tags": "[]", "note": ""}
        ).scalar_one()
    else:
        number, note = known.number, known.note
        if known.outcome is not None:
            cost = _take_back(connection, number, note, cost)
        connection.execute(_UPDATE_RUN, row | cost_row(cost) | {"of_number": number})
        connection.execute(_FORGET_PROGRESS, {"of_number": number})
    parts = {"number": number, "head": ended.head, "events": ended.events, "cost": pack_cost(cost)}
    connection.execute(_put_record(connection.dialect.name), parts)
    word_index.add(connection, number, [*ended.words, *words_of(note)])
    totals.count_run(connection, number)


def end_abandoned(connection: Connection) -> int:
    """Ends the runs whose recorder is gone, as interrupted; how many."""
    connection.execute(delete(recorders).where(recorders.c.id.in_(gone := _gone(connection))))
    living = select(recorders.c.id)
    query = (
        select(runs.c.number, runs.c.owner, records.c.head)
        .join_from(runs, records)
        .where(runs.c.outcome.is_(None), runs.c.recorder.in_(gone) | runs.c.recorder.not_in(living))
        .with_for_update(of=runs, skip_locked=True)
    )
    found = connection.execute(query).all()
    for number, owner, head in found:
        run = interrupted(unpack_run(head, read_progress(connection, number)))
        end_run(connection, EndedRun.of(run, owner, cost_of(run, None)), abandoned=True)
    return len(found)


def stored_words(connection: Connection, number: int) -> list[str]:
    """The words by which the index has an ended run."""
    query = select(runs.c.owner, runs.c.note, records.c.head, records.c.events).join_from(runs, records)
    owner, note, head, events = connection.execute(query.where(runs.c.number == number)).one()
    run = unpack_run(head, unpack_events(events or b""))
    return index_words(run, owner, pack_events(run.events), note)


@cache
def _begin(kind: str) -> ReturningInsert[int]:
    statement = insert(kind, runs).on_conflict_do_nothing(index_elements=["owner", "id"])
    return statement.returning(runs.c.number)


@cache
def _put_record(kind: str) -> Insert:
    statement = insert(kind, records)
    changes = {name: statement.excluded[name] for name in ("head", "events", "cost")}
    return statement.on_conflict_do_update(index_elements=["number"], set_=changes)


def _take_back(connection: Connection, number: int, note: str, cost: Cost) -> Cost:
    """Takes a run that was given up out of index and totals; its cost, which may have been settled meanwhile."""
    word_index.remove(connection, number, stored_words(connection, number))
    totals.count_run(connection, number, -1)
    before = unpack_cost(
        connection.execute(select(records.c.cost).where(records.c.number == number)).scalar_one() or ""
    )
    return before if before.state is CostState.SETTLED else cost


def _gone(connection: Connection) -> list[str]:
    found = connection.execute(select(recorders)).all()
    oldest = datetime.now(UTC) - GONE_AFTER
    return [
        row.id for row in found if row.id not in _here and (row.heartbeat < oldest or _is_dead(row.hostname, row.pid))
    ]


def _is_dead(hostname: str, pid: int) -> bool:
    if hostname != socket.gethostname():
        return False
    # That number is ours now: the process that had it has ended.
    if pid == os.getpid():
        return True
    # Windows has no way to ask without a right to end it; there the heartbeat tells.
    if sys.platform == "win32":
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False

"""Stores runs when they start, while they are running, when they end, and when their recorder is gone."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Insert, bindparam, delete, func, select, update
from sqlalchemy.sql.dml import ReturningInsert

from glm_playground.ledger import totals, word_index
from glm_playground.ledger.database import SQLITE, insert
from glm_playground.ledger.event_codec import pack_events
from glm_playground.ledger.process import has_ended, is_this_one, this_process
from glm_playground.ledger.run_parts import (
    CONTENT_VERSION,
    Row,
    Unreadable,
    changing_row,
    cost_row,
    ended_row,
    index_words,
    interrupted,
    pack_cost,
    pack_head,
    plain,
    settled,
    started_row,
    unpack_run,
    unpack_settlement,
)
from glm_playground.ledger.schema import contents, progress, recorders, runs
from glm_playground.ledger.stored_runs import read_progress
from glm_playground.ledger.words import words_of
from glm_playground.runs.cost import Cost, CostState, cost_of
from glm_playground.runs.run import Outcome, Run

_log = logging.getLogger(__name__)

GONE_AFTER = timedelta(seconds=45)
"""A recorder that was silent for so long is taken to be gone."""

# Made once: to make a statement takes SQLAlchemy longer than to have it executed.
_KNOWN = select(runs).where(runs.c.owner == bindparam("of_owner"), runs.c.id == bindparam("of_id")).with_for_update()
_KNOWN_IDS = select(runs.c.id).where(
    runs.c.owner == bindparam("of_owner"), runs.c.id.in_(bindparam("ids", expanding=True))
)
_INSERT_RUNS = runs.insert().returning(runs.c.number, runs.c.owner, runs.c.id)
_UPDATE_RUN = update(runs).where(runs.c.number == bindparam("of_number"))
_INSERT_CONTENTS = contents.insert()
_SETTLEMENT = select(contents.c.settlement).where(contents.c.number == bindparam("number"))
_FORGET_PROGRESS = delete(progress).where(progress.c.number == bindparam("of_number"))

# Recorders of this process.
_here: set[str] = set()


@dataclass(frozen=True)
class EndedRun:
    """An ended run, packed before the transaction begins, so that it is short."""

    row: Row
    head: bytes
    events: bytes
    cost: Cost
    words: list[str]

    @property
    def owner(self) -> str:
        """Whose it is, as it is stored."""
        return str(self.row["owner"])

    @classmethod
    def of(cls, run: Run, owner: str, cost: Cost) -> "EndedRun":
        """Computes and packs all that is stored of it."""
        row = started_row(run, owner) | ended_row(run, cost)
        packed = pack_events(run.events)
        words, head = index_words(run, owner, packed.content, packed.reasoning, ""), pack_head(run)
        row["size"] = len(head) + len(packed.data)
        return cls(row, head, packed.data, cost, words)


def sign_on(connection: Connection, recorder: str) -> None:
    """Says that the recorder of this process is alive."""
    _here.add(recorder)
    now = datetime.now(UTC) if connection.dialect.name == SQLITE else func.clock_timestamp()
    row = this_process()._asdict() | {"id": recorder, "heartbeat": now}
    statement = insert(connection.dialect.name, recorders).values(row)
    connection.execute(
        statement.on_conflict_do_update(index_elements=["id"], set_={"heartbeat": statement.excluded.heartbeat})
    )


def sign_off(recorder: str) -> None:
    """Forgets that the recorder is one of this process."""
    _here.discard(recorder)


def store_started(connection: Connection, run: Run, owner: str, recorder: str) -> int | None:
    """Stores a running run; its number, or None where it is stored as ended already."""
    row = started_row(run, owner) | {"recorder": recorder, "abandoned": False, "tags": "[]", "note": ""}
    number = connection.execute(_start(connection.dialect.name), row).scalar()
    if number is None:
        stored = select(runs.c.number).where(
            runs.c.owner == row["owner"], runs.c.id == row["id"], runs.c.outcome.is_(None)
        )
        return connection.execute(stored).scalar()
    connection.execute(_INSERT_CONTENTS, {"number": number, "head": pack_head(run), "version": CONTENT_VERSION})
    return int(number)


def renew_head(connection: Connection, number: int, run: Run) -> None:
    """Stores what became known of a running run, and forgets its events, whose times may have changed."""
    connection.execute(_UPDATE_RUN, changing_row(run) | {"of_number": number})
    connection.execute(update(contents).where(contents.c.number == number).values(head=pack_head(run)))
    connection.execute(_FORGET_PROGRESS, {"of_number": number})


def store_error(connection: Connection, run: Run, owner: str) -> None:
    """Stores the error of an ended run anew; nothing where it is not stored as ended."""
    known = connection.execute(_KNOWN, {"of_owner": plain(owner), "of_id": plain(run.id)}).first()
    if known is not None and known.outcome is not None:
        connection.execute(update(contents).where(contents.c.number == known.number).values(head=pack_head(run)))


def store_ended(connection: Connection, ended: EndedRun, *, abandoned: bool = False) -> None:
    """Stores an ended run, whole. A run that is stored as ended stays as it is, unless it was only abandoned."""
    known = connection.execute(_KNOWN, {"of_owner": ended.row["owner"], "of_id": ended.row["id"]}).first()
    if known is None:
        _store_new(connection, [ended], abandoned=abandoned)
        return
    if known.outcome is not None and (abandoned or not known.abandoned or known.deletion is not None):
        return
    row = ended.row | {"recorder": None, "abandoned": abandoned}
    if known.outcome is not None:
        row |= _take_back(connection, known.number, ended.cost)
    connection.execute(_UPDATE_RUN, row | {"of_number": known.number})
    connection.execute(_FORGET_PROGRESS, {"of_number": known.number})
    connection.execute(_put_contents(connection.dialect.name), _content_row(known.number, ended))
    word_index.add(connection, known.number, [*ended.words, *words_of(known.note)])
    totals.count_runs(connection, [known.number])


def store_all_ended(connection: Connection, ended: Sequence[EndedRun]) -> None:
    """`store_ended` for several; those that are not stored yet take as many statements together as one alone."""
    by_id = {(one.row["owner"], one.row["id"]): one for one in ended}
    known: set[tuple[str, str]] = set()
    for owner in {owner for owner, _id in by_id}:
        ids = [id for of, id in by_id if of == owner]
        known |= {(owner, id) for id in connection.execute(_KNOWN_IDS, {"of_owner": owner, "ids": ids}).scalars()}
    for key in known:
        store_ended(connection, by_id[key])
    if new := [one for key, one in by_id.items() if key not in known]:
        _store_new(connection, new, abandoned=False)


def _store_new(connection: Connection, ended: Sequence[EndedRun], *, abandoned: bool) -> None:
    """Stores runs of which nothing is stored, in their order."""
    begun = {"recorder": None, "abandoned": abandoned, "tags": "[]", "note": ""}
    added = connection.execute(_INSERT_RUNS, [one.row | begun for one in ended]).all()
    numbers = {(owner, id): number for number, owner, id in added}
    numbered = [(numbers[one.row["owner"], one.row["id"]], one) for one in ended]
    connection.execute(_INSERT_CONTENTS, [_content_row(number, one) for number, one in numbered])
    word_index.add_all(connection, [(number, one.words) for number, one in numbered])
    totals.count_runs(connection, [number for number, _one in numbered])


def _content_row(number: int, ended: EndedRun) -> Row:
    parts = {"number": number, "head": ended.head, "events": ended.events, "cost": pack_cost(ended.cost)}
    return parts | {"version": CONTENT_VERSION}


def any_abandoned(connection: Connection) -> bool:
    """True where there is something for `end_abandoned` to do."""
    gone = _gone(connection)
    return bool(gone) or connection.execute(select(runs.c.number).where(_abandoned(gone)).limit(1)).first() is not None


def end_abandoned(connection: Connection) -> int:
    """Ends the runs whose recorder is gone, as interrupted; how many."""
    connection.execute(delete(recorders).where(recorders.c.id.in_(gone := _gone(connection))))
    query = (
        select(runs.c.number, runs.c.owner, contents.c.head)
        .join_from(runs, contents)
        .where(_abandoned(gone))
        .with_for_update(of=runs, skip_locked=True)
    )
    found = connection.execute(query).all()
    for number, owner, head in found:
        try:
            run = interrupted(unpack_run(head, read_progress(connection, number))[0])
        except Unreadable as error:
            _log.error("the run with the number %s cannot be read and ends without its text: %s", number, error)
            _end_unreadable(connection, number)
        else:
            store_ended(connection, EndedRun.of(run, owner, cost_of(run, None)), abandoned=True)
    return len(found)


def lock_runs(connection: Connection, which: ColumnElement[bool], limit: int | None = None) -> list[int]:
    """Keeps others from changing these runs until the transaction ends; their running numbers, at most `limit`.

    In one order everywhere, so that two transactions on PostgreSQL never wait for each other. Those that another one
    changed while this one waited are not among them.
    """
    query = select(runs.c.number).where(which).order_by(runs.c.number).limit(limit).with_for_update()
    return list(connection.execute(query).scalars())


def stored_words(connection: Connection, number: int) -> list[str] | None:
    """The words by which the index has an ended run; None where the run cannot be read."""
    query = select(runs.c.owner, runs.c.note, contents.c.head, contents.c.events).outerjoin_from(runs, contents)
    owner, note, head, events = connection.execute(query.where(runs.c.number == number)).one()
    # A run that was abandoned and unreadable has neither events nor words.
    if events is None:
        return None
    try:
        run, _left_out = unpack_run(head, [events])
    except Unreadable:
        return None
    return index_words(run, owner, run.content, run.reasoning, note)


def _end_unreadable(connection: Connection, number: int) -> None:
    """Ends a run of which only the row can be read; what else is stored of it stays for a version that can."""
    ended = {"outcome": Outcome.INTERRUPTED, "cost_state": CostState.NO_USAGE, "recorder": None, "abandoned": True}
    connection.execute(_UPDATE_RUN, ended | {"of_number": number})
    totals.count_runs(connection, [number])


@cache
def _start(kind: str) -> ReturningInsert[int]:
    statement = insert(kind, runs).on_conflict_do_nothing(index_elements=["owner", "id"])
    return statement.returning(runs.c.number)


@cache
def _put_contents(kind: str) -> Insert:
    statement = insert(kind, contents)
    changes = {name: statement.excluded[name] for name in ("head", "events", "cost", "version")}
    return statement.on_conflict_do_update(index_elements=["number"], set_=changes)


def _take_back(connection: Connection, number: int, cost: Cost) -> Row:
    """Removes an abandoned run from index and totals; gives the cost columns of its row, settled meanwhile or not."""
    if (words := stored_words(connection, number)) is not None:
        word_index.remove(connection, number, words)
    totals.count_runs(connection, [number], -1)
    settlement = unpack_settlement(connection.execute(_SETTLEMENT, {"number": number}).scalar())
    return cost_row(settled(cost, settlement)) if settlement else cost_row(cost)


def _abandoned(gone: list[str]) -> ColumnElement[bool]:
    """The running runs of recorders that are gone, or are not there any more."""
    lost = runs.c.recorder.in_(gone) | runs.c.recorder.not_in(select(recorders.c.id))
    return runs.c.outcome.is_(None) & lost


def _gone(connection: Connection) -> list[str]:
    found = connection.execute(select(recorders)).all()
    oldest = _now(connection) - GONE_AFTER
    return [row.id for row in found if row.id not in _here and (row.heartbeat < oldest or _is_over(row))]


def _is_over(row: Any) -> bool:
    """True where the process of a recorder has ended, or continues without it."""
    process = row.pid, row.place, row.started
    return has_ended(*process) or is_this_one(*process)


def _now(connection: Connection) -> datetime:
    """By the clock that heartbeats are told by: the clocks of several servers may differ."""
    if connection.dialect.name == SQLITE:
        return datetime.now(UTC)
    now: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
    return now

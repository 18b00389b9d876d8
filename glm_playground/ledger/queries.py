"""What is read of the ledger: lists, whole runs, models and tags."""

import json
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, exists, func, select, union
from sqlalchemy.sql.elements import ColumnElement

from glm_playground.gateway import Event
from glm_playground.ledger.event_codec import unpack_events
from glm_playground.ledger.filters import newest_first, shown
from glm_playground.ledger.run_parts import dollars, plain, unpack_cost, unpack_run
from glm_playground.ledger.schema import callbacks, lookups, progress, records, run_tags, runs, totals
from glm_playground.ledger.values import Callback, Cursor, Page, RunFilter, RunRow, StoredRun, TaskLookup
from glm_playground.runs.cost import CostState
from glm_playground.runs.run import Outcome

_ROW: list[ColumnElement[Any]] = [
    runs.c.number,
    runs.c.id,
    runs.c.started_at,
    runs.c.model,
    runs.c.server,
    runs.c.stand_in,
    runs.c.outcome,
    runs.c.prompt,
    runs.c.prompt_tokens,
    runs.c.completion_tokens,
    runs.c.ttft_ns,
    runs.c.e2e_ns,
    runs.c.output_speed,
    runs.c.cost_state,
    runs.c.picodollars,
    runs.c.task_id,
    runs.c.tags,
    runs.c.note,
]
_WHOLE: list[ColumnElement[Any]] = [*_ROW, records.c.head, records.c.events, records.c.cost]


def read_page(connection: Connection, owner: str, wanted: RunFilter, after: Cursor | None, limit: int) -> Page:
    """At most `limit` runs that fit, after the cursor."""
    query = newest_first(connection, _ROW, owner, wanted, after.number if after else None)
    found = connection.execute(query.limit(limit + 1)).all()
    older = Cursor(found[limit - 1].number) if len(found) > limit else None
    return Page(tuple(map(_row, found[:limit])), older)


def read_run(connection: Connection, owner: str, run_id: str) -> StoredRun | None:
    """One run, whole."""
    query = select(*_WHOLE).join_from(runs, records).where(shown(owner), runs.c.id == plain(run_id))
    found = connection.execute(query).first()
    return None if found is None else _whole(connection, owner, found)


def read_batch(
    connection: Connection, owner: str, wanted: RunFilter, before: int | None, limit: int
) -> tuple[list[StoredRun], int | None]:
    """At most `limit` whole runs that fit, and the number that the next ones are below; None at the end."""
    numbers = connection.execute(newest_first(connection, [runs.c.number], owner, wanted, before).limit(limit))
    wanted_numbers = list(numbers.scalars())
    query = select(*_WHOLE).join_from(runs, records).where(runs.c.number.in_(wanted_numbers))
    found = connection.execute(query.order_by(runs.c.number.desc())).all()
    stored = [_whole(connection, owner, row) for row in found]
    return stored, wanted_numbers[-1] if len(wanted_numbers) == limit else None


def read_progress(connection: Connection, number: int) -> list[Event]:
    """The events so far of a run that goes on."""
    query = select(progress.c.events).where(progress.c.number == number).order_by(progress.c.first)
    return [event for packed in connection.execute(query).scalars() for event in unpack_events(packed)]


def read_models(connection: Connection, owner: str) -> tuple[str, ...]:
    """The models of the owner's runs, by name."""
    ended = select(totals.c.model).where(totals.c.owner == plain(owner))
    going_on = select(runs.c.model).where(shown(owner), runs.c.outcome.is_(None))
    return tuple(sorted(connection.execute(union(ended, going_on)).scalars()))


def read_tags(connection: Connection, owner: str) -> tuple[str, ...]:
    """The tags of the owner's runs, by name."""
    mine = run_tags.c.owner == plain(owner)
    # From one tag to the next in the index, since a tag may be that of very many runs.
    used = select(func.min(run_tags.c.tag).label("tag")).where(mine).cte("used", recursive=True)
    following = select(func.min(run_tags.c.tag)).where(mine, run_tags.c.tag > used.c.tag).scalar_subquery()
    used = used.union_all(select(following).where(used.c.tag.is_not(None)))
    # Runs that are deleted keep their tags; they are looked at until one is not.
    on_shown = exists().where(mine, run_tags.c.tag == used.c.tag, run_tags.c.number == runs.c.number, shown(owner))
    return tuple(sorted(connection.execute(select(used.c.tag).where(on_shown)).scalars()))


def _row(found: Row[Any]) -> RunRow:
    return RunRow(
        id=found.id,
        started_at=found.started_at,
        model=found.model,
        server=found.server,
        stand_in=found.stand_in,
        outcome=None if found.outcome is None else Outcome(found.outcome),
        prompt=found.prompt,
        prompt_tokens=found.prompt_tokens,
        completion_tokens=found.completion_tokens,
        ttft_ns=found.ttft_ns,
        e2e_ns=found.e2e_ns,
        output_speed=found.output_speed,
        cost_state=None if found.cost_state is None else CostState(found.cost_state),
        cost=None if found.picodollars is None else dollars(found.picodollars),
        task_id=found.task_id,
        tags=tuple(json.loads(found.tags)),
        note=found.note,
    )


def _whole(connection: Connection, owner: str, found: Row[Any]) -> StoredRun:
    events = read_progress(connection, found.number) if found.events is None else unpack_events(found.events)
    return StoredRun(
        run=unpack_run(found.head, events),
        cost=None if found.cost is None else unpack_cost(found.cost),
        row=_row(found),
        callbacks=tuple(_callbacks(connection, found.task_id)) if found.task_id else (),
        lookups=tuple(_lookups(connection, owner, found.task_id)) if found.task_id else (),
    )


def _callbacks(connection: Connection, task_id: str) -> Iterable[Callback]:
    query = select(callbacks).where(callbacks.c.task_id == task_id).order_by(callbacks.c.received_at, callbacks.c.id)
    for row in connection.execute(query):
        yield Callback(row.id, row.sent_at, row.received_at, row.task_id, row.status, json.loads(row.body))


def _lookups(connection: Connection, owner: str, task_id: str) -> Iterable[TaskLookup]:
    query = select(lookups).where(lookups.c.owner == plain(owner), lookups.c.task_id == task_id)
    for row in connection.execute(query.order_by(lookups.c.number)):
        cost = None if row.cost is None else Decimal(row.cost)
        yield TaskLookup(row.task_id, row.asked_at, row.status, cost, json.loads(row.body))

"""Rows of the tables as values. A run that cannot be read is given as unreadable and harms no other."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, select
from sqlalchemy.sql.elements import ColumnElement

from glm_playground.ledger.run_parts import (
    CONTENT_VERSION,
    Unreadable,
    dollars,
    plain,
    settled,
    unpack_cost,
    unpack_run,
    unpack_settlement,
)
from glm_playground.ledger.schema import callbacks, contents, lookups, progress, runs
from glm_playground.ledger.values import Callback, RunRow, Settlement, StoredRun, TaskLookup, UnreadableRun
from glm_playground.runs.cost import Cost, CostState, cost_of
from glm_playground.runs.marks import unmarked
from glm_playground.runs.run import Outcome, Run

E = TypeVar("E", bound=StrEnum)
ROW: list[ColumnElement[Any]] = [
    runs.c.number,
    runs.c.id,
    runs.c.started_at,
    runs.c.model,
    runs.c.server,
    runs.c.stand_in,
    runs.c.warm_up,
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
"""The columns that `row_of` reads."""
WHOLE: list[ColumnElement[Any]] = [
    *ROW,
    contents.c.head,
    contents.c.events,
    contents.c.cost,
    contents.c.settlement,
    contents.c.version,
]
"""The columns that `whole_runs` reads, of runs joined to their contents."""
_AT_ONCE = 500


def known(kind: type[E], name: str | None) -> E | None:
    """The member of that name; None where there is no name, or this version does not know it."""
    try:
        return None if name is None else kind(name)
    except ValueError:
        return None


def row_of(found: Row[Any]) -> RunRow:
    """One run in a list."""
    outcome, cost_state = known(Outcome, found.outcome), known(CostState, found.cost_state)
    return RunRow(
        id=found.id,
        started_at=found.started_at,
        model=found.model,
        server=found.server,
        stand_in=found.stand_in,
        outcome=outcome,
        prompt=unmarked(found.prompt),
        prompt_tokens=found.prompt_tokens,
        completion_tokens=found.completion_tokens,
        ttft_ns=found.ttft_ns,
        e2e_ns=found.e2e_ns,
        output_speed=found.output_speed,
        cost_state=cost_state,
        cost=None if found.picodollars is None else dollars(found.picodollars),
        task_id=found.task_id,
        tags=tuple(_tags(found.tags)),
        note=found.note,
        warm_up=found.warm_up,
        readable=(found.outcome, found.cost_state) == (outcome, cost_state),
    )


def whole_runs(connection: Connection, owner: str, found: Sequence[Row[Any]]) -> list[StoredRun | UnreadableRun]:
    """Whole runs, with what gateways said of their tasks."""
    tasks = list({row.task_id for row in found if row.task_id})
    told, asked = _callbacks(connection, tasks), _lookups(connection, owner, tasks)
    stored: list[StoredRun | UnreadableRun] = []
    for row in found:
        try:
            stored.append(_whole(connection, row, tuple(told.get(row.task_id, ())), tuple(asked.get(row.task_id, ()))))
        except Unreadable:
            stored.append(UnreadableRun(row_of(row), newer=(row.version or 0) > CONTENT_VERSION))
    return stored


def read_progress(connection: Connection, number: int) -> Sequence[bytes]:
    """The packed events so far of a running run."""
    query = select(progress.c.events).where(progress.c.number == number).order_by(progress.c.first)
    return connection.execute(query).scalars().all()


def _whole(
    connection: Connection, found: Row[Any], told: tuple[Callback, ...], asked: tuple[TaskLookup, ...]
) -> StoredRun:
    row = row_of(found)
    if not row.readable:
        raise Unreadable(f"outcome {found.outcome}, cost {found.cost_state}")
    packed = read_progress(connection, found.number) if found.events is None else [found.events]
    run, left_out = unpack_run(found.head, packed)
    cost, settlement = unpack_cost(found.cost), unpack_settlement(found.settlement)
    if cost and cost.state is CostState.SETTLED and (run.usage is None or run.usage.cost is None):
        # The first version wrote a settled amount over the estimate, which its price and the usage give again.
        settlement = settlement or _settlement_of_version_1(run, cost, asked)
        cost = cost_of(run, cost.price)
    return StoredRun(
        # An abandoned run that was unreadable may be readable by now; its row says how it ended.
        run=run if run.ended or row.outcome is None else replace(run, outcome=row.outcome),
        cost=settled(cost, settlement) if settlement else cost,
        row=row,
        callbacks=told,
        lookups=asked,
        cost_at_end=cost,
        settlement=settlement,
        left_out=left_out,
    )


def _settlement_of_version_1(run: Run, cost: Cost, asked: Sequence[TaskLookup]) -> Settlement:
    amount = cost.amount or Decimal(0)
    said = next((lookup.asked_at for lookup in asked if lookup.cost == amount), None)
    return Settlement(amount, run.server.origin, said)


def _callbacks(connection: Connection, tasks: list[str]) -> dict[str, list[Callback]]:
    found: dict[str, list[Callback]] = {}
    for some in _batches(tasks):
        query = select(callbacks).where(callbacks.c.task_id.in_(some))
        for row in connection.execute(query.order_by(callbacks.c.received_at, callbacks.c.id)):
            told = Callback(row.id, row.sent_at, row.received_at, row.task_id, row.status, _object(row.body))
            found.setdefault(row.task_id, []).append(told)
    return found


def _lookups(connection: Connection, owner: str, tasks: list[str]) -> dict[str, list[TaskLookup]]:
    found: dict[str, list[TaskLookup]] = {}
    for some in _batches(tasks):
        query = select(lookups).where(lookups.c.owner == plain(owner), lookups.c.task_id.in_(some))
        for row in connection.execute(query.order_by(lookups.c.number)):
            asked = TaskLookup(row.task_id, row.asked_at, row.status, _amount(row.cost), _object(row.body))
            found.setdefault(row.task_id, []).append(asked)
    return found


def _batches(names: list[str]) -> Iterator[list[str]]:
    for at in range(0, len(names), _AT_ONCE):
        yield names[at : at + _AT_ONCE]


def _tags(text: str) -> list[str]:
    try:
        found = json.loads(text)
    except ValueError:
        return []
    return [tag for tag in found if isinstance(tag, str)] if isinstance(found, list) else []


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _amount(text: str | None) -> Decimal | None:
    try:
        return None if text is None else Decimal(text)
    except InvalidOperation:
        return None

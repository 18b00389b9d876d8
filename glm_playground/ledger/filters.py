"""A filter of runs as a query, newest first."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Select, false, select
from sqlalchemy.sql.elements import ColumnElement

from glm_playground.ledger import word_index
from glm_playground.ledger.run_parts import plain
from glm_playground.ledger.schema import run_tags, run_words, runs
from glm_playground.ledger.values import RunFilter

Condition = ColumnElement[bool]


def shown(owner: str) -> Condition:
    """The runs of `owner` that are not deleted."""
    return (runs.c.owner == plain(owner)) & runs.c.deletion.is_(None)


def newest_first(
    connection: Connection, columns: list[ColumnElement[Any]], owner: str, wanted: RunFilter, before: int | None
) -> Select[Any]:
    """Selects `columns` of the runs of `owner` that fit; `before` is a running number that all of them are below."""
    query = select(*columns).where(shown(owner), *_conditions(wanted))
    order: ColumnElement[int] = runs.c.number
    if wanted.text.strip():
        matching = word_index.matching(connection, owner, wanted.text)
        # Ordered by FTS5's own number, SQLite walks the words from the newest run on and stops at the limit.
        order = word_index.joined_on(connection)
        number = run_words.c.rowid if order is run_words.c.rowid else run_words.c.number
        query = query.select_from(run_words.join(runs, runs.c.number == number))
        query = query.where(false() if matching is None else matching)
    elif len(wanted.tags) == 1:
        order = run_tags.c.number
        query = query.select_from(run_tags.join(runs, runs.c.number == run_tags.c.number))
        query = query.where(run_tags.c.owner == plain(owner), run_tags.c.tag == plain(wanted.tags[0]))
    if wanted.tags and order is not run_tags.c.number:
        tagged = select(run_tags.c.number).where(
            run_tags.c.owner == plain(owner), run_tags.c.tag.in_(map(plain, wanted.tags))
        )
        query = query.where(runs.c.number.in_(tagged))
    if before is not None:
        query = query.where(order < before)
    return query.order_by(order.desc())


def _conditions(wanted: RunFilter) -> list[Condition]:
    found = [
        _one_of(runs.c.model, tuple(map(plain, wanted.models))),
        _one_of(runs.c.server, tuple(map(plain, wanted.servers))),
        _one_of(runs.c.outcome, tuple(outcome.value for outcome in wanted.outcomes)),
        _one_of(runs.c.cost_state, tuple(state.value for state in wanted.cost_states)),
        *_within(wanted.since, wanted.until),
        None if wanted.stand_in is None else runs.c.by_stand_in.is_(wanted.stand_in),
        None if wanted.warm_up is None else runs.c.warm_up.is_(wanted.warm_up),
        runs.c.task_id == plain(wanted.task_id) if wanted.task_id else None,
    ]
    return [condition for condition in found if condition is not None]


def _within(since: datetime | None, until: datetime | None) -> Iterator[Condition]:
    """Of when runs began; the index has their days only, by which it leaves out most."""
    if since is not None:
        yield runs.c.day >= since.astimezone(UTC).date()
        yield runs.c.started_at >= since
    if until is not None:
        yield runs.c.day <= until.astimezone(UTC).date()
        yield runs.c.started_at < until


def _one_of(column: ColumnElement[Any], values: tuple[str, ...]) -> Condition | None:
    if not values:
        return None
    return column == values[0] if len(values) == 1 else column.in_(values)

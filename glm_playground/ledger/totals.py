"""The daily totals, updated in the transaction that changes the runs."""

from collections.abc import Iterable, Sequence
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import Connection, Insert, Row, bindparam, delete, func, select
from sqlalchemy.sql.elements import ColumnElement

from glm_playground import bounds
from glm_playground.ledger.database import insert
from glm_playground.ledger.errors import LedgerNoRoom, Stored
from glm_playground.ledger.run_parts import dollars, plain
from glm_playground.ledger.schema import runs, totals
from glm_playground.ledger.values import Total
from glm_playground.runs.cost import CostState
from glm_playground.runs.run import Outcome

_KEY = ("owner", "day", "model", "outcome", "cost_state", "by_stand_in", "warm_up")
_SUMS = ("runs", "prompt_tokens", "completion_tokens", "picodollars", "size")
_PLACES = tuple(enumerate(_SUMS, len(_KEY)))
_COLUMNS = [runs.c[name] for name in _KEY]
_SUMMED = (
    select(*_COLUMNS, func.count(), *(func.coalesce(func.sum(runs.c[name]), 0) for name in _SUMS[1:]))
    .where(runs.c.outcome.is_not(None))
    .group_by(*_COLUMNS)
)
_SUMMED_OF_RUNS = _SUMMED.where(runs.c.number.in_(bindparam("numbers", expanding=True)))
# Looked up by name for thousands of rows; one that only a later version knows is None.
_OUTCOMES: dict[str, Outcome] = {outcome.value: outcome for outcome in Outcome}
_STATES: dict[str, CostState] = {state.value: state for state in CostState}


def count(connection: Connection, which: ColumnElement[bool], sign: int = 1) -> None:
    """Adds the ended runs of `which` to the totals, or takes them away where `sign` is -1.

    The caller sees to it that they are, or were, in them: ended and not deleted.
    """
    _add(connection, connection.execute(_SUMMED.where(which)).all(), sign)


def count_runs(connection: Connection, numbers: Sequence[int], sign: int = 1) -> None:
    """`count` for the runs with these numbers."""
    _add(connection, connection.execute(_SUMMED_OF_RUNS, {"numbers": numbers}).all(), sign)


def _add(connection: Connection, summed: Iterable[Row[*tuple[Any, ...]]], sign: int) -> None:
    # In one order everywhere, so that two transactions on PostgreSQL never wait for each other.
    cells = sorted(summed)
    if not cells:
        return
    connection.execute(
        _add_to_totals(connection.dialect.name),
        [
            dict(zip(_KEY, cell, strict=False)) | {name: sign * int(cell[name_at]) for name_at, name in _PLACES}
            for cell in cells
        ],
    )
    if sign < 0:
        owners = {cell[0] for cell in cells}
        connection.execute(delete(totals).where(totals.c.owner.in_(owners), totals.c.runs == 0))


@cache
def _add_to_totals(kind: str) -> Insert:
    statement = insert(kind, totals)
    changes = {name: totals.c[name] + statement.excluded[name] for name in _SUMS}
    return statement.on_conflict_do_update(index_elements=_KEY, set_=changes)


def read(connection: Connection, owner: str, since: date | None, until: date | None) -> tuple[Total, ...]:
    """The totals from `since` to `until`, both included, newest day first."""
    query = select(*(totals.c[name] for name in (*_KEY[1:], *_SUMS))).where(totals.c.owner == plain(owner))
    if since:
        query = query.where(totals.c.day >= since)
    if until:
        query = query.where(totals.c.day <= until)
    order = [totals.c[name] for name in _KEY[2:]]
    rows = connection.execute(query.order_by(totals.c.day.desc(), *order))
    return tuple([_total(row) for row in rows])


def read_by_server(connection: Connection, owner: str, since: date | None) -> tuple[Total, ...]:
    """The totals from `since` on by gateway, newest day first: added up from the runs, since totals know of none."""
    mine = (runs.c.owner == plain(owner)) & runs.c.deletion.is_(None)
    if since:
        mine &= runs.c.day >= since
    query = _SUMMED.add_columns(runs.c.server).where(mine).group_by(runs.c.server).order_by(runs.c.day.desc())
    return tuple([_total(row[1:-1], row[-1]) for row in connection.execute(query)])


def read_size(connection: Connection, owner: str) -> int:
    """How many bytes the ended runs of an owner have together."""
    query = select(func.coalesce(func.sum(totals.c.size), 0)).where(totals.c.owner == plain(owner))
    return int(connection.execute(query).scalar_one())


def need_room(connection: Connection, owner: str) -> None:
    """Sees to it that runs of an owner may be stored.

    Raises:
        LedgerNoRoom: the owner's have as many bytes as one's may.
    """
    if read_size(connection, owner) >= bounds.OWN_RUNS_BYTES:
        raise LedgerNoRoom(Stored.RUNS)


def _total(cells: Sequence[Any], server: str = "") -> Total:
    day, model, outcome, state, by_stand_in, warm_up, *sums = cells
    # PostgreSQL's sums of whole numbers are decimals.
    runs, prompt, completion, cost, _size = map(int, sums)
    return Total(
        *(day, model, _OUTCOMES.get(outcome), _STATES.get(state), by_stand_in),
        *(runs, prompt, completion, dollars(cost)),
        warm_up=warm_up,
        server=server,
    )

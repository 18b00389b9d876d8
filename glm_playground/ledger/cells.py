"""The cells of evaluations: which are asked next, by whom, and what became of them.

Whoever changes them has locked their evaluation in the same transaction, but for `interrupt_left`.
"""

import uuid
from collections.abc import Iterator, Sequence, Set
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, bindparam, delete, func, insert, select, text, tuple_, update

from glm_playground.ledger import run_writes
from glm_playground.ledger.database import SQLITE
from glm_playground.ledger.evaluation_values import (
    CellKey,
    CellRow,
    CellState,
    Claimed,
    EndedCell,
    NewEvaluation,
    Spending,
    Step,
)
from glm_playground.ledger.evaluations_schema import CLAIMED, NO_SUMS, WAITING, cells
from glm_playground.ledger.schema import recorders
from glm_playground.runs.caps import Amount

READ_AT_ONCE = 1_000
_KEY = (cells.c.repeat, cells.c.case, cells.c.candidate)
_THIS_CELL = (
    (cells.c.evaluation == bindparam("of_evaluation"))
    & (cells.c.repeat == bindparam("of_repeat"))
    & (cells.c.case == bindparam("of_case"))
    & (cells.c.candidate == bindparam("of_candidate"))
)
# Made once: to make a statement takes SQLAlchemy longer than to have it executed.
_NEXT = (
    select(*_KEY)
    .where(
        cells.c.evaluation == bindparam("of_evaluation"),
        WAITING,
        cells.c.candidate.in_(bindparam("candidates", expanding=True)),
    )
    .order_by(*_KEY)
    .limit(bindparam("at_most"))
)
# By itself SQLite walks along the primary key, past all that is finished.
_NEXT_IN_SQLITE = text(
    """
    SELECT repeat, "case", candidate FROM cells INDEXED BY cells_waiting
    WHERE evaluation = :of_evaluation AND state = 'waiting' AND candidate IN :candidates
    ORDER BY repeat, "case", candidate LIMIT :at_most
    """
).bindparams(bindparam("candidates", expanding=True))
_CLAIM = (
    update(cells)
    .where(_THIS_CELL)
    .values(
        state=CellState.CLAIMED.value,
        run_id=bindparam("new_run"),
        recorder=bindparam("by"),
        attempts=cells.c.attempts + 1,
        reserved_picodollars=cells.c.reserved_picodollars + bindparam("most_picodollars"),
        reserved_tokens=cells.c.reserved_tokens + bindparam("most_tokens"),
    )
)
# A process that was taken for gone may yet tell how its cell ended.
_SETTLE = (
    update(cells)
    .where(
        _THIS_CELL,
        cells.c.run_id == bindparam("of_run"),
        cells.c.state.in_([CellState.CLAIMED.value, CellState.INTERRUPTED.value]),
    )
    .values(
        state=bindparam("new_state"),
        recorder=None,
        reserved_picodollars=cells.c.reserved_picodollars - bindparam("freed_picodollars"),
        reserved_tokens=cells.c.reserved_tokens - bindparam("freed_tokens"),
        spent_picodollars=cells.c.spent_picodollars + bindparam("used_picodollars"),
        spent_tokens=cells.c.spent_tokens + bindparam("used_tokens"),
    )
)


def new_cells(number: int, new: NewEvaluation) -> Iterator[dict[str, Any]]:
    """The rows of all cells of an evaluation, which wait."""
    for repeat in range(new.repeats):
        for case in range(new.cases):
            for candidate in range(new.candidate_count):
                yield _waiting(number, CellKey(repeat, case, candidate))


def place(connection: Connection, number: int, first: int, wanted: Set[CellKey]) -> int:
    """Sets the cells of the candidates from `first` on to those; by how many more wait. Those that were asked stay."""
    judged = (cells.c.evaluation == number) & (cells.c.candidate >= first)
    rows = connection.execute(select(*_KEY, cells.c.attempts).where(judged)).all()
    known = {CellKey(row.repeat, row.case, row.candidate): row.attempts for row in rows}
    new = sorted(wanted - known.keys())
    gone = sorted(key for key, attempts in known.items() if not attempts and key not in wanted)
    for at in range(0, len(new), READ_AT_ONCE):
        connection.execute(insert(cells), [_waiting(number, key) for key in new[at : at + READ_AT_ONCE]])
    for at in range(0, len(gone), READ_AT_ONCE):
        connection.execute(
            delete(cells).where(_THIS_CELL), [_place(number, key) for key in gone[at : at + READ_AT_ONCE]]
        )
    return len(new) - len(gone)


def read_cells(connection: Connection, number: int, after: CellKey | None) -> list[CellRow]:
    """At most `READ_AT_ONCE` cells after that one."""
    query = select(cells).where(cells.c.evaluation == number).order_by(*_KEY).limit(READ_AT_ONCE)
    if after is not None:
        query = query.where(tuple_(*_KEY) > tuple_(*after))
    return [
        CellRow(
            CellKey(row.repeat, row.case, row.candidate),
            CellState(row.state),
            row.run_id,
            row.attempts,
            Amount(row.reserved_tokens, row.reserved_picodollars),
            Amount(row.spent_tokens, row.spent_picodollars),
        )
        for row in connection.execute(query)
    ]


def counts(connection: Connection, which: ColumnElement[bool]) -> dict[int, dict[CellState, int]]:
    """How many cells of each evaluation are in each state."""
    query = select(cells.c.evaluation, cells.c.state, func.count()).where(which)
    found: dict[int, dict[CellState, int]] = {}
    for number, state, count in connection.execute(query.group_by(cells.c.evaluation, cells.c.state)):
        found.setdefault(number, {})[CellState(state)] = count
    return found


class Freed(NamedTuple):
    """What is not reserved any more, and what was spent."""

    reserved: Amount = Amount()
    spent: Amount = Amount()


def settle(connection: Connection, number: int, ended: Sequence[EndedCell]) -> Freed:
    """Settles what has ended and stores its runs; what that frees."""
    found = Freed()
    for one in ended:
        freed, used = (Amount(), Amount()) if one.used is None else (one.most, one.used)
        values = _place(number, one.key) | {
            "of_run": one.run_id,
            "new_state": one.state.value,
            "freed_picodollars": freed.picodollars,
            "freed_tokens": freed.tokens,
            "used_picodollars": used.picodollars,
            "used_tokens": used.tokens,
        }
        # One that is settled already, since a transaction was taken for lost, is not settled again.
        if connection.execute(_SETTLE, values).rowcount:
            found = Freed(found.reserved.plus(freed), found.spent.plus(used))
    run_writes.store_all_ended(connection, [one.run for one in ended if one.run])
    return found


def choose(connection: Connection, number: int, step: Step, spending: Spending) -> tuple[list[Claimed], bool]:
    """The next cells within the caps, and whether one is above them."""
    claimed: list[Claimed] = []
    following = _NEXT_IN_SQLITE if connection.dialect.name == SQLITE else _NEXT
    for want in step.wants:
        if want.at_most <= 0:
            continue
        values = {"of_evaluation": number, "candidates": list(want.candidates), "at_most": want.at_most}
        for found in connection.execute(following, values).all():
            key = CellKey(*found)
            most = step.most(key)
            if not spending.has_room(most):
                # Those after it wait too: what is asked is whole cases, as many as there is room for.
                return claimed, True
            spending = spending._replace(reserved=spending.reserved.plus(most))
            claimed.append(Claimed(key, uuid.uuid4().hex, most))
    return claimed, False


def claim(connection: Connection, number: int, recorder: str, claimed: Sequence[Claimed]) -> None:
    """Claims cells for this process."""
    rows = [
        _place(number, one.key)
        | {
            "new_run": one.run_id,
            "by": recorder,
            "most_picodollars": one.most.picodollars,
            "most_tokens": one.most.tokens,
        }
        for one in claimed
    ]
    if rows:
        connection.execute(_CLAIM, rows)


def claimed_by(connection: Connection, number: int, recorder: str) -> list[tuple[CellKey, str]]:
    """The cells that this recorder has claimed, with the ids of their runs."""
    mine = (cells.c.evaluation == number) & CLAIMED & (cells.c.recorder == recorder)
    query = select(*_KEY, cells.c.run_id).where(mine).order_by(*_KEY)
    return [(CellKey(*key), str(run_id)) for *key, run_id in connection.execute(query)]


def any_left(connection: Connection) -> bool:
    """Whether there is something for `interrupt_left` to do."""
    return connection.execute(select(cells.c.evaluation).where(_left()).limit(1)).first() is not None


def interrupt_left(connection: Connection) -> int:
    """Interrupts the cells that a process claimed which is gone; how many. What was reserved for them stays so."""
    return connection.execute(
        update(cells).where(_left()).values(state=CellState.INTERRUPTED.value, recorder=None)
    ).rowcount


def _waiting(number: int, key: CellKey) -> dict[str, Any]:
    place = {"evaluation": number, **key._asdict()}
    return place | {"state": CellState.WAITING.value, "attempts": 0, **NO_SUMS}


def _place(number: int, key: CellKey) -> dict[str, int]:
    return {"of_evaluation": number, "of_repeat": key.repeat, "of_case": key.case, "of_candidate": key.candidate}


def _left() -> ColumnElement[bool]:
    # A NULL would make NOT IN unknown.
    gone = func.coalesce(cells.c.recorder, "").not_in(select(recorders.c.id))
    left: ColumnElement[bool] = CLAIMED & gone
    return left

"""Stores evaluations: which cells there are, who asks them, and what they may still cost.

One transaction, `Evaluations.step`, settles what has ended, together with its runs, and claims what is asked next, with
the most that it may use. An evaluation's row is locked meanwhile, so that over all processes what is spent and what is
reserved never exceed its caps, and no cell is claimed twice. A cell whose process is gone is interrupted: nobody knows
what it cost, so what was reserved for it stays reserved.
"""

import uuid
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, bindparam, delete, func, insert, select, tuple_, update

from glm_playground.ledger import run_writes
from glm_playground.ledger.database import Database
from glm_playground.ledger.evaluation_values import (
    CellKey,
    CellRow,
    CellState,
    Claimed,
    EndedCell,
    EvaluationRow,
    EvaluationState,
    NewEvaluation,
    Spending,
    Step,
    Stepped,
)
from glm_playground.ledger.evaluations_schema import cells, evaluations
from glm_playground.ledger.packed_text import pack_text, unpack_text
from glm_playground.ledger.run_parts import plain
from glm_playground.ledger.schema import recorders
from glm_playground.runs.caps import Amount

_MADE_AT_ONCE = 5_000
_READ_AT_ONCE = 1_000
_NO_SUMS = {"reserved_picodollars": 0, "reserved_tokens": 0, "spent_picodollars": 0, "spent_tokens": 0}
_SUMS = (
    evaluations.c.reserved_picodollars,
    evaluations.c.reserved_tokens,
    evaluations.c.spent_picodollars,
    evaluations.c.spent_tokens,
)
_CAPS = (evaluations.c.cap_picodollars, evaluations.c.cap_tokens)
_KEY = (cells.c.repeat, cells.c.case, cells.c.candidate)
_ROW = (
    evaluations.c.number,
    evaluations.c.id,
    evaluations.c.owner,
    evaluations.c.name,
    evaluations.c.created_at,
    evaluations.c.state,
    evaluations.c.why,
    evaluations.c.digest,
    evaluations.c.candidates,
    evaluations.c.cases,
    evaluations.c.repeats,
    *_CAPS,
    *_SUMS,
)
_THIS_CELL = (
    (cells.c.evaluation == bindparam("of_evaluation"))
    & (cells.c.repeat == bindparam("of_repeat"))
    & (cells.c.case == bindparam("of_case"))
    & (cells.c.candidate == bindparam("of_candidate"))
)
# Made once: to make a statement takes SQLAlchemy longer than to have it executed.
_LOCKED = (
    select(evaluations.c.number, evaluations.c.owner, evaluations.c.state, *_CAPS, *_SUMS)
    .where(evaluations.c.number == bindparam("of_evaluation"))
    .with_for_update()
)
_ADD_SUMS = (
    update(evaluations)
    .where(evaluations.c.number == bindparam("of_evaluation"))
    .values({column.name: column + bindparam(f"more_{column.name}") for column in _SUMS})
)
_NEXT = (
    select(*_KEY)
    .where(
        cells.c.evaluation == bindparam("of_evaluation"),
        cells.c.state == CellState.WAITING.value,
        cells.c.candidate.in_(bindparam("candidates", expanding=True)),
    )
    .order_by(*_KEY)
    .limit(bindparam("at_most"))
)
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


class Evaluations:
    """The evaluations in a database; each method is one transaction unless it says otherwise, and may raise a
    `LedgerError`.

    Args:
        database: where they are.
        recorder: gives the id by which this process says that it is alive.
    """

    def __init__(self, database: Database, recorder: Callable[[], str]) -> None:
        self._database = database
        self._recorder = recorder

    def add(self, owner: str, new: NewEvaluation) -> EvaluationRow:
        """Stores an evaluation whose cells all wait; nobody works on it until `open`."""
        suite = pack_text(new.suite)
        row: dict[str, Any] = {name: plain(getattr(new, name)) for name in ("id", "name", "digest", "candidates")}
        row |= {name: getattr(new, name) for name in ("cases", "repeats", "cap_picodollars", "cap_tokens")}
        row |= {"owner": plain(owner), "created_at": datetime.now(UTC), "suite": suite, **_NO_SUMS}
        row |= {"state": EvaluationState.STOPPED.value, "why": "it has not begun"}
        with self._database.writing() as connection:
            number = connection.execute(insert(evaluations).returning(evaluations.c.number), row).scalar_one()
            for some in _batches(_new_cells(number, new), _MADE_AT_ONCE):
                connection.execute(insert(cells), some)
            return _rows(connection, evaluations.c.number == number)[0]

    def all(self, owner: str) -> list[EvaluationRow]:
        """Those of an owner, newest first."""
        with self._database.reading() as connection:
            return _rows(connection, evaluations.c.owner == plain(owner))

    def find(self, owner: str, id: str) -> EvaluationRow | None:
        """The one with that id; None where the owner has none."""
        with self._database.reading() as connection:
            which = (evaluations.c.owner == plain(owner)) & (evaluations.c.id == plain(id))
            return next(iter(_rows(connection, which)), None)

    def suite(self, number: int) -> str:
        """The JSON of its suite; empty where there is no such evaluation."""
        with self._database.reading() as connection:
            packed = connection.execute(select(evaluations.c.suite).where(evaluations.c.number == number)).scalar()
        return unpack_text(packed) if packed else ""

    def cells(self, number: int) -> Iterator[CellRow]:
        """All cells in their order, some at a time, each time as they are then."""
        after: CellKey | None = None
        while True:
            with self._database.reading() as connection:
                found = _read_cells(connection, number, after)
            yield from found
            if len(found) < _READ_AT_ONCE:
                return
            after = found[-1].key

    def open(self, number: int, *, cap_picodollars: int | None, cap_tokens: int | None) -> None:
        """Has its cells claimed from now on, within these caps."""
        caps = {"cap_picodollars": cap_picodollars, "cap_tokens": cap_tokens}
        with self._database.writing() as connection:
            which = update(evaluations).where(evaluations.c.number == number)
            connection.execute(which.values(state=EvaluationState.RUNNING.value, why="", **caps))

    def retry(self, number: int, states: Sequence[CellState]) -> int:
        """Has the cells in these states asked again; how many. What they may have cost stays reserved."""
        with self._database.writing() as connection:
            _lock(connection, number)
            which = (cells.c.evaluation == number) & cells.c.state.in_([state.value for state in states])
            return connection.execute(update(cells).where(which).values(state=CellState.WAITING.value)).rowcount

    def step(self, number: int, step: Step) -> Stepped:
        """Settles what has ended and claims what is asked next."""
        with self._database.writing() as connection:
            run_writes.sign_on(connection, self._recorder())
            row = _lock(connection, number)
            freed = _settle(connection, number, step.ended)
            if row is None:
                return Stepped((), EvaluationState.STOPPED, False, Spending())
            spending = _spending(row)
            spending = spending._replace(
                reserved=spending.reserved.minus(freed.reserved), spent=spending.spent.plus(freed.spent)
            )
            claimed: list[Claimed] = []
            capped = False
            if row.state == EvaluationState.RUNNING:
                claimed, capped = _choose(connection, number, step, spending)
                _claim(connection, number, self._recorder(), claimed)
            most = Amount()
            for one in claimed:
                most = most.plus(one.most)
            _add_sums(connection, number, most.minus(freed.reserved), freed.spent)
            spending = spending._replace(reserved=spending.reserved.plus(most))
            return Stepped(tuple(claimed), EvaluationState(row.state), capped, spending)

    def stop(self, number: int, why: str) -> None:
        """Has nobody claim its cells any more, in any process; what is asked already goes on."""
        with self._database.writing() as connection:
            going_on = (evaluations.c.number == number) & (evaluations.c.state == EvaluationState.RUNNING.value)
            connection.execute(
                update(evaluations).where(going_on).values(state=EvaluationState.STOPPED.value, why=plain(why))
            )

    def leave(self, number: int, why: str) -> EvaluationState:
        """Ends the work of this process, which asks none of its cells any more: finished, or stopped for that reason.

        Where another process asks some of its cells, it goes on there.
        """
        with self._database.writing() as connection:
            row = _lock(connection, number)
            if row is None:
                return EvaluationState.STOPPED
            found = _counts(connection, cells.c.evaluation == number).get(number, {})
            state = EvaluationState(row.state)
            if found.get(CellState.CLAIMED):
                return state
            changes: dict[str, Any] = {}
            if not found.get(CellState.WAITING):
                changes = {"state": EvaluationState.FINISHED.value, "why": ""}
            elif state is EvaluationState.RUNNING:
                changes = {"state": EvaluationState.STOPPED.value, "why": plain(why)}
            if changes:
                connection.execute(update(evaluations).where(evaluations.c.number == number).values(changes))
                state = EvaluationState(changes["state"])
            return state

    def delete(self, owner: str, id: str) -> bool:
        """Removes an evaluation with its cells for good; its runs stay. False where there is none."""
        which = (evaluations.c.owner == plain(owner)) & (evaluations.c.id == plain(id))
        with self._database.writing() as connection:
            return bool(connection.execute(delete(evaluations).where(which)).rowcount)


def any_left(connection: Connection) -> bool:
    """Whether there is something for `interrupt_left` to do."""
    return connection.execute(select(cells.c.evaluation).where(_left()).limit(1)).first() is not None


def interrupt_left(connection: Connection) -> int:
    """Interrupts the cells that a process claimed which is gone; how many. What was reserved for them stays so."""
    return connection.execute(
        update(cells).where(_left()).values(state=CellState.INTERRUPTED.value, recorder=None)
    ).rowcount


def expire(connection: Connection, before: datetime) -> int:
    """Removes for good what was made before then; how many."""
    return connection.execute(delete(evaluations).where(evaluations.c.created_at < before)).rowcount


def _left() -> ColumnElement[bool]:
    # A NULL would make NOT IN unknown.
    gone = func.coalesce(cells.c.recorder, "").not_in(select(recorders.c.id))
    return (cells.c.state == CellState.CLAIMED.value) & gone


def _new_cells(number: int, new: NewEvaluation) -> Iterator[dict[str, Any]]:
    for repeat in range(new.repeats):
        for case in range(new.cases):
            for candidate in range(new.candidate_count):
                yield {
                    "evaluation": number,
                    "repeat": repeat,
                    "case": case,
                    "candidate": candidate,
                    "state": CellState.WAITING.value,
                    "attempts": 0,
                    **_NO_SUMS,
                }


def _batches(rows: Iterator[dict[str, Any]], most: int) -> Iterator[list[dict[str, Any]]]:
    some: list[dict[str, Any]] = []
    for row in rows:
        some.append(row)
        if len(some) == most:
            yield some
            some = []
    if some:
        yield some


def _lock(connection: Connection, number: int) -> Any:
    """The evaluation, which nobody else changes until the transaction ends; None where there is none."""
    return connection.execute(_LOCKED, {"of_evaluation": number}).first()


def _spending(row: Any) -> Spending:
    return Spending(
        row.cap_picodollars,
        row.cap_tokens,
        Amount(row.reserved_tokens, row.reserved_picodollars),
        Amount(row.spent_tokens, row.spent_picodollars),
    )


def _place(number: int, key: CellKey) -> dict[str, int]:
    return {"of_evaluation": number, "of_repeat": key.repeat, "of_case": key.case, "of_candidate": key.candidate}


class _Freed(NamedTuple):
    """What is not reserved any more, and what was spent."""

    reserved: Amount = Amount()
    spent: Amount = Amount()


def _settle(connection: Connection, number: int, ended: Sequence[EndedCell]) -> _Freed:
    found = _Freed()
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
            found = _Freed(found.reserved.plus(freed), found.spent.plus(used))
        if one.run:
            run_writes.store_ended(connection, one.run)
    return found


def _choose(connection: Connection, number: int, step: Step, spending: Spending) -> tuple[list[Claimed], bool]:
    """The next cells within the caps, and whether one is above them."""
    claimed: list[Claimed] = []
    for want in step.wants:
        if want.at_most <= 0:
            continue
        values = {"of_evaluation": number, "candidates": list(want.candidates), "at_most": want.at_most}
        for found in connection.execute(_NEXT, values).all():
            key = CellKey(*found)
            most = step.most(key)
            if not spending.has_room(most):
                # Those after it wait too: what is asked is whole cases, as many as there is room for.
                return claimed, True
            spending = spending._replace(reserved=spending.reserved.plus(most))
            claimed.append(Claimed(key, uuid.uuid4().hex, most))
    return claimed, False


def _claim(connection: Connection, number: int, recorder: str, claimed: Sequence[Claimed]) -> None:
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


def _add_sums(connection: Connection, number: int, reserved: Amount, spent: Amount) -> None:
    if reserved == spent == Amount():
        return
    more = {
        "more_reserved_picodollars": reserved.picodollars,
        "more_reserved_tokens": reserved.tokens,
        "more_spent_picodollars": spent.picodollars,
        "more_spent_tokens": spent.tokens,
    }
    connection.execute(_ADD_SUMS, more | {"of_evaluation": number})


def _rows(connection: Connection, which: ColumnElement[bool]) -> list[EvaluationRow]:
    found = connection.execute(select(*_ROW).where(which).order_by(evaluations.c.number.desc())).all()
    counts = _counts(connection, cells.c.evaluation.in_([row.number for row in found]))
    return [
        EvaluationRow(
            number=row.number,
            id=row.id,
            owner=row.owner,
            name=row.name,
            created_at=row.created_at,
            state=EvaluationState(row.state),
            why=row.why,
            digest=row.digest,
            candidates=row.candidates,
            cases=row.cases,
            repeats=row.repeats,
            spending=_spending(row),
            cells=counts.get(row.number, {}),
        )
        for row in found
    ]


def _counts(connection: Connection, which: ColumnElement[bool]) -> dict[int, dict[CellState, int]]:
    query = select(cells.c.evaluation, cells.c.state, func.count()).where(which)
    found: dict[int, dict[CellState, int]] = {}
    for number, state, count in connection.execute(query.group_by(cells.c.evaluation, cells.c.state)):
        found.setdefault(number, {})[CellState(state)] = count
    return found


def _read_cells(connection: Connection, number: int, after: CellKey | None) -> list[CellRow]:
    query = select(cells).where(cells.c.evaluation == number).order_by(*_KEY).limit(_READ_AT_ONCE)
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

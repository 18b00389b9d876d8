"""Stores evaluations: which cells there are, who asks them, and what they may still cost.

One transaction, `Evaluations.step`, settles what has ended, together with its runs, and claims what is asked next, with
the most that it may use. An evaluation's row is locked meanwhile, so that over all processes what is spent and what is
reserved never exceed its caps, and no cell is claimed twice. A cell whose process is gone is interrupted: nobody knows
what it cost, so what was reserved for it stays reserved.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, delete, func, insert, select, update

from glm_playground import bounds
from glm_playground.ledger import run_writes, totals
from glm_playground.ledger.cells import (
    READ_AT_ONCE,
    choose,
    claim,
    claimed_by,
    counts,
    new_cells,
    place,
    read_cells,
    settle,
)
from glm_playground.ledger.database import Database
from glm_playground.ledger.errors import LedgerNoRoom, Stored
from glm_playground.ledger.evaluation_values import (
    NOT_BEGUN,
    CellKey,
    CellRow,
    CellState,
    Claimed,
    EvaluationRow,
    EvaluationState,
    NewEvaluation,
    Spending,
    Step,
    Stepped,
)
from glm_playground.ledger.evaluations_schema import NO_SUMS, cells, evaluations
from glm_playground.ledger.packed_text import pack_text, unpack_text
from glm_playground.ledger.room import Room, make_room
from glm_playground.ledger.run_owner import give_run
from glm_playground.ledger.run_parts import plain
from glm_playground.runs.caps import Amount

_MADE_AT_ONCE = 5_000
_SIGNED_EVERY_S = run_writes.GONE_AFTER.total_seconds() / 15
_SUMS = (
    evaluations.c.reserved_picodollars,
    evaluations.c.reserved_tokens,
    evaluations.c.spent_picodollars,
    evaluations.c.spent_tokens,
)
_CAPS = (evaluations.c.cap_picodollars, evaluations.c.cap_tokens)
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
    evaluations.c.judge,
    *_CAPS,
    *_SUMS,
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
        self._signed: tuple[str, float] = ("", 0.0)

    def add(self, owner: str, new: NewEvaluation) -> EvaluationRow:
        """Stores an evaluation whose cells all wait; nobody works on it until `open`.

        Raises:
            LedgerNoRoom: the owner has stored as many, or as many bytes or cells of them, as one may.
        """
        suite = pack_text(new.suite)
        row: dict[str, Any] = {
            name: plain(getattr(new, name)) for name in ("id", "name", "digest", "candidates", "judge")
        }
        row |= {name: getattr(new, name) for name in ("cases", "repeats", "cap_picodollars", "cap_tokens")}
        row |= {"owner": plain(owner), "created_at": datetime.now(UTC), "suite": suite, **NO_SUMS}
        row |= {"state": EvaluationState.STOPPED.value, "why": NOT_BEGUN}
        with self._database.writing() as connection:
            _make_room(connection, owner, new, len(suite))
            number = connection.execute(insert(evaluations).returning(evaluations.c.number), row).scalar_one()
            for some in _batches(new_cells(number, new), _MADE_AT_ONCE):
                connection.execute(insert(cells), some)
            return _rows(connection, evaluations.c.number == number)[0]

    def all(self, owner: str, limit: int | None = None) -> list[EvaluationRow]:
        """Those of an owner, newest first; at most `limit`."""
        with self._database.reading() as connection:
            return _rows(connection, evaluations.c.owner == plain(owner), limit)

    def find(self, owner: str, id: str) -> EvaluationRow | None:
        """The one with that id; None where the owner has none."""
        with self._database.reading() as connection:
            which = (evaluations.c.owner == plain(owner)) & (evaluations.c.id == plain(id))
            return next(iter(_rows(connection, which)), None)

    def numbered(self, number: int) -> EvaluationRow | None:
        """The one with the ledger's own number, whoever owns it now, or None."""
        with self._database.reading() as connection:
            return next(iter(_rows(connection, evaluations.c.number == number)), None)

    def suite(self, number: int) -> str:
        """The JSON of its suite; empty where there is no such evaluation."""
        with self._database.reading() as connection:
            packed = connection.execute(select(evaluations.c.suite).where(evaluations.c.number == number)).scalar()
        return unpack_text(packed) if packed else ""

    def attempts(self, number: int) -> int:
        """How often its cells were claimed, all together."""
        with self._database.reading() as connection:
            query = select(func.coalesce(func.sum(cells.c.attempts), 0)).where(cells.c.evaluation == number)
            return int(connection.execute(query).scalar_one())

    def cells(self, number: int, after: CellKey | None = None) -> Iterator[CellRow]:
        """All cells in their order, or those after one, some at a time, each time as they are then."""
        while True:
            with self._database.reading() as connection:
                found = read_cells(connection, number, after)
            yield from found
            if len(found) < READ_AT_ONCE:
                return
            after = found[-1].key

    def judge(self, number: int, judge: str) -> bool:
        """Names who judges; False where somebody else does already."""
        with self._database.writing() as connection:
            which = (evaluations.c.number == number) & evaluations.c.judge.in_(["", plain(judge)])
            change = update(evaluations).where(which).values(judge=plain(judge))
            return bool(connection.execute(change).rowcount)

    def place(self, number: int, first: int, keys: Iterable[CellKey]) -> int:
        """Sets the cells of the candidates from `first` on to these; by how many more wait.

        Those that were asked stay, and others that still wait go.
        """
        wanted = set(keys)
        with self._database.writing() as connection:
            if _lock(connection, number) is None:
                return 0
            return place(connection, number, first, wanted)

    def open(self, number: int, *, cap_picodollars: int | None, cap_tokens: int | None) -> None:
        """Opens its cells to whoever claims them, within these caps.

        Raises:
            LedgerNoRoom: no more runs of its owner are stored.
        """
        caps = {"cap_picodollars": cap_picodollars, "cap_tokens": cap_tokens}
        with self._database.writing() as connection:
            if row := _lock(connection, number):
                totals.need_room(connection, row.owner)
            which = update(evaluations).where(evaluations.c.number == number)
            connection.execute(which.values(state=EvaluationState.RUNNING.value, why="", **caps))

    def retry(self, number: int, states: Sequence[CellState]) -> int:
        """Sets the cells in these states to be asked again; how many. What they may have cost stays reserved."""
        with self._database.writing() as connection:
            _lock(connection, number)
            which = (cells.c.evaluation == number) & cells.c.state.in_([state.value for state in states])
            return connection.execute(update(cells).where(which).values(state=CellState.WAITING.value)).rowcount

    def step(self, number: int, step: Step) -> Stepped:
        """Settles what has ended and claims what is asked next."""
        recorder, now = self._recorder(), time.monotonic()
        signs = self._signed[0] != recorder or now - self._signed[1] > _SIGNED_EVERY_S
        with self._database.writing() as connection:
            if signs:
                run_writes.sign_on(connection, recorder)
            stepped = _step(connection, number, step, recorder)
        if signs:
            self._signed = recorder, now
        return stepped

    def claimed_here(self, number: int) -> list[tuple[CellKey, str]]:
        """The cells that this process has claimed, with the ids of their runs.

        One that it does not know of was claimed by a transaction that it took for lost, and was never sent.
        """
        recorder = self._recorder()
        with self._database.reading() as connection:
            return claimed_by(connection, number, recorder)

    def stop(self, number: int, why: str) -> None:
        """Closes its cells to every process; those that are asked already keep running."""
        with self._database.writing() as connection:
            running = (evaluations.c.number == number) & (evaluations.c.state == EvaluationState.RUNNING.value)
            connection.execute(
                update(evaluations).where(running).values(state=EvaluationState.STOPPED.value, why=plain(why))
            )

    def leave(self, number: int, why: str) -> EvaluationState:
        """Ends the work of this process, which asks none of its cells any more: finished, or stopped for that reason.

        Where another process asks some of its cells, it keeps running there.
        """
        with self._database.writing() as connection:
            row = _lock(connection, number)
            if row is None:
                return EvaluationState.STOPPED
            found = counts(connection, cells.c.evaluation == number).get(number, {})
            state = EvaluationState(row.state)
            if found.get(CellState.CLAIMED):
                return state
            changes: dict[str, Any] = {}
            if not (found.get(CellState.WAITING) or found.get(CellState.INTERRUPTED)):
                changes = {"state": EvaluationState.FINISHED.value, "why": ""}
            elif state is EvaluationState.RUNNING:
                changes = {"state": EvaluationState.STOPPED.value, "why": plain(why)}
            if changes:
                connection.execute(update(evaluations).where(evaluations.c.number == number).values(changes))
                state = EvaluationState(changes["state"])
            return state

    def delete(self, owner: str, id: str) -> bool:
        """Removes an evaluation with its cells for good; its runs stay. False if it is missing."""
        which = (evaluations.c.owner == plain(owner)) & (evaluations.c.id == plain(id))
        with self._database.writing() as connection:
            return bool(connection.execute(delete(evaluations).where(which)).rowcount)


def expire(connection: Connection, before: datetime) -> int:
    """Removes for good what was made before then; how many."""
    return connection.execute(delete(evaluations).where(evaluations.c.created_at < before)).rowcount


def _make_room(connection: Connection, owner: str, new: NewEvaluation, suite_bytes: int) -> None:
    size = func.length(evaluations.c.suite) + func.length(evaluations.c.candidates)
    more = Room(1, suite_bytes + len(new.candidates))
    most = Room(bounds.OWN_EVALUATIONS, bounds.OWN_EVALUATIONS_BYTES)
    make_room(connection, Stored.EVALUATIONS, evaluations, owner, size=size, more=more, most=most)
    mine = select(evaluations.c.number).where(evaluations.c.owner == plain(owner))
    stored = connection.execute(select(func.count()).select_from(cells).where(cells.c.evaluation.in_(mine)))
    if stored.scalar_one() + new.cases * new.candidate_count * new.repeats > bounds.OWN_EVALUATIONS_CELLS:
        raise LedgerNoRoom(Stored.CELLS)


def _batches(rows: Iterator[dict[str, Any]], most: int) -> Iterator[list[dict[str, Any]]]:
    some: list[dict[str, Any]] = []
    for row in rows:
        some.append(row)
        if len(some) == most:
            yield some
            some = []
    if some:
        yield some


def _step(connection: Connection, number: int, step: Step, recorder: str) -> Stepped:
    row = _lock(connection, number)
    freed = settle(connection, number, step.ended)
    if row is None:
        return Stepped((), EvaluationState.STOPPED, False, Spending(), "")
    # Its history was moved while they were under way.
    for each in step.ended:
        if each.run and each.run.owner != row.owner:
            give_run(connection, each.run.owner, each.run_id, row.owner)
    spending = _spending(row)
    spending = spending._replace(
        reserved=spending.reserved.minus(freed.reserved), spent=spending.spent.plus(freed.spent)
    )
    claimed: list[Claimed] = []
    capped = False
    if row.state == EvaluationState.RUNNING:
        claimed, capped = choose(connection, number, step, spending)
        claim(connection, number, recorder, claimed)
    most = Amount()
    for one in claimed:
        most = most.plus(one.most)
    _add_sums(connection, number, most.minus(freed.reserved), freed.spent)
    spending = spending._replace(reserved=spending.reserved.plus(most))
    return Stepped(tuple(claimed), EvaluationState(row.state), capped, spending, row.owner)


def _lock(connection: Connection, number: int) -> Any:
    """The evaluation, which nobody else changes until the transaction ends, or None."""
    return connection.execute(_LOCKED, {"of_evaluation": number}).first()


def _spending(row: Any) -> Spending:
    return Spending(
        row.cap_picodollars,
        row.cap_tokens,
        Amount(row.reserved_tokens, row.reserved_picodollars),
        Amount(row.spent_tokens, row.spent_picodollars),
    )


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


def _rows(connection: Connection, which: ColumnElement[bool], limit: int | None = None) -> list[EvaluationRow]:
    query = select(*_ROW).where(which).order_by(evaluations.c.number.desc()).limit(limit)
    found = connection.execute(query).all()
    by_state = counts(connection, cells.c.evaluation.in_([row.number for row in found]))
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
            cells=by_state.get(row.number, {}),
            judge=row.judge,
        )
        for row in found
    ]

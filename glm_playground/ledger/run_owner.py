"""Gives runs to another owner, with their tags, their words and the sums that they are in."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, Connection, exists, select, update

from glm_playground.ledger import totals, word_index
from glm_playground.ledger.filters import shown
from glm_playground.ledger.run_parts import plain
from glm_playground.ledger.run_writes import lock_runs, stored_words
from glm_playground.ledger.schema import run_tags, runs

# So many runs are moved in one transaction, so that others who write wait for less than a second.
_AT_ONCE = 50


def move_runs(connection: Connection, owner: str, to: str, *, but: Collection[str] = ()) -> bool:
    """Moves some of the ended runs; whether there are more. Those with the ids in `but`, or that `to` has, stay."""
    movable = _movable(owner, to) & runs.c.id.not_in(list(but))
    _move(connection, movable, to)
    # Fewer may have been moved than there were: some were deleted while this waited for their lock.
    return bool(connection.execute(select(exists().where(movable))).scalar_one())


def give_run(connection: Connection, owner: str, run_id: str, to: str) -> None:
    """Moves that ended run; nothing where `owner` has none of that id, or `to` has one."""
    _move(connection, _movable(owner, to) & (runs.c.id == plain(run_id)), to)


def _movable(owner: str, to: str) -> ColumnElement[bool]:
    return ended(owner) & runs.c.id.not_in(select(runs.c.id).where(runs.c.owner == plain(to)))


def _move(connection: Connection, movable: ColumnElement[bool], to: str) -> None:
    numbers = lock_runs(connection, movable, _AT_ONCE)
    which = runs.c.number.in_(numbers)
    totals.count(connection, which, -1)
    before = {number: stored_words(connection, number) for number in numbers}
    connection.execute(update(runs).where(which).values(owner=plain(to)))
    connection.execute(update(run_tags).where(run_tags.c.number.in_(numbers)).values(owner=plain(to)))
    for number, words in before.items():
        # The owner is a word of the index, too.
        if words is not None and (after := stored_words(connection, number)) is not None:
            word_index.remove(connection, number, words)
            word_index.add(connection, number, after)
    totals.count(connection, which)


def ended(owner: str) -> ColumnElement[bool]:
    """The ended runs of `owner` that are not deleted."""
    return shown(owner) & runs.c.outcome.is_not(None)

"""Moves of a history to another browser, by a one-time code.

A code has two parts: the first finds the offer, the second is the secret. So wrong tries count against one offer, and
nobody can use up those of an offer whose first part they do not know.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Table, delete, func, insert, select, update

from glm_playground.ledger import links, polls, votes
from glm_playground.ledger.database import Database
from glm_playground.ledger.evaluations_schema import evaluations
from glm_playground.ledger.run_owner import ended, move_runs
from glm_playground.ledger.run_parts import plain
from glm_playground.ledger.schema import balances, lookups, moves, runs, workbenches
from glm_playground.ledger.suites_schema import suites
from glm_playground.ledger.workbenches import RUNNING_ORDER

VALID_FOR: Final = timedelta(minutes=10)
MOST_TRIES: Final = 5
"""Wrong second parts after which an offer is void."""
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: nothing in it is mistaken for something else."""
_READ_AS = str.maketrans("OIL", "011")
_PART = 4
_PARTS = 4
"""60 bits of secret: whoever reads the hash in the database cannot find it while it is valid."""


@dataclass(frozen=True)
class Offer:
    """A code, and until when it can be used."""

    code: str
    expires_at: datetime


@dataclass(frozen=True)
class Movable:
    """What a code moves."""

    owner: str
    """Whose it is, or was."""
    runs: int
    workbenches: int


def write_offer(connection: Connection, owner: str) -> Offer:
    """A new code for what `owner` has; only its hash is stored."""
    now = datetime.now(UTC)
    connection.execute(delete(moves).where((moves.c.owner == plain(owner)) | (moves.c.expires_at < now)))
    letters = "".join(secrets.choice(_LETTERS) for _ in range(_PART * _PARTS))
    offer = Offer("-".join(letters[at : at + _PART] for at in range(0, len(letters), _PART)), now + VALID_FOR)
    # The first part of another offer would be taken over: nobody could tell which of the two is meant.
    connection.execute(delete(moves).where(moves.c.id == letters[:_PART]))
    row = {"id": letters[:_PART], "owner": plain(owner), "secret_hash": _hashed(letters), "tries": 0}
    connection.execute(insert(moves).values(row | {"expires_at": offer.expires_at}))
    return offer


def find(connection: Connection, code: str, to: str) -> Movable | None:
    """What the code moves to `to`; None where it is of no use, which is counted."""
    letters = _letters(code)
    row = connection.execute(select(moves).where(moves.c.id == letters[:_PART]).with_for_update()).first()
    if row is None or row.expires_at < datetime.now(UTC) or row.tries >= MOST_TRIES or row.owner == plain(to):
        return None
    if not any(
        hmac.compare_digest(row.secret_hash, known) for known in (_hashed(letters), _hashed(letters, plain(to)))
    ):
        connection.execute(update(moves).where(moves.c.id == row.id).values(tries=moves.c.tries + 1))
        return None
    # Where the order on stage is kept is no workbench to whoever is asked; it is moved like one.
    shown = _kept(row.owner) & (workbenches.c.id != RUNNING_ORDER)
    return Movable(row.owner, _count(connection, runs, ended(row.owner)), _count(connection, workbenches, shown))


def move(database: Database, code: str, to: str) -> Movable | None:
    """Makes `to` the owner of all that the code moves, and uses the code up.

    From the beginning it is of use to `to` alone, who can go on with a move that was cut off.
    """
    with database.writing() as connection:
        found = find(connection, code, to)
        if found is None:
            return None
        # It takes longer than the code may be valid for where there is much.
        later, letters = datetime.now(UTC) + VALID_FOR, _letters(code)
        taken = {"expires_at": later, "secret_hash": _hashed(letters, plain(to))}
        connection.execute(update(moves).where(moves.c.id == letters[:_PART]).values(taken))
    while True:
        with database.writing() as connection:
            if not move_runs(connection, found.owner, to):
                break
    with database.writing() as connection:
        theirs = select(workbenches.c.id).where(workbenches.c.owner == plain(to))
        mine = _kept(found.owner) & workbenches.c.id.not_in(theirs)
        connection.execute(update(workbenches).where(mine).values(owner=plain(to)))
        for part in (votes, links, polls):
            part.take_over(connection, found.owner, to)
        for table in (lookups, balances, evaluations, suites):
            connection.execute(update(table).where(table.c.owner == found.owner).values(owner=plain(to)))
        # An evaluation that is running may have stored some since; from now on it stores them under their new owner.
        while move_runs(connection, found.owner, to):
            pass
        connection.execute(delete(moves).where(moves.c.id == letters[:_PART]))
    return found


def _kept(owner: str) -> ColumnElement[bool]:
    return (workbenches.c.owner == plain(owner)) & workbenches.c.deleted_at.is_(None)


def _count(connection: Connection, table: Table, which: ColumnElement[bool]) -> int:
    found: Any = connection.execute(select(func.count()).select_from(table).where(which)).scalar_one()
    return int(found)


def _letters(code: str) -> str:
    """A code as it was made, however it was typed."""
    return "".join(letter for letter in code.upper().translate(_READ_AS) if letter in _LETTERS)[: _PART * _PARTS]


def _hashed(letters: str, to: str = "") -> str:
    """Of a code that is offered, or of one that `to` began to use."""
    return hashlib.sha256(f"{letters}{to}".encode()).hexdigest()

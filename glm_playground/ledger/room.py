"""How much one owner may store of each kind, asked in the transaction that stores more.

What was deleted and can still be restored counts until its room is needed: then it goes for good.
"""

from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, Table, delete, func, literal, select, text

from glm_playground.ledger.database import SQLITE
from glm_playground.ledger.errors import LedgerNoRoom, Stored
from glm_playground.ledger.run_parts import plain

# Any numbers that our other locks do not use: "SUIT" and those that follow it.
_ADVISORY_LOCK = 0x53554954
_LOCKS = {stored: _ADVISORY_LOCK + place for place, stored in enumerate(Stored)}


class Room(NamedTuple):
    """What is stored, or may be."""

    rows: int
    bytes: int = 0
    """As they are stored: of what is compressed, its compressed bytes."""


def alone_with(connection: Connection, stored: Stored, owner: str) -> None:
    """Keeps others from storing more of a kind for an owner until the transaction ends; SQLite has one writer."""
    if connection.dialect.name != SQLITE:
        lock = text("SELECT pg_advisory_xact_lock(:kind, hashtext(:owner))")
        connection.execute(lock, {"kind": _LOCKS[stored], "owner": plain(owner)})


def make_room(
    connection: Connection,
    stored: Stored,
    table: Table,
    owner: str,
    *,
    size: ColumnElement[int] | None = None,
    more: Room,
    most: Room,
) -> None:
    """Sees to it that there is room for more of an owner's rows; what makes them smaller always has some.

    Args:
        connection: of the transaction that stores them; others that store some wait for its end.
        stored: what they are.
        table: where they are.
        owner: whose they are.
        size: bytes of a row; None where its bytes are few.
        more: what is stored beside what is there.
        most: what an owner may have.

    Raises:
        LedgerNoRoom: there is none.
    """
    if more.rows <= 0 and more.bytes <= 0:
        return
    alone_with(connection, stored, owner)
    mine, measured = table.c.owner == plain(owner), literal(0) if size is None else size

    def fits(which: ColumnElement[bool]) -> bool:
        found = select(func.count(), func.coalesce(func.sum(measured), 0)).select_from(table).where(which)
        rows, bytes_stored = connection.execute(found).one()
        return rows + more.rows <= most.rows and int(bytes_stored) + more.bytes <= most.bytes

    if fits(mine):
        return
    if "deleted_at" in table.c and fits(mine & table.c.deleted_at.is_(None)):
        connection.execute(delete(table).where(mine, table.c.deleted_at.is_not(None)))
        return
    raise LedgerNoRoom(stored)

"""Workbenches and presets of owners. Saving over a revision that is no longer the stored one is a conflict."""

import zlib
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Update, delete, func, select, update

from glm_playground import bounds
from glm_playground.ledger.database import Database, insert
from glm_playground.ledger.errors import LedgerNoRoom, Stored
from glm_playground.ledger.packed_text import pack_text, unpack_text
from glm_playground.ledger.room import Room, make_room
from glm_playground.ledger.run_parts import plain
from glm_playground.ledger.schema import presets, workbenches
from glm_playground.ledger.values import MOST_TEXT_BYTES, PROMPT_CHARACTERS, StoredWorkbench, WorkbenchRow

RUNNING_ORDER = "running-order"
"""The id under which an owner's running order lies among the workbenches; no workbench has it."""


class Workbenches:
    """The workbenches and presets of all owners in one database. Raises as `Ledger` does."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def rows(self, owner: str) -> tuple[WorkbenchRow, ...]:
        """The owner's workbenches without their bodies, the one that was saved last first."""
        columns = workbenches.c.id, workbenches.c.name, workbenches.c.updated_at
        query = select(*columns).where(
            workbenches.c.owner == plain(owner), workbenches.c.deleted_at.is_(None), workbenches.c.id != RUNNING_ORDER
        )
        order = workbenches.c.updated_at.desc(), workbenches.c.id
        with self._database.reading() as connection:
            return tuple(WorkbenchRow(*row) for row in connection.execute(query.order_by(*order)))

    def read(self, owner: str, id: str) -> StoredWorkbench | None:
        """One workbench; None where the owner has none of that id. A body whose bytes are broken is empty."""
        columns = (
            workbenches.c.id, workbenches.c.name, workbenches.c.body, workbenches.c.revision, workbenches.c.updated_at
        )  # fmt: skip
        with self._database.reading() as connection:
            found = connection.execute(select(*columns).where(_shown(owner, id))).first()
        if found is None:
            return None
        return StoredWorkbench(found.id, found.name, _text(found.body), found.revision, found.updated_at)

    def saved_at(self, owner: str, id: str) -> datetime | None:
        """When a workbench was saved last; None where the owner has none of that id."""
        with self._database.reading() as connection:
            return connection.execute(select(workbenches.c.updated_at).where(_shown(owner, id))).scalar()

    def save(self, owner: str, id: str, name: str, body: str, revision: int) -> int | None:
        """Stores a workbench over the revision that was read, or a new one for 0.

        Returns:
            Its new revision; None where it is not that revision any more, or was deleted, and nothing was stored.

        Raises:
            ValueError: the body is longer than `MOST_TEXT_BYTES`.
            LedgerNoRoom: the owner has stored as many, or as many bytes of them, as one may.
        """
        packed = _packed(body)
        now = datetime.now(UTC)
        change: dict[str, Any] = {"name": _short(name), "body": packed, "revision": revision + 1, "updated_at": now}
        with self._database.writing() as connection:
            _make_room(connection, owner, id, len(packed))
            if revision == 0:
                row = {"owner": plain(owner), "id": plain(id), "created_at": now} | change
                statement = insert(connection.dialect.name, workbenches).values(row).on_conflict_do_nothing()
                return connection.execute(statement.returning(workbenches.c.revision)).scalar()
            which = _shown(owner, id) & (workbenches.c.revision == revision)
            stored = connection.execute(update(workbenches).where(which).values(change))
            return revision + 1 if stored.rowcount else None

    def rename(self, owner: str, id: str, name: str) -> bool:
        """Gives a workbench another name; its revision and its time stay. False where there is no such workbench."""
        return self._changes(update(workbenches).where(_shown(owner, id)).values(name=_short(name)))

    def delete(self, owner: str, id: str) -> bool:
        """Deletes a workbench, until `restore` or the ledger's `purge`; False where there is no such workbench."""
        return self._changes(update(workbenches).where(_shown(owner, id)).values(deleted_at=datetime.now(UTC)))

    def restore(self, owner: str, id: str) -> bool:
        """Restores a deleted workbench; False where there is no such one."""
        deleted = _named(owner, id) & workbenches.c.deleted_at.is_not(None)
        return self._changes(update(workbenches).where(deleted).values(deleted_at=None))

    def presets(self, owner: str) -> tuple[str, int]:
        """The owner's presets as they were saved, and their revision; or "" and 0."""
        query = select(presets.c.body, presets.c.revision).where(presets.c.owner == plain(owner))
        with self._database.reading() as connection:
            found = connection.execute(query).first()
        return (_text(found.body), found.revision) if found else ("", 0)

    def save_presets(self, owner: str, body: str, revision: int) -> int | None:
        """Stores the owner's presets over the revision that was read; the new one, or None for a conflict.

        Raises:
            LedgerNoRoom: the body is longer than `MOST_TEXT_BYTES`.
        """
        try:
            packed = _packed(body)
        except ValueError:
            raise LedgerNoRoom(Stored.PRESETS) from None
        with self._database.writing() as connection:
            if revision == 0:
                row = {"owner": plain(owner), "revision": 1, "body": packed}
                statement = insert(connection.dialect.name, presets).values(row).on_conflict_do_nothing()
                return connection.execute(statement.returning(presets.c.revision)).scalar()
            which = (presets.c.owner == plain(owner)) & (presets.c.revision == revision)
            change = update(presets).where(which).values(body=packed, revision=revision + 1)
            return revision + 1 if connection.execute(change).rowcount else None

    def _changes(self, change: Update) -> bool:
        with self._database.writing() as connection:
            return bool(connection.execute(change).rowcount)


def purge(connection: Connection, before: datetime) -> int:
    """Removes for good what was deleted before then; how many."""
    return connection.execute(delete(workbenches).where(workbenches.c.deleted_at < before)).rowcount


def expire(connection: Connection, before: datetime) -> int:
    """Removes for good what was last changed before then; how many."""
    return connection.execute(delete(workbenches).where(workbenches.c.updated_at < before)).rowcount


def _make_room(connection: Connection, owner: str, id: str, size: int) -> None:
    length = func.length(workbenches.c.body)
    before = connection.execute(select(length).where(_named(owner, id))).scalar()
    more = Room(1, size) if before is None else Room(0, size - before)
    most = Room(bounds.OWN_WORKBENCHES, bounds.OWN_WORKBENCHES_BYTES)
    make_room(connection, Stored.WORKBENCHES, workbenches, owner, size=length, more=more, most=most)


def _named(owner: str, id: str) -> ColumnElement[bool]:
    return (workbenches.c.owner == plain(owner)) & (workbenches.c.id == plain(id))


def _shown(owner: str, id: str) -> ColumnElement[bool]:
    return _named(owner, id) & workbenches.c.deleted_at.is_(None)


def _short(name: str) -> str:
    return plain(name)[:PROMPT_CHARACTERS]


def _text(packed: bytes) -> str:
    # Whoever reads a text refuses an empty one as it does any other that is none of its own.
    try:
        return unpack_text(packed)
    except (ValueError, zlib.error):
        return ""


def _packed(body: str) -> bytes:
    # The second is the slower question and rarely asked.
    if len(body) > MOST_TEXT_BYTES or len(body.encode("utf-8", "surrogatepass")) > MOST_TEXT_BYTES:
        raise ValueError(f"a text of more than {MOST_TEXT_BYTES} bytes is not stored")
    return pack_text(body)

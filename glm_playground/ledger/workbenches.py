"""Workbenches and presets of owners. Saving over a revision that is no longer the stored one is a conflict."""

import zlib
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, select, update

from glm_playground.ledger.database import insert
from glm_playground.ledger.packed_text import unpack_text
from glm_playground.ledger.run_parts import plain
from glm_playground.ledger.schema import presets, workbenches
from glm_playground.ledger.values import PROMPT_CHARACTERS, StoredWorkbench, WorkbenchRow

RUNNING_ORDER = "running-order"
"""The id under which an owner's running order lies among the workbenches; no workbench has it."""


def read_rows(connection: Connection, owner: str) -> tuple[WorkbenchRow, ...]:
    """The owner's workbenches without their bodies, the one that was saved last first."""
    columns = workbenches.c.id, workbenches.c.name, workbenches.c.updated_at
    query = select(*columns).where(
        workbenches.c.owner == plain(owner), workbenches.c.deleted_at.is_(None), workbenches.c.id != RUNNING_ORDER
    )
    order = workbenches.c.updated_at.desc(), workbenches.c.id
    return tuple(WorkbenchRow(*row) for row in connection.execute(query.order_by(*order)))


def read(connection: Connection, owner: str, id: str) -> StoredWorkbench | None:
    """One workbench; None where the owner has none of that id. A body whose bytes are broken is empty."""
    columns = (
        workbenches.c.id, workbenches.c.name, workbenches.c.body, workbenches.c.revision, workbenches.c.updated_at
    )  # fmt: skip
    found = connection.execute(select(*columns).where(_shown(owner, id))).first()
    if found is None:
        return None
    return StoredWorkbench(found.id, found.name, _text(found.body), found.revision, found.updated_at)


def saved_at(connection: Connection, owner: str, id: str) -> datetime | None:
    """When a workbench was saved last; None where the owner has none of that id."""
    return connection.execute(select(workbenches.c.updated_at).where(_shown(owner, id))).scalar()


def save(connection: Connection, owner: str, id: str, *, name: str, packed: bytes, revision: int) -> int | None:
    """Stores a workbench over that revision of it, or a new one for 0; its new revision, or None for a conflict."""
    now = datetime.now(UTC)
    change: dict[str, Any] = {"name": _short(name), "body": packed, "revision": revision + 1, "updated_at": now}
    if revision == 0:
        row = {"owner": plain(owner), "id": plain(id), "created_at": now} | change
        statement = insert(connection.dialect.name, workbenches).values(row).on_conflict_do_nothing()
        return connection.execute(statement.returning(workbenches.c.revision)).scalar()
    which = _shown(owner, id) & (workbenches.c.revision == revision)
    return revision + 1 if connection.execute(update(workbenches).where(which).values(change)).rowcount else None


def rename(connection: Connection, owner: str, id: str, name: str) -> bool:
    """Gives a workbench another name; its revision and its time stay."""
    change = update(workbenches).where(_shown(owner, id)).values(name=_short(name))
    return bool(connection.execute(change).rowcount)


def mark_deleted(connection: Connection, owner: str, id: str) -> bool:
    """Deletes a workbench until `unmark_deleted` or `purge`."""
    change = update(workbenches).where(_shown(owner, id)).values(deleted_at=datetime.now(UTC))
    return bool(connection.execute(change).rowcount)


def unmark_deleted(connection: Connection, owner: str, id: str) -> bool:
    """Restores a deleted workbench."""
    deleted = _named(owner, id) & workbenches.c.deleted_at.is_not(None)
    return bool(connection.execute(update(workbenches).where(deleted).values(deleted_at=None)).rowcount)


def purge(connection: Connection, before: datetime) -> int:
    """Removes for good what was deleted before then; how many."""
    return connection.execute(delete(workbenches).where(workbenches.c.deleted_at < before)).rowcount


def expire(connection: Connection, before: datetime) -> int:
    """Removes for good what was last changed before then; how many."""
    return connection.execute(delete(workbenches).where(workbenches.c.updated_at < before)).rowcount


def read_presets(connection: Connection, owner: str) -> tuple[str, int]:
    """The owner's presets and their revision; an empty text and 0 where none are stored."""
    query = select(presets.c.body, presets.c.revision).where(presets.c.owner == plain(owner))
    found = connection.execute(query).first()
    return (_text(found.body), found.revision) if found else ("", 0)


def save_presets(connection: Connection, owner: str, packed: bytes, revision: int) -> int | None:
    """Stores the owner's presets over that revision of them; the new one, or None for a conflict."""
    if revision == 0:
        row = {"owner": plain(owner), "revision": 1, "body": packed}
        statement = insert(connection.dialect.name, presets).values(row).on_conflict_do_nothing()
        return connection.execute(statement.returning(presets.c.revision)).scalar()
    which = (presets.c.owner == plain(owner)) & (presets.c.revision == revision)
    change = update(presets).where(which).values(body=packed, revision=revision + 1)
    return revision + 1 if connection.execute(change).rowcount else None


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

"""The suites that owners collect. A change is made to what is stored at that moment, so two tabs lose nothing.

Whoever changes a suite of an owner is alone with that owner's suites until the transaction ends.
"""

import secrets
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update

from glm_playground import bounds
from glm_playground.ledger.database import Database
from glm_playground.ledger.errors import Stored
from glm_playground.ledger.packed_text import pack_text, unpack_text
from glm_playground.ledger.room import Room, alone_with, make_room
from glm_playground.ledger.run_parts import plain
from glm_playground.ledger.suites_schema import suites

_SHOWN = (suites.c.id, suites.c.name, suites.c.cases, suites.c.created_at, suites.c.used_at)


class SuiteBody(NamedTuple):
    """What is stored of a suite."""

    name: str
    cases: int
    text: str
    """Its JSON."""


@dataclass(frozen=True)
class SuiteRow:
    """A suite without its cases."""

    id: str
    name: str
    cases: int
    created_at: datetime
    used_at: datetime
    """When it was changed or asked last; UTC."""


Edit = Callable[[str], SuiteBody]
"""Gives what a suite becomes, of its JSON; quick, since others wait for the database meanwhile."""


class Suites:
    """The suites in a database; each look-up and change is of one owner's. Raises as `Ledger` does."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self, owner: str) -> list[SuiteRow]:
        """Those of an owner, the one used last first."""
        query = select(*_SHOWN).where(_of(owner)).order_by(suites.c.used_at.desc(), suites.c.number.desc())
        with self._database.reading() as connection:
            return [SuiteRow(*row) for row in connection.execute(query)]

    def text(self, owner: str, id: str) -> str | None:
        """The JSON of one; None where the owner has none of that id, empty where its bytes are broken."""
        with self._database.reading() as connection:
            packed = connection.execute(select(suites.c.body).where(_of(owner, id))).scalar()
        return None if packed is None else _text(packed)

    def add(self, owner: str, body: SuiteBody) -> SuiteRow:
        """Stores a new suite.

        Raises:
            LedgerNoRoom: the owner has as many, or as many bytes of them, as one may have.
        """
        with self._writing(owner) as connection:
            return _add(connection, owner, body)

    def change(self, owner: str, id: str, edit: Edit) -> SuiteRow | None:
        """Changes a suite by `edit`, whatever was stored of it meanwhile; None where the owner has none of that id.

        What `edit` raises ends the change, as no room for it does, and nothing is stored.
        """
        with self._writing(owner) as connection:
            return _change(connection, owner, id, edit)

    def change_last(self, owner: str, edit: Edit, new: Callable[[], SuiteBody]) -> SuiteRow:
        """Changes the suite that the owner used last by `edit`; stores `new` if it is missing."""
        with self._writing(owner) as connection:
            query = select(suites.c.id).where(_of(owner)).order_by(suites.c.used_at.desc(), suites.c.number.desc())
            last = connection.execute(query.limit(1)).scalar()
            changed = _change(connection, owner, last, edit) if last else None
            return changed or _add(connection, owner, new())

    def note_use(self, owner: str, id: str) -> None:
        """Remembers that a suite was used."""
        with self._database.writing() as connection:
            connection.execute(update(suites).where(_of(owner, id)).values(used_at=datetime.now(UTC)))

    def delete(self, owner: str, id: str) -> bool:
        """Removes a suite for good; False if it is missing."""
        with self._database.writing() as connection:
            return bool(connection.execute(delete(suites).where(_of(owner, id))).rowcount)

    @contextmanager
    def _writing(self, owner: str) -> Iterator[Connection]:
        """A transaction that is alone with an owner's suites."""
        with self._database.writing() as connection:
            alone_with(connection, Stored.SUITES, owner)
            yield connection


def delete_all(connection: Connection, owner: str, deletion: str) -> int:
    """Deletes all of an owner's suites together with runs, until they are restored or purged; how many."""
    gone = {"deletion": deletion, "deleted_at": datetime.now(UTC)}
    return connection.execute(update(suites).where(_of(owner)).values(gone)).rowcount


def restore(connection: Connection, owner: str, deletion: str) -> None:
    """Restores what was deleted together."""
    which = (suites.c.owner == plain(owner)) & (suites.c.deletion == plain(deletion))
    connection.execute(update(suites).where(which).values(deletion=None, deleted_at=None))


def purge(connection: Connection, before: datetime) -> int:
    """Removes for good what was deleted before then; how many."""
    return connection.execute(delete(suites).where(suites.c.deleted_at < before)).rowcount


def expire(connection: Connection, before: datetime) -> int:
    """Removes for good what was last used before then; how many."""
    return connection.execute(delete(suites).where(suites.c.used_at < before)).rowcount


def _change(connection: Connection, owner: str, id: str, edit: Edit) -> SuiteRow | None:
    found = connection.execute(select(*_SHOWN, suites.c.body).where(_of(owner, id))).first()
    if found is None:
        return None
    body, now = edit(_text(found.body)), datetime.now(UTC)
    values = _values(body)
    _make_room(connection, owner, Room(0, len(values["body"]) - len(found.body)))
    connection.execute(update(suites).where(_of(owner, id)).values(values | {"used_at": now}))
    return SuiteRow(found.id, plain(body.name), body.cases, found.created_at, now)


def _add(connection: Connection, owner: str, body: SuiteBody) -> SuiteRow:
    now, id, values = datetime.now(UTC), secrets.token_hex(4), _values(body)
    _make_room(connection, owner, Room(1, len(values["body"])))
    row = {"id": id, "owner": plain(owner), "created_at": now, "used_at": now}
    connection.execute(insert(suites), values | row)
    return SuiteRow(id, plain(body.name), body.cases, now, now)


def _make_room(connection: Connection, owner: str, more: Room) -> None:
    most = Room(bounds.OWN_SUITES, bounds.OWN_SUITES_BYTES)
    make_room(connection, Stored.SUITES, suites, owner, size=func.length(suites.c.body), more=more, most=most)


def _values(body: SuiteBody) -> dict[str, Any]:
    return {"name": plain(body.name), "cases": body.cases, "body": pack_text(body.text)}


def _of(owner: str, id: str | None = None) -> ColumnElement[bool]:
    which = (suites.c.owner == plain(owner)) & suites.c.deletion.is_(None)
    return which if id is None else which & (suites.c.id == plain(id))


def _text(packed: bytes) -> str:
    # Whoever reads a text refuses an empty one as it does any other that is none of its own.
    try:
        return unpack_text(packed)
    except (ValueError, zlib.error):
        return ""

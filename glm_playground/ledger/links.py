"""Links to pages that an owner shares: a snapshot each, read by whoever knows the address, until it ends.

An address ends with a secret of 256 bits. Only its hash is stored, so that a database that is read gives no link away.
What is taken back is removed at once, with its snapshot.
"""

import hashlib
import hmac
import json
import secrets
import uuid
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, delete, func, insert, select, update

from glm_playground import bounds
from glm_playground.ledger.database import Database
from glm_playground.ledger.links_schema import links
from glm_playground.ledger.packed_text import pack_text, unpack_text
from glm_playground.ledger.run_parts import plain


class LinksFull(Exception):
    """There is no room for one more: of this owner, or of all."""


@dataclass(frozen=True)
class Link:
    """A link as its owner sees it; its address is not known any more."""

    id: str
    kind: str
    title: str
    created_at: datetime
    """UTC."""
    expires_at: datetime
    opened: int = 0
    """How often it was read."""


class Links:
    """The links of all owners in one database; each change is of one owner's. Raises as `Ledger` does."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def make(
        self, owner: str, *, kind: str, title: str, page: str, runs: Sequence[str], lasts: timedelta
    ) -> tuple[Link, str]:
        """Stores a page; its link, and the secret that its address ends with, which nobody can look up afterwards.

        Args:
            owner: who shares it.
            kind: what it is.
            title: as its owner's list names it.
            page: HTML.
            runs: ids of those that it shows; it ends when one of them is deleted.
            lasts: from now on.

        Raises:
            LinksFull: it is too large, or one too many.
        """
        packed, secret, now = pack_text(page), secrets.token_urlsafe(32), datetime.now(UTC)
        link = Link(uuid.uuid4().hex, plain(kind), plain(title), now, now + lasts)
        row = {
            "id": link.id,
            "owner": plain(owner),
            "secret_hash": _hashed(secret),
            "kind": link.kind,
            "title": link.title,
            "page": packed,
            "size": len(packed),
            "runs": json.dumps(list(runs)),
            "created_at": now,
            "expires_at": link.expires_at,
            "opened": 0,
        }
        with self._database.writing() as connection:
            purge(connection, now)
            mine = select(func.count()).select_from(links).where(links.c.owner == plain(owner))
            all_bytes = connection.execute(select(func.coalesce(func.sum(links.c.size), 0))).scalar_one()
            if connection.execute(mine).scalar_one() >= bounds.LINKS:
                raise LinksFull("an owner has so many links at most")
            # Two replicas at once may pass it by a page each.
            if len(page) > bounds.LINK_BYTES or int(all_bytes) + len(packed) > bounds.LINKS_BYTES:
                raise LinksFull("there is no room for this page")
            connection.execute(insert(links).values(row))
        return link, secret

    def of(self, owner: str) -> tuple[Link, ...]:
        """The owner's links that have not ended, newest first."""
        named = [links.c[name] for name in ("id", "kind", "title", "created_at", "expires_at", "opened")]
        query = select(*named).where(links.c.owner == plain(owner), links.c.expires_at > datetime.now(UTC))
        with self._database.reading() as connection:
            found = connection.execute(query.order_by(links.c.number.desc())).all()
        return tuple(Link(*row) for row in found)

    def read(self, secret: str, *, counts: bool = True) -> str | None:
        """The page behind a secret; None if it is missing, or expired.

        Args:
            secret: what the address ends with.
            counts: whether it is read by somebody, and not only asked whether it is there.
        """
        hashed = _hashed(secret)
        # Nothing but the hash is compared by the database: how long that takes tells nothing of a secret.
        query = select(links.c.number, links.c.secret_hash, links.c.page).where(
            links.c.secret_hash == hashed, links.c.expires_at > datetime.now(UTC)
        )
        with self._database.reading() as connection:
            found = connection.execute(query).first()
        if found is None or not hmac.compare_digest(found.secret_hash, hashed):
            return None
        if counts:
            one_more = update(links).where(links.c.number == found.number).values(opened=links.c.opened + 1)
            with self._database.writing() as connection:
                if not connection.execute(one_more).rowcount:
                    # Taken back in between.
                    return None
        try:
            return unpack_text(found.page)
        except (ValueError, zlib.error):
            return None

    def revoke(self, owner: str, link_id: str) -> bool:
        """Takes a link back, with its snapshot; False where the owner has none of that id."""
        which = (links.c.owner == plain(owner)) & (links.c.id == plain(link_id))
        with self._database.writing() as connection:
            return bool(connection.execute(delete(links).where(which)).rowcount)


def delete_of(connection: Connection, owner: str) -> None:
    """Takes back all links of the owner."""
    connection.execute(delete(links).where(links.c.owner == plain(owner)))


def delete_showing(connection: Connection, run_ids: Iterable[str], owner: str | None = None) -> None:
    """Takes back the links that show one of these runs: of one owner, or of all."""
    gone, query = set(run_ids), select(links.c.number, links.c.runs)
    if owner is not None:
        query = query.where(links.c.owner == plain(owner))
    shown = [number for number, ids in connection.execute(query).all() if gone & set(json.loads(ids))]
    if shown:
        connection.execute(delete(links).where(links.c.number.in_(shown)))


def purge(connection: Connection, before: datetime) -> int:
    """Removes what ended before then; how many."""
    return connection.execute(delete(links).where(links.c.expires_at < before)).rowcount


def take_over(connection: Connection, owner: str, to: str) -> None:
    """Makes the links of `owner` `to`'s."""
    connection.execute(update(links).where(links.c.owner == plain(owner)).values(owner=plain(to)))


def _hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()

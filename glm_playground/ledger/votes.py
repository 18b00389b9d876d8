"""Votes on two answers: the open one, whose runs nobody finds in the history, and those that were given.

While a vote is open its runs belong to another owner, `blind_owner`, so that no list, sum or file of the history can
tell which of them stands on which side. Whoever closes the vote makes them the owner's.
"""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, delete, func, select, update

from glm_playground import bounds
from glm_playground.ledger import totals
from glm_playground.ledger.database import Database, insert
from glm_playground.ledger.errors import Stored
from glm_playground.ledger.room import Room, make_room
from glm_playground.ledger.run_owner import move_runs
from glm_playground.ledger.run_parts import plain
from glm_playground.ledger.schema import runs
from glm_playground.ledger.values import Deletion
from glm_playground.ledger.votes_schema import votes

SKIPPED = "skipped"
"""The verdict of a vote that was given up: its answers could not be compared, or nobody wanted to."""
_IDS_AT_ONCE = 1000


def blind_owner(owner: str) -> str:
    """Whose the runs of an open vote are; no owner of a history is called so."""
    return f"blind {owner}"


@dataclass(frozen=True)
class StoredVote:
    """Two answers to one prompt; the verdict is None while the vote is open."""

    id: str
    run_a: str
    """Id of the run on side A."""
    run_b: str
    candidate_a: str
    """Model and gateway, as `chat.setup.asked_text` writes them."""
    candidate_b: str
    prompt: str
    """A digest of what was asked: votes with the same are on one prompt."""
    stand_in: bool
    """Whether a stand-in model wrote an answer."""
    created_at: datetime
    """UTC."""
    suite: str = ""
    """A digest of the suite; empty where the prompt was typed."""
    case: str = ""
    verdict: str | None = None
    source: str = "person"
    language: str = ""
    voted_at: datetime | None = None
    characters_a: int | None = None
    """Length of the answer."""
    characters_b: int | None = None
    asked: str = ""
    """How the prompt begins; empty where its run was deleted."""


class VoteId(NamedTuple):
    """A given vote, and whether it is on a stand-in model's answers."""

    id: str
    stand_in: bool


class Votes:
    """The votes of all owners in one database; each look-up and change is of one owner's. Raises as `Ledger` does."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def open_one(self, owner: str) -> StoredVote | None:
        """The owner's open vote; there is one at most."""
        with self._database.reading() as connection:
            found = connection.execute(_selected(owner).where(votes.c.verdict.is_(None))).first()
        return _vote(found) if found else None

    def begin(self, owner: str, vote: StoredVote) -> bool:
        """Stores an open vote; False where the owner has one already, and nothing is stored.

        Raises:
            LedgerNoRoom: the owner has given as many as are stored, or has as many runs.
        """
        row = {
            "id": plain(vote.id),
            "owner": plain(owner),
            "run_a": plain(vote.run_a),
            "run_b": plain(vote.run_b),
            "candidate_a": plain(vote.candidate_a),
            "candidate_b": plain(vote.candidate_b),
            "prompt": plain(vote.prompt),
            "suite": plain(vote.suite),
            "case": plain(vote.case),
            "stand_in": vote.stand_in,
            "created_at": vote.created_at,
            "source": plain(vote.source),
            "language": plain(vote.language),
        }
        with self._database.writing() as connection:
            totals.need_room(connection, owner)
            make_room(connection, Stored.VOTES, votes, owner, more=Room(1), most=Room(bounds.OWN_VOTES))
            statement = insert(connection.dialect.name, votes).values(row).on_conflict_do_nothing()
            return connection.execute(statement.returning(votes.c.id)).first() is not None

    def close(
        self,
        owner: str,
        vote_id: str,
        verdict: str,
        *,
        language: str = "",
        characters: tuple[int, int] | None = None,
    ) -> bool:
        """Gives the open vote its verdict, and its owner the runs; False where it is not open any more.

        Args:
            owner: whose vote it is.
            vote_id: of the open vote.
            verdict: what is said.
            language: of the page.
            characters: lengths of the answers on sides A and B.
        """
        first, second = characters or (None, None)
        given = {"verdict": plain(verdict), "language": plain(language), "voted_at": datetime.now(UTC)}
        which = _of(owner) & (votes.c.id == plain(vote_id)) & votes.c.verdict.is_(None)
        with self._database.writing() as connection:
            change = update(votes).where(which).values(given | {"characters_a": first, "characters_b": second})
            if not connection.execute(change).rowcount:
                return False
            move_runs(connection, blind_owner(owner), owner)
            return True

    def release(self, owner: str) -> bool:
        """Gives the owner the ended runs that were asked blind and are of no open vote, as a crash leaves them.

        Whether there were any.
        """
        with self._database.reading() as connection:
            blind = select(runs.c.id).where(runs.c.owner == plain(blind_owner(owner)), runs.c.outcome.is_not(None))
            left = set(connection.execute(blind).scalars())
            kept = _kept(connection, owner)
        if left <= kept:
            return False
        with self._database.writing() as connection:
            while move_runs(connection, blind_owner(owner), owner, but=_kept(connection, owner)):
                pass
        return True

    def newest(self, owner: str, limit: int) -> tuple[StoredVote, ...]:
        """The owner's given votes, newest first, at most `limit`."""
        query = _selected(owner).where(votes.c.verdict.is_not(None))
        with self._database.reading() as connection:
            found = connection.execute(query.order_by(votes.c.number.desc()).limit(limit)).all()
        return tuple(map(_vote, found))

    def ids(self, owner: str, limit: int) -> tuple[VoteId, ...]:
        """What tells the votes of `newest` from any others, in the same order; quick for thousands of them."""
        query = select(votes.c.id, votes.c.stand_in).where(_of(owner), votes.c.verdict.is_not(None))
        with self._database.reading() as connection:
            found = connection.execute(query.order_by(votes.c.number.desc()).limit(limit)).all()
        return tuple(VoteId(row.id, row.stand_in) for row in found)

    def delete(self, owner: str, vote_ids: Sequence[str] | None) -> Deletion:
        """Deletes these given votes, or all of the owner's for None, until `restore` or a purge; their runs stay."""
        deletion, count = uuid.uuid4().hex, 0
        gone = {"deletion": deletion, "deleted_at": datetime.now(UTC)}
        shown = _of(owner) & votes.c.verdict.is_not(None)
        with self._database.writing() as connection:
            for which in _chosen(vote_ids):
                count += connection.execute(update(votes).where(shown, *which).values(gone)).rowcount
        return Deletion(deletion, count)

    def restore(self, owner: str, deletion_id: str) -> int:
        """Restores what was deleted together; how many votes."""
        which = (votes.c.owner == plain(owner)) & (votes.c.deletion == plain(deletion_id))
        back = {"deletion": None, "deleted_at": None}
        with self._database.writing() as connection:
            return connection.execute(update(votes).where(which).values(back)).rowcount


def purge(connection: Connection, before: datetime) -> int:
    """Removes for good what was deleted before then; how many."""
    return connection.execute(delete(votes).where(votes.c.deleted_at < before)).rowcount


def expire(connection: Connection, before: datetime) -> int:
    """Removes for good the votes that were begun before then; how many. Runs of an open one are released by `Votes`."""
    return connection.execute(delete(votes).where(votes.c.created_at < before)).rowcount


def take_over(connection: Connection, owner: str, to: str) -> None:
    """Makes the votes of `owner` `to`'s, with the runs of the open one.

    An open vote is given up, and its runs go to `to`'s history, where `to` has one already. One whose answers still
    come stays, as runs that are under way do: they are stored under who asked them.
    """
    mine = votes.c.owner == plain(owner)
    asked = _kept(connection, owner)
    if asked and _ended_blind(connection, owner, asked) < len(asked):
        connection.execute(update(votes).where(mine, votes.c.verdict.is_not(None)).values(owner=plain(to)))
        while move_runs(connection, blind_owner(owner), to, but=asked):
            pass
        return
    theirs = connection.execute(select(votes.c.id).where(_of(to), votes.c.verdict.is_(None))).first()
    if theirs:
        given_up = {"verdict": SKIPPED, "voted_at": datetime.now(UTC)}
        connection.execute(update(votes).where(mine, votes.c.verdict.is_(None)).values(given_up))
    connection.execute(update(votes).where(mine).values(owner=plain(to)))
    while move_runs(connection, blind_owner(owner), to if theirs else blind_owner(to)):
        pass


def _ended_blind(connection: Connection, owner: str, run_ids: Collection[str]) -> int:
    """How many of these runs are stored, and have ended."""
    which = (runs.c.owner == plain(blind_owner(owner))) & runs.c.id.in_(list(run_ids)) & runs.c.outcome.is_not(None)
    return int(connection.execute(select(func.count()).select_from(runs).where(which)).scalar_one())


def _of(owner: str) -> ColumnElement[bool]:
    return (votes.c.owner == plain(owner)) & votes.c.deletion.is_(None)


def _selected(owner: str) -> Select[Any]:
    told = (runs.c.owner == votes.c.owner) & (runs.c.id == votes.c.run_a) & runs.c.deletion.is_(None)
    return select(votes, runs.c.prompt.label("asked")).select_from(votes.outerjoin(runs, told)).where(_of(owner))


def _kept(connection: Connection, owner: str) -> set[str]:
    """The ids of the runs of the open vote."""
    query = select(votes.c.run_a, votes.c.run_b).where(_of(owner), votes.c.verdict.is_(None))
    return {run_id for row in connection.execute(query).all() for run_id in row}


def _chosen(vote_ids: Sequence[str] | None) -> list[list[ColumnElement[bool]]]:
    if vote_ids is None:
        return [[]]
    ids = list(dict.fromkeys(map(plain, vote_ids)))
    return [[votes.c.id.in_(ids[at : at + _IDS_AT_ONCE])] for at in range(0, len(ids), _IDS_AT_ONCE)]


def _vote(row: Any) -> StoredVote:
    return StoredVote(
        id=row.id,
        run_a=row.run_a,
        run_b=row.run_b,
        candidate_a=row.candidate_a,
        candidate_b=row.candidate_b,
        prompt=row.prompt,
        stand_in=row.stand_in,
        created_at=row.created_at,
        suite=row.suite,
        case=row.case,
        verdict=row.verdict,
        source=row.source,
        language=row.language,
        voted_at=row.voted_at,
        characters_a=row.characters_a,
        characters_b=row.characters_b,
        asked=row.asked or "",
    )

"""Votes of an audience on two answers, counted over replicas; apart from the owner's own votes.

A poll's id is what the address on the wall ends with: 128 bits, for everybody in the room. A browser votes once, known
by a hash of its cookie; how many client addresses there were is counted by a keyed hash.
"""

import json
import secrets
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, delete, func, select, update
from sqlalchemy import insert as plain_insert

from glm_playground import bounds
from glm_playground.ledger.database import Database, insert
from glm_playground.ledger.packed_text import pack_text, unpack_text
from glm_playground.ledger.polls_schema import poll_votes, polls
from glm_playground.ledger.run_parts import plain

CHOICES = ("first", "second", "tie", "both_bad")
"""What a voter can say; the first stands on side A."""


class Voted(StrEnum):
    """What became of a vote."""

    COUNTED = "counted"
    BEFORE = "before"
    """This browser has voted already; its first vote counts."""
    OVER = "over"
    """The poll is closed, or has ended."""
    FULL = "full"
    """So many from this address, or in all, are not counted."""


@dataclass(frozen=True)
class Poll:
    """Two answers to one question, as the audience reads them."""

    scenario: str
    language: str
    question: str
    answer_a: str
    answer_b: str
    candidate_a: str
    candidate_b: str
    named: bool = False
    """Whether the names had been on stage before."""
    stand_in: bool = False
    """Whether a stand-in model wrote an answer."""
    id: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    begun_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    """UTC."""
    ends_at: datetime = field(default_factory=lambda: datetime.now(UTC) + timedelta(seconds=bounds.POLL_S))
    closed_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether votes are counted."""
        return self.closed_at is None and datetime.now(UTC) < self.ends_at


@dataclass(frozen=True)
class PollCount:
    """The votes so far."""

    choices: Mapping[str, int]
    """By what was said; all of `CHOICES` are there."""
    addresses: int
    """How many client addresses they came from."""

    @property
    def votes(self) -> int:
        """All of them."""
        return sum(self.choices.values())


class Polls:
    """The polls of all owners in one database. Raises as `Ledger` does."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, owner: str, poll: Poll) -> None:
        """Opens a poll and closes the owner's others; the oldest of too many are removed."""
        mine = polls.c.owner == plain(owner)
        row = {
            "id": poll.id,
            "owner": plain(owner),
            "scenario": plain(poll.scenario),
            "language": plain(poll.language),
            "candidate_a": plain(poll.candidate_a),
            "candidate_b": plain(poll.candidate_b),
            "texts": pack_text(json.dumps([poll.question, poll.answer_a, poll.answer_b])),
            "named": poll.named,
            "stand_in": poll.stand_in,
            "begun_at": poll.begun_at,
            "ends_at": poll.ends_at,
        }
        kept = select(polls.c.number).where(mine).order_by(polls.c.number.desc()).limit(bounds.POLLS - 1)
        with self._database.writing() as connection:
            numbers = list(connection.execute(kept).scalars())
            connection.execute(delete(polls).where(mine, polls.c.number.not_in(numbers)))
            _close(connection, owner)
            connection.execute(plain_insert(polls).values(row))

    def newest(self, owner: str, scenario: str) -> Poll | None:
        """The owner's last poll on a scenario, open or not."""
        query = select(polls).where(polls.c.owner == plain(owner), polls.c.scenario == plain(scenario))
        with self._database.reading() as connection:
            found = connection.execute(query.order_by(polls.c.number.desc()).limit(1)).first()
        return _poll(found) if found else None

    def find(self, poll_id: str, voter: str = "") -> tuple[Poll, str | None] | None:
        """A poll for whoever knows its id, and what that voter said, or None."""
        said = select(poll_votes.c.choice).where(poll_votes.c.poll == plain(poll_id), poll_votes.c.voter == voter)
        with self._database.reading() as connection:
            found = connection.execute(select(polls).where(polls.c.id == plain(poll_id))).first()
            choice: str | None = connection.execute(said).scalar_one_or_none() if found and voter else None
        return (_poll(found), choice) if found else None

    def vote(self, poll_id: str, voter: str, address: str, choice: str) -> Voted | None:
        """Counts a vote; None where there is no such poll.

        Args:
            poll_id: of the poll.
            voter: a hash of the browser's cookie.
            address: a hash of the client address.
            choice: one of `CHOICES`.
        """
        if choice not in CHOICES:
            raise ValueError("it is none of the choices")
        row = {"poll": plain(poll_id), "voter": voter, "address": address, "choice": choice}
        with self._database.writing() as connection:
            # One vote after the other, so that no bound is passed and none is counted once it is closed.
            found = connection.execute(select(polls).where(polls.c.id == plain(poll_id)).with_for_update()).first()
            if found is None:
                return None
            of_poll = select(func.count()).select_from(poll_votes).where(poll_votes.c.poll == found.id)
            if connection.execute(of_poll.where(poll_votes.c.voter == voter)).scalar_one():
                return Voted.BEFORE
            if found.closed_at is not None or found.ends_at <= datetime.now(UTC):
                return Voted.OVER
            from_address = connection.execute(of_poll.where(poll_votes.c.address == address)).scalar_one()
            if (
                from_address >= bounds.POLL_VOTES_AN_ADDRESS
                or connection.execute(of_poll).scalar_one() >= bounds.POLL_VOTES
            ):
                return Voted.FULL
            statement = insert(connection.dialect.name, poll_votes).values(row).on_conflict_do_nothing()
            return Voted.COUNTED if connection.execute(statement).rowcount else Voted.BEFORE

    def count(self, owner: str, poll_id: str) -> PollCount:
        """The votes of a poll of the owner's so far."""
        mine = select(polls.c.id).where(polls.c.owner == plain(owner), polls.c.id == plain(poll_id)).scalar_subquery()
        by_choice = select(poll_votes.c.choice, func.count()).where(poll_votes.c.poll == mine)
        addresses = select(func.count(poll_votes.c.address.distinct())).where(poll_votes.c.poll == mine)
        with self._database.reading() as connection:
            counts = {row[0]: int(row[1]) for row in connection.execute(by_choice.group_by(poll_votes.c.choice))}
            found = connection.execute(addresses).scalar_one()
        return PollCount({choice: counts.get(choice, 0) for choice in CHOICES}, found)

    def close(self, owner: str, poll_id: str) -> Poll | None:
        """Counts no further vote; the poll, or None where the owner has no such one."""
        with self._database.writing() as connection:
            _close(connection, owner, poll_id)
            which = (polls.c.owner == plain(owner)) & (polls.c.id == plain(poll_id))
            found = connection.execute(select(polls).where(which)).first()
        return _poll(found) if found else None


def _close(connection: Connection, owner: str, poll_id: str | None = None) -> None:
    which = (polls.c.owner == plain(owner)) & polls.c.closed_at.is_(None)
    if poll_id is not None:
        which &= polls.c.id == plain(poll_id)
    connection.execute(update(polls).where(which).values(closed_at=datetime.now(UTC)))


def delete_of(connection: Connection, owner: str) -> None:
    """Removes all polls of the owner, with their votes."""
    connection.execute(delete(polls).where(polls.c.owner == plain(owner)))


def purge(connection: Connection, now: datetime) -> int:
    """Removes the polls that began `bounds.POLL_DAYS` before `now`, with their votes; how many polls."""
    before = now - timedelta(days=bounds.POLL_DAYS)
    return connection.execute(delete(polls).where(polls.c.begun_at < before)).rowcount


def take_over(connection: Connection, owner: str, to: str) -> None:
    """Makes the polls of `owner` `to`'s."""
    connection.execute(update(polls).where(polls.c.owner == plain(owner)).values(owner=plain(to)))


def _poll(row: Any) -> Poll:
    try:
        question, answer_a, answer_b = json.loads(unpack_text(row.texts))
    except (ValueError, zlib.error):
        question = answer_a = answer_b = ""
    return Poll(
        scenario=row.scenario,
        language=row.language,
        question=question,
        answer_a=answer_a,
        answer_b=answer_b,
        candidate_a=row.candidate_a,
        candidate_b=row.candidate_b,
        named=row.named,
        stand_in=row.stand_in,
        id=row.id,
        begun_at=row.begun_at,
        ends_at=row.ends_at,
        closed_at=row.closed_at,
    )

"""Votes: the open one hides its runs, a given one gives them back; deleting, moving, expiring."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from glm_playground.ledger import Ledger
from glm_playground.ledger.schema import metadata
from glm_playground.ledger.votes import SKIPPED, StoredVote, blind_owner
from glm_playground.ledger.votes_schema import votes
from glm_playground.runs.run import Run
from tests.ledger.engine import engine_of
from tests.ledger.made import ids, keep, made_run


def asked_blind(ledger: Ledger, owner: str, **fields: Any) -> tuple[StoredVote, Run, Run]:
    """An open vote on two stored runs."""
    first, second = made_run("Who are you?", model="glm-5.1"), made_run("Who are you?", model="glm-4.6")
    keep(ledger, blind_owner(owner), first, second)
    vote = StoredVote(
        uuid.uuid4().hex, first.id, second.id, "glm-5.1 @ A", "glm-4.6 @ B", "digest", False, datetime.now(UTC)
    )
    vote = replace(vote, **fields)
    assert ledger.votes.begin(owner, vote)
    return vote, first, second


def test_the_history_holds_the_runs_of_a_vote_once_it_is_given(ledger: Ledger, owner: str) -> None:
    vote, first, second = asked_blind(ledger, owner)
    assert ledger.votes.open_one(owner) == vote
    assert ledger.votes.newest(owner, 10) == ()
    assert ids(ledger, owner) == [] == ids(ledger, owner, text="who")
    assert (ledger.models(owner), ledger.totals(owner), ledger.run(owner, first.id)) == ((), (), None)
    assert ledger.votes.close(owner, vote.id, "first", language="en", characters=(120, 80))
    assert not ledger.votes.close(owner, vote.id, "second")
    assert ledger.votes.open_one(owner) is None
    assert sorted(ids(ledger, owner, text="who")) == sorted([first.id, second.id])
    assert sum(total.runs for total in ledger.totals(owner)) == 2
    (given,) = ledger.votes.newest(owner, 10)
    assert (given.verdict, given.source, given.language, given.asked) == ("first", "person", "en", "Who are you?")
    assert (given.characters_a, given.characters_b) == (120, 80)
    assert given.voted_at
    assert ledger.votes.ids(owner, 10) == ((vote.id, False),)
    assert ledger.votes.newest("somebody else", 10) == ()


def test_an_owner_has_one_open_vote_at_most(ledger: Ledger, owner: str) -> None:
    vote, _first, _second = asked_blind(ledger, owner)
    assert not ledger.votes.begin(owner, replace(vote, id=uuid.uuid4().hex))
    assert not ledger.votes.close("somebody else", vote.id, "first")
    assert ledger.votes.open_one(owner) == vote
    assert ledger.votes.close(owner, vote.id, SKIPPED)
    assert ledger.votes.begin(owner, replace(vote, id=uuid.uuid4().hex))


def test_runs_that_no_open_vote_names_are_given_back(ledger: Ledger, owner: str) -> None:
    lost = made_run("paid before a crash")
    keep(ledger, blind_owner(owner), lost)
    vote, first, second = asked_blind(ledger, owner)
    assert ledger.votes.release(owner)
    assert ids(ledger, owner) == [lost.id]
    assert not ledger.votes.release(owner)
    ledger.votes.close(owner, vote.id, "tie")
    late = made_run("ended after the vote was given up")
    keep(ledger, blind_owner(owner), late)
    assert ledger.votes.release(owner)
    assert set(ids(ledger, owner)) == {lost.id, first.id, second.id, late.id}


def test_votes_are_deleted_and_restored_without_their_runs(ledger: Ledger, owner: str) -> None:
    vote, first, _second = asked_blind(ledger, owner)
    assert ledger.votes.delete(owner, None).runs == 0
    ledger.votes.close(owner, vote.id, "both_bad")
    assert ledger.votes.delete("somebody else", [vote.id]).runs == 0
    gone = ledger.votes.delete(owner, [vote.id])
    assert gone.runs == 1
    assert ledger.votes.newest(owner, 10) == ()
    assert len(ids(ledger, owner)) == 2
    assert ledger.votes.restore("somebody else", gone.id) == 0
    assert ledger.votes.restore(owner, gone.id) == 1
    ledger.delete(owner, [first.id])
    (kept,) = ledger.votes.newest(owner, 10)
    assert (kept.verdict, kept.asked) == ("both_bad", "")
    ledger.votes.delete(owner, None)
    ledger.purge(datetime.now(UTC) + timedelta(seconds=1))
    assert ledger.votes.restore(owner, gone.id) == 0


def test_votes_that_are_too_old_are_removed(ledger: Ledger, owner: str) -> None:
    vote, _first, _second = asked_blind(ledger, owner, created_at=datetime(2020, 1, 1, tzinfo=UTC))
    ledger.votes.close(owner, vote.id, "first")
    ledger.expire(datetime(2020, 1, 2, tzinfo=UTC).date())
    assert ledger.votes.newest(owner, 10) == ()


@pytest.mark.parametrize("taker_has_one", [False, True])
def test_votes_move_with_the_history(ledger: Ledger, owner: str, taker_has_one: bool) -> None:
    to = f"{owner}-other"
    given, *_runs = asked_blind(ledger, owner)
    ledger.votes.close(owner, given.id, "first")
    still_open, first, second = asked_blind(ledger, owner)
    own = asked_blind(ledger, to)[0] if taker_has_one else still_open
    ledger.move(ledger.offer_move(owner).code, to)
    found = ledger.votes.open_one(to)
    assert found
    assert found.id == own.id
    assert ledger.votes.open_one(owner) is None
    verdicts = {vote.id: vote.verdict for vote in ledger.votes.newest(to, 10)}
    assert verdicts == {given.id: "first"} | ({still_open.id: SKIPPED} if taker_has_one else {})
    # What was asked blind is in no history while its vote is open.
    assert ({first.id, second.id} <= set(ids(ledger, to))) == taker_has_one
    ledger.votes.close(to, found.id, "tie")
    assert {first.id, second.id} <= set(ids(ledger, to))


@pytest.mark.parametrize("stored", [0, 1])
def test_an_open_vote_stays_while_its_answers_come(ledger: Ledger, owner: str, stored: int) -> None:
    to = f"{owner}-other"
    given, *_runs = asked_blind(ledger, owner)
    ledger.votes.close(owner, given.id, "first")
    lost, first, second = made_run("of no vote"), made_run("Who are you?"), made_run("Who are you?", outcome=None)
    keep(ledger, blind_owner(owner), lost, *[first][:stored])
    ledger.store_started([(second, blind_owner(owner))])
    vote = replace(given, id=uuid.uuid4().hex, run_a=first.id, run_b=second.id)
    assert ledger.votes.begin(owner, vote)
    ledger.move(ledger.offer_move(owner).code, to)
    assert [one.id for one in ledger.votes.newest(to, 10)] == [given.id]
    assert lost.id in ids(ledger, to)
    assert ledger.votes.open_one(to) is None
    # Whoever asked gives it, and no answer is lost.
    keep(ledger, blind_owner(owner), *[first][stored:], replace(second, outcome=lost.outcome, ended_ns=lost.ended_ns))
    assert ledger.votes.close(owner, vote.id, "tie")
    assert set(ids(ledger, owner)) == {first.id, second.id}
    assert not {first.id, second.id} & set(ids(ledger, to))


def test_who_has_votes_alone_is_known(ledger: Ledger, owner: str) -> None:
    assert not ledger.knows(owner)
    vote = StoredVote(uuid.uuid4().hex, "gone", "gone too", "a", "b", "digest", False, datetime.now(UTC))
    ledger.votes.begin(owner, vote)
    assert ledger.knows(owner)


def test_a_vote_of_the_first_version_with_votes_opens(url: str) -> None:
    Ledger.open(url).close()
    row = {
        "id": "old",
        "owner": "me",
        "run_a": "gone",
        "run_b": "gone too",
        "candidate_a": "glm-5.1",
        "candidate_b": "glm-4.6",
        "prompt": "digest",
        "suite": "",
        "case": "",
        "stand_in": True,
        "created_at": datetime(2026, 11, 26, tzinfo=UTC),
        # A verdict and a source of a later version.
        "verdict": "first, by far",
        "source": "audience",
        "language": "pt_BR",
    }
    engine = engine_of(url)
    assert set(row) <= {column.name for column in metadata.tables["votes"].columns}
    with engine.begin() as connection:
        connection.execute(insert(votes).values(row))
    engine.dispose()
    ledger = Ledger.open(url)
    (vote,) = ledger.votes.newest("me", 10)
    ledger.close()
    assert (vote.verdict, vote.source, vote.stand_in, vote.asked) == ("first, by far", "audience", True, "")
    assert vote.characters_a is None

"""An audience's votes: one a browser, bounded by address and in all, none once it is closed; deleting, moving."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from glm_playground import bounds
from glm_playground.ledger import Ledger
from glm_playground.ledger.polls import Poll, Voted


def begun(ledger: Ledger, owner: str, **fields: Any) -> Poll:
    poll = replace(Poll("scenario", "en", "Which?", "One.", "Two.", "glm-5.1", "glm-4.6"), **fields)
    ledger.polls.begin(owner, poll)
    return poll


def test_a_browser_votes_once(ledger: Ledger, owner: str) -> None:
    poll = begun(ledger, owner)
    assert ledger.polls.vote(poll.id, "v1", "a1", "first") is Voted.COUNTED
    assert ledger.polls.vote(poll.id, "v1", "a1", "second") is Voted.BEFORE
    assert ledger.polls.vote(poll.id, "v2", "a1", "tie") is Voted.COUNTED
    assert ledger.polls.vote("nowhere", "v1", "a1", "tie") is None
    with pytest.raises(ValueError, match="choices"):
        ledger.polls.vote(poll.id, "v3", "a1", "A")
    count = ledger.polls.count(owner, poll.id)
    assert (count.choices, count.votes, count.addresses) == (
        {"first": 1, "second": 0, "tie": 1, "both_bad": 0}, 2, 1,
    )  # fmt: skip
    assert ledger.polls.count("somebody else", poll.id).votes == 0
    assert ledger.polls.find(poll.id, "v1") == (poll, "first")
    assert ledger.polls.find(poll.id, "v3") == (poll, None)
    assert ledger.polls.find("nowhere") is None


def test_none_is_counted_once_it_is_closed_or_has_ended(ledger: Ledger, owner: str) -> None:
    poll = begun(ledger, owner)
    assert ledger.polls.close("somebody else", poll.id) is None
    closed = ledger.polls.close(owner, poll.id)
    assert closed
    assert not closed.is_open
    assert closed.closed_at
    again = ledger.polls.close(owner, poll.id)
    assert again == closed
    assert ledger.polls.vote(poll.id, "v1", "a1", "first") is Voted.OVER
    ended = begun(ledger, owner, ends_at=datetime.now(UTC) - timedelta(seconds=1))
    assert not ended.is_open
    assert ledger.polls.vote(ended.id, "v1", "a1", "first") is Voted.OVER


def test_a_new_poll_closes_the_last_and_is_found_again(ledger: Ledger, owner: str) -> None:
    first = begun(ledger, owner, scenario="one")
    second = begun(ledger, owner, scenario="two")
    found = ledger.polls.newest(owner, "one")
    assert found
    assert (found.id, found.is_open) == (first.id, False)
    assert ledger.polls.newest(owner, "two") == second
    assert ledger.polls.newest("somebody else", "two") is None


def test_the_oldest_of_too_many_is_removed(ledger: Ledger, owner: str) -> None:
    polls = [begun(ledger, owner) for _ in range(bounds.POLLS + 1)]
    assert ledger.polls.find(polls[0].id) is None
    assert ledger.polls.find(polls[1].id)


def test_votes_are_bounded_by_address_and_in_all(ledger: Ledger, owner: str, monkeypatch: pytest.MonkeyPatch) -> None:
    poll = begun(ledger, owner)
    monkeypatch.setattr(bounds, "POLL_VOTES_AN_ADDRESS", 3)
    monkeypatch.setattr(bounds, "POLL_VOTES", 5)
    said = [ledger.polls.vote(poll.id, f"v{number}", "a1", "first") for number in range(4)]
    said += [ledger.polls.vote(poll.id, f"w{number}", "a2", "first") for number in range(3)]
    counted = [one is Voted.COUNTED for one in said]
    assert counted == [True, True, True, False, True, True, False]
    assert said[3] is said[6] is Voted.FULL
    assert ledger.polls.count(owner, poll.id).addresses == 2


def test_many_at_once_are_each_counted_once(ledger: Ledger, owner: str, monkeypatch: pytest.MonkeyPatch) -> None:
    poll = begun(ledger, owner)
    monkeypatch.setattr(bounds, "POLL_VOTES_AN_ADDRESS", 20)
    with ThreadPoolExecutor(8) as threads:
        said = list(threads.map(lambda n: ledger.polls.vote(poll.id, f"v{n % 30}", "a", "tie"), range(90)))
    assert said.count(Voted.COUNTED) == ledger.polls.count(owner, poll.id).votes == 20


def test_polls_move_with_the_history_and_are_deleted_with_it(ledger: Ledger, owner: str) -> None:
    to, poll = f"{owner}-other", begun(ledger, owner)
    ledger.polls.vote(poll.id, "v1", "a1", "first")
    ledger.move(ledger.offer_move(owner).code, to)
    assert ledger.polls.count(owner, poll.id).votes == 0
    assert ledger.polls.count(to, poll.id).votes == 1
    ledger.delete_all(to)
    assert ledger.polls.find(poll.id, "v1") is None
    assert ledger.polls.vote(poll.id, "v1", "a1", "first") is None


def test_polls_are_kept_for_days(ledger: Ledger, owner: str) -> None:
    old = begun(ledger, owner, begun_at=datetime.now(UTC) - timedelta(days=bounds.POLL_DAYS, minutes=1))
    ledger.polls.vote(old.id, "v1", "a1", "first")
    new = begun(ledger, owner)
    ledger.purge(datetime.now(UTC) - timedelta(days=1))
    assert ledger.polls.find(old.id, "v1") is None
    assert ledger.polls.find(new.id)

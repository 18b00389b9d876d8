"""Standings from stored votes: kinds are never mixed, and what is no verdict is left out."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from glm_playground.evals.standings import standings_of
from glm_playground.ledger.votes import SKIPPED, StoredVote

VOTE = StoredVote(
    "id", "run a", "run b", "glm-5.1 @ A", "glm-4.6 @ A", "prompt", False, datetime(2026, 11, 26, tzinfo=UTC)
)


def votes(*verdicts: str | None, **fields: object) -> list[StoredVote]:
    return [
        replace(VOTE, id=str(place), prompt=str(place), verdict=verdict, **fields)  # type: ignore[arg-type]
        for place, verdict in enumerate(verdicts)
    ]


def test_stand_in_votes_and_other_sources_are_apart() -> None:
    given = [
        *votes("first", "first"),
        *votes("second", stand_in=True),
        *votes("tie", "tie", "tie", source="judge"),
    ]
    counted = [
        standings_of(given, stand_in=False),
        standings_of(given, stand_in=True),
        standings_of(given, stand_in=False, source="judge"),
    ]
    assert [found.votes for found in counted] == [2, 1, 3]
    assert counted[0].ratings.ratings[0].wins == 2


def test_what_is_no_verdict_is_left_out_and_counted() -> None:
    found = standings_of(votes("first", SKIPPED, None, "first, by far", "both_bad"), stand_in=False)
    assert (found.votes, found.left_out, found.ratings.both_bad) == (2, 3, 1)


@pytest.mark.parametrize("lengths", [(100, 50), (0, 0), (None, None)])
def test_any_lengths_are_a_style(lengths: tuple[int | None, int | None]) -> None:
    verdicts = ["first", "second"] * 20
    given = votes(*verdicts, characters_a=lengths[0], characters_b=lengths[1])
    found = standings_of(given, stand_in=False, by_length=True)
    # All differ by the same, so that nothing can be told of it.
    assert found.ratings.style == ()
    assert all(one.rating for one in found.ratings.ratings)

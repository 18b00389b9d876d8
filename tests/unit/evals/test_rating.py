"""Ratings from votes: ties, both bad, votes that set no bound, pairs that are not told apart yet.

That ratings agree with choix and that intervals cover is in `test_verdict.py`.
"""

import random
from collections.abc import Iterator
from math import exp

import pytest

from glm_playground.evals.rating import Choice, Vote, ratings_of

STRENGTHS = {"strong": 0.8, "middle": 0.1, "weak": -0.9}


def drawn(seed: int, prompts: int, strengths: dict[str, float] = STRENGTHS) -> Iterator[Vote]:
    """Two votes a prompt by these strengths."""
    chance = random.Random(seed)
    for number in range(prompts):
        for _vote in range(2):
            first, second = chance.sample(list(strengths), 2)
            wins = chance.random() < 1 / (1 + exp(strengths[second] - strengths[first]))
            yield Vote(first, second, Choice.FIRST if wins else Choice.SECOND, str(number))


def test_ties_are_halves_and_both_bad_is_counted_apart() -> None:
    votes = [
        Vote("a", "b", choice, str(number))
        for number, choice in enumerate([Choice.FIRST, Choice.SECOND, Choice.TIE, Choice.BOTH_BAD] * 10)
    ]
    rated = ratings_of(votes)
    assert {(one.candidate, one.votes, one.wins, one.both_bad) for one in rated.ratings} == {
        ("a", 30, 15.0, 10),
        ("b", 30, 15.0, 10),
    }
    assert (rated.both_bad, rated.prompts) == (10, 30)
    assert all(one.rating and abs(one.rating.estimate) < 1e-9 for one in rated.ratings)
    only_bad = ratings_of([Vote("a", "b", Choice.BOTH_BAD, "p")])
    assert [(one.votes, one.rating) for one in only_bad.ratings] == [(0, None), (0, None)]
    assert ratings_of([]).ratings == ()


def test_who_is_not_connected_by_wins_and_losses_has_no_rating() -> None:
    votes = [*drawn(1, 100), *(Vote("champion", "weak", Choice.FIRST, f"c{number}") for number in range(40))]
    votes += [vote._replace(first=f"other {vote.first}", second=f"other {vote.second}") for vote in drawn(2, 60)]
    rated = ratings_of(votes)
    groups: dict[int, set[str]] = {}
    for one in rated.ratings:
        groups.setdefault(one.group, set()).add(one.candidate)
    assert {*STRENGTHS} in groups.values()
    assert {f"other {name}" for name in STRENGTHS} in groups.values()
    assert {"champion"} in groups.values()
    assert [one.rating for one in rated.ratings if one.candidate == "champion"] == [None]
    together = {frozenset((pair.better, pair.worse)) for pair in rated.pairs}
    assert all(any(pair <= members for members in groups.values()) for pair in together)


@pytest.mark.parametrize(
    "votes",
    [
        pytest.param([Vote("a", "b", Choice.FIRST, "p"), Vote("a", "b", Choice.SECOND, "p")], id="one prompt"),
        pytest.param([Vote("a", "b", Choice.TIE, "p")], id="one tie"),
        pytest.param([Vote("a", "b", Choice.FIRST, str(n)) for n in range(50)], id="never lost"),
        pytest.param([Vote("a", "b", Choice.TIE, str(n)) for n in range(50)], id="nothing but ties"),
        pytest.param([Vote("a", "a", Choice.FIRST, "p")], id="against itself"),
    ],
)
def test_votes_that_set_no_bound_give_no_interval(votes: list[Vote]) -> None:
    rated = ratings_of(votes)
    assert all(one.rating is None for one in rated.ratings)
    assert rated.pairs == ()


def test_a_style_that_explains_every_vote_is_left_out() -> None:
    votes = [
        Vote("a", "b", Choice.FIRST if number % 2 else Choice.SECOND, str(number), (1.0 if number % 2 else -1.0,))
        for number in range(60)
    ]
    rated = ratings_of(votes)
    assert rated.style == ()
    assert all(one.rating and abs(one.rating.estimate) < 1e-6 for one in rated.ratings)


def test_pairs_are_told_apart_or_the_votes_that_would_are_named() -> None:
    few, many = ratings_of(drawn(3, 40)), ratings_of(drawn(3, 1500))
    close = {"better": 0.15, "worse": -0.15}
    (pair,) = ratings_of(drawn(4, 60, close)).pairs
    assert not pair.separable
    # An even vote tells a difference of d with about 4 * 7.85 / d**2 votes.
    assert pair.more_votes
    assert pair.more_votes + 120 == pytest.approx(31.4 / pair.lead.estimate**2, rel=0.3)
    assert all(one.separable and one.more_votes is None for one in many.pairs)
    assert (few.rough, many.rough) == (False, False)
    assert ratings_of(drawn(3, 20)).rough
    assert [one.candidate for one in many.ratings] == ["strong", "middle", "weak"]

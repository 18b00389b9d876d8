"""Pass rates, paired differences and ratings, checked by simulation and against another library."""

from functools import cache

import numpy as np
import pytest

from glm_playground.evals.rating import Choice, Vote, ratings_of
from glm_playground.evals.verdict import GradedAnswer, cases_needed, differences, pass_rates

RNG = np.random.default_rng


def points(count: int, first: float, second: float, *, repeats: int = 1, seed: int = 0) -> list[GradedAnswer]:
    """Answers whose chance to pass goes up and down with the case, for both candidates alike."""
    rng = RNG(seed)
    found = []
    for case in range(count):
        ease = rng.normal(0, 0.15)
        for name, rate in (("a", first), ("b", second)):
            chance = min(max(rate + ease, 0), 1)
            found += [GradedAnswer(f"c{case}", name, bool(rng.random() < chance)) for _ in range(repeats)]
    return found


def test_rates_leave_out_what_cannot_be_told() -> None:
    rows = [
        GradedAnswer("1", "a", True),
        GradedAnswer("2", "a", False),
        GradedAnswer("3", "a", None),
        GradedAnswer("1", "b", None),
    ]
    a, b = pass_rates(rows)
    assert (a.cases, a.answers, a.passed, a.untold) == (2, 2, 1, 1)
    assert a.rate is not None
    # Wilson's interval of 1 of 2.
    assert (a.rate.low, a.rate.high) == pytest.approx((0.0945, 0.9055), abs=1e-3)
    assert b.rate is None
    assert differences(rows) == []


def test_a_clear_difference_is_separable_and_a_small_one_names_how_many_more() -> None:
    [clear] = differences(points(400, 0.8, 0.6))
    assert clear.separable
    assert clear.points.low > 0
    passed = [(True, False)] * 22 + [(False, True)] * 20 + [(True, True)] * 58
    [small] = differences(
        [
            GradedAnswer(str(case), name, one)
            for case, both in enumerate(passed)
            for name, one in zip("ab", both, strict=True)
        ]
    )
    assert not small.separable
    assert small.more_cases is not None
    assert small.more_cases > 5000
    assert small.rough


def test_holm_makes_each_pair_of_many_harder_to_tell() -> None:
    rows = points(150, 0.7, 0.58, seed=2)
    [alone] = differences(rows)
    others = [point._replace(candidate=f"{point.candidate}2") for point in points(150, 0.65, 0.64, seed=9)]
    together = next(one for one in differences(rows + others) if (one.first, one.second) == ("a", "b"))
    assert together.p_value == alone.p_value
    assert together.adjusted_p > alone.adjusted_p


def test_no_difference_at_all_is_none() -> None:
    rows = [GradedAnswer(str(case), name, True) for case in range(20) for name in "ab"]
    [found] = differences(rows)
    assert (found.points.estimate, found.p_value, found.more_cases) == (0.0, 1.0, None)
    assert found.points.low < 0 < found.points.high
    always = [GradedAnswer(str(case), name, name == "a") for case in range(20) for name in "ab"]
    [found] = differences(always)
    assert found.separable
    assert found.points.low > 0.5


def test_half_the_difference_needs_four_times_the_cases() -> None:
    many, few = cases_needed(0.05), cases_needed(0.1)
    assert many is not None
    assert few is not None
    assert many / few == pytest.approx(4, rel=0.05)


@pytest.mark.slow
@pytest.mark.parametrize("repeats", [1, 3])
def test_intervals_cover_what_they_say(repeats: int) -> None:
    rates, pairs, runs = 0, 0, 500
    for seed in range(runs):
        rows = points(300, 0.7, 0.6, repeats=repeats, seed=seed)
        [difference] = differences(rows)
        [rate, _other] = pass_rates(rows)
        # What 0.7 plus a spread of 0.15 is once it is kept below 1.
        true = _clipped(0.7)
        assert rate.rate is not None
        rates += rate.rate.low <= true <= rate.rate.high
        pairs += difference.points.low <= true - _clipped(0.6) <= difference.points.high
    print(f"{repeats} repeats: rates covered {rates / runs:.3f}, differences {pairs / runs:.3f} of {runs}")
    assert 0.93 <= rates / runs <= 0.97
    assert 0.93 <= pairs / runs <= 0.97


@cache
def _clipped(rate: float) -> float:
    return float(np.clip(RNG(0).normal(rate, 0.15, 2_000_000), 0, 1).mean())


def votes(strengths: list[float], count: int, *, prompts: int = 200, seed: int = 0) -> list[Vote]:
    rng = RNG(seed)
    ones = rng.integers(len(strengths), size=count)
    others = (ones + rng.integers(1, len(strengths), size=count)) % len(strengths)
    known = np.array(strengths)
    wins = rng.random(count) < 1 / (1 + np.exp(known[others] - known[ones]))
    ties = rng.random(count) < 0.1
    asked = rng.integers(prompts, size=count)
    return [
        Vote(f"m{one}", f"m{other}", Choice.TIE if tie else Choice.FIRST if win else Choice.SECOND, f"p{prompt}")
        for one, other, win, tie, prompt in zip(ones, others, wins, ties, asked, strict=True)
    ]


def test_ratings_agree_with_another_library() -> None:
    choix = pytest.importorskip("choix")
    rows = [vote for vote in votes([0.0, 0.5, 1.0, -1.5], 3000) if vote.choice is not Choice.TIE]
    found = {one.candidate: one.rating for one in ratings_of(rows).ratings}
    pairs = [
        (int(winner[1:]), int(loser[1:]))
        for vote in rows
        for winner, loser in [(vote.first, vote.second) if vote.choice is Choice.FIRST else (vote.second, vote.first)]
    ]
    expected = choix.ilsr_pairwise(4, pairs)
    rated = [found[f"m{at}"] for at in range(4)]
    assert all(rated)
    assert [one.estimate for one in rated if one] == pytest.approx(list(expected - expected.mean()), abs=1e-3)
    assert ratings_of(rows).ratings[0].candidate == "m2"


def test_candidates_that_no_chain_of_wins_ties_together_are_not_rated_against_each_other() -> None:
    rows = [
        Vote("a", "b", Choice.FIRST, "1"),
        Vote("b", "a", Choice.FIRST, "2"),
        Vote("b", "a", Choice.TIE, "2"),
        Vote("a", "always", Choice.SECOND, "3"),
        Vote("c", "d", Choice.BOTH_BAD, "4"),
    ]
    found = {one.candidate: one for one in ratings_of(rows).ratings}
    assert found["always"].rating is None
    assert found["a"].rating is not None
    assert found["a"].group == found["b"].group != found["c"].group
    assert ratings_of([]).ratings == ()


def test_a_style_that_wins_is_told_from_the_model() -> None:
    rng = RNG(5)
    rows = []
    for number in range(3000):
        length = float(rng.normal())
        wins = rng.random() < 1 / (1 + np.exp(-(0.3 + 1.0 * length)))
        rows.append(Vote("a", "b", Choice.FIRST if wins else Choice.SECOND, f"p{number % 300}", (length,)))
    found = ratings_of(rows)
    assert found.style[0].low > 0.5
    rated = {one.candidate: one.rating for one in found.ratings}
    assert rated["a"] is not None
    assert rated["a"].low <= 0.15 <= rated["a"].high


@pytest.mark.slow
def test_intervals_of_ratings_cover_known_strengths() -> None:
    strengths = [0.0, 0.4, 0.8, -0.6]
    mean = sum(strengths) / 4
    covered = total = 0
    for seed in range(400):
        rows = [vote for vote in votes(strengths, 1200, prompts=60, seed=seed) if vote.choice is not Choice.TIE]
        for one in ratings_of(rows).ratings:
            assert one.rating is not None
            total += 1
            covered += one.rating.low <= strengths[int(one.candidate[1:])] - mean <= one.rating.high
    print(f"ratings covered {covered / total:.3f} of {total}")
    assert 0.93 <= covered / total <= 0.97

"""What is told of planted judges: one that always takes slot one, one that takes the longer answer, a fair one."""

import random
from collections.abc import Callable
from decimal import Decimal

import pytest

from glm_playground.evals.judge import Judge, Opinion, Slot
from glm_playground.evals.judge_figures import JudgedPair, JudgeFigures, as_votes, judge_figures
from glm_playground.evals.rating import Choice, ratings_of

JUDGE = Judge("glm-5.1", "RunAPI")
Quality = tuple[float, float]
Rule = Callable[[random.Random, Quality, tuple[int, int]], Slot]
"""What a judge says of the answers in slots one and two, by their quality and length."""


def fair(chance: random.Random, quality: Quality, _length: tuple[int, int]) -> Slot:
    """Mostly right, whatever the order and the length."""
    right = chance.random() < 0.85
    return Slot.ONE if (quality[0] > quality[1]) is right else Slot.TWO


def first_slot(_chance: random.Random, _quality: Quality, _length: tuple[int, int]) -> Slot:
    return Slot.ONE


def leans_to_slot_two(chance: random.Random, quality: Quality, length: tuple[int, int]) -> Slot:
    return Slot.TWO if chance.random() < 0.3 else fair(chance, quality, length)


def longer(_chance: random.Random, _quality: Quality, length: tuple[int, int]) -> Slot:
    return Slot.ONE if length[0] > length[1] else Slot.TWO


def leans_to_the_longer(chance: random.Random, quality: Quality, length: tuple[int, int]) -> Slot:
    return longer(chance, quality, length) if chance.random() < 0.5 else fair(chance, quality, length)


def nonsense(chance: random.Random, quality: Quality, length: tuple[int, int]) -> Slot:
    return Slot.NONSENSE if chance.random() < 0.9 else fair(chance, quality, length)


def _judged(rule: Rule, pairs: int = 200, seed: int = 7, cases: int | None = None) -> list[JudgedPair]:
    chance = random.Random(seed)
    found = []
    for number in range(pairs):
        one, two = chance.random(), chance.random()
        lengths = chance.randrange(50, 2_000), chance.randrange(50, 2_000)
        found.append(
            JudgedPair(
                f"case-{number % (cases or pairs)}",
                "glm-5.1 at RunAPI",
                f"gpt-6 at Elsewhere, temperature={number // (cases or pairs)}",
                rule(chance, (one, two), lengths),
                rule(chance, (two, one), (lengths[1], lengths[0])),
                *lengths,
                Decimal("0.001"),
            )
        )
    return found


def _figures(rule: Rule, **how: int) -> JudgeFigures:
    return judge_figures(JUDGE, _judged(rule, **how))


def test_a_judge_of_the_first_slot_is_flagged_and_tells_nothing() -> None:
    found = _figures(first_slot)
    assert found.counts == {Opinion.FLIPPED: 200}
    assert found.place
    assert found.place.flagged
    assert found.place.rate.estimate == 1.0
    assert found.place.rate.low > 0.95
    assert found.length is None
    assert as_votes(_judged(first_slot)) == []


def test_a_judge_of_length_is_flagged_by_its_length_and_not_its_place() -> None:
    found = _figures(longer)
    assert found.length
    assert found.length.flagged
    assert found.length.rate.low > 0.95
    assert found.place
    assert not found.place.flagged
    assert found.counts[Opinion.FLIPPED] == 0


@pytest.mark.parametrize(("rule", "what"), [(leans_to_slot_two, "place"), (leans_to_the_longer, "length")])
@pytest.mark.parametrize("cases", [200, 60])
def test_one_that_only_leans_is_flagged_too(rule: Rule, what: str, cases: int) -> None:
    bias = getattr(_figures(rule, cases=cases), what)
    assert bias.flagged
    assert 0 < bias.rate.low < bias.rate.estimate < bias.rate.high < 1


def test_a_fair_judge_is_not_flagged_but_for_the_chance_that_an_interval_has() -> None:
    found = [_figures(fair, seed=seed, pairs=100) for seed in range(200)]
    for what in ("place", "length"):
        flagged = sum(getattr(one, what).flagged for one in found)
        assert flagged <= 20, what
    assert not _figures(fair).place.flagged  # type: ignore[union-attr]


def test_nonsense_and_no_reply_are_abstentions_of_their_own() -> None:
    found = _figures(nonsense)
    assert found.counts[Opinion.NONSENSE] > 180
    silent = judge_figures(JUDGE, [one._replace(forward=Slot.NONE) for one in _judged(fair)])
    assert silent.counts == {Opinion.UNANSWERED: 200}
    assert silent.place is silent.length is silent.agreement is None


def test_agreement_with_own_votes_either_way_round() -> None:
    judged = _judged(fair)
    choices = {Opinion.FIRST: Choice.FIRST, Opinion.SECOND: Choice.SECOND}
    votes = {one.pair: choices[one.opinion] for one in judged if one.opinion in choices}
    turned = {
        (case, second, first): Choice.SECOND if choice is Choice.FIRST else Choice.FIRST
        for (case, first, second), choice in votes.items()
    }
    for own in (votes, turned):
        agreement = judge_figures(JUDGE, judged, own).agreement
        assert agreement
        assert agreement.pairs == len(votes)
        assert agreement.same.estimate == 1.0
        assert agreement.kappa
        assert agreement.kappa.estimate == pytest.approx(1.0)


def test_votes_at_random_agree_no_more_than_chance() -> None:
    judged, chance = _judged(fair), random.Random(3)
    votes = {one.pair: chance.choice([Choice.FIRST, Choice.SECOND]) for one in judged}
    found = judge_figures(JUDGE, judged, votes)
    assert found.agreement
    assert found.agreement.kappa
    assert found.agreement.kappa.low < 0 < found.agreement.kappa.high
    assert found.voted_length
    assert 0.4 < found.voted_length.rate.estimate < 0.6
    always = dict.fromkeys(votes, Choice.BOTH_BAD)
    told = judge_figures(JUDGE, judged, always).agreement
    assert told
    assert told.same.estimate == 0.0
    assert told.kappa is None


def test_cost_and_family_are_part_of_it() -> None:
    judged = [*_judged(fair, pairs=3), _judged(fair, pairs=1)[0]._replace(case="x", cost=None)]
    found = judge_figures(JUDGE, judged)
    assert (found.cost, found.cost_unknown, found.pairs) == (Decimal("0.003"), 1, 4)
    assert found.judge.pair_prompt
    assert found.same_family == ("glm-5.1 at RunAPI",)
    models = {"glm-5.1 at RunAPI": "kimi-k3", "gpt-6 at Elsewhere, temperature=0": "zai-org/GLM-4.6"}
    assert judge_figures(JUDGE, judged, models=models).same_family == ("gpt-6 at Elsewhere, temperature=0",)


def test_nothing_judged_is_no_figure() -> None:
    found = judge_figures(JUDGE, [])
    assert (found.pairs, found.place, found.length, found.agreement, found.cost) == (0, None, None, None, 0)
    one = judge_figures(JUDGE, _judged(first_slot, pairs=1))
    assert one.place
    assert not one.place.flagged


def test_opinions_are_votes_for_ratings() -> None:
    def prefers_quality(_chance: random.Random, quality: Quality, _length: tuple[int, int]) -> Slot:
        return Slot.ONE if quality[0] > quality[1] else Slot.TWO

    ratings = ratings_of(as_votes(_judged(prefers_quality)))
    assert len(ratings.ratings) == 2
    assert ratings.ratings[0].rating
    assert ratings.style

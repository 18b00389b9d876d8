"""Drawing two candidates and their sides; what tells one question from another."""

from collections import Counter
from random import Random

import pytest

from glm_playground.evals.ballot import BallotQuestion, addressed, drawn_pair, suite_digest
from glm_playground.evals.suite import Case, PromptTemplate, Suite
from glm_playground.gateway import Gateway, Gateways, Message


def test_every_pair_and_every_side_is_as_likely_as_any_other() -> None:
    chance = Random(1)
    names = ["a", "b", "c", "d"]
    drawn = Counter(drawn_pair(names, chance) for _ in range(12_000))
    assert len(drawn) == 12
    # Each is expected 1000 times, give or take 30.
    assert all(880 < count < 1120 for count in drawn.values())


def test_a_candidate_is_never_asked_against_itself() -> None:
    assert {*drawn_pair(["a", "b", "a", "a"], Random(1))} == {"a", "b"}
    with pytest.raises(ValueError, match="ample"):
        drawn_pair(["a", "a"])


@pytest.mark.parametrize(
    ("named", "found"),
    [
        (["m", "m @ First"], ["m @ First"]),
        (["m @ First", "m", "n"], ["m @ First", "n @ First"]),
        (["m", "m @ Second", " m "], ["m @ First", "m @ Second"]),
        ([], []),
    ],
)
def test_a_candidate_with_and_without_its_gateway_is_one(named: list[str], found: list[str]) -> None:
    gateways = Gateways((Gateway("First", "http://127.0.0.1:1"), Gateway("Second", "http://127.0.0.1:2")))
    assert addressed(named, gateways) == found


def test_votes_on_the_same_messages_are_a_cluster() -> None:
    def asked(text: str, **fields: object) -> BallotQuestion:
        return BallotQuestion((Message(role="user", content=text),), **fields)  # type: ignore[arg-type]

    assert asked("one").digest == asked("one", max_tokens=5, suite="s", case="c").digest
    assert len({asked("one").digest, asked("two").digest, asked("").digest, asked("one ").digest}) == 4
    system = BallotQuestion((Message(role="system", content="Be brief."), *asked("one").messages))
    assert system.digest != asked("one").digest
    offered = [asked("one", tools=({"type": "function", "function": {"name": name}},)) for name in ("a", "b")]
    assert len({asked("one").digest, *(question.digest for question in offered)}) == 3


def test_a_suite_is_told_from_one_that_differs_in_a_word() -> None:
    prompt = PromptTemplate(label="", messages=(Message(role="user", content="{{q}}"),))
    one, same, other = (
        Suite(name="s", prompts=(prompt,), cases=(Case(id="1", variables={"q": text}),)) for text in ("a", "a", "b")
    )
    assert suite_digest(one) == suite_digest(same) != suite_digest(other)

"""Turns of lanes in rows."""

from hypothesis import given
from hypothesis import strategies as st

from glm_playground.chat.conversation import Fork, Turn
from glm_playground.chat.prompt import Prompt
from glm_playground.chat.rows import rows_of


def forks(*prompts: str) -> list[Fork]:
    return [Fork([Turn(Prompt(prompt))]) for prompt in prompts]


def shown(lanes: list[list[Fork]]) -> list[tuple[str | None, tuple[str, ...]]]:
    """Each row: the shared prompt, and by lane the prompts in it."""
    return [
        (
            row.prompt.text if row.prompt else None,
            tuple("+".join(fork.turn.prompt.text for fork in lane if fork.turn) for lane in row.forks),
        )
        for row in rows_of(lanes)
    ]


def test_what_all_were_asked_stands_once_and_what_one_was_asked_beside_the_others() -> None:
    assert shown([forks("a", "b", "c"), forks("a", "aside", "b"), forks("a", "b")]) == [
        ("a", ("a", "a", "a")),
        (None, ("", "aside", "")),
        ("b", ("b", "b", "b")),
        (None, ("c", "", "")),
    ]


def test_lanes_that_share_nothing_stand_as_they_are() -> None:
    assert shown([forks("a", "b"), forks("c")]) == [(None, ("a+b", "c"))]
    assert shown([forks(), forks()]) == []


@given(st.lists(st.lists(st.sampled_from("abc"), max_size=5), min_size=1, max_size=4))
def test_no_turn_is_left_out_or_moved(lanes: list[str]) -> None:
    given_forks = [forks(*prompts) for prompts in lanes]
    rows = rows_of(given_forks)
    for at, own in enumerate(given_forks):
        assert [fork for row in rows for fork in row.forks[at]] == own
    for row in rows:
        if row.prompt:
            assert {fork.turn.prompt for lane in row.forks for fork in lane if fork.turn} == {row.prompt}

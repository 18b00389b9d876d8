"""How many requests a gateway is asked at once."""

from math import inf

from hypothesis import given
from hypothesis import strategies as st

from glm_playground.evals.pace import FIRST_AT_ONCE, LONGEST_PAUSE_S, Pace

SECONDS = st.floats(0, 1e6)
EVENTS = st.lists(st.tuples(st.booleans(), st.floats(0, 10), st.floats(0, 10), st.none() | st.floats(0, 600)))


@given(st.integers(1, 1000), EVENTS)
def test_it_stays_between_one_and_the_limit_and_waits_as_long_as_it_is_asked_to(
    most: int, events: list[tuple[bool, float, float, float | None]]
) -> None:
    pace, now, waits = Pace.of(most), 0.0, -inf
    for answered, later, age, retry_after in events:
        now += later
        if answered:
            pace = pace.answered(now - age)
        else:
            pace = pace.refused(now - age, now, retry_after)
            waits = max(waits, now + (retry_after or 0))
        assert 1 <= pace.at_once <= most
        assert pace.room(0, now) == 0 or now >= waits
        assert pace.not_before >= waits
        assert 0 <= pace.room(1, max(now, pace.not_before)) < most


def test_each_answer_makes_room_for_one_more_until_the_first_refusal() -> None:
    pace = Pace.of(64)
    for _round in range(3):
        for _answer in range(int(pace.at_once)):
            pace = pace.answered(1)
    assert pace.at_once == 8 * FIRST_AT_ONCE
    pace = pace.refused(2, 3)
    assert pace.at_once == 32
    for _answer in range(32):
        pace = pace.answered(4)
    assert 32.9 < pace.at_once < 33.1


@given(st.integers(1, 60), st.integers(1, 20))
def test_a_burst_of_refusals_counts_once(refusals: int, retry_after: int) -> None:
    pace = Pace(64, 64.0)
    for number in range(refusals):
        pace = pace.refused(10 + number / 100, 20 + number / 100, retry_after)
    assert (pace.at_once, pace.bursts) == (32, 1)
    # The last of them asks to wait longest.
    last = 20 + (refusals - 1) / 100 + retry_after
    assert pace.room(0, last - 0.001) == 0
    assert pace.room(0, last) == 32
    # What was sent before and is answered yet says nothing.
    assert pace.answered(10) == pace
    again = pace.refused(last, last + 1)
    assert (again.at_once, again.bursts) == (16, 2)
    assert again.answered(last + 2).bursts == 0


def test_without_a_word_of_the_gateway_it_waits_longer_each_time() -> None:
    pace, now, pauses = Pace.of(8), 0.0, []
    for _burst in range(10):
        pace = pace.refused(now, now)
        pauses.append(pace.not_before - now)
        now = pace.not_before
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (0.5, LONGEST_PAUSE_S)

"""Who was best: told from the same values as the table, and only where it can be told."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glm_playground.gateway import ChatRequest, Event, EventKind, Message, Usage
from glm_playground.runs.cost import Cost, CostState, Price, TokenClass
from glm_playground.runs.marks import marked, unmarked, unmarked_request
from glm_playground.runs.run import Outcome, Run, Server
from glm_playground.runs.standings import (
    ComparisonRow,
    FigureName,
    LaneComparison,
    LaneRuns,
    compare,
    repeats_of,
    spread,
)

MS = 1_000_000
ASKED = ChatRequest(model="m", messages=(Message(role="user", content="x"),))
PLAY = Price({TokenClass.INPUT: Decimal(1)}, "https://p.test", date(2026, 1, 1), play_money=True)


def run_of(ttft_ms: float, *, e2e_ms: float = 2000, tokens: int | None = 30, **fields: Any) -> Run:
    values: dict[str, Any] = {"request": ASKED, "outcome": Outcome.COMPLETED} | fields
    events = [Event(round(at * MS), EventKind.CONTENT, "a") for at in (ttft_ms, e2e_ms)]
    usage = None if tokens is None else Usage(1, tokens)
    return Run("r", server=Server("s", "s"), started_at=datetime.now(UTC), events=events, usage=usage, **values)


def lane(name: str, *runs: Run, cost: str | None = None, price: Price | None = None) -> LaneRuns:
    found = []
    for number, run in enumerate(runs):
        run.id = f"{name}{number}"
        found.append(run)
    amount = None if cost is None else Decimal(cost)
    return LaneRuns(name, found, {run.id: Cost(CostState.ESTIMATED, amount, price=price) for run in runs})


def compared(*lanes: LaneRuns) -> LaneComparison:
    found = compare(lanes)
    assert found
    return found


def row(figure: FigureName, *lanes: LaneRuns) -> ComparisonRow:
    [found] = [row for row in compared(*lanes).rows if row.figure is figure]
    return found


def test_the_lead_is_the_best_median_that_stands_in_the_table() -> None:
    # The shown answers are others than the medians: the first of each lane.
    lanes = [
        lane("a", *map(run_of, (417, 404, 380))),
        lane("b", *map(run_of, (450, 302, 290))),
        lane("c", *map(run_of, (600, 295, 291))),
    ]
    found = row(FigureName.TTFT, *lanes)
    medians = [value.spread.median / MS for value in found.values if value.spread]
    assert medians == [404, 302, 295]
    assert (found.lead, found.tied) == (2, ())
    # Their ranges overlap: it leads, and is not marked as the best.
    assert (found.clear, found.best) == (False, None)


@pytest.mark.parametrize(
    ("first", "second", "best"),
    [
        ((100, 110, 120), (121, 130, 140), 0),
        ((100, 110, 120), (120, 130, 140), None),
        ((100, 110, 500), (121, 130, 140), None),
        ((300,), (100,), 1),
    ],
)
def test_the_best_is_marked_only_where_the_ranges_do_not_overlap(
    first: Sequence[float], second: Sequence[float], best: int | None
) -> None:
    found = row(FigureName.TTFT, lane("a", *map(run_of, first)), lane("b", *map(run_of, second)))
    assert found.best == best


def test_single_values_that_are_near_or_equal_share_the_place() -> None:
    lanes = [
        lane("a", run_of(100), cost="0.002"),
        lane("b", run_of(103), cost="0.001"),
        lane("c", run_of(300, tokens=40)),
    ]
    assert row(FigureName.TTFT, *lanes).tied == (0, 1)
    assert row(FigureName.E2E, *lanes).tied == (0, 1, 2)
    assert row(FigureName.TOKENS, *lanes).tied == (0, 1)
    assert (row(FigureName.COST, *lanes).best, row(FigureName.COST, *lanes).values[2].spread) == (1, None)


def test_the_fastest_output_is_the_highest_speed() -> None:
    lanes = [lane("a", run_of(100, tokens=96)), lane("b", run_of(100, tokens=191))]
    found = row(FigureName.SPEED, *lanes)
    assert [round(value.spread.median) for value in found.values if value.spread] == [50, 100]
    assert found.best == 1


def test_what_failed_or_was_stopped_is_counted_and_takes_no_part() -> None:
    failed, stopped = run_of(1, outcome=Outcome.FAILED), run_of(2, outcome=Outcome.STOPPED)
    lanes = [lane("a", run_of(100), failed, stopped), lane("b", run_of(300), run_of(310, outcome=None))]
    found = compared(*lanes)
    first = row(FigureName.TTFT, *lanes).values[0]
    assert (first.spread, first.unknown) == ((1, 100 * MS, 100 * MS, 100 * MS), 2)
    assert found.outcomes == (
        ((Outcome.COMPLETED, 1), (Outcome.STOPPED, 1), (Outcome.FAILED, 1)),
        ((Outcome.COMPLETED, 1), (None, 1)),
    )


def test_an_answer_that_was_cut_has_figures_and_only_its_beginning_is_ranked() -> None:
    lanes = [lane("a", run_of(100, outcome=Outcome.LENGTH, tokens=3), cost="0.1"), lane("b", run_of(300), cost="0.2")]
    assert row(FigureName.TTFT, *lanes).best == 0
    for figure in (FigureName.E2E, FigureName.TOKENS, FigureName.COST):
        found = row(figure, *lanes)
        assert (found.lead, found.tied) == (None, ())
        assert all(value.spread for value in found.values)


def test_a_warm_up_takes_no_part() -> None:
    lanes = [lane("a", run_of(5, warm_up=True), run_of(100)), lane("b", run_of(300))]
    first = row(FigureName.TTFT, *lanes).values[0]
    assert first.spread
    assert (first.spread.n, first.spread.least) == (1, 100 * MS)


def test_play_money_is_not_cheaper_than_dollars() -> None:
    lanes = [lane("a", run_of(1), cost="0.1", price=PLAY), lane("b", run_of(1), cost="0.2")]
    assert row(FigureName.COST, *lanes).lead is None
    both = [lane("a", run_of(1), cost="0.1", price=PLAY), lane("b", run_of(1), cost="0.2", price=PLAY)]
    assert (row(FigureName.COST, *both).lead, compared(*both).play_money) == (0, True)


def test_one_lane_alone_is_not_compared() -> None:
    assert compare([]) is None
    assert compare([lane("a", run_of(1)), lane("b", run_of(1, outcome=None))]) is None


@given(st.lists(st.lists(st.integers(1, 1000), max_size=5), min_size=2, max_size=6))
def test_the_lead_has_the_least_median_and_a_best_one_lies_apart(times: list[list[int]]) -> None:
    lanes = [lane(str(number), *(run_of(at) for at in theirs)) for number, theirs in enumerate(times)]
    if compare(lanes) is None:
        assert sum(map(bool, times)) < 2
        return
    found = row(FigureName.TTFT, *lanes)
    known = [value.spread for value in found.values if value.spread]
    assert found.lead is not None or len(found.tied) > 1
    if found.lead is not None:
        lead = found.values[found.lead].spread
        assert lead
        assert lead.median == min(one.median for one in known)
        assert found.clear == all(lead.most < one.least for one in known if one is not lead)


def test_a_spread_wants_a_known_value() -> None:
    assert spread([None]) is None
    assert spread([9.0, None, 3.0, 4.0]) == (3, 3.0, 4.0, 9.0)


def test_the_mark_against_caches_is_all_that_repeats_may_differ_by() -> None:
    again = run_of(1, request=ASKED.model_copy(update={"messages": marked(ASKED.messages, "530909f5")}))
    warmer = run_of(1, request=ASKED.model_copy(update={"temperature": 0.5}))
    shown = run_of(1)
    assert repeats_of(shown, [shown, again, warmer]) == (shown, again)


@given(st.text(max_size=30), st.binary(min_size=4, max_size=4))
def test_a_mark_comes_off_again(text: str, nonce: bytes) -> None:
    request = ChatRequest(model="m", messages=(Message(role="user", content=text), *ASKED.messages))
    with_mark = request.model_copy(update={"messages": marked(request.messages, nonce.hex())})
    assert unmarked_request(with_mark) == request
    assert unmarked(with_mark.messages[0].content) == text


@pytest.mark.parametrize("text", ["[note] a", "[530909F5] a", "[530909f5]a", "a [530909f5] b", "[530909f50] a"])
def test_what_is_no_mark_stays(text: str) -> None:
    assert unmarked(text) == text


def test_one_model_behind_several_lanes_is_told() -> None:
    other = ASKED.model_copy(update={"model": "n"})
    lanes = [
        lane("a", run_of(100, served_model="big")),
        lane("b", run_of(100, request=other, served_model="big"), run_of(100, request=other, served_model="small")),
        lane("c", run_of(100, request=other, served_model="small")),
    ]
    # Lanes that asked for the same model may well be answered by the same one.
    assert compared(*lanes).shared == (("big", (0, 1)),)
    assert not compared(*lanes[1:]).shared
    stand_in = Server("s", "s", "SmolLM2")
    for one in lanes:
        for run in one.runs:
            run.server = stand_in
    assert not compared(*lanes).shared

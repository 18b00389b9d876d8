"""What several runs cost together: nothing unknown is in a sum, and nothing is left out without being counted."""

from datetime import UTC, date, datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from glm_playground.gateway import ChatRequest
from glm_playground.runs.cost import Cost, CostState, CostTerm, Price, Received, TokenClass
from glm_playground.runs.run import Run, Server
from glm_playground.runs.totals import cost_total

PLAY = Price({TokenClass.INPUT: Decimal(1)}, "https://p.test", date(2026, 1, 1), play_money=True)
PARTLY = Received(60, (CostTerm(TokenClass.OUTPUT, 1000, Decimal(2)),))


def run(run_id: str = "r", stand_in: str | None = None) -> Run:
    server = Server("s", "https://s.test", stand_in=stand_in)
    return Run(run_id, ChatRequest(model="m", messages=()), server, datetime(2026, 1, 1, tzinfo=UTC))


def test_the_running_cost_of_a_conversation() -> None:
    total = cost_total(
        [
            (run(), Cost(CostState.ESTIMATED, Decimal("0.2"))),
            (run(), Cost(CostState.ESTIMATED, Decimal("0.3"))),
            (run(), Cost(CostState.SETTLED, Decimal("0.1"))),
            (run(), Cost(CostState.NO_USAGE, received=PARTLY)),
            (run(stand_in="m"), Cost(CostState.NO_USAGE, received=PARTLY)),
            (run(), Cost(CostState.NOT_CHARGED)),
            (run(), Cost(CostState.ESTIMATED, Decimal(5), price=PLAY)),
            (run(), None),
        ]
    )
    assert [(part.state, part.runs, part.amount, part.play_money) for part in total.parts] == [
        (CostState.ESTIMATED, 2, Decimal("0.5"), False),
        (CostState.ESTIMATED, 1, Decimal(5), True),
        (CostState.SETTLED, 1, Decimal("0.1"), False),
        (CostState.NOT_CHARGED, 1, None, False),
        (CostState.NO_USAGE, 1, None, False),
        (CostState.NO_USAGE, 1, None, True),
        (None, 1, None, False),
    ]
    assert (total.amount, total.play_amount, total.received) == (Decimal("0.6"), Decimal(5), Decimal("0.002"))
    assert total.play_received == Decimal("0.002")
    assert (total.runs, total.known, total.unknown) == (8, 5, 3)


COSTS = st.builds(Cost, st.sampled_from(CostState), st.none() | st.decimals(0, 10, places=6))


@given(st.lists(st.tuples(st.builds(run, stand_in=st.none() | st.just("m")), st.none() | COSTS)))
def test_every_run_is_in_one_part_and_only_amounts_are_added_up(priced: list[tuple[Run, Cost | None]]) -> None:
    total = cost_total(priced)
    assert total.runs == len(priced)
    charged = [cost.amount for _run, cost in priced if cost and cost.state is not CostState.NOT_CHARGED]
    known = [amount for amount in charged if amount is not None]
    assert sum(known, Decimal(0)) == (total.amount or 0) + (total.play_amount or 0)
    assert (total.amount is None and total.play_amount is None) == (not known)


def test_nothing_asked_has_no_cost() -> None:
    total = cost_total([])
    assert (total.amount, total.runs, total.states) == (None, 0, ())

"""What is known before a request is sent, and who was best afterwards."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from glm_playground.chat.forecast import predict
from glm_playground.gateway import ChatRequest, Event, EventKind, Message, Usage
from glm_playground.runs.cost import Cost, CostState, Price, TokenClass
from glm_playground.runs.metrics import metrics_of
from glm_playground.runs.run import Outcome, Run, Server
from glm_playground.runs.standings import Entrant, Measure, spread, standings

ASKED = ChatRequest(model="m", messages=(Message(role="user", content="one two three"),))
RATES: Mapping[TokenClass, Decimal] = {TokenClass.INPUT: Decimal(1), TokenClass.OUTPUT: Decimal(4)}
PRICE = Price(RATES, "https://prices.test", date(2026, 11, 23))


def test_without_a_past_the_output_goes_from_nothing_to_the_limit() -> None:
    found = predict(ASKED, PRICE, context_tokens=700, max_output_tokens=1000, past_outputs=[5, 6])
    assert (found.prompt_tokens, found.fewest_output, found.most_output) == (7, 0, 1000)
    assert found.context_share == 0.01
    assert found.least_cost == Decimal("0.000007")
    assert found.most_cost == Decimal("0.004007")
    assert found.from_past_outputs == 0


def test_past_outputs_narrow_the_range_and_max_tokens_cut_it() -> None:
    asked = ASKED.model_copy(update={"max_tokens": 50})
    found = predict(asked, PRICE, context_tokens=None, max_output_tokens=1000, past_outputs=[80, 30, 40])
    assert (found.fewest_output, found.most_output, found.from_past_outputs) == (30, 50, 3)
    assert found.context_share is None


@pytest.mark.parametrize("price", [None, Price({TokenClass.INPUT: Decimal(1)}, "x", date(2026, 1, 1))])
def test_what_has_no_price_has_no_cost(price: Price | None) -> None:
    found = predict(ASKED, price, context_tokens=None, max_output_tokens=None, past_outputs=[])
    assert (found.least_cost, found.most_cost, found.most_output) == (None, None, None)


def entrant(name: str, ttft_ms: float, cost: str | None, tokens: int, outcome: Outcome = Outcome.COMPLETED) -> Entrant:
    run = Run(name, ASKED, Server("s", "http://s"), datetime.now(UTC), outcome=outcome)
    run.events = [Event(int(ttft_ms * 1e6), EventKind.CONTENT, "a"), Event(2_000_000_000, EventKind.CONTENT, "b")]
    run.usage = Usage(1, tokens)
    amount = None if cost is None else Decimal(cost)
    return Entrant(name, run, metrics_of(run), Cost(CostState.ESTIMATED, amount))


def test_the_best_is_named_and_a_tie_is_not_crowned() -> None:
    found = standings([entrant("a", 100, "0.002", 30), entrant("b", 103, "0.001", 30), entrant("c", 300, None, 40)])
    best = {standing.measure: (standing.best, standing.tied) for standing in found}
    assert best[Measure.TTFT] == (None, ("a", "b"))
    assert best[Measure.COST] == ("b", ())
    assert best[Measure.TOKENS] == (None, ("a", "b"))
    assert best[Measure.E2E] == (None, ("a", "b", "c"))


def test_one_alone_and_a_failure_make_no_standing() -> None:
    assert standings([entrant("a", 100, "0.1", 3), entrant("b", 10, "0", 1, Outcome.FAILED)]) == ()
    assert standings([]) == ()


def test_an_answer_that_was_cut_only_says_when_it_began() -> None:
    found = standings([entrant("a", 100, "0.1", 3, Outcome.LENGTH), entrant("b", 300, "0.2", 9)])
    assert [(standing.measure, standing.best) for standing in found] == [(Measure.TTFT, "a")]


def test_a_spread_wants_two_known_values() -> None:
    assert spread([None, 3.0]) is None
    assert spread([9.0, None, 3.0, 4.0]) == (3, 3.0, 4.0, 9.0)

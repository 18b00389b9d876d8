"""What requests will use and cost: the upper end is a bound whatever the past says, and all that is sent counts."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glm_playground.chat.forecast import Prediction, forecast, predict
from glm_playground.gateway import ChatRequest, Message, ToolCall
from glm_playground.runs.cost import Price, TokenClass
from glm_playground.runs.tokens import estimate_request_tokens, most_request_tokens

RATES: Mapping[TokenClass, Decimal] = {TokenClass.INPUT: Decimal(1), TokenClass.OUTPUT: Decimal(4)}
PRICE = Price(RATES, "https://prices.test", date(2026, 11, 23))


def asked(*contents: str, **fields: Any) -> ChatRequest:
    return ChatRequest(model="m", messages=tuple(Message(role="user", content=text) for text in contents), **fields)


ASKED = asked("one two three")


def predicted(request: ChatRequest = ASKED, **given: Any) -> Prediction:
    limits: dict[str, Any] = {"context_tokens": None, "max_output_tokens": None, "past_outputs": ()}
    return predict(request, given.pop("price", PRICE), **(limits | given))


def test_short_answers_in_the_past_never_lower_the_bound() -> None:
    found = predicted(asked("now write a book"), max_output_tokens=8000, past_outputs=[20, 20, 20])
    assert (found.likely_output, found.most_output) == (20, 8000)
    whole = forecast([found])
    assert whole
    assert whole.most_cost
    assert whole.most_cost > Decimal("0.01")
    assert whole.likely_cost
    assert whole.likely_cost < Decimal("0.0002")


@pytest.mark.parametrize(
    ("fields", "limits", "most"),
    [
        ({"max_tokens": 50}, {"max_output_tokens": 1000, "context_tokens": 700}, 50),
        ({}, {"max_output_tokens": 1000, "context_tokens": 700}, 1000),
        ({}, {"context_tokens": 700}, 693),
        ({}, {"context_tokens": 5}, 0),
        ({}, {}, None),
        # Further fields win over the others, and a server may answer more than once.
        ({"max_tokens": 50, "extra": {"max_tokens": 900}}, {"max_output_tokens": 1000}, 900),
        ({"max_tokens": 50, "extra": {"n": 3}}, {"max_output_tokens": 1000}, 150),
        ({"extra": {"max_tokens": "many", "n": True}}, {"max_output_tokens": 1000}, 1000),
    ],
)
def test_the_bound_is_what_was_asked_for_else_the_models_own_else_the_rest_of_the_context(
    fields: dict[str, Any], limits: dict[str, int], most: int | None
) -> None:
    assert predicted(asked("one two three", **fields), **limits).most_output == most


@given(st.lists(st.integers(0, 10**6)), st.integers(1, 10**6))
def test_the_likely_value_lies_between_the_ends(past: list[int], limit: int) -> None:
    found = predicted(max_output_tokens=limit, past_outputs=past)
    assert (found.likely_output is None) == (len(past) < 3)
    assert found.from_past_outputs == (len(past) if len(past) >= 3 else 0)
    assert found.least_cost is not None
    assert found.most_cost is not None
    if found.likely_cost is not None:
        assert found.least_cost <= found.likely_cost <= found.most_cost


@pytest.mark.parametrize("price", [None, Price({TokenClass.INPUT: Decimal(1)}, "x", date(2026, 1, 1))])
def test_what_has_no_price_has_no_cost(price: Price | None) -> None:
    found = predicted(price=price, max_output_tokens=9)
    assert (found.least_cost, found.likely_cost, found.most_cost) == (None, None, None)
    whole = forecast([predicted(max_output_tokens=9), found])
    assert whole
    assert (whole.least_cost, whole.most_cost) == (None, None)


def test_the_least_cost_has_the_input_read_from_a_cache() -> None:
    cached = Price({**RATES, TokenClass.CACHE_READ: Decimal("0.1")}, "x", date(2026, 1, 1))
    assert predicted(price=cached).least_cost == Decimal("0.0000007")


@pytest.mark.parametrize(
    "more",
    [
        {"tools": ({"type": "function", "function": {"name": "look_up", "description": "a long description"}},)},
        {"response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "object"}}}},
        {"extra": {"documents": ["a text to read first"]}},
        {"messages": (Message(role="system", content="be brief and kind"), *ASKED.messages)},
        {"messages": (Message(role="assistant", content="an earlier answer"), *ASKED.messages)},
        {
            "messages": (
                Message(role="assistant", content="", tool_calls=(ToolCall(id="1", name="f", arguments="{}"),)),
                *ASKED.messages,
            )
        },
    ],
    ids=lambda more: next(iter(more)),
)
def test_all_that_is_sent_counts(more: dict[str, Any]) -> None:
    request = ASKED.model_copy(update=more)
    assert estimate_request_tokens(request) >= estimate_request_tokens(ASKED) + 4
    found, plain = predicted(request, max_output_tokens=1), predicted(max_output_tokens=1)
    assert plain.most_cost is not None
    assert found.most_cost is not None
    assert found.most_cost > plain.most_cost


@given(st.lists(st.text(max_size=200), min_size=1, max_size=4))
def test_no_tokenizer_over_bytes_makes_more_tokens_than_the_bound(contents: list[str]) -> None:
    assert most_request_tokens(asked(*contents)) >= sum(len(text.encode()) for text in contents)


def test_an_act_of_sending_counts_repeats_and_warm_ups() -> None:
    request = predicted(max_output_tokens=100, past_outputs=[10, 10, 10], context_tokens=700)
    warm_up = predicted(asked("Hi", max_tokens=1))
    once, often = forecast([request]), forecast([request, request], repeats=3, warm_ups=[warm_up])
    assert once
    assert often
    assert request.most_cost is not None
    assert warm_up.most_cost is not None
    assert request.likely_cost is not None
    assert (once.requests, often.requests) == (1, 7)
    assert often.prompt_tokens == 6 * request.prompt_tokens + warm_up.prompt_tokens
    assert often.most_cost == 6 * request.most_cost + warm_up.most_cost
    assert often.likely_cost == 6 * request.likely_cost + warm_up.most_cost
    assert often.context_share == 0.01


@pytest.mark.parametrize("messages", [(), ("",), (" \n",)])
def test_an_empty_page_has_nothing_to_forecast(messages: tuple[str, ...]) -> None:
    system = Message(role="system", content="be brief")
    empty = predicted(ChatRequest(model="m", messages=(system, *asked(*messages).messages)))
    assert empty.nothing
    assert forecast([empty]) is None
    assert forecast([]) is None
    # A lane with a history beside an empty one is forecast alone.
    both = forecast([empty, predicted(max_output_tokens=1)])
    assert both
    assert both.requests == 1

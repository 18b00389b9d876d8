"""A run as JSON and back."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glm_playground.gateway import ChatRequest, Event, EventKind, Message, ToolCall, Usage
from glm_playground.runs.cost import Cost, CostState, CostTerm, Price, Received, TokenClass
from glm_playground.runs.run import Outcome, Run, RunError, Server
from glm_playground.runs.run_json import (
    RecordingError,
    cost_from_json,
    cost_to_json,
    known_cost_from_json,
    known_run_from_json,
    run_from_json,
    run_to_json,
)

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
MAYBE_TEXTS = st.none() | TEXTS
COUNTS = st.none() | st.integers(0, 2**53 - 1)
MESSAGES = st.builds(
    Message,
    role=st.sampled_from(["system", "user", "assistant", "tool"]),
    content=TEXTS,
    tool_calls=st.lists(st.builds(ToolCall, id=TEXTS, name=TEXTS, arguments=TEXTS), max_size=2).map(tuple),
    tool_call_id=MAYBE_TEXTS,
)
REQUESTS = st.builds(
    ChatRequest,
    model=TEXTS,
    messages=st.lists(MESSAGES, min_size=1, max_size=3).map(tuple),
    temperature=st.none() | st.floats(0, 1),
    max_tokens=st.none() | st.integers(1, 10**6),
    thinking=st.none() | st.booleans(),
    extra=st.dictionaries(TEXTS, st.integers() | TEXTS, max_size=2),
)
ERRORS = st.builds(
    RunError,
    kind=TEXTS,
    message=TEXTS,
    status=st.none() | st.integers(100, 599),
    fields=st.lists(st.tuples(TEXTS, st.lists(TEXTS, max_size=2).map(tuple)), max_size=2).map(tuple),
    retry_after=st.none() | st.floats(0, 100),
)
RUNS = st.builds(
    Run,
    id=TEXTS,
    request=REQUESTS,
    server=st.builds(Server, name=TEXTS, origin=TEXTS, stand_in=MAYBE_TEXTS, failed_not_charged=st.booleans()),
    started_at=st.datetimes(timezones=st.just(UTC)),
    events=st.lists(st.builds(Event, st.integers(0, 2**62), st.sampled_from(EventKind), TEXTS), max_size=6),
    outcome=st.sampled_from(Outcome),
    sent=st.booleans(),
    ended_ns=st.none() | st.integers(0, 2**62),
    finish_reason=MAYBE_TEXTS,
    usage=st.none()
    | st.builds(Usage, COUNTS, COUNTS, COUNTS, COUNTS, COUNTS, st.none() | st.decimals(0, 100, places=9)),
    error=st.none() | ERRORS,
    request_id=MAYBE_TEXTS,
    task_id=MAYBE_TEXTS,
    complete_stream=st.booleans(),
)


@given(run=RUNS)
def test_a_run_comes_back_as_it_was(run: Run) -> None:
    assert run_from_json(json.loads(json.dumps(run_to_json(run)))) == run


def test_a_cost_comes_back_with_its_price_and_every_digit() -> None:
    price = Price(
        {TokenClass.INPUT: Decimal("1.40")}, "https://example.org/prices", date(2026, 11, 24), play_money=True
    )
    term = CostTerm(TokenClass.INPUT, 3, Decimal("1.40"))
    cost = Cost(CostState.ESTIMATED, Decimal("0.00000420"), (term,), price)
    back = cost_from_json(json.loads(json.dumps(cost_to_json(cost))))
    assert back == cost
    assert str(back.amount) == "0.00000420"
    # What an earlier version could not have is left out where there is nothing to say.
    assert "received" not in cost_to_json(cost)
    unknown = Cost(CostState.NO_USAGE, price=price, received=Received(3, (term,)))
    assert cost_from_json(json.loads(json.dumps(cost_to_json(unknown)))) == unknown


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"key": "sk-1"}, "key"),
        ({"server": {"name": "a", "origin": "b", "port": 1}}, "server.port"),
        ({"events": [[1, "thought", "x"]]}, "events.0.1"),
        ({"outcome": "won"}, "outcome"),
        ({"started_at": "yesterday"}, "started_at"),
    ],
)
def test_what_is_no_run_is_refused_by_its_field(change: dict[str, object], named: str) -> None:
    run = Run("1", ChatRequest(model="m", messages=()), Server("a", "b"), datetime(2026, 11, 24, tzinfo=UTC))
    data = run_to_json(replace(run, outcome=Outcome.COMPLETED))
    with pytest.raises(RecordingError, match=named.replace(".", r"\.")):
        run_from_json(data | change)


@given(run=RUNS, name=st.text("xyz", min_size=1))
def test_a_run_of_a_later_version_is_read_without_what_it_added(run: Run, name: str) -> None:
    data = run_to_json(run)
    data[name] = {"deep": [1]}
    data["server"][name] = 1
    data["request"]["messages"][0][name] = None
    added = [name, f"request.messages.0.{name}", f"server.{name}"]
    if run.usage:
        data["usage"] = [*data["usage"], 7]
        added.append("usage")
    with pytest.raises(RecordingError):
        run_from_json(data)
    known, left_out = known_run_from_json(data)
    assert known == run
    assert sorted(left_out) == sorted(added)


@pytest.mark.parametrize("change", [{"outcome": "dreamt"}, {"request": None}, {"usage": ["many"]}, {"id": [1]}])
def test_what_is_no_run_even_without_unknown_fields_is_refused(change: dict[str, object]) -> None:
    data = run_to_json(Run("1", ChatRequest(model="m", messages=()), Server("s", "o"), datetime.now(UTC)))
    with pytest.raises(RecordingError):
        known_run_from_json(data | change | {"new": 1})


def test_a_cost_of_a_later_version_is_read_without_what_it_added() -> None:
    cost = Cost(CostState.ESTIMATED, Decimal("0.10"), (CostTerm(TokenClass.INPUT, 3, Decimal(1)),))
    data = cost_to_json(cost)
    data["terms"][0]["new"] = data["new"] = 1
    assert known_cost_from_json(data) == cost

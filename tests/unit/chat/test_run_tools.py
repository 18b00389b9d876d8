"""Built-in tools that are run without asking."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from glm_playground.chat.builtin_tools import BUILTIN_TOOLS
from glm_playground.chat.lane import Lane
from glm_playground.chat.notice import Notice, NoticeKind
from glm_playground.chat.session import Session
from glm_playground.chat.setup import Setup
from glm_playground.chat.workbench import MAX_TOOL_ROUNDS, Workbench, result_place
from glm_playground.gateway import Event, EventKind, Parameters
from glm_playground.runs.run import Outcome
from tests.unit.chat.fake_runner import FakeRunner

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
CALL = '[{{"index": 0, "id": "c1", "function": {{"name": "{name}", "arguments": "{{\\"expression\\": \\"2+2\\"}}"}}}}]'


@pytest.fixture
def session() -> Session:
    lane = Lane("1", Setup(model="glm-5.1", parameters=Parameters(tools=BUILTIN_TOOLS)))
    return Session(Workbench(lanes=[lane]), FakeRunner())


def call_tool(session: Session, name: str) -> None:
    """Ends the last run with a call."""
    assert isinstance(session.runner, FakeRunner)
    run = session.runner.runs[-1]
    run.events.append(Event(5, EventKind.TOOL_CALLS, CALL.format(name=name)))
    run.outcome = Outcome.TOOL_CALLS


def test_they_run_only_where_the_user_wants_it_and_not_for_ever(session: Session) -> None:
    session.submit("What is 2+2?")
    call_tool(session, "calculator")
    assert not session.run_tools(NOW)
    session.set_option("run_tools", True)
    for _round in range(MAX_TOOL_ROUNDS):
        assert session.run_tools(NOW)
        assert not session.run_tools(NOW), "one that is still running is not answered"
        call_tool(session, "calculator")
    assert not session.run_tools(NOW)
    turns = session.bench.lanes[0].conversation.turns
    assert "4" in turns[1].prompt.results[0].content


def test_a_tool_of_the_user_is_theirs_to_answer(session: Session) -> None:
    session.set_option("run_tools", True)
    session.submit("Weather?")
    call_tool(session, "get_weather")
    assert not session.run_tools(NOW)


def test_the_limit_on_the_cost_is_for_all_lanes_together_and_what_waits_is_not_sent_by_itself(session: Session) -> None:
    session.duplicate(session.bench.lanes[0])
    session.set_option("run_tools", True)
    session.submit("What is 2+2?")
    for run in session.bench.live_runs():
        run.events.append(Event(5, EventKind.TOOL_CALLS, CALL.format(name="calculator")))
        run.outcome = Outcome.TOOL_CALLS
    # An answer may cost $0.036: one lane's is below the limit, both together are not.
    session.set_option("ask_above", Decimal("0.05"))
    assert session.run_tools(NOW)
    assert [lane.id for lane in session.bench.lanes if lane.conversation.live_runs()] == ["1"]
    [draft] = session.bench.drafts
    assert draft.lane_ids == ("2",)
    assert draft.notice == Notice(NoticeKind.CONFIRM_TOGETHER)
    session.stop_all()
    assert not session.run_tools(NOW)
    assert session.bench.drafts == [draft]
    assert session.confirm(draft, Decimal("0.05"))
    assert [lane.id for lane in session.bench.lanes if lane.conversation.live_runs()] == ["2"]


def test_results_that_are_discarded_do_not_wait_again_by_themselves(session: Session) -> None:
    session.set_option("run_tools", True)
    session.submit("What is 2+2?")
    call_tool(session, "calculator")
    session.set_option("ask_above", Decimal(0))
    assert not session.run_tools(NOW)
    [draft] = session.bench.drafts
    assert draft.notice == Notice(NoticeKind.CONFIRM)
    session.discard(draft)
    assert not session.run_tools(NOW)
    assert not session.bench.drafts
    session.undo()
    assert session.bench.drafts == [draft]
    assert session.bench.run_tools


def test_a_discarded_prompt_leaves_the_tools_as_they_are(session: Session) -> None:
    session.set_option("ask_above", Decimal(0))
    session.set_option("run_tools", True)
    session.submit("What is 2+2?")
    session.discard(session.bench.drafts[0])
    assert session.bench.run_tools
    session.set_option("run_tools", False)
    session.undo()
    assert not session.bench.run_tools


def test_a_result_that_was_typed_is_the_one_that_is_sent(session: Session) -> None:
    session.submit("What is 2+2?")
    call_tool(session, "calculator")
    [turn] = session.bench.lanes[0].conversation.turns
    session.set_option("edits", {result_place(turn.answer.id, 0): "five"})
    session.set_option("run_tools", True)
    assert session.run_tools(NOW)
    assert isinstance(session.runner, FakeRunner)
    assert session.runner.runs[-1].request.messages[-1].content == "five"

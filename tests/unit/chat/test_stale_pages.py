"""Buttons of a page that shows what is no more so: pressed twice, or after another tab did something."""

import json
from decimal import Decimal

import pytest

from glm_playground.chat.notice import NoticeKind
from glm_playground.chat.prompt import Prompt, ToolResult
from glm_playground.chat.session import Session
from glm_playground.chat.workbench import Draft, Workbench
from glm_playground.gateway import Event, EventKind
from glm_playground.runs.run import Outcome
from tests.unit.chat.fake_runner import FakeRunner


@pytest.fixture
def runner() -> FakeRunner:
    return FakeRunner()


@pytest.fixture
def session(runner: FakeRunner) -> Session:
    return Session(Workbench(), runner)


def end(runner: FakeRunner) -> None:
    for run in runner.running:
        run.outcome = Outcome.COMPLETED


def waiting(session: Session) -> Draft:
    session.bench.ask_above = Decimal(0)
    session.submit("hello")
    [draft] = session.bench.drafts
    return draft


@pytest.mark.parametrize("ended", [False, True])
def test_a_waiting_prompt_is_sent_once(session: Session, runner: FakeRunner, ended: bool) -> None:
    draft = waiting(session)
    assert session.confirm(draft, Decimal(100))
    if ended:
        end(runner)
    assert not session.confirm(draft, Decimal(100))
    assert len(runner.runs) == 1
    assert not session.bench.drafts


def test_a_discarded_prompt_is_not_sent_until_it_waits_again(session: Session, runner: FakeRunner) -> None:
    draft = waiting(session)
    session.discard(draft)
    assert not session.confirm(draft, Decimal(100))
    assert not runner.runs
    session.undo()
    assert session.confirm(draft, Decimal(100))


@pytest.mark.parametrize("ask_above", [Decimal(0), Decimal("0.000001")])
def test_a_prompt_whose_lane_is_gone_goes_to_others_within_the_limit(
    session: Session, runner: FakeRunner, ask_above: Decimal
) -> None:
    session.add_lane(["glm-5.1"])
    session.set_option("target", session.bench.lanes[1].id)
    session.set_option("ask_above", ask_above)
    session.submit("hello")
    [draft] = session.bench.drafts
    session.remove(session.bench.lanes[1])
    # Nothing can be forecast of it, so the page knows no limit.
    assert not session.confirm(draft, Decimal("Infinity"))
    assert not runner.runs
    assert draft.notice is not None
    assert draft.notice.kind is NoticeKind.CONFIRM
    most = session.dispatch.most_cost(session.dispatch.plan_of(draft))
    assert session.confirm(draft, most)


def test_asked_again_twice_at_once_it_is_asked_once(session: Session, runner: FakeRunner) -> None:
    [lane] = session.bench.lanes
    session.submit("hello")
    end(runner)
    turn = lane.conversation.turns[0]
    assert session.regenerate(lane, turn)
    assert not session.regenerate(lane, turn)
    assert not session.send_without(lane, turn, "temperature")
    assert not session.continue_answer(lane)
    assert len(runner.runs) == 2
    assert not session.bench.drafts


def test_a_turn_that_is_gone_is_not_asked_again(session: Session, runner: FakeRunner) -> None:
    [lane] = session.bench.lanes
    session.submit("hello")
    end(runner)
    turn = lane.conversation.turns[0]
    session.delete_turn(lane, turn)
    assert not session.regenerate(lane, turn)
    assert len(runner.runs) == 1


def test_results_of_tools_are_sent_once(session: Session, runner: FakeRunner) -> None:
    [lane] = session.bench.lanes
    session.submit("hello")
    piece = [{"index": 0, "id": "c1", "function": {"name": "clock", "arguments": "{}"}}]
    runner.runs[0].events.append(Event(1, EventKind.TOOL_CALLS, json.dumps(piece)))
    end(runner)
    results = Prompt(results=tuple(ToolResult(call, "noon") for call in lane.conversation.turns[0].answer.tool_calls))
    assert results.results
    assert session.answer_tools(lane, results)
    end(runner)
    assert not session.answer_tools(lane, results)
    assert len(runner.runs) == 2


def test_a_lane_that_is_gone_is_neither_changed_nor_asked(session: Session, runner: FakeRunner) -> None:
    session.add_lane(["glm-4.5"])
    session.submit("hello")
    end(runner)
    gone = session.bench.lanes[0]
    session.remove(gone)
    left = list(session.bench.lanes)
    session.remove(gone)
    session.move(gone, 1)
    assert session.duplicate(gone) is None
    assert not session.regenerate(gone, gone.conversation.turns[0])
    assert session.bench.lanes == left
    assert len(session.bench.undo) == 1


def test_an_edited_prompt_goes_to_its_place_whichever_branch_is_shown(session: Session, runner: FakeRunner) -> None:
    [lane] = session.bench.lanes
    for prompt in ("one", "two"):
        session.submit(prompt)
        end(runner)
        session.edit_answer(lane.conversation.turns[-1], f"answer {prompt}")
    session.edit_prompt(lane, lane.conversation.turns[1], "two about {{topic}}")
    [draft] = session.bench.drafts
    session.edit_prompt(lane, lane.conversation.turns[0], "another beginning")
    end(runner)
    session.edit_answer(lane.conversation.turns[0], "another answer")
    session.bench.values = {"topic": "herons"}
    assert session.confirm(draft, Decimal("Infinity"))
    assert [message.content for message in runner.runs[-1].request.messages] == [
        "one",
        "answer one",
        "two about herons",
    ]
    assert [turn.prompt.text for turn in lane.conversation.turns] == ["one", "two about herons"]

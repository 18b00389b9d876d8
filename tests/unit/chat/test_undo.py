"""What undo puts back is what was shown, also beside other branches and after a reload."""

import pytest

from glm_playground.chat.lane import Lane
from glm_playground.chat.notice import NoticeKind
from glm_playground.chat.session import Session
from glm_playground.chat.setup import Setup
from glm_playground.chat.workbench import Workbench
from glm_playground.chat.workbench_json import from_json, to_json
from tests.unit.chat.fake_runner import FakeRunner


@pytest.fixture
def session() -> Session:
    """A lane whose first prompt was asked in three ways, of which the first is shown."""
    now = Session(Workbench(lanes=[Lane("0", Setup(model="glm-5"))]), FakeRunner())
    now.submit("first")
    for text in ("second", "third"):
        now.stop_all()
        now.edit_prompt(now.bench.lanes[0], now.bench.lanes[0].conversation.turns[0], text)
    now.stop_all()
    now.show_branch(now.bench.lanes[0].conversation.start, 1)
    assert shown(now) == ["first"]
    return now


def shown(session: Session) -> list[str]:
    return [turn.prompt.text for turn in session.bench.lanes[0].conversation.turns]


def reloaded(session: Session) -> Session:
    text = to_json(session.bench, lambda run: False)
    return Session(from_json(text, {}, id="w", name=""), session.runner)


def test_a_deleted_branch_is_shown_again(session: Session) -> None:
    [lane] = session.bench.lanes
    session.delete_turn(lane, lane.conversation.turns[0])
    assert shown(session) == ["third"]
    session.undo()
    assert shown(session) == ["first"]
    assert [turn.prompt.text for turn in lane.conversation.start.turns] == ["first", "second", "third"]


def test_a_reload_shows_the_branch_that_was_shown(session: Session) -> None:
    assert shown(reloaded(session)) == ["first"]


def test_what_was_cleared_is_shown_again_and_not_what_was_asked_since() -> None:
    first = Session(Workbench(lanes=[Lane("0", Setup(model="glm-5"))]), FakeRunner())
    first.submit("first")
    first.stop_all()
    session = reloaded(first)
    session.clear()
    session.submit("since")
    session.stop_all()
    session.undo()
    assert shown(session) == ["first"]
    assert {turn.prompt.text for turn in session.bench.lanes[0].conversation.start.turns} == {"first", "since"}


def test_where_there_was_no_room_what_is_removed_then_makes_it(session: Session) -> None:
    for _lane in range(5):
        session.add_lane(["glm-4.5"])
    lost = session.bench.lanes[2]
    session.remove(lost)
    session.add_lane(["glm-4.6"])
    notice = session.undo()
    assert notice is not None
    assert notice.kind is NoticeKind.LANES_FULL
    last = session.bench.lanes[-1]
    session.remove(last)
    assert session.undo() is None
    assert lost in session.bench.lanes
    # Now it is the other one for which there is no room.
    assert session.undo() is not None
    session.remove(lost)
    assert session.undo() is None
    assert session.bench.lanes[-1] is last


def test_what_is_removed_without_a_try_before_comes_back_first(session: Session) -> None:
    for _lane in range(5):
        session.add_lane(["glm-4.5"])
    session.remove(session.bench.lanes[2])
    session.add_lane(["glm-4.6"])
    last = session.bench.lanes[-1]
    session.remove(last)
    assert session.undo() is None
    assert session.bench.lanes[-1] is last

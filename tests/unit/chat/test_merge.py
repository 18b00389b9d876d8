"""Two copies of a workbench that two servers changed, brought together, and what is undone afterwards."""

from glm_playground.chat.merge import take_over
from glm_playground.chat.session import Session
from glm_playground.chat.setup import MAX_LANES
from glm_playground.chat.workbench import Workbench
from glm_playground.chat.workbench_json import KnownRun, from_json, to_json
from glm_playground.runs.run import Outcome
from tests.unit.chat.fake_runner import FakeRunner


def asked() -> Session:
    runner = FakeRunner()
    session = Session(Workbench(), runner)
    session.add_lane(["glm-4.5"])
    session.submit("hello")
    for run in runner.running:
        run.outcome = Outcome.COMPLETED
    return session


def copy_of(bench: Workbench) -> Workbench:
    known = {run.id: KnownRun(run) for lane in bench.lanes for run in lane.conversation.all_runs()}
    return from_json(to_json(bench, lambda _run: True), known, id=bench.id, name=bench.name)


def turn_ids(bench: Workbench) -> list[str]:
    return [turn.id for lane in bench.lanes for turn in lane.conversation.all_turns()]


def test_a_lane_that_another_server_brought_back_is_not_there_twice() -> None:
    session = asked()
    theirs = copy_of(session.bench)
    session.remove(session.bench.lanes[1])
    take_over(session.bench, theirs)
    session.undo()
    assert [lane.id for lane in session.bench.lanes] == ["1", "2"]


def test_turns_that_another_server_brought_back_are_not_there_twice() -> None:
    session = asked()
    theirs, before = copy_of(session.bench), turn_ids(session.bench)
    session.clear()
    take_over(session.bench, theirs)
    session.undo()
    assert turn_ids(session.bench) == before


def test_a_turn_that_another_server_brought_back_is_not_there_twice() -> None:
    session = asked()
    theirs, before = copy_of(session.bench), turn_ids(session.bench)
    lane = session.bench.lanes[0]
    session.delete_turn(lane, lane.conversation.turns[0])
    take_over(session.bench, theirs)
    session.undo()
    assert turn_ids(session.bench) == before


def test_a_lane_that_is_put_back_is_told_apart_from_what_a_copy_of_it_left_elsewhere() -> None:
    session = asked()
    while len(session.bench.lanes) < MAX_LANES:
        session.add_lane(["glm-4.5"])
    theirs, removed = copy_of(session.bench), session.bench.lanes[1]
    session.remove(removed)
    session.add_lane(["glm-4.5"])
    # There is no room for their copy of the lane: another one takes its turns in.
    take_over(session.bench, theirs)
    session.undo()
    session.remove(session.bench.lanes[-1])
    session.undo()
    assert removed in session.bench.lanes
    ids = turn_ids(session.bench)
    assert len(set(ids)) == len(ids)
    answers = [answer.id for lane in session.bench.lanes for answer in lane.conversation.all_answers()]
    assert len(set(answers)) == len(answers)


def test_a_stored_lane_of_an_id_that_is_taken_gets_another() -> None:
    session = asked()
    doubled = (
        to_json(session.bench, lambda _run: True).replace('"id":"2"', '"id":"1"').replace('"id": "2"', '"id": "1"')
    )
    known = {run.id: KnownRun(run) for lane in session.bench.lanes for run in lane.conversation.all_runs()}
    again = from_json(doubled, known, id="x", name="")
    assert [lane.id for lane in again.lanes] == ["1", "3"]
    assert again.next_lane == 4

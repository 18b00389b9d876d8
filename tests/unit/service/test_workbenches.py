"""Workbenches that are opened, stored and opened again, with a real ledger."""

import gc
import time
import weakref
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from glm_playground.chat.notice import NoticeKind
from glm_playground.chat.session import Session
from glm_playground.chat.setup import Preset, Setup
from glm_playground.chat.workbench_json import WorkbenchNewer, WorkbenchUnreadable
from glm_playground.gateway import Gateway, Gateways
from glm_playground.ledger import Ledger
from glm_playground.ledger.workbench_queue import Saving
from glm_playground.sandbox.process import SandboxProcess
from glm_playground.service import presets, runtime, storage, workbenches
from glm_playground.service.runner import GatewayRunner
from glm_playground.service.workbenches import OpenWorkbench
from glm_playground.settings import settings
from tests.asking import finished
from tests.condition import wait_until

OWNER = "ana"


@pytest.fixture
def session_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: SandboxProcess
) -> Iterator[Callable[[OpenWorkbench], Session]]:
    """A process of its own; sessions ask the scripted sandbox."""
    _end()
    monkeypatch.setenv("GLM_PLAYGROUND_DATA_FOLDER", str(tmp_path))
    settings.cache_clear()
    gateway = Gateway("Sandbox", sandbox.base_url, key=SecretStr(sandbox.key), stand_in="scripted text")
    yield lambda opened: Session(opened.bench, GatewayRunner(Gateways((gateway,)), OWNER))
    _end()
    settings.cache_clear()


def _end() -> None:
    """Ends what the process holds, as a restart does."""
    if runtime.engine.cache_info().currsize:
        runtime.engine().close()
    runtime.engine.cache_clear()
    storage.close()
    gc.collect()


def _ledger() -> Ledger:
    opened = storage.ledger(10)
    assert isinstance(opened, Ledger)
    return opened


def _stored(opened: OpenWorkbench) -> None:
    workbenches.save(opened)
    deadline = time.monotonic() + 10
    # A conflict is noticed on the recorder's thread, which then stores what both hold.
    while not (storage.recorder().flush(10) and opened.copy.saving is Saving.SAVED):
        assert time.monotonic() < deadline


def _ask(session: Session, prompt: str) -> None:
    assert session.submit(prompt)
    for run in session.bench.live_runs():
        finished(runtime.engine(), run)


def test_the_last_one_is_there_again_after_a_restart(session_of: Callable[[OpenWorkbench], Session]) -> None:
    _ledger()
    opened = workbenches.open_latest(OWNER)
    session = session_of(opened)
    session.edit(session.bench.lanes[0], "temperature", 0.25)
    session.edit(session.bench.lanes[0], "extra", "{")
    _ask(session, "@script text=first rate=0\nWhat is it?")
    session.edit(session.bench.lanes[0], "extra", "")
    _ask(session, "@script text=second rate=0\n")
    _stored(opened)
    id, answers = opened.bench.id, [turn.answer.content for turn in opened.bench.lanes[0].conversation.turns]
    del opened, session
    _end()
    again = workbenches.open_latest(OWNER)
    assert again.bench.id == id
    assert [turn.answer.content for turn in again.bench.lanes[0].conversation.turns] == ["second"] == answers[-1:]
    assert again.bench.lanes[0].setup.parameters.temperature == 0.25
    assert again.bench.drafts[0].text.endswith("What is it?")
    assert again.bench.lanes[0].conversation.turns[0].answer.cost is not None
    assert workbenches.open_one("rui", id) is None


def test_all_tabs_of_an_owner_share_one_value(session_of: Callable[[OpenWorkbench], Session]) -> None:
    _ledger()
    opened = workbenches.new(OWNER)
    assert workbenches.open_one(OWNER, opened.bench.id) is opened
    assert workbenches.open_latest(OWNER) is opened


def test_to_delete_one_that_no_tab_has_open_stops_its_runs_and_their_warm_ups(
    session_of: Callable[[OpenWorkbench], Session],
) -> None:
    _ledger()
    opened = workbenches.new(OWNER)
    session = session_of(opened)
    _ask(session, "@script text=kept rate=0\nName me")
    session.set_option("one_by_one", True)
    session.set_option("repeats", 2)
    session.submit("@script tokens=1000 rate=50 delay=60000\n")
    live = runtime.engine().live_of(OWNER)
    assert {run.warm_up for run in live} == {True, False}
    _stored(opened)
    id = opened.bench.id
    del opened, session
    # The queue holds the last one that it stored.
    other = workbenches.new(OWNER)
    _ask(session_of(other), "@script text=other rate=0\n")
    _stored(other)
    gc.collect()
    workbenches.delete(OWNER, id)
    wait_until(lambda: all(run.ended for run in live))


def test_an_empty_one_is_not_listed_and_a_deleted_one_can_be_restored(
    session_of: Callable[[OpenWorkbench], Session],
) -> None:
    _ledger()
    opened = workbenches.new(OWNER)
    assert workbenches.rows(OWNER) == ()
    session = session_of(opened)
    _ask(session, "@script text=kept rate=0\nName me")
    assert [row.name for row in workbenches.rows(OWNER)] == ["@script text=kept rate=0 Name me"]
    workbenches.rename(OWNER, opened.bench.id, "Better")
    _stored(opened)
    running = session.submit("@script tokens=1000 rate=50\n")
    assert running
    [run] = session.bench.live_runs()
    restore = workbenches.delete(OWNER, opened.bench.id)
    finished(runtime.engine(), run)
    assert workbenches.rows(OWNER) == ()
    restore()
    assert [row.name for row in workbenches.rows(OWNER)] == ["Better"]


def test_turns_of_two_servers_are_brought_together(session_of: Callable[[OpenWorkbench], Session]) -> None:
    ledger = _ledger()
    opened = workbenches.new(OWNER)
    session = session_of(opened)
    _ask(session, "@script text=one rate=0\n")
    _stored(opened)
    theirs = ledger.workbenches.read(OWNER, opened.bench.id)
    assert theirs
    # Another server stores a turn of its own meanwhile.
    other = workbenches._read(ledger, OWNER, theirs)
    elsewhere = Session(other, session.runner)
    _ask(elsewhere, "@script text=theirs rate=0\n")
    assert ledger.workbenches.save(
        OWNER, other.id, other.name, workbenches.to_json(other, lambda run: True), theirs.revision
    )
    _ask(session, "@script text=mine rate=0\n")
    _stored(opened)
    stored = ledger.workbenches.read(OWNER, opened.bench.id)
    assert stored
    contents = {
        answer.content for answer in workbenches._read(ledger, OWNER, stored).lanes[0].conversation.all_answers()
    }
    assert contents == {"one", "theirs", "mine"}


def test_lanes_of_two_servers_for_which_there_is_no_room_lose_no_turn(
    session_of: Callable[[OpenWorkbench], Session],
) -> None:
    _ledger()
    opened = workbenches.new(OWNER)
    session = session_of(opened)
    for _lane in range(3):
        session.add_lane(())
    _ask(session, "@script text=both rate=0\n")
    _stored(opened)
    # The tabs of another server do not share this one's value.
    workbenches.forget(OWNER)
    there = workbenches.open_one(OWNER, opened.bench.id)
    assert there
    assert there is not opened
    elsewhere = session_of(there)
    for _lane in range(2):
        elsewhere.add_lane(())
    elsewhere.edit(there.bench.lanes[-1], "system", "Be brief.")
    _ask(elsewhere, "@script text=theirs rate=0\n")
    _stored(there)
    session.remove(opened.bench.lanes[0])
    session.remove(opened.bench.lanes[0])
    for _lane in range(4):
        session.add_lane(())
    _ask(session, "@script text=mine rate=0\n")
    shown = [[turn.id for turn in lane.conversation.turns] for lane in opened.bench.lanes if lane.id in "78"]
    _stored(opened)
    assert len(opened.bench.lanes) == 6
    assert [lane.notice.kind for lane in opened.bench.lanes if lane.notice] == [NoticeKind.LANE_TAKEN_IN]
    assert [[turn.id for turn in lane.conversation.turns] for lane in opened.bench.lanes if lane.id in "78"] == shown
    # Both come to hold the same, each turn once.
    elsewhere.set_option("repeats", 2)
    _stored(there)
    asked = {"both": 4, "theirs": 6, "mine": 6}
    assert Counter(_answers(opened)) == asked
    assert Counter(_answers(there)) == asked
    workbenches.forget(OWNER)
    again = workbenches.open_one(OWNER, opened.bench.id)
    assert again
    assert Counter(_answers(again)) == asked


def _answers(opened: OpenWorkbench) -> list[str]:
    return [answer.content for lane in opened.bench.lanes for answer in lane.conversation.all_answers()]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ('{"version": 99}', WorkbenchNewer),
        ("{", WorkbenchUnreadable),
        ('{"version": 1, "lanes": 3}', WorkbenchUnreadable),
    ],
)
def test_one_that_cannot_be_read_is_left_alone_and_an_empty_one_begun(
    session_of: Callable[[OpenWorkbench], Session], body: str, why: type[Exception]
) -> None:
    ledger = _ledger()
    ledger.workbenches.save(OWNER, "w1", "Of tomorrow", body, 0)
    opened = workbenches.open_latest(OWNER)
    assert isinstance(opened.unreadable, why)
    assert opened.bench.empty
    assert opened.bench.id != "w1"
    _ask(session_of(opened), "@script text=on rate=0\n")
    _stored(opened)
    kept = ledger.workbenches.read(OWNER, "w1")
    assert kept
    assert kept.body == body


def test_presets_are_stored_with_their_owner(session_of: Callable[[OpenWorkbench], Session]) -> None:
    _ledger()
    first, second = (Preset(name=name, lanes=(Setup(model="glm-5.1"),)) for name in ("a", "b"))
    presets.add(OWNER, [first], replace=False)
    presets.add(OWNER, [second], replace=False)
    _end()
    assert presets.presets(OWNER) == {"a": first, "b": second}
    presets.remove(OWNER, "a")
    assert list(presets.presets(OWNER)) == ["b"]
    assert presets.presets("rui") == {}


@pytest.mark.slow
def test_nothing_of_ended_runs_stays_in_memory_once_their_session_is_gone(
    session_of: Callable[[OpenWorkbench], Session],
) -> None:
    kept = []
    for number in range(6):
        opened = workbenches.new(OWNER)
        session = session_of(opened)
        if number == 1:
            session.set_option("one_by_one", True)
            session.set_option("repeats", 3)
        session.submit(f"@script tokens=20{' rate=5' if number == 2 else ''}\nhello {number}")
        if number == 2:
            session.stop_all()
        runs = [run for lane in opened.bench.lanes for run in lane.conversation.all_runs()]
        for run in runs:
            finished(runtime.engine(), run)
        _stored(opened)
        kept += [weakref.ref(one) for one in (opened.bench, *runs)]
        del opened, session, runs, run
    # A written workbench and run are still in hand until the recorder takes the next.
    last = workbenches.new(OWNER)
    session = session_of(last)
    session.submit("@script tokens=2\nlast")
    finished(runtime.engine(), session.bench.lanes[0].conversation.turns[0].answer.run)
    _stored(last)
    gc.collect()
    assert [ref() for ref in kept if ref() is not None] == []

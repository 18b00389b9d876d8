"""Several tabs of one workbench, and tabs that are closed, or fail, before their page is drawn."""

import gc
import uuid
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from streamlit.runtime.scriptrunner_utils.exceptions import StopException
from streamlit.testing.v1 import AppTest

from glm_playground.chat.lane import Lane
from glm_playground.chat.session import Session
from glm_playground.chat.setup import Setup
from glm_playground.ledger import Ledger, LedgerLocked
from glm_playground.ledger.workbenches import Workbenches
from glm_playground.runs.run import Run
from glm_playground.service import storage
from glm_playground.ui.playground import lane_view
from tests.app.playground_page import Playground
from tests.condition import wait_until

OpenTab = Callable[..., Playground]


@pytest.fixture
def tab(at_gateway: None, open_page: Callable[..., AppTest]) -> OpenTab:
    """Opens a tab of one owner."""
    owner = uuid.uuid4().hex

    def open_tab(**query: Any) -> Playground:
        return Playground(open_page("pages/playground.py", owner=owner, **query))

    return open_tab


def closed(*_: object) -> None:
    """Streamlit ends the script of a closed tab at its next element."""
    raise StopException


def ask_and_close(page: Playground, prompt: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asks, and closes the tab before the lanes are drawn."""
    with monkeypatch.context() as patched:
        patched.setattr(lane_view, "draw_lanes", closed)
        page.at.chat_input(key="prompt").set_value(prompt)
        page.at.run()


def ended(run: Run) -> bool:
    return run.ended


@pytest.mark.parametrize("act", ["send", "discard"])
def test_a_waiting_prompt_is_sent_once_or_not_at_all(tab: OpenTab, act: str) -> None:
    one = tab()
    one.bench.ask_above = Decimal(0)
    one.script("text=answered", "hello")
    two = tab()
    assert two.bench is one.bench
    [draft] = one.bench.drafts
    one.click(f"draft-{act}-{draft.id}")
    two.click(f"draft-send-{draft.id}")
    assert len(one.talk.turns) == (act == "send")
    assert not one.bench.drafts


@pytest.mark.parametrize("act", ["remove", "duplicate", "left", "retry"])
def test_a_lane_that_another_tab_took_away_or_cleared_is_left_alone(tab: OpenTab, act: str) -> None:
    one = tab(lane=["glm-5.1", "glm-4.5", "glm-4.7"])
    one.say("x")
    two = tab()
    lane = one.bench.lanes[1]
    if act == "retry":
        one.click("clear")
    else:
        one.choose(f"lane-{lane.id}", "remove")
    before = list(one.bench.lanes)
    two.choose(f"lane-{lane.id}", act)
    assert one.bench.lanes == before
    assert not list(one.bench.turns()) or act != "retry"


def test_a_link_leaves_what_was_cleared_to_undo(tab: OpenTab) -> None:
    page = tab()
    page.say("precious")
    page.click("clear")
    other = tab(lane=["glm-4.5", "glm-5.1"])
    assert [lane.setup.model for lane in other.bench.lanes] == ["glm-4.5", "glm-5.1"]
    page.run()
    page.click("undo")
    assert page.talk.turns[0].answer.content == "precious"


def test_a_tab_that_is_closed_at_once_leaves_its_turn(tab: OpenTab, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tab()
    page.say("first")
    ask_and_close(page, "@script text=second rate=0\n", monkeypatch)
    wait_until(partial(ended, page.talk.turns[1].runs[0]), 10, "the answer did not end")
    assert storage.recorder().flush(20)
    del page
    gc.collect()
    assert [turn.answer.content for turn in tab().talk.turns] == ["first", "second"]


def test_a_new_workbench_whose_tab_is_closed_at_once_is_there_again(
    tab: OpenTab, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tab()
    ask_and_close(page, "@script text=answered rate=0\n", monkeypatch)
    id = page.bench.id
    del page
    gc.collect()
    again = tab()
    assert again.bench.id == id
    assert len(again.talk.turns) == 1


def test_the_list_cannot_be_read_and_the_page_goes_on(tab: OpenTab, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tab()
    page.say("first")
    page.open("saved")

    def locked(*_: object) -> None:
        raise LedgerLocked("held")

    with monkeypatch.context() as patched:
        patched.setattr(Workbenches, "rows", locked)
        page.say("second")
        assert "Another program holds the database of runs." in page.text
        assert len(page.at.chat_message) == 4


def test_what_is_typed_is_kept_as_another_workbench_is_begun_or_a_prompt_discarded(tab: OpenTab) -> None:
    page = tab()
    page.say("x")
    first = page.bench
    page.open("settings-1")
    page.at.text_area(key="system-1").set_value("A long system prompt")
    page.click("workbench_new")
    assert page.bench is not first
    assert first.lanes[0].setup.system == "A long system prompt"
    page.ask("about {{topic}}")
    [draft] = page.bench.drafts
    page.at.text_area(key=f"draft-text-{draft.id}").set_value("a long text {{topic}}")
    page.click(f"draft-discard-{draft.id}")
    page.click("undo")
    assert page.waiting == ["a long text {{topic}}"]


def test_a_prompt_whose_lane_is_gone_waits_at_the_limit(tab: OpenTab) -> None:
    page = tab()
    page.click("add_lane")
    page.bench.target, page.bench.ask_above = page.bench.lanes[1].id, Decimal("0.0000001")
    page.run()
    page.script("text=answered", "hello")
    [draft] = page.bench.drafts
    page.choose(f"lane-{page.bench.lanes[1].id}", "remove")
    assert "The lane it was for is gone." in page.text
    page.draft()
    assert not page.talk.turns
    assert "Confirm the cost." in page.text
    page.draft()
    assert len(page.talk.turns) == 1
    assert draft not in page.bench.drafts


def test_a_merge_and_an_undo_bring_back_one_lane(tab: OpenTab) -> None:
    page = tab(lane=["glm-5.1", "glm-4.5"])
    page.say("x")
    assert storage.recorder().flush(20)
    page.run()
    ledger = storage.ledger(10)
    assert isinstance(ledger, Ledger)
    opened = page.at.session_state["open_workbench"]
    owner, id = opened.copy.owner, opened.copy.id
    stored = ledger.workbenches.read(owner, id)
    assert stored
    # As another server stores it.
    assert ledger.workbenches.save(owner, id, stored.name, stored.body, stored.revision)
    page.choose(f"lane-{page.bench.lanes[1].id}", "remove")
    assert storage.recorder().flush(20)
    page.run()
    page.click("undo")
    assert [lane.id for lane in page.bench.lanes] == ["1", "2"]


@pytest.mark.parametrize("several", [False, True])
def test_a_lane_that_is_added_while_the_page_is_drawn_is_there_at_the_next(
    tab: OpenTab, monkeypatch: pytest.MonkeyPatch, several: bool
) -> None:
    page = tab(lane=["glm-5.1", "glm-4.5"] if several else ["glm-5.1"])
    page.say("x")
    bench, draw_lanes = page.bench, lane_view.draw_lanes

    def add_first(session: Session, lanes: Sequence[Lane]) -> lane_view.Attached:
        bench.add_lane(Setup(model="glm-4.7"))
        return draw_lanes(session, lanes)

    with monkeypatch.context() as patched:
        patched.setattr(lane_view, "draw_lanes", add_first)
        page.run()
    page.run()
    assert len(page.bench.lanes) == 2 + several

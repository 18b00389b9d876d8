"""Once an answer has ended: a stopped one goes on, tools run by themselves, and what all cost is said."""

from collections.abc import Callable
from decimal import Decimal
from threading import Thread
from typing import Any

from glm_playground.chat.session import CONTINUE
from glm_playground.runs.run import Outcome, Run
from glm_playground.service import runtime
from glm_playground.ui.shared.figures import dollars
from glm_playground.ui.shared.text.answer_markdown import literal
from tests.app.conftest import wait_for_answers
from tests.app.playground.asked_lanes import contents
from tests.app.playground_page import Playground
from tests.condition import wait_until

BodyOf = Callable[[Run], dict[str, Any]]


def test_an_answer_that_was_stopped_can_be_continued(page: Playground, body_of: BodyOf) -> None:
    owner = page.at.session_state["session_owner"]

    def stop_once_it_is_written() -> None:
        # The page's script, which AppTest waits for, attaches to the answer until its end.
        wait_until(lambda: any(run.content.strip() for run in runtime.engine().live_of(owner)), 10)
        for run in runtime.engine().live_of(owner):
            runtime.engine().stop(run)

    stopping = Thread(target=stop_once_it_is_written)
    stopping.start()
    page.script("tokens=4000 rate=40")
    stopping.join()
    assert page.last_run.outcome is Outcome.STOPPED
    begun = page.last_run.content
    assert begun
    page.click(f"continue-{page.talk.turns[-1].id}")
    assert contents(body_of(page.last_run))[-2:] == [begun, CONTINUE]
    assert page.last_run.outcome is Outcome.COMPLETED


def test_tools_run_by_themselves_once_that_is_wanted(page: Playground, body_of: BodyOf) -> None:
    page.open("settings-1")
    page.at.toggle(key="builtin-1").set_value(True)
    page.run()
    page.script("tool_call=1")
    assert len(page.talk.turns) == 1
    toggle = page.at.toggle(key="run_tools-1")
    assert (toggle.label, toggle.value) == ("Run automatically", False)
    toggle.set_value(True)
    page.run()
    # The call that waited is answered, and so is each one from now on.
    assert [len(turn.prompt.results) for turn in page.talk.turns] == [0, 1]
    page.script("tool_call=1")
    assert [len(turn.prompt.results) for turn in page.talk.turns] == [0, 1, 0, 1]
    assert body_of(page.last_run)["messages"][-1]["role"] == "tool"
    assert page.last_run.outcome is Outcome.COMPLETED


def test_what_the_workbench_cost_so_far_is_said_once_there_are_two_answers(page: Playground) -> None:
    def said() -> list[str]:
        return [text.value for text in page.at.markdown if "This workbench so far:" in text.value]

    def cost(*runs: Run) -> str:
        return literal(dollars(sum((run.cost.amount for run in runs if run.cost and run.cost.amount), Decimal(0))))

    # The price list is asked for with the page; what a run costs is computed at its end.
    wait_for_answers()
    page.say("one")
    assert not said()
    first = page.last_run
    page.say("two, which is longer")
    second = page.last_run
    [line] = said()
    assert f"{cost(first, second)} :orange[estimated]" in line
    # An answer that was asked for again is paid for, too, whichever is on the screen.
    page.click("regenerate-1")
    [line] = said()
    assert f"{cost(first, second, page.last_run)} :orange[estimated]" in line
    assert len({cost(first, second), cost(first, second, page.last_run)}) == 2

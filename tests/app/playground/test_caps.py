"""Caps on the page: over tabs, with repeats, said in words, and nothing that was typed is lost."""

import uuid
from collections.abc import Callable
from concurrent import futures

import pytest
from streamlit.testing.v1 import AppTest

from glm_playground.sandbox.process import SandboxProcess
from glm_playground.service import runtime, storage
from tests.app.conftest import Configure
from tests.app.playground_page import Playground

OpenPage = Callable[..., AppTest]
Open = Callable[..., Playground]


@pytest.fixture
def open_tab(configure: Configure, sandbox: SandboxProcess, open_page: OpenPage) -> Callable[..., Playground]:
    """Opens a tab of one person's, with these settings at the first call."""
    begun = []
    me = uuid.uuid4().hex

    def open_at(owner: str = me, query: dict[str, str] | None = None, **caps: str) -> Playground:
        if not begun:
            begun.append(True)
            configure(RUNAPI_BASE_URL=sandbox.base_url, RUNAPI_API_KEY=sandbox.key, **caps)
        return Playground(open_page("pages/playground.py", owner=owner, **(query or {})))

    return open_at


def errors(page: Playground) -> str:
    return "\n".join(f"{error.proto.title} {error.value}" for error in page.at.error)


def test_tabs_of_one_owner_share_the_caps_and_another_owner_has_others(open_tab: Open) -> None:
    tabs = [open_tab(GLM_PLAYGROUND_OWNER_CAPS="requests=2") for _tab in range(3)]
    for tab in tabs:
        tab.script("text=answered")
    turns = [turn for tab in tabs for turn in tab.bench.lanes[0].conversation.turns]
    assert [turn.answer.run.sent for turn in dict.fromkeys(turns)] == [True, True, False]
    said = errors(tabs[2])
    assert "Too many requests within a minute." in said
    assert "The cap for one person is 2 a minute." in said
    assert "Nothing was sent" in said
    assert "Send again after" in said
    assert not errors(tabs[0])
    other = open_tab(owner=uuid.uuid4().hex)
    other.script("text=answered")
    assert not errors(other)


def test_a_refused_prompt_is_sent_again_with_a_button(open_tab: Open) -> None:
    page = open_tab(GLM_PLAYGROUND_OWNER_CAPS="requests=0")
    page.script("text=answered", "what I typed")
    turn = page.bench.lanes[0].conversation.turns[-1]
    assert "what I typed" in turn.prompt.text
    assert turn.answer.cost.amount is None
    assert "nothing was sent" in " ".join(str(part.value) for part in page.at.markdown)
    counter = storage.counter()
    counter.caps = {}
    page.click(f"send-again-{turn.id}")
    assert turn.answer.run.content == "answered"
    assert turn.prompt.text.endswith("what I typed")


def test_every_repeat_counts(open_tab: Open) -> None:
    page = open_tab(GLM_PLAYGROUND_TOTAL_CAPS="requests=3")
    page.bench.repeats = 5
    page.script("tokens=3")
    answers = page.bench.lanes[0].conversation.turns[-1].answers
    assert sum(answer.run.sent for answer in answers) == 3
    assert answers[-1].run.error.code == "total.requests"
    assert "2 failed" in " ".join(str(caption.value) for caption in page.at.caption)


def test_a_request_that_is_above_a_cap_by_itself_says_so(open_tab: Open) -> None:
    page = open_tab(GLM_PLAYGROUND_OWNER_CAPS="tokens=5000")
    lane = page.bench.lanes[0]
    page.ask("hello")
    said = errors(page)
    assert "The request alone could use more than a cap of this server." in said
    assert "Lower the max tokens, then send again." in said
    fewer = lane.setup.parameters.model_copy(update={"max_tokens": 100})
    lane.setup = lane.setup.model_copy(update={"parameters": fewer})
    page.ask("hello")
    assert lane.conversation.turns[-1].answer.run.sent


def test_the_operators_stop_is_said_and_ends(open_tab: Open) -> None:
    page = open_tab()
    page.script("text=first")
    opened = storage.ledger()
    opened.caps.stop_sending("")
    page.script("text=second")
    assert "Sending is stopped." in errors(page)
    opened.caps.resume_sending()
    page.click(f"send-again-{page.bench.lanes[0].conversation.turns[-1].id}")
    assert page.bench.lanes[0].conversation.turns[-1].answer.run.content == "second"


def test_the_sandbox_has_no_caps(
    configure: Configure, sandbox: SandboxProcess, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(GLM_PLAYGROUND_OWNER_CAPS="requests=0", GLM_PLAYGROUND_SENDING="off")
    monkeypatch.setattr(runtime, "_sandbox", lambda: sandbox)
    monkeypatch.setattr(runtime, "sandbox", lambda: sandbox)
    page = Playground(open_page("pages/playground.py"))
    page.script("text=answered")
    assert page.bench.lanes[0].conversation.turns[-1].answer.run.content == "answered"


def test_a_persons_share_stands_under_options(open_tab: Open) -> None:
    page = open_tab(GLM_PLAYGROUND_OWNER_CAPS="running=7 tokens=none dollars=none")
    page.script("tokens=3")
    page.open("options")
    captions = " ".join(str(caption.value) for caption in page.at.caption)
    assert "0 of 7 running" in captions
    assert "1 of 200 requests within a minute" in captions


def test_a_refusal_says_nothing_of_the_model(open_tab: Open, sandbox: SandboxProcess) -> None:
    page = open_tab(GLM_PLAYGROUND_OWNER_CAPS="requests=0")
    page.script("tokens=3")
    run = page.bench.lanes[0].conversation.turns[-1].answer.run
    assert run.error.code == "owner.requests"
    assert runtime.runs_since_start.seen(run.server.origin, run.request.model) is None


@pytest.mark.slow
def test_present_is_counted_per_owner_over_tabs(
    configure: Configure, open_page: OpenPage, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(GLM_PLAYGROUND_PRESENT_CAP="0.002")
    monkeypatch.setattr(runtime, "_sandbox", lambda: sandbox)
    monkeypatch.setattr(runtime, "sandbox", lambda: sandbox)

    def refused_after(owner: str) -> int:
        """Presses of Ask live, each in a tab of its own, until the cap is reached."""
        for count in range(9):
            at = open_page("pages/present.py", owner=owner)
            at.button(key="order_begin").click().run()
            at.query_params["view"] = "stage"
            assert not futures.wait([each.answer for each in runtime._prices.values()], timeout=10).not_done
            at.button(key="stage_live").click().run()
            assert not at.exception
            if at.warning:
                return count
        raise AssertionError("the cap did not hold")

    me, other = uuid.uuid4().hex, uuid.uuid4().hex
    assert refused_after(me) > 0
    assert refused_after(me) == 0
    assert refused_after(other) > 0

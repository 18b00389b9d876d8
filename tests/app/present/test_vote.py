"""A vote of the audience: where it is allowed, on which answers, and what the stage says of it."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from glm_playground import bounds
from glm_playground.bundles.running_order import Scenario
from glm_playground.runs.run import Outcome
from glm_playground.sandbox.process import SandboxProcess
from glm_playground.service import storage
from tests.app.conftest import Configure, forget
from tests.app.present_page import asked, on_stage, press, put, stage_of, texts

OpenPage = Callable[..., AppTest]


@pytest.fixture
def allowed(configure: Configure, sandbox: SandboxProcess) -> None:
    configure(
        RUNAPI_BASE_URL=sandbox.base_url,
        RUNAPI_API_KEY=sandbox.key,
        GLM_PLAYGROUND_AUDIENCE_VOTES="on",
        GLM_PLAYGROUND_PUBLIC_ADDRESS="https://glm.example.org/app",
    )


def two_answers(**fields: object) -> Scenario:
    return Scenario("Two", (asked("Which?", "First."), asked("Which?", "Second.", lane=1, **fields)), language="pt_BR")


def has_vote(at: AppTest) -> bool:
    return any(button.key == "stage_vote" for button in at.button)


@pytest.mark.usefixtures("at_gateway")
def test_nobody_is_asked_where_it_is_not_allowed(open_page: OpenPage) -> None:
    put("me", two_answers())
    assert not has_vote(on_stage(open_page, "me"))
    said = [one.value for one in open_page("pages/present.py", owner="me").caption]
    assert sum("`GLM_PLAYGROUND_AUDIENCE_VOTES`" in one for one in said) == 1


@pytest.mark.usefixtures("allowed")
@pytest.mark.parametrize(
    "scenario",
    [
        Scenario("One", (asked("Which?", "First."),)),
        two_answers(outcome=Outcome.FAILED),
        Scenario("Three", tuple(asked("Which?", str(lane), lane=lane) for lane in range(3))),
    ],
    ids=lambda scenario: scenario.title,
)
def test_only_two_whole_answers_are_voted_on(open_page: OpenPage, scenario: Scenario) -> None:
    put("me", scenario)
    assert not has_vote(on_stage(open_page, "me"))


@pytest.mark.usefixtures("allowed")
def test_of_long_answers_a_poll_keeps_so_much(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "POLL_TEXT_CHARACTERS", 5)
    put("me", two_answers())
    at = on_stage(open_page, "me")
    press(at, "stage_vote")
    poll = stage_of(at).poll
    assert poll
    assert {poll.question, poll.answer_a, poll.answer_b} == {"Which", "First", "Secon"}


@pytest.mark.usefixtures("allowed")
def test_names_come_with_the_result_and_the_poll_outlasts_a_restart(open_page: OpenPage) -> None:
    put("me", two_answers())
    at = on_stage(open_page, "me")
    press(at, "stage_vote")
    poll = stage_of(at).poll
    assert poll
    assert (poll.language, poll.named, poll.question) == ("pt_BR", False, "Which?")
    assert {poll.answer_a, poll.answer_b} == {"First.", "Second."}
    assert f"https://glm.example.org/app/public/vote/{poll.id}" in texts(at)
    assert "glm-5.1" not in texts(at)
    ledger = storage.needed_ledger()
    for number, choice in enumerate(["first"] * 9 + ["second", "tie"]):
        ledger.polls.vote(poll.id, f"v{number}", f"a{number % 2}", choice)
    at.run()
    assert [metric.value for metric in at.metric] == ["11"]
    # The owner's own votes are apart.
    assert ledger.votes.newest("me", 10) == ()

    forget()
    again = on_stage(open_page, "me")
    press(again, "stage_vote")
    found = stage_of(again).poll
    assert found
    assert found.id == poll.id
    press(again, "stage_vote")
    said = texts(again)
    assert [metric.value for metric in again.metric] == ["9", "1", "1", "0"]
    assert "Of 10 votes for one of them, 90% prefer" in said
    assert "chance" not in said
    assert "From 2 network addresses." in said
    assert "had been on stage" not in said
    assert not has_vote(again)
    # The next key continues: here is no further scenario.
    press(again, "stage_next")
    assert stage_of(again).poll


@pytest.mark.usefixtures("allowed")
def test_a_vote_on_what_was_played_says_that_names_were_seen(open_page: OpenPage) -> None:
    put("me", two_answers())
    at = on_stage(open_page, "me")
    press(at, "stage_fast")
    while stage_of(at).running:
        at.run()
    at.run()
    press(at, "stage_vote")
    press(at, "stage_next")
    assert "The names had been on stage before." in texts(at)
    assert "Nobody preferred one of them." in texts(at)


def test_sides_are_drawn_at_random(allowed: None, open_page: OpenPage) -> None:
    put("me", two_answers())
    sides = set()
    at = on_stage(open_page, "me")
    for _ in range(40):
        press(at, "stage_vote")
        poll = stage_of(at).poll
        assert poll
        sides.add(poll.answer_a)
        press(at, "stage_vote")
        press(at, "stage_stop")
        if len(sides) == 2:
            return
    pytest.fail("one side only")

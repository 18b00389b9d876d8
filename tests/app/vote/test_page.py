"""The page Vote: two models are asked blind, and named once somebody has said which answer is better."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from streamlit.testing.v1 import AppTest

from glm_playground.evals import ballot as ballots
from glm_playground.gateway import Message
from glm_playground.ledger import Ledger, LedgerUnreachable, RunFilter
from glm_playground.ledger.votes import StoredVote, Votes, blind_owner
from glm_playground.runs.live_run import LiveRun
from glm_playground.runs.run import Outcome
from glm_playground.sandbox.process import SandboxProcess
from glm_playground.service import runtime, storage
from glm_playground.service.runner import GatewayRunner
from glm_playground.ui.shared.text.styled import styled
from glm_playground.ui.vote import ballot_view, votes_list
from tests.app.conftest import Configure
from tests.condition import wait_until
from tests.ledger.made import keep, made_run

OpenPage = Callable[..., AppTest]
PAGE = "pages/vote.py"
MODELS = ["glm-5.1", "glm-4.6"]
OWNER = "voter"


@pytest.fixture(autouse=True)
def _ready(in_sandbox: None) -> None:
    """The page shows nothing of a ledger that is still being opened."""
    assert isinstance(storage.ledger(60), Ledger)


def ledger() -> Ledger:
    opened = storage.needed_ledger()
    storage.catch_up()
    return opened


def shown(at: AppTest) -> str:
    parts = [*at.markdown, *at.caption, *at.warning, *at.error, *at.success, *at.subheader, *at.text, *at.code]
    text = "\n".join(f"{getattr(part.proto, 'title', '')} {part.value}" for part in parts)
    return text.replace("\\", "")


def press(at: AppTest, key: str) -> None:
    at.button(key=key).click().run()
    assert not at.exception


def ask(at: AppTest, prompt: str, models: list[str] = MODELS) -> None:
    at.multiselect(key="vote_candidates").set_value(models)
    at.text_area(key="vote_prompt").set_value(prompt).run()
    press(at, "vote_ask")


def say(text: str) -> str:
    """A prompt that has the sandbox answer with this text."""
    return f"@script rate=0 text={quote(text)}"


def keys(at: AppTest) -> set[str]:
    return {button.key for button in at.button if button.key}


def runs_of(owner: str) -> list[Any]:
    return list(ledger().each(owner, RunFilter()))


@pytest.mark.parametrize(
    ("key", "verdict"), [("vote_a", "first"), ("vote_b", "second"), ("vote_tie", "tie"), ("vote_both_bad", "both_bad")]
)
def test_names_and_figures_are_shown_once_the_vote_is_given(open_page: OpenPage, key: str, verdict: str) -> None:
    at = open_page(PAGE, owner=OWNER)
    ask(at, say("It is **four**."))
    assert shown(at).count("It is **four**.") == 2
    assert not any(name in shown(at) for name in (*MODELS, "TTFT", "tokens/s", "completed"))
    assert "Both answers together: " in shown(at)
    # Neither the history nor its sums know of them.
    assert runs_of(OWNER) == []
    assert len(runs_of(blind_owner(OWNER))) == 2
    press(at, key)
    assert all(name in shown(at) for name in MODELS)
    assert shown(at).count("TTFT") == 2
    (vote,) = ledger().votes.newest(OWNER, 10)
    assert (vote.verdict, vote.stand_in, vote.source, vote.language) == (verdict, True, "person", "en")
    assert {stored.run.id: f"{stored.run.request.model} @ {stored.run.server.name}" for stored in runs_of(OWNER)} == {
        vote.run_a: vote.candidate_a,
        vote.run_b: vote.candidate_b,
    }
    assert (vote.characters_a, vote.characters_b) == (15, 15)
    # The next question stands below.
    assert "vote_ask" in keys(at)


def test_answers_that_end_while_the_page_looks_are_shown(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    def styled_late(style: str, text: str) -> str:
        if style == "shimmer":
            wait_until(lambda: runtime.engine().running == 0, 10)
        return styled(style, text)

    # As soon as the page has seen that they are being written, they end.
    monkeypatch.setattr(ballot_view, "styled", styled_late)
    at = open_page(PAGE, owner=OWNER)
    ask(at, "@script tokens=5 rate=20")
    assert {"vote_a", "vote_b"} <= keys(at)


def test_an_open_vote_is_found_again_by_another_tab(open_page: OpenPage) -> None:
    at = open_page(PAGE, owner=OWNER)
    ask(at, say("Found again."))
    other = open_page(PAGE, owner=OWNER)
    assert shown(other).count("Found again.") == 2
    press(other, "vote_tie")
    # The first tab is too late, and nothing is counted twice.
    press(at, "vote_a")
    assert [vote.verdict for vote in ledger().votes.newest(OWNER, 10)] == ["tie"]
    assert "vote_ask" in keys(at)


def test_another_owner_sees_nothing_of_it(open_page: OpenPage) -> None:
    ask(open_page(PAGE, owner=OWNER), say("Mine alone."))
    other = open_page(PAGE, owner="somebody else")
    assert "Mine alone" not in shown(other)
    assert "vote_ask" in keys(other)


def test_an_answer_that_failed_cannot_be_compared_and_is_in_the_history_afterwards(open_page: OpenPage) -> None:
    at = open_page(PAGE, owner=OWNER)
    ask(at, "@script status=500")
    assert "These answers cannot be compared." in shown(at)
    assert not any(name in shown(at) for name in MODELS)
    assert not {"vote_a", "vote_b"} & keys(at)
    press(at, "vote_void")
    assert all(name in shown(at) for name in MODELS)
    assert [vote.verdict for vote in ledger().votes.newest(OWNER, 10)] == ["skipped"]
    assert len(runs_of(OWNER)) == 2


def test_the_history_says_that_two_runs_are_asked_blind(open_page: OpenPage) -> None:
    ask(open_page(PAGE, owner=OWNER), say("Hidden."))
    history = open_page("pages/history.py", owner=OWNER)
    assert "Two runs are asked blind." in shown(history)
    assert "Hidden" not in shown(history)
    blind = runs_of(blind_owner(OWNER))[0].run.id
    assert "There is no such run of yours." in shown(open_page("pages/history.py", owner=OWNER, run=blind))


def test_a_question_needs_two_models_and_a_prompt(open_page: OpenPage) -> None:
    at = open_page(PAGE, owner=OWNER)
    at.multiselect(key="vote_candidates").set_value(MODELS[:1]).run()
    assert at.button(key="vote_ask").disabled
    ask(at, "   ")
    assert "The prompt is empty." in shown(at)
    # A limit of one of them is said whichever two are drawn.
    at.number_input(key="vote_max_tokens").set_value(9_999_999)
    ask(at, "Hello")
    assert "Max tokens is above the model's limit." in shown(at)
    assert ledger().votes.open_one(OWNER) is None
    assert runtime.engine().running == 0


def test_a_model_named_with_and_without_its_gateway_is_one_candidate(open_page: OpenPage) -> None:
    at = open_page(PAGE, owner=OWNER)
    at.multiselect(key="vote_candidates").set_value(["glm-5.1", "glm-5.1 @ Sandbox"]).run()
    assert at.button(key="vote_ask").disabled
    ask(at, say("Two of two."), ["glm-5.1", "glm-5.1 @ Sandbox", "glm-4.6"])
    assert shown(at).count("Two of two.") == 2
    assert {stored.run.request.model for stored in runs_of(blind_owner(OWNER))} == {"glm-5.1", "glm-4.6"}


def test_nothing_is_sent_where_the_vote_cannot_be_stored(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    at = open_page(PAGE, owner=OWNER)

    def away(*_of: Any) -> bool:
        raise LedgerUnreachable("the database is away")

    with monkeypatch.context() as patch:
        patch.setattr(Votes, "begin", away)
        ask(at, say("Sent once."))
    assert "Nothing is asked" in shown(at)
    assert "Sent once." not in shown(at)
    assert (runs_of(OWNER), runs_of(blind_owner(OWNER)), runtime.engine().running) == ([], [], 0)
    # Once the database is back, what could not be done is done, once.
    press(at, "ledger-again-vote_ask")
    assert shown(at).count("Sent once.") == 2
    assert len(runs_of(blind_owner(OWNER))) == 2


def test_a_vote_whose_second_run_cannot_be_started_is_given_up(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[LiveRun] = []
    start = runtime.start

    def once(*of: Any, **fields: Any) -> LiveRun:
        if started:
            raise RuntimeError("the engine is closed")
        started.append(start(*of, **fields))
        return started[0]

    runner = GatewayRunner(runtime.gateways(), OWNER)
    monkeypatch.setattr(runtime, "start", once)
    question = ballots.BallotQuestion((Message(role="user", content="@script tokens=2000 rate=10"),))
    with pytest.raises(RuntimeError, match="closed"):
        ballots.begin(ledger(), runner, question, MODELS)
    assert ledger().votes.open_one(OWNER) is None
    assert [vote.verdict for vote in ledger().votes.newest(OWNER, 10)] == ["skipped"]
    wait_until(lambda: started[0].ended, 10)
    assert started[0].outcome is Outcome.STOPPED
    # The run is nobody's secret any more.
    open_page(PAGE, owner=OWNER)
    # It is stored a moment later, on another thread.
    wait_until(lambda: [stored.run.id for stored in runs_of(OWNER)] == [started[0].id], 10)


def test_prompts_are_taken_from_a_suite_one_after_the_other(open_page: OpenPage) -> None:
    at = open_page(PAGE, owner=OWNER)
    at.multiselect(key="vote_candidates").set_value(MODELS)
    at.segmented_control(key="vote_source").set_value("suite").run()
    rows = [{"id": f"case {number}", "input": say(f"Answer {number}.")} for number in (1, 2)]
    text = "\n".join(json.dumps(row) for row in rows)
    at.file_uploader(key="vote_suite_file").set_value(("mine.jsonl", text.encode(), "application/jsonl")).run()
    assert not at.exception
    for number in (1, 2):
        press(at, "vote_ask")
        assert shown(at).count(f"Answer {number}.") >= 2
        press(at, "vote_tie")
    votes = ledger().votes.newest(OWNER, 10)
    assert len({vote.case for vote in votes}) == len({vote.prompt for vote in votes}) == 2
    assert len({vote.suite for vote in votes}) == 1
    assert len(votes[0].suite) == 64


def test_the_tools_of_a_case_are_sent_and_calls_are_shown(open_page: OpenPage) -> None:
    at = open_page(PAGE, owner=OWNER)
    at.multiselect(key="vote_candidates").set_value(MODELS)
    at.segmented_control(key="vote_source").set_value("suite").run()
    text = """
prompts: ["@script rate=0 tool_call=1"]
sharing: true
tests:
  - options: {tools: [{type: function, function: {name: weather, parameters: {type: object, properties: {}}}}]}
"""
    at.file_uploader(key="vote_suite_file").set_value(("mine.yaml", text.encode(), "text/yaml")).run()
    assert not at.exception
    assert "sharing: nothing is shared" in shown(at)
    press(at, "vote_ask")
    tools = [stored.run.request.tools for stored in runs_of(blind_owner(OWNER))]
    assert [[tool["function"]["name"] for tool in one] for one in tools] == [["weather"], ["weather"]]
    assert "Both may call the tools weather." in shown(at)
    # What a model calls is shown, and can be judged.
    assert sum(str(code.value).startswith("weather(") for code in at.code) == 2
    assert "vote_a" in keys(at)
    press(at, "vote_a")
    assert shown(at).count("The model calls `weather`") == 2


def test_a_file_that_is_no_suite_is_told_with_its_place(open_page: OpenPage) -> None:
    at = open_page(PAGE, owner=OWNER)
    at.segmented_control(key="vote_source").set_value("suite").run()
    at.file_uploader(key="vote_suite_file").set_value(("mine.yaml", b"prompts: [", "text/yaml")).run()
    assert not at.exception
    assert "This file cannot be opened as a suite." in shown(at)
    assert at.button(key="vote_ask").disabled


def test_standings_count_the_stand_in_apart(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    at = open_page(PAGE, owner=OWNER)
    # statsmodels is loaded in it.
    at.default_timeout = 60
    at.session_state["vote_view"] = "standings"
    at.run()
    assert "No vote is given yet." in shown(at)
    at.session_state["vote_view"] = "vote"
    at.run()
    for key in ("vote_a", "vote_both_bad"):
        ask(at, say(f"For {key}"))
        press(at, key)
    at.session_state["vote_view"] = "standings"
    at.run()
    assert not at.exception
    assert "These votes say nothing of GLM models." in shown(at)
    assert "2 votes · on 1 prompt · 1 time both bad" in shown(at)
    assert "no bound yet" in shown(at)
    assert "Fewer than 30 prompts" in shown(at)
    # The votes are not read again to see that they are the same.
    with monkeypatch.context() as patch:
        patch.delattr(Votes, "newest")
        at.run()
        assert not at.exception
    assert "no bound yet" in shown(at)


def test_votes_are_deleted_and_taken_back(open_page: OpenPage) -> None:
    at = open_page(PAGE, owner=OWNER)
    ask(at, say("One."))
    press(at, "vote_a")
    at.session_state["vote_view"] = "votes"
    at.run()
    assert not at.exception
    assert len(at.dataframe[0].value) == 1
    press(at, "vote_delete_all")
    assert "1 vote was deleted." in shown(at)
    assert ledger().votes.newest(OWNER, 10) == ()
    press(at, "vote_undo_button")
    assert len(ledger().votes.newest(OWNER, 10)) == 1
    assert len(runs_of(OWNER)) == 2


def test_no_vote_is_chosen_where_another_stands_in_the_place_of_the_deleted_one(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    # There are as many afterwards: an older one moves up.
    monkeypatch.setattr(votes_list, "_SHOWN", 2)
    at = open_page(PAGE, owner=OWNER)
    for number in range(3):
        ask(at, say(f"Number {number}."))
        press(at, "vote_a")
    at.session_state["vote_view"] = "votes"
    at.run()
    at.session_state[str(at.dataframe[0].key)] = {"selection": {"rows": [1], "columns": [], "cells": []}}
    at.run()
    press(at, "vote_delete")
    assert len(at.dataframe[0].value) == 2
    assert "vote_delete" not in keys(at)


def test_an_answer_is_not_shown_before_the_other_one_is_there(open_page: OpenPage) -> None:
    # As another process of the app asks them: this one only reads.
    first, second = made_run(answer=["Here at once."], model="glm-5.1"), made_run(outcome=None, model="glm-4.6")
    keep(ledger(), blind_owner(OWNER), first)
    ledger().store_started([(second, blind_owner(OWNER))])
    sides = ("glm-5.1 @ Gateway", "glm-4.6 @ Gateway")
    assert ledger().votes.begin(
        OWNER, StoredVote("vote", first.id, second.id, *sides, "prompt", False, datetime.now(UTC))
    )
    at = open_page(PAGE, owner=OWNER)
    assert "Two models are writing." in shown(at)
    assert "Here at once." not in shown(at)
    assert "Both answers together" not in shown(at)
    second.outcome = first.outcome
    second.events.extend(made_run(answer=["Here late."]).events)
    keep(ledger(), blind_owner(OWNER), second)
    at.run()
    assert "Here at once." in shown(at)
    assert "Here late." in shown(at)
    press(at, "vote_b")
    assert "You prefer B, **glm-4.6 @ Gateway**, to A, **glm-5.1 @ Gateway**." in shown(at)


def test_answers_that_are_stored_late_are_not_taken_for_lost(open_page: OpenPage) -> None:
    # As another process of the app has begun it: its runs are on their way to the database.
    runs = [made_run(answer=[f"Late {number}."], model="glm-5.1") for number in (1, 2)]
    sides = ("glm-5.1 @ Gateway", "glm-4.6 @ Gateway")
    vote = StoredVote("vote", runs[0].id, runs[1].id, *sides, "prompt", False, datetime.now(UTC))
    assert ledger().votes.begin(OWNER, vote)
    at = open_page(PAGE, owner=OWNER)
    assert "Two models are writing." in shown(at)
    keep(ledger(), blind_owner(OWNER), *runs)
    at.run()
    assert "Late 1." in shown(at)
    press(at, "vote_tie")

    runs = [made_run(answer=[f"Later {number}."], model="glm-5.1") for number in (1, 2)]
    begun = datetime.now(UTC) - timedelta(minutes=1)
    assert ledger().votes.begin(OWNER, replace(vote, id="old", run_a=runs[0].id, run_b=runs[1].id, created_at=begun))
    at = open_page(PAGE, owner=OWNER)
    assert "These answers cannot be compared." in shown(at)
    keep(ledger(), blind_owner(OWNER), *runs)
    at.run()
    assert "Later 1." in shown(at)


def test_what_was_asked_blind_before_a_crash_is_given_back(open_page: OpenPage) -> None:
    keep(ledger(), blind_owner(OWNER), lost := made_run("paid for"))
    open_page(PAGE, owner=OWNER)
    assert [stored.run.id for stored in runs_of(OWNER)] == [lost.id]


def test_caps_count_the_runs_of_their_owner(configure: Configure, open_page: OpenPage, sandbox: SandboxProcess) -> None:
    configure(RUNAPI_BASE_URL=sandbox.base_url, RUNAPI_API_KEY=sandbox.key, GLM_PLAYGROUND_OWNER_CAPS="requests=2")
    assert isinstance(storage.ledger(60), Ledger)
    at = open_page(PAGE, owner=OWNER)
    ask(at, say("Both of them."))
    press(at, "vote_tie")
    ask(at, say("Two too many."))
    assert "These answers cannot be compared." in shown(at)
    assert not any(name in shown(at) for name in MODELS)
    press(at, "vote_void")
    assert shown(at).count("nothing was sent") == 2

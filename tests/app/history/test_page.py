"""The history's page: what was asked is found, opened, noted, taken away and brought back."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from glm_playground.gateway import ChatRequest, Event, EventKind, Message, ToolCall
from glm_playground.ledger import Callback, Ledger, RunFilter
from glm_playground.ledger.sums import By
from glm_playground.runs.run import Outcome
from glm_playground.sandbox.process import SandboxProcess
from glm_playground.service import storage, workbenches
from glm_playground.ui.shared import i18n
from tests.app.conftest import Configure, wait_for_answers
from tests.app.own_runs import keep_own
from tests.app.playground_page import Playground
from tests.ledger.made import keep, made_run

OpenPage = Callable[..., AppTest]


def texts(at: AppTest) -> str:
    parts = [*at.markdown, *at.text, *at.caption, *at.warning, *at.error]
    return "\n".join(str(part.value) for part in parts)


def ledger() -> Ledger:
    opened = storage.ledger()
    assert isinstance(opened, Ledger)
    return opened


@pytest.fixture
def asked(in_sandbox: None, open_page: OpenPage) -> AppTest:
    """A session that asked two prompts, on the history's page."""
    at = open_page("pages/playground.py")
    # The price list is asked for with the page; what a run costs is computed at its end.
    wait_for_answers()
    page = Playground(at)
    page.script("tokens=30", "about herons")
    page.script("status=429", "about nothing")
    at.switch_page("pages/history.py").run()
    assert not at.exception
    return at


def run_ids(at: AppTest, **wanted: object) -> list[str]:
    owner = at.session_state["session_owner"]
    return [row.id for row in ledger().page(owner, RunFilter(**wanted)).rows]  # type: ignore[arg-type]


def open_run(at: AppTest, run_id: str) -> None:
    at.query_params["run"] = run_id
    at.run()
    assert not at.exception


def test_every_run_is_listed_with_its_outcome_and_cost(asked: AppTest) -> None:
    frame = asked.dataframe[0].value
    assert list(frame["outcome"]) == ["failed", "completed"]
    assert list(frame["tokens"]) == [None, 30] or frame["tokens"].isna().tolist() == [True, False]
    assert frame["cost"].iloc[0] == "not charged"
    assert frame["cost"].iloc[1].endswith("estimated in play money")
    asked.session_state["history_reading"] = True
    asked.run()
    assert "estimated in play money |" in texts(asked)


def test_nothing_is_chosen_where_other_rows_stand_in_the_place_of_those_chosen(
    in_sandbox: None, open_page: OpenPage
) -> None:
    at = open_page("pages/history.py")
    owner = at.session_state["session_owner"]
    keep_own(owner, *(made_run(name) for name in ("first", "second", "third")))
    at.run()
    grid = str(at.dataframe[0].key)
    at.session_state[grid] = {"selection": {"rows": [1], "columns": [], "cells": []}}
    at.run()
    assert "1 run chosen" in texts(at)
    at.button(key="history_delete").click().run()
    assert list(at.dataframe[0].value["prompt"]) == ["third", "first"]
    assert "history_delete" not in {button.key for button in at.button}
    at.button(key="history_undo_button").click().run()
    assert "history_delete" not in {button.key for button in at.button}


@pytest.mark.parametrize(("locale", "told"), [("en-US", "MMM D, YYYY, h:mm A"), ("pt-BR", "DD/MM/YYYY HH:mm")])
def test_when_a_run_started_is_told_in_the_sessions_language(
    in_sandbox: None, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, locale: str, told: str
) -> None:
    monkeypatch.setattr(i18n, "_browser_zone", lambda: "America/Sao_Paulo")
    at = open_page("pages/history.py", locale=locale)
    keep_own(at.session_state["session_owner"], made_run())
    at.run()
    kind = json.loads(at.dataframe[0].proto.columns)["started"]["type_config"]
    assert (kind["format"], kind["timezone"]) == (told, "America/Sao_Paulo")


def test_words_of_a_prompt_or_an_answer_find_it(asked: AppTest) -> None:
    asked.text_input(key="history_text").set_value("herons").run()
    assert len(asked.dataframe[0].value) == 1
    asked.text_input(key="history_text").set_value("pelicans").run()
    assert "No run fits." in texts(asked)
    asked.button(key="history_none_all").click().run()
    assert len(asked.dataframe[0].value) == 2
    # The browser is told, where the box still holds the word.
    assert asked.text_input(key="history_text").proto.set_value


def test_all_runs_are_shown_again_whatever_was_asked_for(asked: AppTest) -> None:
    asked.session_state["history_filters"] = True
    asked.run()
    asked.text_input(key="history_text").set_value("herons")
    asked.multiselect(key="history_outcomes").set_value(["completed"])
    asked.date_input(key="history_from").set_value(date(2026, 1, 1))
    asked.checkbox(key="history_warm_ups").check()
    asked.pills(key="history_who").set_value("stand_in").run()
    assert "4 filters set" in texts(asked)
    asked.button(key="history_all").click().run()
    assert not asked.exception
    assert "set" not in texts(asked).split()
    assert len(asked.dataframe[0].value) == 2
    shown = (
        asked.text_input(key="history_text"),
        asked.multiselect(key="history_outcomes"),
        asked.date_input(key="history_from"),
        asked.checkbox(key="history_warm_ups"),
        asked.pills(key="history_who"),
    )
    assert [field.value for field in shown] == ["", [], None, False, None]
    assert all(field.proto.set_value for field in shown)


def test_a_run_opens_as_it_was_and_goes_on_in_the_playground(asked: AppTest) -> None:
    open_run(asked, run_ids(asked, text="herons")[0])
    assert "about herons" in texts(asked)
    assert "30 tokens" in texts(asked)
    asked.button(key="history_continue").click().run()
    # AppTest does not follow the script to another page.
    asked.switch_page("pages/playground.py").run()
    assert not asked.exception
    page = Playground(asked)
    assert storage.recorder().flush(20)
    opened, ledger = asked.session_state["open_workbench"], storage.ledger(10)
    assert isinstance(ledger, Ledger)
    stored = ledger.workbenches.read(opened.copy.owner, opened.copy.id)
    assert stored
    assert stored.name == " ".join(page.talk.turns[0].prompt.text.split())
    page.say("and herons go on")
    assert "and herons go on" in texts(asked)
    [lane] = page.bench.lanes
    assert len(lane.conversation.turns) == 2
    # It is a workbench of its own; the one before stays.
    names = [row.name for row in workbenches.rows(asked.session_state["session_owner"])]
    assert len(names) == 2


def test_a_prompt_with_files_stands_as_it_was_typed_beside_them(in_sandbox: None, open_page: OpenPage) -> None:
    page = Playground(open_page("pages/playground.py"))
    page.run()
    page.click("starter")
    asked = page.at.chat_message[0].text[0].value
    at = page.at.switch_page("pages/history.py").run()
    assert at.dataframe[0].value["prompt"].iloc[0].startswith(asked[:40])
    open_run(at, run_ids(at)[0])
    assert at.chat_message[0].text[0].value == asked
    [folder] = at.chat_message[0].expander
    assert folder.label.startswith("orders: ")


def test_the_calls_of_a_run_are_shown(in_sandbox: None, open_page: OpenPage) -> None:
    at = open_page("pages/history.py")
    owner = at.session_state["session_owner"]
    function = {"name": "weather", "arguments": '{"city": "Lisbon"}'}
    delta = Event(10, EventKind.TOOL_CALLS, json.dumps([{"index": 0, "id": "c1", "function": function}]))
    asked = made_run(events=[delta], outcome=Outcome.TOOL_CALLS)
    conversation = (
        *asked.request.messages,
        Message(role="assistant", content="", tool_calls=(ToolCall(id="c1", **function),)),
        Message(role="tool", content="sunny", tool_call_id="c1"),
    )
    answered = made_run(request=ChatRequest(model="glm-5.1", messages=conversation))
    keep_own(owner, asked, answered)
    for run in (asked, answered):
        open_run(at, run.id)
        called = at.chat_message[1]
        assert "The model calls `weather`" in "".join(text.value for text in called.markdown)
        assert [json.loads(code.value) for code in called.code] == [{"city": "Lisbon"}]


def test_the_details_of_a_run_open_and_stay_open(asked: AppTest) -> None:
    [newest, _oldest] = run_ids(asked)
    open_run(asked, newest)
    asked.session_state[f"details-{newest}"] = True
    for _again in range(2):
        asked.run()
        assert not asked.exception
        assert f"| Client request id | `{newest}` |" in texts(asked)


def test_tags_and_a_note_stay_and_find_the_run(asked: AppTest) -> None:
    run_id = run_ids(asked, text="herons")[0]
    open_run(asked, run_id)
    asked.text_area(key=f"history_note-{run_id}").set_value("for the talk on Friday").run()
    assert run_ids(asked, text="friday") == [run_id]
    ledger().set_tags(asked.session_state["session_owner"], run_id, ["birds"])
    asked.button(key="history_back").click().run()
    assert [list(tags) for tags in asked.dataframe[0].value["tags"]] == [[], ["birds"]]
    asked.session_state["history_filters"] = True
    asked.run()
    asked.multiselect(key="history_tags").set_value(["birds"]).run()
    assert len(asked.dataframe[0].value) == 1


def test_a_filter_by_days_means_the_days_of_the_browser(
    in_sandbox: None, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(i18n, "_browser_zone", lambda: "America/Sao_Paulo")
    at = open_page("pages/history.py")
    # There it is still the evening of the 24th, and the morning of the 25th.
    times = (datetime(2026, 11, 25, 1, tzinfo=UTC), datetime(2026, 11, 25, 10, tzinfo=UTC))
    keep_own(at.session_state["session_owner"], *(made_run(str(when.hour), started_at=when) for when in times))
    at.session_state["history_filters"] = True
    at.run()
    at.date_input(key="history_to").set_value(date(2026, 11, 24)).run()
    assert list(at.dataframe[0].value["prompt"]) == ["1"]
    at.date_input(key="history_from").set_value(date(2026, 11, 25))
    at.date_input(key="history_to").set_value(date(2026, 11, 25)).run()
    assert list(at.dataframe[0].value["prompt"]) == ["10"]


def test_a_filter_holds_when_its_last_run_is_deleted(asked: AppTest) -> None:
    herons = run_ids(asked, text="herons")[0]
    ledger().set_tags(asked.session_state["session_owner"], herons, ["birds"])
    asked.session_state["history_filters"] = True
    asked.run()
    asked.multiselect(key="history_tags").set_value(["birds"]).run()
    assert len(asked.dataframe[0].value) == 1
    open_run(asked, herons)
    asked.button(key="history_run_delete").click().run()
    # It holds though its list is closed.
    assert asked.session_state["history_tags"] == ["birds"]
    assert "No run fits." in texts(asked)
    asked.button(key="history_undo_button").click().run()
    assert len(asked.dataframe[0].value) == 1


def test_a_model_filter_holds_when_all_runs_are_deleted(asked: AppTest) -> None:
    (model,) = ledger().models(asked.session_state["session_owner"])
    asked.multiselect(key="history_models").set_value([model]).run()
    asked.button(key="history_delete_all").click().run()
    assert asked.multiselect(key="history_models").value == [model]
    assert "No run fits." in texts(asked)


def test_warm_ups_are_hidden_until_they_are_asked_for(asked: AppTest) -> None:
    keep(ledger(), asked.session_state["session_owner"], made_run("Hi", warm_up=True))
    asked.session_state["history_filters"] = True
    asked.run()
    assert len(asked.dataframe[0].value) == 2
    asked.checkbox(key="history_warm_ups").check().run()
    assert asked.dataframe[0].value["outcome"].iloc[0] == "completed, warm-up"
    asked.session_state["history_view"] = "costs"
    asked.run()
    asked.session_state["history_by"] = By.MODEL
    asked.run()
    assert not asked.exception
    assert "| Warm-ups | 1 |" in texts(asked)


def test_what_is_deleted_comes_back(asked: AppTest) -> None:
    open_run(asked, run_ids(asked, text="herons")[0])
    asked.button(key="history_run_delete").click().run()
    assert len(asked.dataframe[0].value) == 1
    assert "1 run was deleted." in texts(asked)
    asked.button(key="history_undo_button").click().run()
    assert len(asked.dataframe[0].value) == 2
    asked.button(key="history_delete_all").click().run()
    assert "No runs yet" in texts(asked)
    asked.button(key="history_undo_button").click().run()
    assert len(asked.dataframe[0].value) == 2


def test_what_was_deleted_a_day_ago_is_gone(asked: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    asked.button(key="history_delete_all").click().run()
    storage.open_and_tidy()
    asked.button(key="history_undo_button").click().run()
    assert len(asked.dataframe[0].value) == 2
    asked.button(key="history_delete_all").click().run()
    monkeypatch.setattr(storage, "KEPT_AFTER_DELETION", timedelta(0))
    storage.open_and_tidy()
    asked.button(key="history_undo_button").click().run()
    assert "No runs yet" in texts(asked)


def test_a_task_is_looked_up_and_its_cost_settles(asked: AppTest) -> None:
    run_id = run_ids(asked, text="herons")[0]
    open_run(asked, run_id)
    asked.button(key="task_look_up").click().run()
    assert "settled" in texts(asked)
    stored = ledger().run(asked.session_state["session_owner"], run_id)
    assert stored
    assert stored.cost
    assert stored.cost.state == "settled"
    assert [lookup.status for lookup in stored.lookups] == ["completed"]


def test_a_callback_shows_on_the_run_of_its_task(asked: AppTest) -> None:
    run_id = run_ids(asked, text="herons")[0]
    stored = ledger().run(asked.session_state["session_owner"], run_id)
    assert stored
    now = datetime.now(UTC)
    callback = Callback("cb-1", now, now, stored.run.task_id, "completed", {"status": "completed"})
    assert storage.keep_callback(callback)
    assert not storage.keep_callback(callback)
    open_run(asked, run_id)
    assert any("told by callback: completed" in fold.label for fold in asked.expander)
    assert "its signature is right" in texts(asked)


def test_costs_are_added_up_and_checked_against_the_balance(asked: AppTest) -> None:
    asked.session_state["history_view"] = "costs"
    asked.run()
    assert not asked.exception
    assert "2 runs" in texts(asked)
    asked.button(key="balance_read").click().run()
    asked.switch_page("pages/playground.py").run()
    Playground(asked).script("tokens=50", "one more")
    asked.switch_page("pages/history.py").run()
    asked.session_state["history_view"] = "costs"
    asked.run()
    asked.button(key="balance_read").click().run()
    table = next(str(part.value) for part in asked.markdown if "Balance fell by" in str(part.value))
    fell, spent, difference = (cell.strip().replace("\\", "") for cell in table.splitlines()[2].split("|")[3:6])
    assert fell == spent != "$0"
    assert difference == "$0"


@pytest.mark.parametrize(("operators", "shown"), [("somebody@example.org", False), ("everybody", True)])
def test_the_balance_of_the_servers_key_is_for_whom_the_operator_says(
    configure: Configure, open_page: OpenPage, sandbox: SandboxProcess, operators: str, *, shown: bool
) -> None:
    configure(RUNAPI_BASE_URL=sandbox.base_url, RUNAPI_API_KEY=sandbox.key, GLM_PLAYGROUND_OPERATORS=operators)
    at = open_page("pages/history.py")
    at.session_state["history_view"] = "costs"
    at.run()
    assert not at.exception
    keys = {button.key for button in at.button}
    assert "tasks_look_up" in keys
    assert ("balance_read" in keys) is shown


def answers_without_a_ledger(at: AppTest, said: str) -> None:
    Playground(at).say("here all the same")
    assert "here all the same" in texts(at)
    assert said in "".join(str(warning.proto) for warning in at.warning)
    at.switch_page("pages/history.py").run()
    assert not at.exception


def test_with_a_broken_database_the_playground_answers_and_leaves_it_alone(
    configure: Configure, open_page: OpenPage, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    database = tmp_path / "elsewhere" / storage.FILE_NAME
    database.parent.mkdir()
    database.write_bytes(b"this is no database" * 100)
    configure(
        RUNAPI_BASE_URL=sandbox.base_url,
        RUNAPI_API_KEY=sandbox.key,
        GLM_PLAYGROUND_DATA_FOLDER=str(database.parent),
    )
    answers_without_a_ledger(open_page("pages/playground.py"), "it is broken")
    assert database.read_bytes() == b"this is no database" * 100


def test_without_a_folder_for_the_database_the_playground_answers(
    configure: Configure, open_page: OpenPage, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").write_text("a file where the folder should be")
    configure(
        RUNAPI_BASE_URL=sandbox.base_url,
        RUNAPI_API_KEY=sandbox.key,
        GLM_PLAYGROUND_DATA_FOLDER=str(tmp_path / "elsewhere"),
    )
    answers_without_a_ledger(open_page("pages/playground.py"), "cannot be reached")

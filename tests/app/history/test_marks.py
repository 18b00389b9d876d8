"""The mark of a run asked one by one is of the request, not of the prompt: no place that shows a prompt shows it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from streamlit.testing.v1 import AppTest

from glm_playground.bundles.bundle import RecordedRun, write_bundle
from glm_playground.bundles.running_order import scenarios_of
from glm_playground.bundles.snapshot import snapshot
from glm_playground.cli.bundle import bundle
from glm_playground.gateway import ChatRequest, Message
from glm_playground.ledger import Ledger
from glm_playground.ledger.schema import runs
from glm_playground.reports.history_files import csv_lines
from glm_playground.runs.marks import marked, prompt_of
from glm_playground.runs.run import Run
from glm_playground.service import storage
from tests.app.own_runs import keep_own
from tests.app.present_page import texts
from tests.bundles import recorded_run

OpenPage = Callable[..., AppTest]

MARKS = ("530909f5", "0a1b2c3d")


def marked_run(mark: str) -> Run:
    messages = marked((Message(role="user", content="about herons"),), mark)
    return recorded_run(mark, "They stand.", request=ChatRequest(model="glm-5.1", messages=messages))


RUNS = [marked_run(mark) for mark in MARKS]
RECORDED = [RecordedRun(run, lane=lane) for lane, run in enumerate(RUNS)]


def assert_bare(shown: str) -> None:
    assert "about herons" in shown
    assert not [mark for mark in MARKS if f"[{mark}" in shown.replace("\\", "")]


@pytest.fixture
def at(in_sandbox: None, open_page: OpenPage) -> AppTest:
    """The history with the runs."""
    page = open_page("pages/history.py")
    keep_own(page.session_state["session_owner"], *RUNS)
    return page.run()


def test_the_history_shows_prompts_without_their_marks(at: AppTest) -> None:
    assert list(at.dataframe[0].value["prompt"]) == ["about herons"] * 2
    at.session_state["history_reading"] = True
    at.run()
    assert_bare(texts(at))
    at.query_params["run"] = RUNS[0].id
    assert_bare(texts(at.run()))
    ledger = storage.ledger()
    assert isinstance(ledger, Ledger)
    with ledger._database.writing() as connection:
        connection.execute(runs.update().where(runs.c.id == RUNS[0].id).values(outcome="dreamt"))
    at.run()
    assert any("What is stored of it is broken." in error.value for error in at.error)
    assert_bare(texts(at))


def test_a_bundle_shows_prompts_without_their_marks(at: AppTest, tmp_path: Path) -> None:
    data = write_bundle(snapshot(RECORDED, "Herons"))
    at.session_state["history_view"] = "bundle"
    at.run()
    at.file_uploader(key="bundle_file").set_value(("x.glmrun", data, "application/zip")).run()
    assert_bare(texts(at))
    path = tmp_path / "x.glmrun"
    path.write_bytes(data)
    assert_bare(CliRunner().invoke(bundle, ["show", str(path)], catch_exceptions=False).output)


def test_the_stage_shows_one_question_without_its_marks() -> None:
    # Two lanes that were asked the same, each with its own mark, stand side by side.
    (scenario,) = scenarios_of(RECORDED)
    assert (scenario.question, scenario.name) == ("about herons", "about herons")


def test_a_file_of_the_history_has_prompts_without_their_marks() -> None:
    assert_bare("".join(csv_lines([(run, None, (), "") for run in RUNS])))


def test_the_mark_before_a_system_prompt_leaves_the_prompt_as_it_is() -> None:
    messages = (Message(role="system", content="Be brief."), Message(role="user", content="[530909f5] is a colour"))
    assert prompt_of(ChatRequest(model="m", messages=marked(messages, MARKS[1]))) == "[530909f5] is a colour"
    assert prompt_of(ChatRequest(model="m", messages=())) == ""

"""From a turn to a verdict: one click adds it to a suite, the suite is asked, a judge says which answer is better."""

import re
import uuid
from collections.abc import Callable, Iterator
from io import BytesIO

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from glm_playground import bounds
from glm_playground.evals import background, own_suites
from glm_playground.evals.suite import Check, CheckKind
from glm_playground.evals.turn_case import case_of
from glm_playground.gateway import ChatRequest, Message
from glm_playground.ledger import Ledger, RunFilter
from glm_playground.ledger.evaluation_values import EvaluationState
from glm_playground.ledger.suites import SuiteRow
from glm_playground.service import storage
from tests import judges
from tests.app.conftest import Configure, wait_for_answers
from tests.app.evaluate.test_page import evaluation, press, texts
from tests.app.playground_page import Playground
from tests.condition import wait_until

OpenPage = Callable[..., AppTest]


@pytest.fixture
def owner() -> Iterator[str]:
    # On a busy computer a page is sooner than a new database.
    storage.ledger(60)
    yield uuid.uuid4().hex
    background.close()


@pytest.fixture
def playground(open_page: OpenPage, owner: str) -> Playground:
    return Playground(open_page("pages/playground.py", owner=owner))


def suites(owner: str) -> list[SuiteRow]:
    return storage.needed_ledger().suites.all(owner)


def only_key(at: AppTest, start: str) -> str:
    (found,) = [str(button.key) for button in at.button if str(button.key).startswith(start)]
    return found


@pytest.fixture
def server(configure: Configure) -> Iterator[judges.Server]:
    """A gateway with two candidates and judges."""
    models: dict[str, judges.Model] = {
        "glm-4.6": lambda _messages: "The capital of Peru is Lima.",
        "glm-5.2": judges.first_slot,
        "glm-5.1": lambda messages: judges.longer(messages) if judges.answers_in(messages) else "Lima",
    }
    with judges.Server(models) as running_here:
        configure(RUNAPI_BASE_URL=f"{running_here.url}/v1", RUNAPI_API_KEY="k" * 20)
        yield running_here


def ask(at: AppTest, models: list[str], judge: str | None = None) -> None:
    """Asks the open suite of those models, and waits for its verdict."""
    at.multiselect(key="evaluate_models").set_value(models)
    if judge:
        at.selectbox(key="evaluate_judge").set_value(judge)
    at.number_input(key="evaluate_cap_tokens").set_value(10_000_000).run(timeout=30)
    press(at, "evaluate_begin")


def finish(at: AppTest, owner: str) -> None:
    wait_until(
        lambda: evaluation(owner).state is EvaluationState.FINISHED and not background.here(evaluation(owner)), 30
    )
    at.run(timeout=60)
    assert not at.exception


def test_a_turn_becomes_a_case_is_asked_and_judged(server: judges.Server, open_page: OpenPage, owner: str) -> None:
    playground = Playground(open_page("pages/playground.py", owner=owner))
    playground.ask("What is the capital of Peru?")
    playground.click(only_key(playground.at, "suite-add-"))
    (suite,) = suites(owner)
    assert (suite.name, suite.cases) == ("My cases", 1)
    assert "Added to **My cases**." in texts(playground.at)
    link = playground.at.get("page_link")[-1]
    assert (link.proto.page, link.proto.query_string) == ("evaluate", f"suite={suite.id}")

    at = open_page("pages/evaluate.py", owner=owner, suite=suite.id)
    assert "**My cases** · 1 case" in texts(at)
    (table,) = at.data_editor
    assert list(table.value.columns) == ["id", "input", "expected", "tags"]
    assert table.value["expected"][0] == "equals: Lima"
    assert table.value["input"][0] == "What is the capital of Peru?"
    press(at, "own_suite_ask")
    at.selectbox(key="evaluate_judge").set_value("glm-5.1").run(timeout=30)
    assert "The judge: at most 2 requests more, within the same caps." in texts(at)
    ask(at, ["alpha-1", "glm-4.6"])
    finish(at, owner)
    said = texts(at).replace("\\", "")
    assert "4 answered" in said
    assert re.search(r"\*\*Judge: glm-5.1 at 127.0.0.1\*\* · 2 replies", said)
    assert re.search(r"The judge prefers \*\*alpha-1.*\*\* to \*\*glm-4.6.*\*\* in 0% \(0 to \d+\)", said)
    assert "0 won, 1 lost, 0 tied, 0 without a verdict" in said
    assert said.count("is of the judge's family, which a judge may favour.") == 1
    rates, pairs, cells = (frame.value for frame in at.dataframe)
    assert list(rates["Answers"]) == ["1 / 1", "0 / 1"]
    assert pairs["verdict"][0].startswith("glm-4.6")
    assert list(pairs["reason"]) == ["because"]
    # What the judge is asked is no answer of a candidate, and each of its requests is a run of the history.
    assert len(cells) == 2
    assert len(storage.needed_ledger().page(owner, RunFilter(models=("glm-5.1",))).rows) == 1 + 2


def test_an_evaluation_is_judged_afterwards_and_a_judge_of_the_first_slot_is_flagged(
    server: judges.Server, open_page: OpenPage, owner: str
) -> None:
    # It may be the first that asks for the database.
    ledger = storage.ledger(30)
    assert isinstance(ledger, Ledger)
    rubric = Check(kind=CheckKind.RUBRIC, value="names Lima")
    for number in range(10):
        request = ChatRequest(model="m", messages=(Message(role="user", content=f"The capital of Peru? {number}"),))
        added = own_suites.add_turn(ledger, owner, case_of(request, "Lima", expected=rubric), "Rubrics")
    at = open_page("pages/evaluate.py", owner=owner, suite=added.id)
    press(at, "own_suite_ask")
    at.multiselect(key="evaluate_models").set_value(["alpha-1"]).run(timeout=30)
    assert "The suite has checks that take a judge" in texts(at)
    ask(at, ["alpha-1", "glm-4.6"])
    row = evaluation(owner)
    finish(at, owner)
    assert list(at.dataframe[0].value["Cannot be told"]) == ["10", "10"]
    at.selectbox(key=f"evaluate_{row.id}_judge").set_value("glm-5.2").run(timeout=30)
    press(at, "evaluate_judge_now")
    finish(at, owner)
    assert list(at.dataframe[0].value["Answers"]) == ["10 / 10", "10 / 10"]
    assert "10 of 10 pairs change with the order: an abstention." in texts(at)
    assert "It chooses the first of two answers in 100%" in texts(at)
    assert "evaluate_judge_now" not in {button.key for button in at.button}
    assert server.asked.count("glm-5.2") == 40


@pytest.mark.usefixtures("in_sandbox")
def test_the_form_of_a_new_evaluation_takes_a_suite_in_one_click(open_page: OpenPage, owner: str) -> None:
    at = open_page("pages/evaluate.py", owner=owner)
    wait_for_answers()
    assert "makes a suite of your own" in texts(at.run(timeout=30))
    ledger = storage.needed_ledger()
    request = ChatRequest(model="m", messages=(Message(role="user", content="The capital of Peru?"),))
    for name in ("First", "Second"):
        own_suites.begin(ledger, owner, case_of(request, "Lima"), name)
    first = next(row for row in suites(owner) if row.name == "First")
    at.run(timeout=30)
    press(at, f"evaluate_own_{first.id}")
    assert "**First** · 1 case" in texts(at)
    assert at.button(key="evaluate_begin")
    assert suites(owner)[0].name == "First"
    # One that is gone meanwhile is said to be.
    press(at, "evaluate_suite_remove")
    ledger.suites.delete(owner, first.id)
    press(at, f"evaluate_own_{first.id}")
    assert "There is no such suite." in texts(at)


@pytest.mark.usefixtures("in_sandbox")
def test_what_the_user_types_is_expected_of_a_run_of_the_history(
    open_page: OpenPage, owner: str, playground: Playground
) -> None:
    playground.script("text=Lima", "The capital of Peru?")
    ledger = storage.needed_ledger()
    wait_until(lambda: len(ledger.page(owner, RunFilter()).rows) == 1, 10)
    run_id = ledger.page(owner, RunFilter()).rows[0].id
    at = open_page("pages/history.py", owner=owner, run=run_id)
    press(at, "suite-add-history")
    at.session_state["suite-form-history"] = True
    at.run(timeout=30)
    at.selectbox(key="suite-into-history").set_value("")
    at.run(timeout=30)
    at.text_input(key="suite-name-history").set_value("Capitals")
    at.text_area(key="suite-expected-history").set_value("Lima").run(timeout=30)
    press(at, "suite-add-form-history")
    assert "Added to **Capitals**." in texts(at)
    newest, before = suites(owner)
    assert (newest.name, before.name) == ("Capitals", "My cases")
    suite = own_suites.opened(ledger, owner, newest.id)
    assert suite
    assert suite.cases[0].checks == (Check(kind=CheckKind.ICONTAINS, value="Lima"),)
    # The next click goes where the last one went.
    press(at, "suite-add-history")
    assert suites(owner)[0].cases == 2


def fold(at: AppTest) -> None:
    """Opens what the cases attach; AppTest knows it by its state only."""
    at.session_state["own_suite_files"] = True
    at.run(timeout=30)
    assert not at.exception


@pytest.mark.usefixtures("in_sandbox")
def test_a_prompt_with_variables_and_files_becomes_a_row_to_which_others_are_added(
    open_page: OpenPage, owner: str, playground: Playground
) -> None:
    playground.at.chat_input(key="prompt").upload("notes.txt", b"Seen in May")
    playground.script("text=Lima", "What is the capital of {{country}}?")
    playground.at.text_input(key="variable-country").set_value("Peru")
    playground.draft()
    playground.click(only_key(playground.at, "suite-add-"))
    assert "Added to **My cases**. 1 attachment goes with it." in texts(playground.at)
    (row,) = suites(owner)
    at = open_page("pages/evaluate.py", owner=owner, suite=row.id)
    (table,) = at.data_editor
    assert list(table.value.columns) == ["id", "country", "expected", "tags", "attachments"]
    assert (table.value["country"][0], table.value["attachments"][0]) == ("Peru", "notes.txt")
    assert "CSV has no attachments." in texts(at)
    fold(at)
    picture = BytesIO()
    Image.new("RGB", (2, 2)).save(picture, "PNG")
    at.file_uploader[0].upload("heron.png", picture.getvalue(), "image/png")
    at.file_uploader[0].upload("none.bin", b"\x00\x01", "application/octet-stream").run(timeout=30)
    press(at, "case_files_attach")
    assert ["It is not text" in one.value for one in at.error] == [True]
    suite = own_suites.opened(storage.needed_ledger(), owner, row.id)
    assert suite
    assert [file.name for file in suite.cases[0].attachments] == ["notes.txt", "heron.png"]
    assert next(suite.asked()).has_images
    press(at, "case-file-remove-0")
    suite = own_suites.opened(storage.needed_ledger(), owner, row.id)
    assert suite
    assert [file.name for file in suite.cases[0].attachments] == ["heron.png"]
    press(at, "own_suite_ask")
    at.multiselect(key="evaluate_models").set_value(["glm-4.6"]).run(timeout=30)
    assert "1 request is not sent: it has an image, and nobody says that the model takes any." in texts(at)
    press(at, "evaluate_begin")
    finish(at, owner)
    assert "1 not supported: the model does not take images" in texts(at)


@pytest.mark.usefixtures("in_sandbox")
def test_a_suite_is_renamed_and_deleted_and_a_full_one_says_so(
    open_page: OpenPage, owner: str, playground: Playground, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = open_page("pages/evaluate.py", owner=owner)
    at.session_state["evaluate_view"] = "suites"
    at.run(timeout=30)
    assert "No suites yet." in texts(at)
    press(at, "own_suite_starter_pt")
    (row,) = suites(owner)
    assert row.cases == 30
    assert len(at.data_editor[0].value) == 30
    at.text_input(key=f"own-suite-name-{row.id}-{row.name}").set_value("Mine").run(timeout=30)
    press(at, "own_suite_rename_now")
    assert suites(owner)[0].name == "Mine"
    monkeypatch.setattr(bounds, "OWN_SUITE_CASES", 30)
    playground.say("Lima")
    playground.click(only_key(playground.at, "suite-add-"))
    assert "A suite here has at most 30 cases and 8 MB." in texts(playground.at)
    other = open_page("pages/evaluate.py", owner="somebody", suite=row.id)
    assert "There is no such suite." in texts(other)
    press(at, "own_suite_delete_now")
    assert suites(owner) == []
    monkeypatch.setattr(bounds, "OWN_SUITES", 0)
    press(at, "own_suite_starter_en")
    assert "You may have 0 suites, of 128 MB together. Delete one on the page Evaluate." in texts(at)

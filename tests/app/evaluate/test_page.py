"""The page Evaluate: a suite is asked, its verdict drawn, and each run can be opened."""

import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import NumberInput

from glm_playground import bounds
from glm_playground.chat.setup import Setup
from glm_playground.evals import background, findings, suite_file
from glm_playground.evals.evaluation import new_evaluation
from glm_playground.evals.promptfoo import read_promptfoo
from glm_playground.ledger import Ledger
from glm_playground.ledger.evaluation_values import CellState, EndedCell, EvaluationRow, EvaluationState, Step, Want
from glm_playground.runs.caps import Amount
from glm_playground.service import running_orders, runtime, storage
from glm_playground.settings import ENVIRONMENT_NAMES, settings
from glm_playground.ui.evaluate import evaluation as evaluation_page
from glm_playground.ui.evaluate import new as new_page
from glm_playground.ui.shared.files import report_form
from glm_playground.ui.shared.files.file_buttons import FileKind
from tests.app.conftest import wait_for_answers
from tests.condition import wait_until

OpenPage = Callable[..., AppTest]
SUITE = """
description: Capitals
prompts: ["@script text={{word}} rate={{rate}}\\nWhat is the capital of {{country}}?"]
tests:
  - vars: {country: Peru, word: Lima, rate: 0}
    assert: [{type: equals, value: Lima}]
  - vars: {country: Chile, word: Lima, rate: 0}
    assert: [{type: equals, value: Santiago}]
"""


@pytest.fixture
def owner() -> Iterator[str]:
    # On a busy computer a page is sooner than a new database.
    storage.ledger(60)
    yield uuid.uuid4().hex
    background.close()


def texts(at: AppTest) -> str:
    return "\n".join(str(part.value) for part in (*at.markdown, *at.caption, *at.warning, *at.error, *at.text))


def press(at: AppTest, key: str) -> None:
    at.button(key=key).click().run(timeout=30)
    assert not at.exception


def evaluation(owner: str) -> EvaluationRow:
    return storage.needed_ledger().evaluations.all(owner)[0]


def begin(at: AppTest, suite: str, models: list[str]) -> None:
    at.text_area(key="evaluate_text").set_value(suite).run(timeout=30)
    at.multiselect(key="evaluate_models").set_value(models).run(timeout=30)
    assert not at.exception
    press(at, "evaluate_begin")


@pytest.mark.usefixtures("in_sandbox")
def test_a_suite_is_asked_and_its_verdict_is_drawn(open_page: OpenPage, owner: str) -> None:
    at = open_page("pages/evaluate.py", owner=owner)
    press(at, "evaluate_example")
    assert "3 cases" in texts(at)
    assert "play money" in texts(at)
    begin(at, SUITE, ["glm-5.1", "glm-4.6"])
    row = evaluation(owner)
    assert at.query_params["evaluation"] in (row.id, [row.id])
    wait_until(lambda: evaluation(owner).state is EvaluationState.FINISHED and background.here(row) is None, 30)
    at.run(timeout=60)
    assert not at.exception
    assert "4 answered" in texts(at)
    said = texts(at).replace("\\", "")
    assert "**glm-5.1 (stand-in model, not GLM: scripted text)** and **glm-4.6 (" in said
    assert "are not separable" in said
    # What all candidates share is said once.
    assert "Each is asked at Sandbox with max_tokens=1000." in said
    rates, cells = (frame.value for frame in at.dataframe)
    assert list(rates["Answers"]) == ["1 / 2", "1 / 2"]
    assert all("stand-in model, not GLM" in name for name in rates["Candidate"])
    assert list(cells["grade"]) == ["failed", "failed", "passed", "passed"]
    assert cells["reason"][0] == "equals: is not 'Santiago'"
    again = open_page("pages/evaluate.py", owner=owner, evaluation=row.id, locale="pt-BR")
    assert "Capitals" in texts(again)
    other = open_page("pages/evaluate.py", owner="somebody", evaluation=row.id)
    assert "There is no such evaluation." in texts(other)


def export_of(at: AppTest, monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """What the buttons of the open menu write, by the ending of the file."""
    kinds: list[FileKind] = []
    with monkeypatch.context() as patch:
        patch.setattr(evaluation_page, "draw_file_buttons", lambda some, *_of: kinds.extend(some))
        at.session_state["evaluate_export"] = True
        at.run(timeout=30)
        assert not at.exception
        return {kind.ending: bytes(kind.write()) for kind in kinds}  # type: ignore[arg-type]


@pytest.mark.usefixtures("in_sandbox")
def test_it_goes_on_without_the_page_and_is_stopped_and_resumed_from_another(
    open_page: OpenPage, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = SUITE.replace("text={{word}} rate={{rate}}", "tokens=2000 rate=10").replace("rate: 0", "rate: [1, 2, 3]")
    at = open_page("pages/evaluate.py", owner=owner)
    wait_for_answers()
    at.text_area(key="evaluate_text").set_value(slow).run(timeout=30)
    at.number_input(key="evaluate_at_once").set_value(4)
    begin(at, slow, ["glm-5.1"])
    row = evaluation(owner)
    wait_until(lambda: evaluation(owner).cells.get(CellState.CLAIMED) == 4, 30)
    other = open_page("pages/evaluate.py", owner=owner, evaluation=row.id)
    assert "0 of 6" in texts(other)
    press(other, "evaluate_stop")
    wait_until(lambda: background.here(row) is None, 30)
    other.run(timeout=30)
    assert "somebody stopped it" in texts(other)
    assert evaluation(owner).cells == {CellState.INTERRUPTED: 4, CellState.WAITING: 2}

    # The first tab continues with what waits, under other caps and at the pace that it began with.
    at.run(timeout=30)
    field(at, "Cap, tokens").set_value(50_000)
    assert at.number_input(key="evaluate_at_once").value == 4
    at.number_input(key="evaluate_at_once").set_value(1).run(timeout=30)
    press(at, "evaluate_resume")
    wait_until(lambda: evaluation(owner).cells.get(CellState.CLAIMED) == 1, 30)
    assert evaluation(owner).cells == {CellState.INTERRUPTED: 4, CellState.WAITING: 1, CellState.CLAIMED: 1}
    caps = evaluation(owner).spending
    assert (caps.cap_dollars, caps.cap_tokens) == (1, 50_000)
    press(at, "evaluate_stop")
    wait_until(lambda: background.here(row) is None, 30)

    # And once more with what was interrupted, a field that is empty all the same leaving the cap as it is.
    at.run(timeout=30)
    field(at, "Cap, tokens").set_value(None).run(timeout=30)
    at.number_input(key="evaluate_at_once").set_value(6).run(timeout=30)
    press(at, "evaluate_retry")
    wait_until(lambda: evaluation(owner).cells == {CellState.CLAIMED: 6}, 30)
    assert evaluation(owner).spending.cap_tokens == 50_000
    background.close()
    other.run(timeout=30)
    assert set(export_of(other, monkeypatch)) == {"csv", "jsonl", "json"}
    press(other, "evaluate_delete_now")
    assert storage.needed_ledger().evaluations.all(owner) == []


@pytest.mark.usefixtures("in_sandbox")
def test_the_progress_of_one_that_others_work_on_is_drawn_from_the_ledger(open_page: OpenPage, owner: str) -> None:
    suite = read_promptfoo(SUITE).suite
    setups = [Setup(model="glm-5.1", gateway="Elsewhere")]
    opened = storage.ledger(30)
    assert isinstance(opened, Ledger)
    store = opened.evaluations
    row = store.add(owner, new_evaluation(suite, setups, 1, name="", dollars=None, tokens=None))
    store.open(row.number, cap_picodollars=None, cap_tokens=None)
    # A process that is this one's neighbour, as far as the page knows.
    claimed = store.step(row.number, Step((), (Want((0,), 1),), lambda _key: Amount())).claimed
    at = open_page("pages/evaluate.py", owner=owner, evaluation=row.id)
    assert not at.exception
    assert at.button(key="evaluate_stop")
    assert not [button for button in at.button if button.key == "evaluate_resume"]
    (one,) = claimed
    ended = EndedCell(one.key, one.run_id, CellState.FINISHED, one.most, Amount(), None)
    store.step(row.number, Step((ended,), (Want((0,), 1),), lambda _key: Amount()))
    at.run(timeout=30)
    assert [bar.proto.value for bar in at.get("progress")] == [50]
    press(at, "evaluate_stop")
    assert evaluation(owner).state is EvaluationState.STOPPED


def field(at: AppTest, label: str) -> NumberInput:
    [found] = [one for one in at.number_input if one.label == label]
    return found


@pytest.mark.usefixtures("in_sandbox")
def test_what_failed_is_asked_again_and_its_new_runs_are_shown(
    open_page: OpenPage, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = open_page("pages/evaluate.py", owner=owner)
    begin(at, SUITE.replace("text={{word}} rate={{rate}}", "status=400"), ["glm-5.1"])
    row = evaluation(owner)
    wait_until(lambda: background.here(row) is None, 30)
    at.run(timeout=60)
    first = shown_runs(at)
    assert len(first) == 2
    press(at, "evaluate_retry_failed")
    wait_until(lambda: background.here(row) is None, 30)
    at.run(timeout=60)
    # As many failed as before, but these are other answers.
    assert evaluation(owner).cells == {CellState.FAILED: 2}
    assert len(shown_runs(at)) == 2
    assert not first & shown_runs(at)
    exported = export_of(at, monkeypatch)
    # The mark at the beginning tells spreadsheets that the file is UTF-8.
    assert exported["csv"].startswith(b"\xef\xbb\xbfevaluation,case,")
    assert {json.loads(line)["run_id"] for line in exported["jsonl"].splitlines()} == shown_runs(at)


def shown_runs(at: AppTest) -> set[str]:
    """The ids of the runs that the grid opens."""
    return {cell.run_id for cell in at.session_state["evaluate_verdict"][1].cells}


@pytest.mark.usefixtures("in_sandbox")
def test_an_uploaded_suite_is_read_once_and_is_there_again_with_what_was_chosen(
    open_page: OpenPage, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = open_page("pages/evaluate.py", owner=owner)
    wait_for_answers()
    at.file_uploader(key="evaluate_suite_file").set_value(("mine.yaml", SUITE.encode(), "text/yaml")).run(timeout=30)
    at.multiselect(key="evaluate_models").set_value(["glm-4.6", "glm-4.6 @ Sandbox"])
    at.number_input(key="evaluate_tokens").set_value(50).run(timeout=30)
    assert "2 requests" in texts(at)
    with monkeypatch.context() as patch:
        patch.setattr(suite_file, "open_suite", None)
        patch.setattr(new_page, "outlook", None)
        at.number_input(key="evaluate_repeats").set_value(3).run(timeout=30)
        assert not at.exception
        assert "6 requests" in texts(at)
        at.switch_page("pages/history.py").run(timeout=30)
        at.switch_page("pages/evaluate.py").run(timeout=30)
        assert not at.exception
    assert "Capitals" in texts(at)
    assert "6 requests" in texts(at)
    assert at.multiselect(key="evaluate_models").value == ["glm-4.6", "glm-4.6 @ Sandbox"]
    assert at.number_input(key="evaluate_tokens").value == 50
    # Another price is another forecast.
    before = texts(at)
    price = runtime.price_of(runtime.gateways().first, "glm-4.6")
    assert price
    dearer = replace(price, per_million={kind: 10 * amount for kind, amount in price.per_million.items()})
    with monkeypatch.context() as patch:
        patch.setattr(runtime, "price_of", lambda *_of: dearer)
        at.run(timeout=30)
    assert texts(at) != before
    # Too many requests are said before anything is made of them.
    with monkeypatch.context() as patch:
        patch.setattr(bounds, "EVALUATION_CELLS", 5)
        patch.setattr(new_page, "outlook", None)
        at.run(timeout=30)
        assert "6 requests are more than an evaluation may have: 5." in texts(at)
    press(at, "evaluate_suite_remove")
    assert "6 requests" not in texts(at)
    assert at.file_uploader(key="evaluate_suite_file").value is None


def stored(owner: str, *, dollars: Decimal | None = None, tokens: int | None = None, gateway: str = "") -> str:
    """The id of an evaluation that has not begun."""
    opened = read_promptfoo(SUITE)
    setups = (Setup(model="glm-5.1", gateway=gateway),)
    new = new_evaluation(opened.suite, setups, 1, name="", dollars=dollars, tokens=tokens)
    return storage.needed_ledger().evaluations.add(owner, new).id


@pytest.mark.usefixtures("in_sandbox")
def test_caps_above_what_the_fields_usually_take_are_shown_and_stand(open_page: OpenPage, owner: str) -> None:
    open_page("pages/evaluate.py", owner=owner)
    id = stored(owner, dollars=Decimal("54321.125"), tokens=2**60, gateway="Sandbox")
    at = open_page("pages/evaluate.py", owner=owner, evaluation=id)
    assert field(at, "Cap, US dollars").value == 54_321.125
    press(at, "evaluate_resume")
    wait_until(lambda: evaluation(owner).state is EvaluationState.FINISHED, 30)
    assert evaluation(owner).spending[:2] == (54_321_125 * 10**9, 2**60)


@pytest.mark.usefixtures("in_sandbox")
def test_a_portuguese_page_says_why_nothing_is_asked_in_portuguese(open_page: OpenPage, owner: str) -> None:
    at = open_page("pages/evaluate.py", owner=owner, locale="pt-BR")
    at.text_area(key="evaluate_text").set_value(SUITE).run(timeout=30)
    at.multiselect(key="evaluate_models").set_value(["glm-5.1 @ Nowhere"]).run(timeout=30)
    assert "Não há gateway chamado Nowhere; os conhecidos são Sandbox." in plain(at)
    unbegun = stored(owner, gateway="Nowhere")
    at = open_page("pages/evaluate.py", owner=owner, locale="pt-BR", evaluation=unbegun)
    assert "parada: ainda não começou" in plain(at)
    press(at, "evaluate_resume")
    assert "Não há gateway chamado Nowhere" in plain(at)

    asked = stored(owner, gateway="Sandbox")
    evaluations = storage.needed_ledger().evaluations
    row = evaluations.find(owner, asked)
    assert row
    name = "glm-5.1 at Sandbox (stand-in model, not GLM: scripted text)"
    evaluations.open(row.number, cap_picodollars=None, cap_tokens=None)
    evaluations.leave(row.number, f"its cap is reached; {name}: 20 failures in a row: 500 ServerError: no; it may")
    at = open_page("pages/evaluate.py", owner=owner, locale="pt-BR", evaluation=asked)
    said = (
        "parada: o limite foi atingido; glm-5.1 em Sandbox (modelo substituto, não é GLM: scripted text): "
        "20 falhas seguidas: 500 ServerError: no; it may"
    )
    assert said in plain(at)
    at = open_page("pages/evaluate.py", owner=owner, locale="pt-BR")
    at.session_state["evaluate_view"] = "all"
    at.run(timeout=30)
    assert said in plain(at)


def plain(at: AppTest) -> str:
    return texts(at).replace("\\", "")


@pytest.mark.usefixtures("in_sandbox")
def test_the_list_shows_more_when_asked(open_page: OpenPage, owner: str) -> None:
    at = open_page("pages/evaluate.py", owner=owner)
    for _number in range(51):
        stored(owner)
    at.session_state["evaluate_view"] = "all"
    at.run(timeout=30)
    assert opening(at) == 50
    press(at, "evaluate_more")
    assert opening(at) == 51
    assert not [button for button in at.button if button.key == "evaluate_more"]


def opening(at: AppTest) -> int:
    return sum(str(button.key).startswith("evaluate_open_") for button in at.button)


@pytest.mark.usefixtures("at_gateway")
def test_what_cannot_begin_is_said(open_page: OpenPage, owner: str) -> None:
    at = open_page("pages/evaluate.py", owner=owner)
    at.text_area(key="evaluate_text").set_value("prompts: [").run(timeout=30)
    assert "not YAML" in texts(at)
    begin(at, SUITE, ["a-model-without-a-price"])
    assert "No price is known of a-model-without-a-price at 127.0.0.1" in plain(at)
    assert storage.needed_ledger().evaluations.all(owner) == []


@pytest.mark.usefixtures("in_sandbox")
def test_for_a_link_to_its_report_an_evaluation_is_graded_once(
    open_page: OpenPage, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ENVIRONMENT_NAMES["sharing"], "1h")
    settings.cache_clear()
    at = open_page("pages/evaluate.py", owner=owner)
    wait_for_answers()
    begin(at, SUITE, ["glm-5.1", "glm-4.6"])
    wait_until(
        lambda: evaluation(owner).state is EvaluationState.FINISHED and background.here(evaluation(owner)) is None, 30
    )
    at.session_state["evaluate_report"] = True
    at.run(timeout=60)
    press(at, "evaluation-fill")
    graded = []
    findings_of = findings.findings_of
    monkeypatch.setattr(findings, "findings_of", lambda results: graded.append(1) or findings_of(results))
    press(at, "evaluation-link-make")
    assert graded == [1]
    ledger = storage.needed_ledger()
    [link] = ledger.links.of(owner)
    assert (link.kind, link.title) == ("report", "Evaluation of GLM models: Capitals")
    # It ends with an answer that it shows.
    shown = next(cell.run_id for cell in ledger.evaluations.cells(evaluation(owner).number) if cell.run_id)
    ledger.delete(owner, [shown])
    assert ledger.links.of(owner) == ()


@pytest.mark.usefixtures("in_sandbox")
def test_an_evaluation_is_reported_and_put_on_stage(
    open_page: OpenPage, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = open_page("pages/evaluate.py", owner=owner)
    wait_for_answers()
    begin(at, SUITE, ["glm-5.1", "glm-4.6"])
    wait_until(
        lambda: evaluation(owner).state is EvaluationState.FINISHED and background.here(evaluation(owner)) is None, 30
    )
    at.run(timeout=60)
    kinds: list[FileKind] = []
    with monkeypatch.context() as patch:
        patch.setattr(report_form, "draw_file_buttons", lambda some, *_of: kinds.extend(some))
        at.session_state["evaluate_report"] = True
        at.run(timeout=30)
        at.text_input(key="evaluation-title").set_value("Which one?").run(timeout=30)
        press(at, "evaluation-fill")
        written = {kind.ending: bytes(kind.write()) for kind in kinds}  # type: ignore[arg-type]
    assert written.keys() == {"html", "md", "docx", "pptx"}
    text = written["md"].decode()
    assert text.startswith("# Which one?")
    assert "McNemar's exact test" in text
    assert "stand-in" in text
    press(at, "evaluate_put_on_stage")
    assert not at.error
    [scenario] = running_orders.running_order(owner).scenarios
    assert scenario.title == "Capitals"
    assert scenario.verdict
    assert [len(scene.lanes) for scene in scenario.scenes] == [0, 2, 2]
    present = open_page("pages/present.py", owner=owner)
    wait_for_answers()
    assert "are not separable" in texts(present)
    press(present, "order_begin")
    present.query_params["view"] = "stage"
    present.run(timeout=30)
    assert "are not separable" in texts(present)
    assert "scripted text, not GLM" in texts(present)
    press(present, "clicker_next")
    assert "What is the capital" in texts(present)
    press(present, "clicker_next")
    assert "REPLAY: nothing is sent" in texts(present)
    assert " · passed" in texts(present) or " · failed" in texts(present)

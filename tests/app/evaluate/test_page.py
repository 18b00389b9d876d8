"""The page Evaluate: a suite is asked, its verdict drawn, and each run can be opened."""

import uuid
from collections.abc import Callable, Iterator

import pytest
from streamlit.testing.v1 import AppTest

from glm_playground.evals import running
from glm_playground.ledger.evaluation_values import CellState, EvaluationRow, EvaluationState
from glm_playground.service import storage
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
    yield uuid.uuid4().hex
    running.close()


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
    wait_until(lambda: evaluation(owner).state is EvaluationState.FINISHED and running.here(row) is None, 30)
    at.run(timeout=60)
    assert not at.exception
    assert "4 finished" in texts(at)
    assert "are not separable" in texts(at)
    rates, cells = (frame.value for frame in at.dataframe)
    assert list(rates["Answers"]) == ["1 / 2", "1 / 2"]
    assert all("stand-in model, not GLM" in name for name in rates["Candidate"])
    assert list(cells["grade"]) == ["failed", "failed", "passed", "passed"]
    assert cells["reason"][0] == "equals: is not 'Santiago'"
    again = open_page("pages/evaluate.py", owner=owner, evaluation=row.id, locale="pt-BR")
    assert "Capitals" in texts(again)
    other = open_page("pages/evaluate.py", owner="somebody", evaluation=row.id)
    assert "There is no such evaluation." in texts(other)


@pytest.mark.usefixtures("in_sandbox")
def test_it_goes_on_without_the_page_and_is_stopped_and_resumed_from_another(open_page: OpenPage, owner: str) -> None:
    slow = SUITE.replace("text={{word}} rate={{rate}}", "tokens=2000 rate=10").replace("rate: 0", "rate: [1, 2, 3]")
    at = open_page("pages/evaluate.py", owner=owner)
    wait_for_answers()
    begin(at, slow, ["glm-5.1"])
    row = evaluation(owner)
    wait_until(lambda: evaluation(owner).cells.get(CellState.CLAIMED) == 6, 30)
    other = open_page("pages/evaluate.py", owner=owner, evaluation=row.id)
    assert "0 of 6" in texts(other)
    press(other, "evaluate_stop")
    wait_until(lambda: running.here(row) is None, 30)
    other.run(timeout=30)
    assert "somebody stopped it" in texts(other)
    now = evaluation(owner).cells
    assert now.get(CellState.INTERRUPTED, 0) + now.get(CellState.WAITING, 0) == 6
    press(other, "evaluate_delete_now")
    assert storage.needed_ledger().evaluations.all(owner) == []


@pytest.mark.usefixtures("at_gateway")
def test_what_cannot_begin_is_said(open_page: OpenPage, owner: str) -> None:
    at = open_page("pages/evaluate.py", owner=owner)
    at.text_area(key="evaluate_text").set_value("prompts: [").run(timeout=30)
    assert "not YAML" in texts(at)
    begin(at, SUITE, ["a-model-without-a-price"])
    assert "no price is known of a\\-model" in texts(at) or "no price is known of a-model" in texts(at)
    assert storage.needed_ledger().evaluations.all(owner) == []

"""From a suite and its candidates to an evaluation: what is refused before anything is made."""

from dataclasses import replace
from pathlib import Path

import pytest

from glm_playground import bounds
from glm_playground.chat.setup import Setup
from glm_playground.evals.candidates import CandidateError, read_candidates
from glm_playground.evals.evaluation import check_cells, named, new_evaluation, outlook, work_of
from glm_playground.evals.suite import PromptTemplate, Suite, problems_of
from glm_playground.gateway import Gateway, Gateways, Message
from glm_playground.ledger import Ledger
from tests import evaluations
from tests.evaluations import suite_of


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "EVALUATION_CELLS", 5)


def test_too_many_cells_are_refused_before_a_gateway_is_looked_for(small: None, gateway: Gateway) -> None:
    suite = suite_of(*["text=yes"] * 3)
    setups = [Setup(model=name, gateway="nowhere") for name in ("a", "b")]
    with pytest.raises(CandidateError, match="at most 5 cells"):
        work_of(suite, setups, Gateways((gateway,)), "me")
    with pytest.raises(CandidateError, match="no gateway named 'nowhere'"):
        work_of(suite, setups[:1], Gateways((gateway,)), "me")


def test_repeats_count(small: None, gateway: Gateway, tmp_path: Path) -> None:
    ledger = Ledger.open(f"sqlite:///{tmp_path / 'runs.sqlite3'}")
    suite = suite_of(*["text=yes"] * 3)
    check_cells(suite, 1)
    with pytest.raises(CandidateError, match="at most 5 cells"):
        outlook(evaluations.work_of(suite, gateway), 2, ledger, "me")
    with pytest.raises(CandidateError, match="at most 5 cells"):
        new_evaluation(suite, [Setup(model="a")], 2, name="", dollars=None, tokens=None)
    ledger.close()


def test_a_suite_of_more_cases_times_prompts_is_refused_as_a_whole(small: None) -> None:
    suite = suite_of(*["text=yes"] * 3)
    prompts = [
        PromptTemplate(label=str(number), messages=(Message(role="user", content="{{absent}}"),)) for number in range(2)
    ]
    many = Suite(name="", prompts=tuple(prompts), cases=suite.cases)
    assert [problem.message for problem in problems_of(many)] == ["cases times prompts are more than 5"]
    # One that fits is told of each case.
    assert len(problems_of(many.model_copy(update={"prompts": many.prompts[:1]}))) == 3


@pytest.mark.parametrize(
    "texts",
    [
        ["glm-5.1", "glm-5.1"],
        ["glm-5.1", "glm-5.1;gateway=Sandbox"],
        ["glm-5.1;gateway=Sandbox;temperature=0", "glm-4.6", "glm-5.1;temperature=0"],
    ],
)
def test_a_candidate_that_stands_twice_is_refused_however_it_is_written(gateway: Gateway, texts: list[str]) -> None:
    with pytest.raises(CandidateError, match=r"glm-5\.1 at Sandbox.* stands twice"):
        named(read_candidates(texts), Gateways((gateway,)))


def test_one_at_two_gateways_or_with_other_settings_is_two_candidates(gateway: Gateway) -> None:
    both = Gateways((gateway, replace(gateway, name="Second")))
    found = named(read_candidates(["glm-5.1", "glm-5.1;gateway=Second", "glm-5.1;temperature=0"]), both)
    assert [setup.gateway for setup in found] == ["Sandbox", "Second", "Sandbox"]

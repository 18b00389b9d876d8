"""Three configurations in promptfoo's own manner open as they are; what of each is not supported is listed, by line."""

from pathlib import Path

import pytest

from glm_playground.cli import main
from glm_playground.evals.grade import Grade, Output, grade, grade_of
from glm_playground.evals.promptfoo import Opened
from glm_playground.evals.promptfoo_written import write_promptfoo
from glm_playground.evals.suite import Case, Check, CheckKind
from glm_playground.evals.suite_file import open_suite

FOLDER = Path(__file__).parents[2] / "fixtures" / "promptfoo"
NAMES = ("translation", "support", "assistant")


def _opened(name: str) -> Opened:
    file = FOLDER / f"{name}.yaml"
    return open_suite(file.name, file.read_bytes())


def _kinds(case: Case) -> list[str]:
    return [check.name for check in case.checks]


@pytest.mark.parametrize(
    ("name", "cases", "listed"),
    [
        (
            "translation",
            4,
            {
                "providers: models are chosen where the suite is run",
                "outputPath: results are kept in the history and exported from there",
                "provider is not supported",
                "the check 'similar' is not supported",
                "the weight 2 is not supported: a case passes where all its checks do",
                "the check 'javascript' is not supported",
                "the check 'levenshtein' is not supported",
            },
        ),
        (
            "support",
            4,
            {
                "targets: models are chosen where the suite is run",
                "evaluateOptions: repeats and concurrency are chosen where the suite is run",
                "transformVars is not supported",
                "the check 'javascript' is not supported",
                "the check 'contains' is left out: its transform is not run",
                "the check 'assert-set' is not supported",
                "assert of an assertion is not supported",
                "the file of ticket is not opened: its name is sent",
                "transform is not run: 1 check of what it makes is left out",
                "threshold of a test is not supported",
                "the check 'python' is not supported",
                "the check 'model-graded-closedqa' is not supported",
            },
        ),
        (
            "assistant",
            3,
            {
                "providers: models are chosen where the suite is run",
                "the check 'is-valid-openai-tools-call' is not supported",
                "the check 'perplexity' is not supported",
                "the check 'starts-with' is left out: only {{name}} is filled in, no filter or statement",
                "a test has vars and assert; files are not opened",
                "scenarios is not supported",
                "extensions is not supported",
            },
        ),
    ],
)
def test_it_opens_and_lists_what_is_not_supported(name: str, cases: int, listed: set[str]) -> None:
    suite, unsupported = _opened(name)
    assert len(suite.cases) == cases
    assert {problem.message for problem in unsupported} == listed
    assert all(problem.line for problem in unsupported)
    again = open_suite("again.yaml", write_promptfoo(suite).encode())
    assert again.suite == suite
    assert {problem.message for problem in again.unsupported} <= {"the file of ticket is not opened: its name is sent"}


@pytest.mark.parametrize("name", NAMES)
def test_the_command_opens_it(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["suite", "check", str(FOLDER / f"{name}.yaml")]) == 0
    assert "not supported: line " in capsys.readouterr().out


def test_variables_fill_checks_and_lists_make_cases() -> None:
    french, *others = _opened("translation").suite.cases
    assert _kinds(french) == ["latency", "cost", "llm-rubric", "icontains", "not-contains"]
    assert french.checks[3].value == "bonjour"
    assert [case.variables["language"] for case in others] == ["Spanish", "German", "Italian"]
    assert [len(list(_opened("translation").suite.asked()))] == [8]


def test_a_template_of_assertions_a_chat_and_what_a_transform_makes() -> None:
    suite = _opened("support").suite
    assert [message.role for message in suite.prompts[0].messages] == ["system", "user"]
    first, second, transformed, last = suite.cases
    assert _kinds(first) == ["is-json", "equals"]
    assert first.variables["customer"] == "Ana"
    assert second.variables["customer"] == "Bruno"
    right = Output('{"category": "billing", "priority": 2}')
    assert grade_of(grade(check, right) for check in first.checks) is Grade.PASSED
    assert grade_of(grade(check, Output("billing")) for check in first.checks) is Grade.FAILED
    assert _kinds(second) == ["is-json", "contains-json", "contains-any"]
    assert _kinds(transformed) == ["latency"]
    assert last.checks == ()
    assert grade_of(grade(check, right) for check in last.checks) is Grade.UNTOLD


def test_tools_of_all_tests() -> None:
    suite = _opened("assistant").suite
    assert {case.tools[0]["function"]["name"] for case in suite.cases} == {"get_current_weather"}  # type: ignore[index,call-overload]
    assert suite.cases[0].checks[0] == Check(
        kind=CheckKind.TOOL_CALLED, value={"name": "get_current_weather", "arguments": {"location": "Boston"}}
    )

"""The starter suite: each case's checks take answers that are right, and none that is wrong."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from glm_playground.cli import main
from glm_playground.confinement import way
from glm_playground.evals.grade import Grade, Output, grade, grade_of
from glm_playground.evals.starter import LANGUAGES, starter_text
from glm_playground.evals.suite import Case, CheckKind
from glm_playground.evals.suite_file import open_suite
from glm_playground.gateway import ToolCall

ANSWERS = Path(__file__).parents[2] / "fixtures" / "starter"
SUITES = {language: open_suite("starter.yaml", starter_text(language).encode()) for language in LANGUAGES}
TABLES = {language: yaml.safe_load((ANSWERS / f"answers.{language}.yaml").read_text("utf-8")) for language in LANGUAGES}


def _output(answer: str | dict[str, Any]) -> Output:
    if isinstance(answer, str):
        return Output(answer)
    return Output("", (ToolCall(id="1", name=answer["tool"], arguments=json.dumps(answer["arguments"])),))


def _cases() -> list[Any]:
    return [
        pytest.param(language, case, id=f"{case.id}-{language}", marks=_needs(case))
        for language in LANGUAGES
        for case in SUITES[language].suite.cases
    ]


def _needs(case: Case) -> list[pytest.MarkDecorator]:
    code = any(check.kind is CheckKind.PYTHON_TESTS for check in case.checks)
    return [pytest.mark.skipif(way().confiner is None, reason=way().said)] if code else []


@pytest.mark.parametrize(("language", "case"), _cases())
def test_right_answers_pass_and_wrong_ones_fail(language: str, case: Case) -> None:
    table = TABLES[language][case.id]
    assert table["right"]
    assert table["wrong"]
    for answer in table["right"]:
        graded = [grade(check, _output(answer)) for check in case.checks]
        assert grade_of(graded) is Grade.PASSED, (answer, graded)
    for answer in table["wrong"]:
        graded = [grade(check, _output(answer)) for check in case.checks]
        assert grade_of(graded) is Grade.FAILED, answer


@pytest.mark.parametrize("language", LANGUAGES)
def test_thirty_cases_of_three_kinds_need_no_judge_and_all_is_supported(language: str) -> None:
    suite, unsupported = SUITES[language]
    assert unsupported == ()
    assert len(suite.cases) == 30
    assert Counter(case.tags for case in suite.cases) == {("chat",): 10, ("code",): 8, ("automation",): 12}
    assert all(check.kind is not CheckKind.RUBRIC for case in suite.cases for check in case.checks)
    called = [case for case in suite.cases if any(check.kind is CheckKind.TOOL_CALLED for check in case.checks)]
    assert called
    assert all(case.tools for case in called)
    assert TABLES[language].keys() == {case.id for case in suite.cases}


def test_both_languages_have_the_same_cases() -> None:
    english, portuguese = (SUITES[language].suite for language in LANGUAGES)
    assert [(case.id, case.tags) for case in english.cases] == [(case.id, case.tags) for case in portuguese.cases]
    assert all(one.variables != other.variables for one, other in zip(english.cases, portuguese.cases, strict=True))


def test_the_command_writes_it_and_no_file_over_another(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "mine.yaml"
    assert main(["suite", "starter", "--language", "pt", str(file)]) == 0
    assert main(["suite", "check", str(file)]) == 0
    assert "30 cases" in capsys.readouterr().out
    before = file.read_bytes()
    assert main(["suite", "starter", str(file)]) == 1
    assert file.read_bytes() == before
    assert main(["suite", "starter", str(tmp_path / "none" / "mine.yaml")]) == 1
    assert main(["suite", "convert", str(file), "--to", "csv"]) == 0
    assert "left out: the tools of 4 cases" in capsys.readouterr().err

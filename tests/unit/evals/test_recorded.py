"""Recorded runs graded by a suite, through the command line."""

from dataclasses import replace
from pathlib import Path

import pytest

from glm_playground.bundles.bundle import RecordedRun, write_bundle
from glm_playground.cli import main
from glm_playground.gateway import ChatRequest, Message
from glm_playground.runs.run import Outcome, Run, RunError
from tests.bundles import recorded_run, small_bundle

SUITE = """
description: Sums
prompts: ['{{a}} + {{b}} = ?']
tests:
  - {metadata: {id: small}, vars: {a: 1, b: 2}, assert: [{type: equals, value: '3'}]}
  - {metadata: {id: large}, vars: {a: 10, b: 20}, assert: [{type: contains, value: '30'}, {type: similar, value: x}]}
"""


def answered(name: str, model: str, prompt: str, answer: str, **fields: object) -> RecordedRun:
    request = ChatRequest(model=model, messages=(Message(role="user", content=prompt),))
    run: Run = recorded_run(name, answer, request=request, **fields)
    return RecordedRun(run, None, 0)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "suite.yaml").write_text(SUITE)
    runs = (
        answered("1", "glm-5.1", "1 + 2 = ?", "3"),
        answered("2", "glm-5.1", "10 + 20 = ?", "It is 30."),
        answered("3", "glm-4.6", "1 + 2 = ?", "four"),
        answered("4", "glm-4.6", "10 + 20 = ?", "", outcome=Outcome.FAILED, error=RunError("ServerFailed", "no")),
        answered("5", "glm-4.6", "another prompt", "3"),
        answered("6", "glm-5.1", "1 + 2 = ?", "wrong", warm_up=True),
    )
    (tmp_path / "runs.glmrun").write_bytes(write_bundle(replace(small_bundle(), runs=runs)))
    return tmp_path


def test_runs_are_graded_and_what_cannot_be_told_is_no_failure(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["suite", "grade", str(folder / "suite.yaml"), str(folder / "runs.glmrun")]) == 0
    said, beside = capsys.readouterr()
    lines = said.splitlines()
    assert lines[0].startswith("glm-5.1 at RunAPI: 2 of 2 answers passed, 100.0% (34.2 to 100.0)")
    assert lines[1].startswith("glm-4.6 at RunAPI: 0 of 1 answer passed, 0.0%")
    assert lines[1].endswith("1 answer cannot be told")
    assert "not separable" in lines[2]
    assert "rough, below 300 cases" in lines[2]
    assert lines[3] == "failed  small  glm-4.6 at RunAPI  equals: is not '3'"
    assert lines[4] == "untold  large  glm-4.6 at RunAPI  no answer (failed)"
    assert "line 6, tests[1].assert[1]: the check 'similar' is not supported" in beside


def test_a_suite_is_looked_at_and_written_otherwise(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["suite", "check", "suite.yaml"]) == 0
    assert capsys.readouterr().out.startswith("Sums: 1 prompt, 2 cases, 2 checks")
    assert main(["suite", "convert", "suite.yaml", "--to", "csv"]) == 0
    (folder / "suite.csv").write_text(capsys.readouterr().out)
    assert "1,2,equals: 3,,small," in (folder / "suite.csv").read_text()
    assert main(["suite", "convert", "suite.yaml", "--to", "yaml"]) == 0
    (folder / "again.yaml").write_text(capsys.readouterr().out)
    assert main(["suite", "check", "again.yaml"]) == 0
    assert capsys.readouterr().out == "Sums: 1 prompt, 2 cases, 2 checks\n"


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.yaml", b"prompts: [a\n", "not YAML"),
        ("a.yaml", b"prompts:\n- \xc4\xe3", "line 2: not UTF-8"),
        ("a.txt", b"", "a suite is a file named"),
        ("missing.yaml", None, "cannot be read"),
    ],
)
def test_a_file_that_is_none_ends_with_a_sentence(
    folder: Path, capsys: pytest.CaptureFixture[str], name: str, data: bytes | None, words: str
) -> None:
    if data is not None:
        (folder / name).write_bytes(data)
    assert main(["suite", "check", name]) == 1
    assert words in capsys.readouterr().err


def test_runs_of_other_prompts_are_no_evidence(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "other.glmrun").write_bytes(write_bundle(small_bundle()))
    assert main(["suite", "grade", "suite.yaml", "other.glmrun"]) == 1
    assert "no run asks a case" in capsys.readouterr().err

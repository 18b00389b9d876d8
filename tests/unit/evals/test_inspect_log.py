"""Graded runs as logs of Inspect."""

import json
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from glm_playground.bundles.bundle import write_bundle
from glm_playground.cli import main
from glm_playground.evals.inspect_log import inspect_logs
from glm_playground.evals.promptfoo import read_promptfoo
from glm_playground.evals.recorded import graded_runs
from glm_playground.gateway import Usage
from glm_playground.runs.run import Outcome, RunError
from tests.bundles import small_bundle
from tests.unit.evals.test_recorded import SUITE, answered

RUNS = (
    answered("1", "glm-5.1", "1 + 2 = ?", "3", usage=Usage(10, 2, 12, cached_tokens=4)),
    answered("2", "glm-5.1", "1 + 2 = ?", "4"),
    answered("3", "glm-5.1", "10 + 20 = ?", "It is 30."),
    answered("4", "glm-4.6", "10 + 20 = ?", "", outcome=Outcome.FAILED, error=RunError("ServerFailed", "no")),
)


@pytest.fixture
def logs() -> dict[str, Any]:
    suite = read_promptfoo(SUITE).suite
    written = inspect_logs(suite, graded_runs(suite, [(one.run, None) for one in RUNS]))
    return {name: json.loads(text) for name, text in written.items()}


def _of(logs: dict[str, Any], model: str) -> Any:
    return next(log for log in logs.values() if log["eval"]["model"].endswith(model))


def test_a_log_is_a_candidate_and_a_repeat_an_epoch(logs: dict[str, Any]) -> None:
    assert len(logs) == 2
    log = _of(logs, "glm-5.1")
    assert (log["eval"]["task"], log["eval"]["dataset"]["sample_ids"]) == (
        "Sums",
        ["small · prompt 1", "large · prompt 1"],
    )
    told = [(one["id"], one["epoch"], one["scores"]["checks"]["value"]) for one in log["samples"]]
    assert told == [("small · prompt 1", 1, "C"), ("small · prompt 1", 2, "I"), ("large · prompt 1", 1, "C")]
    assert log["samples"][0]["output"]["usage"]["input_tokens_cache_read"] == 4
    assert log["samples"][0]["target"] == ["3"]
    assert log["samples"][1]["scores"]["checks"]["explanation"] == "equals: is not '3'"
    assert log["results"]["scores"][0]["metrics"]["accuracy"]["value"] == 0.75


def test_what_cannot_be_told_has_no_score(logs: dict[str, Any]) -> None:
    log = _of(logs, "glm-4.6")
    assert log["samples"][0]["scores"] == {}
    assert log["samples"][0]["error"]["message"] == "ServerFailed: no"
    assert log["results"]["scores"][0]["unscored_samples"] == 1
    assert log["results"]["scores"][0]["metrics"] == {}


@pytest.mark.skipif(
    find_spec("inspect_ai") is None,
    reason="inspect-ai is in no group: uv run --with inspect-ai --group dev pytest -n 0 -k inspect_reads tests/unit",
)
def test_inspect_reads_it(logs: dict[str, Any], tmp_path: Path) -> None:
    """Inspect itself, some 80 packages: run it after a change of `evals/inspect_log.py`, and for a new Inspect."""
    from inspect_ai.log import list_eval_logs, read_eval_log  # type: ignore[import-not-found]

    for name, log in logs.items():
        (tmp_path / name).write_text(json.dumps(log), encoding="utf-8")
        found = read_eval_log(str(tmp_path / name))
        assert found.eval.model == log["eval"]["model"]
        assert [one.epoch for one in found.samples] == [one["epoch"] for one in log["samples"]]
    assert len(list_eval_logs(str(tmp_path))) == len(logs)


def test_the_command_writes_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    suite, runs, folder = tmp_path / "suite.yaml", tmp_path / "runs.glmrun", tmp_path / "logs"
    suite.write_text(SUITE)
    runs.write_bytes(write_bundle(replace(small_bundle(), runs=RUNS)))
    assert main(["suite", "grade", str(suite), str(runs), "--inspect", str(folder)]) == 0
    assert "2 logs in" in capsys.readouterr().out
    assert {json.loads(file.read_text())["status"] for file in folder.glob("*.json")} == {"success"}
    assert main(["suite", "grade", str(suite), str(runs), "--inspect", str(suite)]) != 0

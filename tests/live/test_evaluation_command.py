"""`glm-playground eval` with the scripted sandbox as the server that is asked."""

import csv
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from glm_playground.bundles.bundle import read_bundle
from glm_playground.cli import main
from glm_playground.cli.evaluation import OWNER
from glm_playground.evals import dask_cluster
from glm_playground.ledger import Ledger
from glm_playground.ledger.evaluation_values import CellState
from glm_playground.sandbox.process import SandboxProcess
from glm_playground.service import storage
from tests.condition import wait_until
from tests.live.eval_command import Eval

SUITE = """
description: Capitals
prompts:
  - "@script text={{word}} rate=0\\nWhat is the capital of {{country}}?"
tests:
  - metadata: {id: peru}
    vars: {country: Peru, word: Lima}
    assert: [{type: equals, value: Lima}]
  - metadata: {id: chile}
    vars: {country: Chile, word: Lima}
    assert: [{type: equals, value: Santiago}, {type: no-such-check}]
"""
SLOW = """
description: Slow
prompts: ["@script tokens=2987 rate=20\\n{{n}}"]
tests: [{vars: {n: [1, 2, 3, 4]}}]
"""


@pytest.fixture(autouse=True)
def suites(tmp_path: Path) -> None:
    """The folder in which the commands run has them."""
    (tmp_path / "suite.yaml").write_text(SUITE)
    (tmp_path / "slow.yaml").write_text(SLOW)


def test_a_suite_is_asked_of_two_models_and_compared(eval_: Eval) -> None:
    done = eval_("run", "suite.yaml", "--models", "glm-5.1,glm-4.6;temperature=0.5", "--repeats", "2", "--cap", "1")
    assert done.status == 0
    assert "2 cases, 2 candidates, 2 repeats: 8 requests" in done.out
    assert "To see a difference of 5 points takes about 1,133 cases" in done.out
    assert "no-such-check" in done.err
    assert "at most" in done.out
    assert "finished  8 of 8 answers" in done.out
    assert "glm-5.1 at 127.0.0.1: 2 of 4 answers passed" in done.out
    assert "temperature=0.5: 2 of 4 answers passed" in done.out
    assert "not separable" in done.out
    assert re.search(r"^failed  chile .* repeat 2  glm-4.6 ", done.out, re.MULTILINE)
    assert done.out.endswith(
        f"`glm-playground eval export {done.id} --as html --out report.html` makes a report of it.\n"
    )
    # Without a bound on the answers the largest cost is far above.
    assert "above the cap, at which it stops" in done.out
    shown = eval_("show", done.id)
    assert shown.status == 0
    assert shown.out.splitlines()[-1] in done.out
    assert done.id in eval_("list").out
    assert eval_("list", "--owner", "somebody").out == ""


def test_a_dry_run_sends_and_stores_nothing(eval_: Eval) -> None:
    done = eval_("run", "suite.yaml", "--models", "glm-5.1", "--cap", "1", "--max-tokens", "50", "--dry-run")
    assert done.status == 0
    assert "above the cap" not in done.out
    assert "2 requests" in done.out
    assert eval_("list").out == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--models", "glm-5.1"], "may cost something: give a cap"),
        (["--models", "my-own-model", "--cap", "1"], "no price is known of my-own-model"),
        (["--models", "glm-5.1,glm-5.1", "--cap", "1"], "stands twice"),
        (["--models", "glm-5.1;warmth=9", "--cap", "1"], "'warmth=9' is not understood"),
        (["--models", "glm-5.1", "--gateway", "Nowhere", "--cap", "1"], "no gateway named 'Nowhere'"),
        (["--models", "glm-5.1", "--cap", "much"], "a number of US dollars"),
        (["--models", "glm-5.1", "--cap", "NaN"], "a number of US dollars"),
    ],
)
def test_what_cannot_be_begun_is_said_in_words(eval_: Eval, arguments: list[str], said: str) -> None:
    done = eval_("run", "suite.yaml", *arguments)
    assert done.status in (1, 2)
    assert said in done.err
    assert eval_("list").out == ""


def test_a_cap_ends_it_and_a_larger_one_goes_on(eval_: Eval) -> None:
    done = eval_("run", "suite.yaml", "--models", "glm-5.1", "--cap", "0.0000001", "--max-tokens", "10")
    assert done.status == 1
    assert "its cap is reached" in done.out
    assert f"eval resume {done.id}" in done.out
    again = eval_("resume", done.id, "--cap", "1")
    assert again.status == 0
    assert "2 of 2 answers" in again.out
    assert eval_("resume", done.id).status == 0
    assert "there is no evaluation" in eval_("resume", "nowhere").err


def test_two_evaluations_are_compared_case_by_case(eval_: Eval, tmp_path: Path) -> None:
    first = eval_("run", "suite.yaml", "--models", "glm-5.1", "--cap", "1").id
    (tmp_path / "suite.yaml").write_text(SUITE.replace("country: Peru, word: Lima", "country: Peru, word: Cusco"))
    second = eval_("run", "suite.yaml", "--models", "glm-5.1,glm-4.6", "--cap", "1").id
    found = eval_("diff", first, second)
    assert found.status == 0
    assert "their suites differ" in found.err
    assert "worse   peru · prompt 1  100% to 0%" in found.out
    assert "glm-4.6" not in found.out


def test_it_is_exported_for_others(eval_: Eval, tmp_path: Path) -> None:
    id = eval_("run", "suite.yaml", "--models", "glm-5.1", "--cap", "1").id
    for kind in ("csv", "jsonl", "promptfoo", "bundle"):
        assert eval_("export", id, "--as", kind, "--out", tmp_path / f"out.{kind}").status == 0
    rows = list(csv.DictReader((tmp_path / "out.csv").open(encoding="utf-8", newline="")))
    assert [(row["case"], row["grade"], row["answer"]) for row in rows] == [
        ("peru", "passed", "Lima"), ("chile", "failed", "Lima"),
    ]  # fmt: skip
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert lines[1]["checks"] == [
        {"type": "equals", "metric": "", "grade": "failed", "reason": "is not 'Santiago'"}
    ]  # fmt: skip
    results = json.loads((tmp_path / "out.promptfoo").read_text())["results"]
    assert results["stats"] == {"successes": 1, "failures": 1, "errors": 0}
    assert results["results"][0]["response"]["output"] == "Lima"
    bundle = read_bundle((tmp_path / "out.bundle").read_bytes())
    assert [one.run.id for one in bundle.runs] == [row["run_id"] for row in rows]
    # Graded again from there, whoever asked.
    assert main(["suite", "grade", "suite.yaml", str(tmp_path / "out.bundle")]) == 0
    for kind, begins in (("html", b"<!DOCTYPE html>"), ("markdown", b"# Qual?"), ("docx", b"PK"), ("pptx", b"PK")):
        out = tmp_path / f"report.{kind}"
        said = ("--title", "Qual?", "--language", "pt_BR", "--paper", "Letter")
        assert eval_("export", id, "--format", kind, "--out", out, *said).status == 0
        assert out.read_bytes().startswith(begins)
    assert "is there already" in eval_("export", id, "--as", "csv", "--out", tmp_path / "out.csv").err
    assert eval_("delete", id).status == 0
    assert eval_("list").out == ""


def test_ctrl_c_stops_it_cleanly_and_says_how_to_go_on(eval_: Eval, sandbox: SandboxProcess, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "glm_playground", "eval", "run", "slow.yaml", "--models", "glm-5.1", "--cap", "5"]
    mine = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    process = subprocess.Popen(
        [*command, "--concurrency", "2"],
        cwd=tmp_path,
        env=mine,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        wait_until(lambda: _asked(sandbox, "tokens=2987") == 2, 60)
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=60)[0]
    finally:
        process.kill()
    assert process.returncode == 130
    ledger = Ledger.open(f"sqlite:///{tmp_path / 'data' / 'runs.sqlite3'}")
    row = ledger.evaluations.all(OWNER)[0]
    ledger.close()
    assert row.cells == {CellState.INTERRUPTED: 2, CellState.WAITING: 2}
    assert f"eval retry {row.id} --interrupted" in said
    assert f"eval resume {row.id}" in said
    assert "say which" in eval_("retry", row.id).err


def _asked(sandbox: SandboxProcess, script: str) -> int:
    """How many answers with that script have begun."""
    headers = {"Authorization": f"Bearer {sandbox.key}"}
    log = httpx.get(f"{sandbox.base_url}/sandbox/log", headers=headers, trust_env=False, timeout=20).json()
    begun = [entry for entry in log["requests"] if "messages" in (entry["body"] or ()) and entry["first_token_ns"]]
    return sum(script in entry["body"]["messages"][-1]["content"] for entry in begun)


def test_a_cluster_that_cannot_be_used_is_said_before_anything_is_stored(
    eval_: Eval, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ["run", "suite.yaml", "--models", "glm-5.1", "--cap", "1", "--scheduler", "tcp://127.0.0.1:9"]
    assert "--scheduler needs the ledger in PostgreSQL" in eval_(*asked).err
    monkeypatch.setattr(storage, "shared", lambda: True)
    monkeypatch.setattr(dask_cluster, "_CONNECT_S", 0.5)
    assert "no Dask scheduler answers at tcp://127.0.0.1:9" in eval_(*asked).err
    assert "no Dask scheduler answers at nonsense" in eval_(*asked[:-1], "nonsense://x").err
    monkeypatch.setattr(dask_cluster, "find_spec", lambda _name: None)
    assert "pip install 'glm-playground[cluster]'" in eval_(*asked).err
    assert eval_("list").out == ""

"""A bundle is written and read back as it was, also one of an earlier version."""

import json
from dataclasses import replace
from decimal import Decimal
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from jsonschema import Draft202012Validator

from glm_playground.bundles.bundle import (
    Bundle,
    BundleError,
    BundleTooLarge,
    RecordedRun,
    by_lane,
    preview,
    read_bundle,
    write_bundle,
)
from glm_playground.bundles.schema import bundle_schema, schema_text
from glm_playground.cli.bundle_file import FILE
from glm_playground.gateway import Dialect, Event, EventKind, ThinkingSwitch
from glm_playground.runs.metrics import metrics_of
from glm_playground.runs.run import Server
from tests.bundles import BUNDLES, RUN, SMALL, forged, parts_of, recorded_run, small_bundle

ROOT = Path(__file__).resolve().parents[3]
DOCS, FIXTURES = ROOT / "docs", ROOT / "tests" / "fixtures" / "v1"
SCENARIOS = ROOT / "glm_playground" / "scenarios"


@given(bundle=BUNDLES)
def test_a_bundle_comes_back_as_it_was(bundle: Bundle) -> None:
    data = write_bundle(bundle)
    assert read_bundle(data) == bundle
    assert write_bundle(read_bundle(data)) == data


def test_two_gateways_and_how_they_were_spoken_to_come_back() -> None:
    asked = recorded_run().request
    runs = tuple(
        RecordedRun(
            recorded_run(
                str(lane),
                request=asked.model_copy(update={"thinking": False}).said_in(Dialect(switch)),
                server=Server(name, "https://same.example.org"),
            ),
            None,
            lane,
        )
        for lane, (name, switch) in enumerate((("One", ThinkingSwitch.TYPE), ("Two", ThinkingSwitch.TEMPLATE)))
    )
    bundle = read_bundle(write_bundle(replace(small_bundle(), runs=runs)))
    assert bundle.runs == runs
    assert [lane[0].run.server.name for lane in by_lane(bundle)] == ["One", "Two"]
    assert [one.run.request.fields() for one in bundle.runs] == [
        {"thinking": {"type": "disabled"}},
        {"chat_template_kwargs": {"enable_thinking": False}},
    ]


def test_its_figures_are_those_of_the_recording() -> None:
    (first, _second) = read_bundle(SMALL).runs
    assert metrics_of(first.run) == metrics_of(small_bundle().runs[0].run)
    part = json.loads(parts_of(SMALL)[RUN])
    assert part["metrics"]["ttft_ns"] == metrics_of(first.run).ttft
    assert json.loads(parts_of(SMALL)["runs/0002.json"])["notice"] == "stand-in model, not GLM: SmolLM2-135M"


def test_the_preview_is_what_the_file_holds() -> None:
    rows = preview(small_bundle())
    assert {row.path: row.size for row in rows} == {path: len(body) for path, body in parts_of(SMALL).items()}
    assert [row.path for row in rows] == ["manifest.json", RUN, "runs/0002.json", "cards/glm-5.1.json"]
    assert rows[1].holds == "run of glm-5.1: messages 1, events 2, figures, cost"


def test_what_repeats_itself_is_still_read() -> None:
    long = small_bundle().runs[0]
    bundle = replace(
        small_bundle(),
        runs=(replace(long, run=replace(long.run, events=[Event(1, EventKind.CONTENT, "a" * 4_000_000)])),),
    )
    data = write_bundle(bundle)
    assert read_bundle(data) == bundle


def test_a_file_has_the_oldest_version_whose_readers_know_what_it_holds() -> None:
    bundle = small_bundle()
    first = bundle.runs[0]
    seen = first.run.request.messages[-1].model_copy(update={"images": ("data:image/png;base64,iVBORw0KGgo=",)})
    request = first.run.request.model_copy(update={"messages": (seen,)})
    images = replace(bundle, runs=(replace(first, run=replace(first.run, request=request)), *bundle.runs[1:]))
    for one, version in ((bundle, 1), (images, 2)):
        data = write_bundle(one)
        assert json.loads(parts_of(data)["manifest.json"])["version"] == version
        assert read_bundle(data) == one


def test_what_earlier_versions_wrote_opens_on_the_command_line_alone(tmp_path: Path) -> None:
    letters = "".join(Random(1).choices("abcdefghijklmnopqrstuvwxyz", k=2_000_000))
    part = json.loads(parts_of(SMALL)["runs/0001.json"])
    part["run"]["events"][-1] = [*part["run"]["events"][-1][:-1], letters]

    def grow(parts: dict[str, bytes]) -> None:
        # 20 MB: above what is taken where many share the memory.
        for number in range(3, 13):
            part["run"]["id"] = f"run-{number}"
            parts[f"runs/{number:04}.json"] = json.dumps(part).encode()

    file = tmp_path / "large.glmrun"
    file.write_bytes(forged(SMALL, grow))
    with pytest.raises(BundleTooLarge):
        read_bundle(file.read_bytes())
    assert len(FILE.convert(str(file), None, None).bundle.runs) == 12


@pytest.mark.slow
def test_three_of_the_longest_answers_fit() -> None:
    times = accumulate(Random(1).choices(range(5_000_000, 30_000_000), k=131_072))
    events = [Event(at, EventKind.CONTENT, "word, " if at % 9 == 0 else "word ") for at in times]
    one = small_bundle().runs[0]
    runs = tuple(replace(one, run=replace(one.run, id=str(number), events=events), lane=number) for number in range(3))
    found = read_bundle(write_bundle(replace(small_bundle(), runs=runs)))
    assert [len(one.run.events) for one in found.runs] == [131_072] * 3


def test_bundles_of_earlier_versions_open() -> None:
    expected = json.loads((FIXTURES / "expected.json").read_text(encoding="utf-8"))
    known = {row["id"]: row for row in expected["runs"]}
    found = read_bundle((FIXTURES / "runs.glmrun").read_bytes())
    assert found.runs
    for one in found.runs:
        row, run = known[one.run.id], one.run
        assert run.request.messages[-1].content == row["prompt"]
        assert (run.content, run.reasoning, run.outcome) == (row["content"], row["reasoning"], row["outcome"])
        assert len(run.events) == row["events"]
        assert one.cost
        assert (one.cost.state, one.cost.amount) == (row["cost_state"], row["cost"] and Decimal(row["cost"]))


@pytest.mark.parametrize("scenario", sorted(SCENARIOS.glob("*.glmrun")), ids=lambda path: path.stem)
def test_the_scenarios_open(scenario: Path) -> None:
    assert read_bundle(scenario.read_bytes()).runs


def test_what_could_not_be_read_is_not_written() -> None:
    bundle = small_bundle()
    one = bundle.runs[0]
    deep: list[Any] = []
    for _ in range(70):
        deep = [deep]
    for wrong in (
        replace(bundle, runs=()),
        replace(bundle, runs=(one, one)),
        replace(bundle, runs=(RecordedRun(replace(one.run, outcome=None)),)),
        replace(bundle, title="x" * 201),
        replace(bundle, cards={".": {}}),
        replace(bundle, cards={"glm-5.1": float("inf")}),
        replace(bundle, cards={"glm-5.1": object()}),
        replace(bundle, cards={"glm-5.1": deep}),
    ):
        with pytest.raises(BundleError):
            write_bundle(wrong)


def test_a_lone_surrogate_becomes_a_replacement_character() -> None:
    bundle = replace(small_bundle(), runs=(RecordedRun(recorded_run("1", "a\ud800b")),))
    assert read_bundle(write_bundle(bundle)).runs[0].run.content == "a\ufffdb"


@given(bundle=BUNDLES)
@settings(max_examples=30)
def test_the_schema_describes_what_is_written(bundle: Bundle) -> None:
    parts = {path: json.loads(body) for path, body in parts_of(write_bundle(bundle)).items()}
    Draft202012Validator(bundle_schema()).validate(parts)


def test_the_documented_schema_is_up_to_date() -> None:
    # Written by `uv run python -m glm_playground.bundles.schema docs/bundle.schema.json`.
    assert (DOCS / "bundle.schema.json").read_text(encoding="utf-8") == schema_text()

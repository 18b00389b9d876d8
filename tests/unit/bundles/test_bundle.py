"""A bundle is written and read back as it was, and any other file is refused with its reason."""

import io
import json
import struct
import zlib
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from glm_playground.bundles import parts
from glm_playground.bundles.archive import SHARED
from glm_playground.bundles.bundle import (
    Bundle,
    BundleError,
    BundleInvalid,
    BundleNewer,
    BundleTampered,
    BundleTooLarge,
    BundleTruncated,
    BundleUnsafe,
    NotABundle,
    RecordedRun,
    by_lane,
    preview,
    read_bundle,
    write_bundle,
)
from glm_playground.bundles.parts import count_values
from glm_playground.bundles.schema import bundle_schema, schema_text
from glm_playground.cli.bundle_file import FILE
from glm_playground.gateway import Dialect, Event, EventKind, ThinkingSwitch
from glm_playground.runs.metrics import metrics_of
from glm_playground.runs.run import Server
from tests.bundles import BUNDLES, forged, parts_of, recorded_run, small_bundle, zip_of

SMALL = write_bundle(small_bundle())
RUN = "runs/0001.json"
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


_PLACES = st.integers(0, len(SMALL) - 1)
_MUTATIONS = st.one_of(
    st.builds(lambda at, by: SMALL[:at] + bytes([SMALL[at] ^ by]) + SMALL[at + 1 :], _PLACES, st.integers(1, 255)),
    st.builds(
        lambda at, new: SMALL[:at] + new + SMALL[at:], _PLACES | st.just(len(SMALL)), st.binary(min_size=1, max_size=9)
    ),
    st.builds(lambda at, many: SMALL[:at] + SMALL[at + many :], _PLACES, st.integers(1, 40)),
    st.builds(lambda at: SMALL[:at], _PLACES),
)


@settings(max_examples=800)
@given(data=_MUTATIONS)
def test_a_changed_file_is_refused_or_reads_the_same(data: bytes) -> None:
    try:
        found = read_bundle(data)
    except BundleError:
        return
    assert found == small_bundle()


def test_every_byte_counts_or_makes_no_difference() -> None:
    same = 0
    for at in range(len(SMALL)):
        try:
            assert read_bundle(SMALL[:at] + bytes([SMALL[at] ^ 0x21]) + SMALL[at + 1 :]) == small_bundle()
            same += 1
        except BundleError:
            continue
    # Of each of 4 parts: its local header, of which zipfile reads mark, name and lengths only (22 bytes), and in the
    # directory times (4), versions (4), inner attributes (2), permissions (at most 4) and how hard it was compressed.
    assert same <= 4 * 37 + 40


@given(data=st.binary(max_size=200) | st.binary(max_size=200).map(lambda tail: b"PK\x03\x04" + tail))
def test_any_bytes_are_refused_with_a_reason(data: bytes) -> None:
    with pytest.raises(BundleError):
        read_bundle(data)


def test_what_is_no_bundle_says_so() -> None:
    for data in (b"", b"hello", zip_of({"a.txt": b"a"}), zip_of({"manifest.json": b'{"format": "other"}'})):
        with pytest.raises(NotABundle):
            read_bundle(data)
    with pytest.raises(BundleTruncated):
        read_bundle(SMALL[: len(SMALL) // 2])


@pytest.mark.parametrize("name", ["manifest.json\0.json", "runs/0001.json\0", "r\u00fcns/0001.json"])
def test_a_name_that_other_readers_would_cut_or_spell_otherwise_is_refused(name: str) -> None:
    raw = name.encode()
    body = b"PK\x03\x04" + struct.pack("<5H3I2H", 20, 0x800, 0, 0, 33, 0, 0, 0, len(raw), 0) + raw
    row = struct.pack("<6H3I5H2I", 20, 20, 0x800, 0, 0, 33, 0, 0, 0, len(raw), 0, 0, 0, 0, 0, 0)
    directory = b"PK\x01\x02" + row + raw
    end = b"PK\x05\x06" + struct.pack("<4H2IH", 0, 0, 1, 1, len(directory), len(body), 0)
    with pytest.raises(BundleUnsafe, match="not a path"):
        read_bundle(body + directory + end)


@given(data=_MUTATIONS, other=_PLACES, byte=st.integers(0, 255))
@settings(max_examples=200)
def test_a_directory_of_any_bytes_is_refused_or_reads_the_same(data: bytes, other: int, byte: int) -> None:
    # Behind the parts, where every byte is one that zipfile takes for a size or a place.
    start = data.find(b"PK\x01\x02") + 4
    at = start + other % max(len(data) - start, 1)
    try:
        found = read_bundle(data[:at] + bytes([byte]) + data[at + 1 :])
    except BundleError:
        return
    assert found == small_bundle()


def test_nothing_may_stand_before_or_behind() -> None:
    with pytest.raises(NotABundle):
        read_bundle(b"#!/bin/sh\n" + SMALL)
    for behind in (b"\0", SMALL):
        with pytest.raises(BundleTampered):
            read_bundle(SMALL[:-22] + behind + SMALL[-22:])
        with pytest.raises(BundleTampered):
            read_bundle(SMALL + b"x")


def test_a_part_that_was_changed_is_told_by_its_checksum() -> None:
    parts = parts_of(SMALL)
    with pytest.raises(BundleTampered, match=r"runs/0001\.json"):
        read_bundle(zip_of(parts | {RUN: parts[RUN].replace(b"Hello", b"Howdy")}))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda parts: parts | {"runs/0003.json": b"{}"}, "not listed"),
        (lambda parts: {path: body for path, body in parts.items() if path != RUN}, "not there"),
    ],
)
def test_parts_and_manifest_must_agree(change: Callable[[dict[str, bytes]], dict[str, bytes]], said: str) -> None:
    with pytest.raises(BundleTampered, match=said):
        read_bundle(zip_of(change(parts_of(SMALL))))


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "../x.json",
        "runs/../../x.json",
        "runs\\0001.json",
        "C:/x.json",
        "runs/",
        ".hidden",
        "a//b",
        "ü.json",
    ],
)
def test_a_path_outside_is_refused(path: str) -> None:
    with pytest.raises(BundleUnsafe):
        read_bundle(zip_of(parts_of(SMALL) | {path: b"{}"}))


def test_a_path_stands_once() -> None:
    file = io.BytesIO(SMALL)
    with pytest.warns(UserWarning, match="Duplicate"), ZipFile(file, "a") as archive:
        archive.writestr(RUN, b"{}")
    with pytest.raises(BundleUnsafe, match="twice"):
        read_bundle(file.getvalue())


def test_links_are_refused() -> None:
    file = io.BytesIO(SMALL)
    with ZipFile(file, "a") as archive:
        info = ZipInfo("runs/0003.json")
        info.create_system, info.external_attr = 3, 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    with pytest.raises(BundleUnsafe, match="link"):
        read_bundle(file.getvalue())


def test_encrypted_parts_are_refused() -> None:
    data = bytearray(SMALL)
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(BundleUnsafe, match="encrypted"):
        read_bundle(bytes(data))


def test_a_zip_bomb_is_not_unpacked() -> None:
    for size, said in ((10_000_000, "50 times"), (30_000_000, "12,582,912 bytes")):
        with pytest.raises(BundleTooLarge, match=said):
            read_bundle(forged(SMALL, lambda parts, size=size: parts.update({RUN: b" " * size})))


def test_a_bomb_that_lies_about_its_size_is_cut_off() -> None:
    packed = zlib.compress(b" " * 60_000_000, 9)[2:-4]
    info = struct.pack("<5H3I2H", 20, 0, 8, 0, 33, 0, len(packed), 1000, 13, 0)
    entry = struct.pack("<6H3I5H2I", 20, 20, 0, 8, 0, 33, 0, len(packed), 1000, 13, 0, 0, 0, 0, 0, 0)
    head = b"PK\x03\x04" + info + b"manifest.json" + packed
    directory = b"PK\x01\x02" + entry + b"manifest.json"
    end = b"PK\x05\x06" + struct.pack("<4H2IH", 0, 0, 1, 1, len(directory), len(head), 0)
    with pytest.raises(BundleTampered, match=r"manifest\.json"):
        read_bundle(head + directory + end)


def test_a_file_with_too_many_parts_or_bytes_is_refused() -> None:
    with pytest.raises(BundleTooLarge, match="parts"):
        read_bundle(forged(SMALL, lambda parts: parts.update({f"runs/{n:04}.json": b"" for n in range(2001)})))
    with pytest.raises(BundleTooLarge, match="8,388,608 bytes"):
        read_bundle(b"PK\x03\x04" + bytes(32 * 1024 * 1024))
    large = Random(1).randbytes(250_000).hex().encode() + Random(2).randbytes(2_000).hex().encode() * 2_000
    with pytest.raises(BundleTooLarge, match="the parts have"):
        read_bundle(forged(SMALL, lambda parts: parts.update({f"runs/{n:04}.json": large for n in range(1, 5)})))


def test_what_repeats_itself_is_still_read() -> None:
    long = small_bundle().runs[0]
    bundle = replace(
        small_bundle(),
        runs=(replace(long, run=replace(long.run, events=[Event(1, EventKind.CONTENT, "a" * 4_000_000)])),),
    )
    data = write_bundle(bundle)
    assert read_bundle(data) == bundle


def changed(path: str, change: Callable[[Any], object]) -> bytes:
    """The small bundle with the JSON of a part changed, and the manifest corrected."""

    def change_part(parts: dict[str, bytes]) -> None:
        value = json.loads(parts[path])
        change(value)
        parts[path] = json.dumps(value).encode()

    return forged(SMALL, change_part)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda part: part.update(extra=1), r"runs/0001\.json: extra: unknown key"),
        (lambda part: part["run"].update(key="sk-1"), r"runs/0001\.json: run\.key"),
        (lambda part: part["run"]["request"].update(base_url="x"), r"run\.request\.base_url"),
        (lambda part: part["run"]["server"].update(port=1), r"run\.server\.port"),
        (lambda part: part["cost"].update(tax=1), r"cost\.tax"),
        (lambda part: part["cost"].update(amount="1E+999999999"), "too many digits"),
        (lambda part: part["metrics"].update(ttfx_ns=1), r"metrics\.ttfx_ns: unknown key"),
        (lambda part: part.update(lane="0"), "lane"),
        (lambda part: part["run"].pop("outcome"), "has not ended"),
        (lambda part: part["run"].update(outcome="won"), r"run\.outcome"),
        (lambda part: part["run"].update(started_at="2026-11-24T00:00:00"), "time zone"),
        (lambda part: part["run"].update(started_at="9999-12-31T23:00:00-05:00"), "no time that a run can have"),
        (lambda part: part["run"]["events"].append([1, "thought", "x"]), r"run\.events\.2\.1"),
        (lambda part: part["run"]["events"].append([1, "retry", "soon"]), r"run\.events\.2\.2"),
        (lambda part: part["run"]["events"].append([10**30, "content", "x"]), "too large a number"),
        (lambda part: part["run"]["request"].update(temperature=float("nan")), "NaN"),
        (lambda part: part["run"].update(served_by="\ud800"), "not UTF-8"),
        (lambda part: part["run"].update(id="2"), "two runs have the same id"),
    ],
)
def test_a_wrong_field_is_named(change: Callable[[Any], object], named: str) -> None:
    with pytest.raises(BundleInvalid, match=named):
        read_bundle(changed(RUN, change))


def test_a_part_must_be_json_without_traps() -> None:
    for body, error in (
        (b"{", BundleInvalid),
        (b"\xff", BundleInvalid),
        (b'{"lane": 0, "lane": 1}', BundleInvalid),
        (b"[" * 65 + b"]" * 65, BundleTooLarge),
        (b"[" * 100_000 + b"]" * 100_000, BundleTooLarge),
        (b"[" + b"[]," * 1_300_000 + b"[]]", BundleTooLarge),
    ):
        with pytest.raises(error):
            read_bundle(forged(SMALL, lambda parts, body=body: parts.update({RUN: body})))


def with_manifest(**fields: Any) -> bytes:
    parts = parts_of(SMALL)
    return zip_of(parts | {"manifest.json": json.dumps(json.loads(parts["manifest.json"]) | fields).encode()})


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


def test_a_later_version_has_its_own_error() -> None:
    # What else is new in it does not matter.
    with pytest.raises(BundleNewer) as caught:
        read_bundle(with_manifest(version=5, layers=[]))
    assert caught.value.version == 5


@pytest.mark.parametrize(
    "fields",
    [
        {"version": "1"},
        {"version": 0},
        {"version": True},
        {"owner": "me"},
        {"title": "x" * 201},
        {"title": None},
        {"created_at": "2026-11-24"},
        {"created_at": 5},
        {"versions": {"a": 1}},
        {"parts": [{"path": RUN, "sha256": "0", "bytes": 1}]},
        {"parts": {}},
        {"scenarios": [{"title": "", "notes": "", "language": "", "runs": 1}]},
        {"scenarios": [], "version": 3},
        {"scenarios": [{"title": "", "notes": "", "language": "", "runs": 1000}], "version": 3},
        {"scenarios": [{"title": "", "notes": "", "language": "<b>", "runs": 1}], "version": 3},
        {"scenarios": [{"title": "", "notes": "", "language": "", "runs": 0}], "version": 3},
    ],
)
def test_a_wrong_manifest_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(BundleInvalid, match=rf"manifest\.json: .*{next(iter(fields))}"):
        read_bundle(with_manifest(**fields))


def test_an_unknown_part_is_refused_also_where_it_is_listed() -> None:
    for path in ("runs/1.json", "notes.txt", "cards/a%2.json", "cards/a%41.json", "runs/0004.json"):
        with pytest.raises(BundleInvalid):
            read_bundle(forged(SMALL, lambda parts, path=path: parts.update({path: b"{}"})))


def test_limits_hold_for_events_and_cards(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(parts, "MAX_EVENTS_PER_RUN", 1)
        with pytest.raises(BundleTooLarge, match="events"):
            read_bundle(SMALL)
    with pytest.raises(BundleTooLarge, match="cards"):
        write_bundle(replace(small_bundle(), cards={"glm-5.1": "x" * 1_100_000}))


def test_limits_hold_for_all_parts_together() -> None:
    listed = sum(count_values(body) for path, body in parts_of(SMALL).items() if path != "manifest.json")
    assert read_bundle(SMALL, SHARED._replace(values=listed)) == small_bundle()
    with pytest.raises(BundleTooLarge, match="the parts have more than"):
        read_bundle(SMALL, SHARED._replace(values=listed - 1))


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


def test_times_comments_and_extra_fields_make_no_difference() -> None:
    file = io.BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        for path, body in parts_of(SMALL).items():
            info = ZipInfo(path, (2001, 2, 3, 4, 5, 6))
            info.compress_type, info.comment, info.extra = ZIP_DEFLATED, b"hello", b"\x99\x99\x02\x00ab"
            archive.writestr(info, body)
    assert read_bundle(file.getvalue()) == small_bundle()
    with ZipFile(file, "a") as archive:
        archive.comment = b"hello"
    with pytest.raises(BundleTampered):
        read_bundle(file.getvalue())


@given(bundle=BUNDLES)
@settings(max_examples=30)
def test_the_schema_describes_what_is_written(bundle: Bundle) -> None:
    parts = {path: json.loads(body) for path, body in parts_of(write_bundle(bundle)).items()}
    Draft202012Validator(bundle_schema()).validate(parts)


def test_the_documented_schema_is_up_to_date() -> None:
    # Written by `uv run python -m glm_playground.bundles.schema docs/bundle.schema.json`.
    assert (DOCS / "bundle.schema.json").read_text(encoding="utf-8") == schema_text()

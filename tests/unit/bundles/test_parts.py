"""A part or manifest that is not as it should be is named, and the limits of what parts hold."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from glm_playground.bundles import parts
from glm_playground.bundles.archive import SHARED
from glm_playground.bundles.bundle import (
    BundleInvalid,
    BundleNewer,
    BundleTooLarge,
    read_bundle,
    write_bundle,
)
from glm_playground.bundles.parts import count_values
from tests.bundles import RUN, SMALL, forged, parts_of, small_bundle, zip_of


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

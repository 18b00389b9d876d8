"""A bundle: one `.glmrun` file with everything needed to read, replay and repeat a set of runs.

The format is described in docs/bundle.md. Opening a bundle never sends anything, and no key is ever in one: a run
does not know the key it was asked with. Keys that stand in a text are found and removed by `bundles.secrets`.
"""

import hashlib
from collections import deque
from collections.abc import Iterator, Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from glm_playground.bundles.archive import (
    MAX_FILE_BYTES,
    MAX_PART_BYTES,
    MAX_PARTS,
    MAX_RATIO,
    MAX_UNPACKED_BYTES,
    SHARED,
    Archive,
    ArchiveLimits,
    pack,
)
from glm_playground.bundles.errors import (
    BundleError,
    BundleInvalid,
    BundleNewer,
    BundleTampered,
    BundleTooLarge,
    BundleTruncated,
    BundleUnsafe,
    NotABundle,
)
from glm_playground.bundles.parts import (
    FORMAT,
    MANIFEST,
    MAX_CARD_BYTES,
    MAX_CARDS,
    MAX_DEPTH,
    MAX_EVENTS,
    MAX_EVENTS_PER_RUN,
    SCENARIOS_SINCE,
    VERDICTS_SINCE,
    VERSION,
    Manifest,
    ScenarioRow,
    card_model,
    card_path,
    count_values,
    read_json,
    read_manifest,
    read_run,
    run_number,
    run_path,
    stand_in_notice,
    write_json,
    write_run,
)
from glm_playground.runs.cost import Cost
from glm_playground.runs.run import Run

__all__ = [
    "FORMAT",
    "MAX_CARDS",
    "MAX_CARD_BYTES",
    "MAX_DEPTH",
    "MAX_EVENTS",
    "MAX_EVENTS_PER_RUN",
    "MAX_FILE_BYTES",
    "MAX_PARTS",
    "MAX_PART_BYTES",
    "MAX_RATIO",
    "MAX_UNPACKED_BYTES",
    "VERSION",
    "Bundle",
    "BundleError",
    "BundleInvalid",
    "BundleNewer",
    "BundleParts",
    "BundleTampered",
    "BundleTooLarge",
    "BundleTruncated",
    "BundleUnsafe",
    "NotABundle",
    "PreviewRow",
    "RecordedRun",
    "ScenarioRow",
    "preview",
    "read_bundle",
    "stand_in_notice",
    "write_bundle",
]


@dataclass(frozen=True)
class RecordedRun:
    """An ended run with what it cost and where it stood."""

    run: Run
    cost: Cost | None = None
    """None where nobody computed one."""
    lane: int = 0
    """The column, from 0."""


@dataclass(frozen=True)
class Bundle:
    """Recorded runs, in the order they are shown and played."""

    title: str
    created_at: datetime
    """With a time zone."""
    runs: tuple[RecordedRun, ...]
    """At least one; no two with the same id."""
    cards: dict[str, Any] = field(default_factory=dict)
    """What was known of each model asked, by its id: plain JSON, which nobody here looks into."""
    versions: dict[str, str] = field(default_factory=dict)
    """Of the app and of libraries it used, by name."""
    note: str = ""
    scenarios: tuple[ScenarioRow, ...] = ()
    """Of a running order: which of the runs are shown together, and what is said then."""


class PreviewRow(NamedTuple):
    """A part of a bundle, as it would leave the machine."""

    path: str
    size: int
    """Bytes before packing."""
    holds: str
    """What it is, in a few words."""


def write_bundle(bundle: Bundle) -> bytes:
    """The `.glmrun` file of `bundle`; the same bundle gives the same bytes.

    Raises:
        BundleError: `read_bundle` would refuse the file: a limit is passed, or a run has not ended.
    """
    data = pack(_parts(bundle))
    parts = BundleParts(data)
    deque(parts.runs(), maxlen=0)
    parts.cards()
    return data


def read_bundle(data: bytes, limits: ArchiveLimits = SHARED) -> Bundle:
    """The bundle in a `.glmrun` file, or why it is none, whatever the bytes are.

    Raises:
        BundleError: of the tree in `bundles.errors`.
    """
    parts = BundleParts(data, limits)
    return Bundle(
        title=parts.title,
        created_at=parts.created_at,
        runs=tuple(parts.runs()),
        cards=parts.cards(),
        versions=parts.versions,
        note=parts.note,
        scenarios=parts.scenarios,
    )


def preview(bundle: Bundle) -> tuple[PreviewRow, ...]:
    """What `write_bundle` would put into the file, part by part.

    Raises:
        BundleInvalid: something in it cannot be written.
    """
    return tuple(PreviewRow(path, len(body), _holds(path, bundle)) for path, body in _parts(bundle).items())


def _parts(bundle: Bundle) -> dict[str, bytes]:
    """Every part by its path, the manifest first."""
    parts = {
        run_path(number): write_run(one.run, one.cost, one.lane) for number, one in enumerate(bundle.runs, start=1)
    }
    parts |= {card_path(model): write_json(facts) for model, facts in sorted(bundle.cards.items())}
    manifest: dict[str, Any] = {
        "format": FORMAT,
        "version": _version(bundle),
        "title": bundle.title,
        "created_at": bundle.created_at.isoformat(),
        "note": bundle.note,
        "versions": dict(sorted(bundle.versions.items())),
        "parts": [
            {"path": path, "sha256": hashlib.sha256(body).hexdigest(), "bytes": len(body)}
            for path, body in parts.items()
        ],
    }
    if bundle.scenarios:
        manifest["scenarios"] = [
            row.model_dump(mode="json", exclude_none=row.verdict is None) for row in bundle.scenarios
        ]
    return {MANIFEST: write_json(manifest), **parts}


def _version(bundle: Bundle) -> int:
    """The oldest whose readers know all that is in the bundle."""
    if bundle.scenarios:
        return VERDICTS_SINCE if any(row.verdict for row in bundle.scenarios) else SCENARIOS_SINCE
    images = any(message.images for one in bundle.runs for message in one.run.request.messages)
    return 2 if images else 1


def _holds(path: str, bundle: Bundle) -> str:
    if (number := run_number(path)) is not None:
        run = bundle.runs[number - 1].run
        messages, events = len(run.request.messages), len(run.events)
        return f"run of {run.request.model}: messages {messages}, events {events}, figures, cost"
    if (model := card_model(path)) is not None:
        return f"facts of {model}"
    return "title, date, note, versions, checksums"


class BundleParts:
    """A `.glmrun` file whose parts are unpacked one at a time, as they are asked for.

    What was asked for is as it was written; that all of the file is shows once all runs and cards were asked for.

    Attributes:
        title, created_at, note, versions, scenarios: as the manifest has them.
        count: how many runs there are.

    Raises:
        BundleError: the file is no bundle, whatever its runs and cards are.
    """

    def __init__(self, data: bytes, limits: ArchiveLimits = SHARED) -> None:
        self._archive = Archive(data, limits)
        if MANIFEST not in self._archive.sizes:
            raise NotABundle("the file is a zip file, but not a bundle")
        manifest = read_manifest(self._archive.read(MANIFEST))
        _check_list(manifest, self._archive.sizes.keys())
        self.title = manifest.title
        self.created_at = manifest.created_at
        self.note = manifest.note
        self.versions = manifest.versions
        self.scenarios = manifest.scenarios
        self._rows = {row.path: row for row in manifest.parts}
        self._limits = limits
        self._values = self._events = 0
        self._ids: dict[str, int] = {}
        numbers = sorted(number for path in self._rows if (number := run_number(path)) is not None)
        if not numbers or numbers != list(range(1, len(numbers) + 1)):
            raise BundleInvalid("the runs are not numbered from 1")
        self.count = len(numbers)
        if self.scenarios and sum(row.runs for row in self.scenarios) != self.count:
            raise BundleInvalid(f"{MANIFEST}: scenarios: they have not as many runs as the file")

    def runs(self) -> Iterator[RecordedRun]:
        """Each run, in the order they are shown.

        Raises:
            BundleError: one is not as it was written, or all have too much together.
        """
        return map(self.run, range(1, self.count + 1))

    def run(self, number: int) -> RecordedRun:
        """The run with this number, from 1; asked for once.

        Raises:
            BundleError: it is not as it was written, or those that were asked for have too much together.
        """
        path = run_path(number)
        one = RecordedRun(*read_run(self._read(path), path))
        self._events += len(one.run.events)
        if self._events > self._limits.events:
            raise BundleTooLarge(f"the runs have more than {self._limits.events:,} events together")
        if self._ids.setdefault(one.run.id, number) != number:
            raise BundleInvalid("two runs have the same id")
        return one

    def cards(self) -> dict[str, Any]:
        """What was known of each model, by its id.

        Raises:
            BundleError: one is not as it was written, or there is too much.
        """
        models = {path: model for path in self._rows if (model := card_model(path)) is not None}
        if len(models) > MAX_CARDS:
            raise BundleTooLarge(f"the file has the facts of more than {MAX_CARDS} models")
        cards = {}
        for path, model in models.items():
            if self._archive.sizes[path] > MAX_CARD_BYTES:
                raise BundleTooLarge(f"{path} has more than {MAX_CARD_BYTES:,} bytes")
            cards[model] = read_json(self._read(path), path)
        return cards

    def _read(self, path: str) -> bytes:
        """The bytes of a part, which are those that the manifest lists."""
        body = self._archive.read(path)
        row = self._rows[path]
        if len(body) != row.bytes or hashlib.sha256(body).hexdigest() != row.sha256:
            raise BundleTampered(f"{path} is not what was written: its checksum is another")
        self._values += count_values(body)
        if self._values > self._limits.values:
            raise BundleTooLarge(f"the parts have more than {self._limits.values:,} values")
        return body


def _check_list(manifest: Manifest, paths: Set[str]) -> None:
    listed = [row.path for row in manifest.parts]
    if len(set(listed)) < len(listed):
        raise BundleInvalid(f"{MANIFEST}: parts: one is listed twice")
    if missing := sorted(set(listed) - paths):
        raise BundleTampered(f"{missing[0][:80]!a} is listed but not there")
    if stray := sorted(paths - {MANIFEST, *listed}):
        raise BundleTampered(f"{stray[0]} is in the file but not listed")
    if MANIFEST in listed:
        raise BundleInvalid(f"{MANIFEST}: parts: it lists itself")
    for path in listed:
        if run_number(path) is None and card_model(path) is None:
            raise BundleInvalid(f"{path} is no part of a bundle")


def by_lane(bundle: Bundle) -> list[list[RecordedRun]]:
    """The runs of each lane, left to right."""
    lanes: dict[int, list[RecordedRun]] = {}
    for one in bundle.runs:
        lanes.setdefault(one.lane, []).append(one)
    return [lanes[number] for number in sorted(lanes)]

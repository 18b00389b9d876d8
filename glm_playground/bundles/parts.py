"""The parts of a bundle as JSON: the manifest, a run, the facts of a model; each read strictly and within limits."""

import json
import math
import re
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Final, Literal, TypeVar
from urllib.parse import quote, unquote

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from glm_playground import bounds
from glm_playground.bundles.archive import MAX_PARTS
from glm_playground.bundles.errors import BundleInvalid, BundleNewer, BundleTooLarge, NotABundle
from glm_playground.bundles.shown_verdict import ShownVerdict
from glm_playground.chat.strict_json import unique_object
from glm_playground.gateway import EventKind
from glm_playground.gateway.wire import clean_text
from glm_playground.runs.cost import Cost
from glm_playground.runs.metrics import metrics_of
from glm_playground.runs.run import Run
from glm_playground.runs.run_json import RecordingError, cost_from_json, cost_to_json, run_from_json, run_to_json

FORMAT: Final = "glmrun"
VERSION: Final = 4
"""The newest that is read. A file has the oldest that says all that it holds: 4 where a scenario shows an evaluation, 3
where it has scenarios, 2 where a message has images."""
MANIFEST = "manifest.json"

MAX_TITLE_CHARACTERS = 200
MAX_NOTE_CHARACTERS = 20_000
MAX_VERSIONS = 100
MAX_SCENARIOS = bounds.BUNDLE_SCENARIOS
MAX_CARDS = 200
MAX_CARD_BYTES = 1024 * 1024
MAX_LANE = 99
MAX_DEPTH = bounds.JSON_DEPTH
"""Of lists and objects within each other."""
MAX_VALUES = bounds.BUNDLE_VALUES
"""Values of all parts, a bound on the memory that they take once read; a comma in a text counts as well."""
MAX_EVENTS_PER_RUN = bounds.BUNDLE_EVENTS_A_RUN
MAX_EVENTS = bounds.BUNDLE_EVENTS
"""Of all runs together."""

SCENARIOS_SINCE, VERDICTS_SINCE = 3, 4
_LONGEST_WHERE = 200
_MOST_DIGITS = 40
_LARGEST_WHOLE = 2**64
_RUN_PATH = re.compile(r"runs/([0-9]{4})\.json")
_CARD_PATH = re.compile(r"cards/([A-Za-z0-9_%~-][A-Za-z0-9._%~-]*)\.json")
_RETRY = re.compile(r"[A-Za-z]{1,60} [0-9]{1,6}(\.[0-9]{1,6})?")

_Short = Annotated[str, StringConstraints(max_length=200)]
M = TypeVar("M", bound=BaseModel)


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class PartRow(_Part):
    """A part as the manifest lists it."""

    path: _Short
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    """Of the unpacked bytes."""
    bytes: Annotated[int, Field(ge=0)]
    """How many, unpacked."""


class ScenarioRow(_Part):
    """A scenario of a running order: some of the file's runs, with what to say about them."""

    title: Annotated[str, StringConstraints(max_length=MAX_TITLE_CHARACTERS)]
    notes: Annotated[str, StringConstraints(max_length=MAX_NOTE_CHARACTERS)]
    """What the speaker says."""
    language: Annotated[str, StringConstraints(pattern=r"^([a-z]{2,3}(_[A-Z]{2})?)?$")]
    """What it is in, such as `en` or `pt_BR`; empty where nobody said it."""
    runs: Annotated[int, Field(ge=1)]
    """How many runs it has: those that follow the ones of the scenario before it."""
    verdict: ShownVerdict | None = None
    """Of an evaluation, whose examples the runs are; from version 4 on."""


class Manifest(_Part):
    """`manifest.json`: what the file is, and every other part of it."""

    format: Literal["glmrun"]
    version: Literal[1, 2, 3, 4]
    title: Annotated[str, StringConstraints(max_length=MAX_TITLE_CHARACTERS)]
    created_at: AwareDatetime
    note: Annotated[str, StringConstraints(max_length=MAX_NOTE_CHARACTERS)]
    versions: Annotated[dict[_Short, _Short], Field(max_length=MAX_VERSIONS)]
    """Of the app and of libraries it used, by name."""
    parts: Annotated[tuple[PartRow, ...], Field(max_length=MAX_PARTS)]
    scenarios: Annotated[tuple[ScenarioRow, ...], Field(max_length=MAX_SCENARIOS)] = ()
    """Of a running order, in the order they are shown; from version 3 on."""


class RunFigures(_Part):
    """The figures of a run as its writer computed them. For other programs: the app computes its own."""

    ttft_ns: int | None
    ttfa_ns: int | None
    thinking_ns: int | None
    e2e_ns: int | None
    tpot_ns: float | None
    output_speed: float | None
    """Tokens a second."""
    deltas: int


class RunPart(_Part):
    """`runs/0001.json`: one run."""

    lane: Annotated[int, Field(ge=0, le=MAX_LANE)]
    """The column that it stood in, from 0."""
    notice: str | None = None
    """Says that a stand-in answered and not GLM. For other programs: the app goes by `run.server.stand_in`."""
    metrics: RunFigures
    cost: dict[str, Any] | None = None
    """As `runs.run_json.cost_to_json` writes it."""
    run: dict[str, Any]
    """As `runs.run_json.run_to_json` writes it."""


def run_path(number: int) -> str:
    """Where the run with this number stands, from 1."""
    return f"runs/{number:04}.json"


def run_number(path: str) -> int | None:
    """The number of the run at `path`; None where it is no run's."""
    found = _RUN_PATH.fullmatch(path)
    return int(found[1]) if found else None


def card_path(model: str) -> str:
    """Where the facts of `model` stand.

    Raises:
        BundleInvalid: no path can be made of the id.
    """
    path = f"cards/{quote(model, safe='')}.json"
    if card_model(path) != model:
        raise BundleInvalid(f"{model[:80]!a} is not a model's id that a bundle may hold")
    return path


def card_model(path: str) -> str | None:
    """The model whose facts stand at `path`; None where it is no card's."""
    found = _CARD_PATH.fullmatch(path)
    model = unquote(found[1]) if found else ""
    return model if found and quote(model, safe="") == found[1] else None


def stand_in_notice(run: Run) -> str | None:
    """What is said of a run that a stand-in answered; None for any other."""
    return f"stand-in model, not GLM: {run.server.stand_in}" if run.server.stand_in else None


def write_json(value: Any) -> bytes:
    """`value` as compact JSON; lone surrogates become U+FFFD, since they cannot be written as UTF-8.

    Raises:
        BundleInvalid: JSON has no such value.
    """
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError) as error:
        raise BundleInvalid(f"it cannot be written as JSON: {error}") from None
    return clean_text(text).encode()


def write_run(run: Run, cost: Cost | None, lane: int) -> bytes:
    """The part of one run."""
    metrics = metrics_of(run)
    part: dict[str, Any] = {"lane": lane}
    if notice := stand_in_notice(run):
        part["notice"] = notice
    part["metrics"] = {
        "ttft_ns": metrics.ttft,
        "ttfa_ns": metrics.ttfa,
        "thinking_ns": metrics.thinking,
        "e2e_ns": metrics.e2e,
        "tpot_ns": metrics.tpot,
        "output_speed": metrics.output_speed,
        "deltas": metrics.deltas,
    }
    if cost:
        part["cost"] = cost_to_json(cost)
    try:
        part["run"] = run_to_json(run)
    except (ValueError, RecursionError) as error:
        raise BundleInvalid(f"a run cannot be written as JSON: {error}") from None
    return write_json(part)


def read_manifest(data: bytes) -> Manifest:
    """The manifest in `data`.

    Raises:
        NotABundle, BundleNewer, BundleInvalid, BundleTooLarge: it is none that this app reads.
    """
    value = read_json(data, MANIFEST)
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise NotABundle("the file is a zip file, but not a bundle")
    version = value.get("version")
    if type(version) is not int or version < 1:
        raise BundleInvalid(f"{MANIFEST}: version: not a whole number from 1")
    if version > VERSION:
        raise BundleNewer(version)
    try:
        # From the text again: strictly, a list is a tuple and a text a time only in JSON.
        manifest = Manifest.model_validate_json(data)
    except ValidationError as error:
        raise _invalid(MANIFEST, error) from None
    if bool(manifest.scenarios) != (manifest.version >= SCENARIOS_SINCE):
        raise BundleInvalid(f"{MANIFEST}: scenarios: from version {SCENARIOS_SINCE} on, and in no other")
    if any(row.verdict for row in manifest.scenarios) != (manifest.version >= VERDICTS_SINCE):
        raise BundleInvalid(f"{MANIFEST}: scenarios: with a verdict from version {VERDICTS_SINCE} on, and in no other")
    for row in manifest.scenarios:
        if row.verdict and any(max(one.first, one.second) >= len(row.verdict.rates) for one in row.verdict.pairs):
            raise BundleInvalid(f"{MANIFEST}: scenarios: a pair names a candidate that is not there")
    if problem := _time_problem(manifest.created_at):
        raise BundleInvalid(f"{MANIFEST}: created_at: {problem}")
    return manifest


def read_run(data: bytes, path: str) -> tuple[Run, Cost | None, int]:
    """The run in the part `data`, its cost and its lane.

    Raises:
        BundleInvalid, BundleTooLarge: it is not as `write_run` makes it.
    """
    value = read_json(data, path)
    try:
        part = RunPart.model_validate(value)
    except ValidationError as error:
        raise _invalid(path, error) from None
    events = part.run.get("events")
    if isinstance(events, list) and len(events) > MAX_EVENTS_PER_RUN:
        raise BundleTooLarge(f"{path} has more than {MAX_EVENTS_PER_RUN:,} events")
    try:
        run = run_from_json(part.run)
    except RecordingError as error:
        raise BundleInvalid(_where(path, f"run.{error}")) from None
    try:
        cost = None if part.cost is None else cost_from_json(part.cost)
    except RecordingError as error:
        raise BundleInvalid(_where(path, f"cost.{error}")) from None
    if problem := _problem(run, cost):
        raise BundleInvalid(_where(path, problem))
    return run, cost, part.lane


def count_values(data: bytes) -> int:
    """How many values the JSON in `data` has at most."""
    return sum(map(data.count, (b",", b"[", b"{")))


def read_json(data: bytes, path: str) -> Any:
    """The JSON value in a part, read with limits: depth, number of values, size of numbers, no name twice.

    Raises:
        BundleInvalid, BundleTooLarge: it is none, or above a limit.
    """
    if count_values(data) > MAX_VALUES:
        raise BundleTooLarge(f"{path} has more than {MAX_VALUES:,} values")
    try:
        value = json.loads(
            data.decode(),
            object_pairs_hook=unique_object,
            parse_constant=_finite,
            parse_float=_finite,
            parse_int=_whole,
        )
        if rb"\u" in data:
            # An escaped lone surrogate is no text: it could not be written again.
            json.dumps(value, ensure_ascii=False).encode()
    except UnicodeError:
        raise BundleInvalid(f"{path} is not UTF-8") from None
    except ValueError as error:
        raise BundleInvalid(_where(path, f"not JSON: {error}")) from None
    except RecursionError:
        raise BundleTooLarge(f"{path} is nested deeper than {MAX_DEPTH}") from None
    if _is_deep(value):
        raise BundleTooLarge(f"{path} is nested deeper than {MAX_DEPTH}")
    return value


def _finite(text: str) -> float:
    if not math.isfinite(value := float(text)):
        raise ValueError(f"{text[:20]} is not a finite number")
    return value


def _whole(text: str) -> int:
    if len(text) > _MOST_DIGITS or abs(value := int(text)) >= _LARGEST_WHOLE:
        raise ValueError(f"{text[:20]} is too large a number")
    return value


def _is_deep(value: Any) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH):
        inner: list[Any] = []
        for outer in level:
            if isinstance(outer, list):
                inner += [one for one in outer if isinstance(one, list | dict)]
            elif isinstance(outer, dict):
                inner += [one for one in outer.values() if isinstance(one, list | dict)]
        if not inner:
            return False
        level = inner
    return True


def _problem(run: Run, cost: Cost | None) -> str | None:
    """What a run of a bundle cannot have, beyond its types."""
    if run.outcome is None:
        return "run.outcome: the run has not ended"
    if problem := _time_problem(run.started_at):
        return f"run.started_at: {problem}"
    for number, event in enumerate(run.events):
        if event.kind is EventKind.RETRY and not _RETRY.fullmatch(event.text):
            return f"run.events.{number}.2: not what a retry says"
    if not all(map(_is_sane, _amounts(run, cost))):
        return "an amount has too many digits"
    return None


def _time_problem(time: datetime) -> str | None:
    if time.tzinfo is None:
        return "the time has no time zone"
    # In the first and the last year a time cannot be told in every time zone.
    return None if datetime.min.year < time.year < datetime.max.year else "no time that a run can have"


def _amounts(run: Run, cost: Cost | None) -> list[Decimal]:
    """Every amount of money and every price."""
    found = [run.usage.cost if run.usage else None]
    if cost:
        terms = (*cost.terms, *(cost.received.terms if cost.received else ()))
        found += [cost.amount, *(term.per_million for term in terms)]
        found += cost.price.per_million.values() if cost.price else ()
    return [amount for amount in found if amount is not None]


def _is_sane(amount: Decimal) -> bool:
    """Whether `amount` can be written out: 1E+999999999 is short as text and a gigabyte in digits."""
    _sign, digits, exponent = amount.as_tuple()
    return isinstance(exponent, int) and abs(exponent) <= _MOST_DIGITS and len(digits) <= _MOST_DIGITS


def _invalid(path: str, error: ValidationError) -> BundleInvalid:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    message = "unknown key" if first["type"] == "extra_forbidden" else first["msg"]
    return BundleInvalid(_where(path, ": ".join(filter(None, (".".join(map(str, first["loc"])), message)))))


def _where(path: str, problem: str) -> str:
    return f"{path}: {problem[:_LONGEST_WHERE]}"

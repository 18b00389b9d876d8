"""Bundles for tests: a small one, any that hypothesis thinks of, and files that nobody should have written."""

import hashlib
import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from hypothesis import strategies as st

from glm_playground.bundles.bundle import Bundle, RecordedRun, write_bundle
from glm_playground.gateway import ChatRequest, Event, EventKind, Message, ToolCall, Usage
from glm_playground.runs.cost import Cost, CostState, CostTerm, Price, TokenClass
from glm_playground.runs.run import Outcome, Run, RunError, Server

WHEN = datetime(2026, 11, 24, 12, 30, tzinfo=UTC)
MS = 1_000_000
PRICE = Price({TokenClass.OUTPUT: Decimal("4.40")}, "https://example.org/prices", date(2026, 11, 24))


def recorded_run(name: str = "1", *pieces: str, **fields: Any) -> Run:
    """A run that was answered with `pieces`, 10 ms apart."""
    events = [Event((5 + number) * 10 * MS, EventKind.CONTENT, piece) for number, piece in enumerate(pieces)]
    run = Run(
        id=name,
        request=ChatRequest(model="glm-5.1", messages=(Message(role="user", content="Say hello."),)),
        server=Server("RunAPI", "https://runapi.ai"),
        started_at=WHEN,
        events=events,
        outcome=Outcome.COMPLETED,
        sent=True,
        ended_ns=(6 + len(pieces)) * 10 * MS,
        finish_reason="stop",
        usage=Usage(4, len(pieces), 4 + len(pieces)),
        complete_stream=True,
    )
    return replace(run, **fields)


def small_bundle() -> Bundle:
    """Two runs, one of them by a stand-in, with a cost and a card."""
    term = CostTerm(TokenClass.OUTPUT, 2, Decimal("4.40"))
    cost = Cost(CostState.ESTIMATED, Decimal("0.0000088"), (term,), PRICE)
    stand_in = Server("Sandbox", "http://127.0.0.1:8000", "SmolLM2-135M")
    runs = (
        RecordedRun(recorded_run("1", "Hello", " wörld"), cost, 0),
        RecordedRun(recorded_run("2", "Hi", " there", server=stand_in), None, 1),
    )
    return Bundle(
        "Two greetings", WHEN, runs, {"glm-5.1": {"facts": {"layers": {"value": 78}}}}, {"glm-playground": "0.1.0"}
    )


SMALL = write_bundle(small_bundle())
RUN = "runs/0001.json"
"""The path of its first run."""

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
_MESSAGES = st.builds(
    Message,
    role=st.sampled_from(["system", "user", "assistant", "tool"]),
    content=TEXTS,
    tool_calls=st.lists(st.builds(ToolCall, id=TEXTS, name=TEXTS, arguments=TEXTS), max_size=1).map(tuple),
)
_REQUESTS = st.builds(
    ChatRequest,
    model=TEXTS,
    messages=st.lists(_MESSAGES, min_size=1, max_size=2).map(tuple),
    temperature=st.none() | st.floats(0, 1),
    extra=st.dictionaries(
        TEXTS, st.integers(-(2**60), 2**60) | TEXTS | st.lists(st.booleans(), max_size=2), max_size=2
    ),
)
_COUNTS = st.none() | st.integers(0, 2**53 - 1)
_KINDS = st.sampled_from([kind for kind in EventKind if kind is not EventKind.RETRY])
_EVENTS = st.builds(Event, st.integers(-(2**40), 2**62), _KINDS, TEXTS)
_RUNS = st.builds(
    Run,
    id=st.uuids().map(str),
    request=_REQUESTS,
    server=st.builds(Server, name=TEXTS, origin=TEXTS, stand_in=st.none() | TEXTS),
    started_at=st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=st.just(UTC)),
    events=st.lists(_EVENTS | st.just(Event(-5, EventKind.RETRY, "RateLimited 1.5")), max_size=4),
    outcome=st.sampled_from(Outcome),
    ended_ns=st.none() | st.integers(0, 2**62),
    usage=st.none() | st.builds(Usage, *[_COUNTS] * 5, st.none() | st.decimals(0, 100, places=9)),
    error=st.none() | st.builds(RunError, kind=TEXTS, message=TEXTS, retry_after=st.none() | st.floats(0, 100)),
    served_by=st.none() | TEXTS,
)
_COSTS = st.none() | st.builds(
    Cost, st.sampled_from(CostState), st.none() | st.decimals(0, 10, places=8), price=st.just(PRICE)
)
BUNDLES = st.builds(
    Bundle,
    title=TEXTS,
    created_at=st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=st.just(UTC)),
    runs=st.lists(
        st.builds(RecordedRun, _RUNS, _COSTS, st.integers(0, 5)),
        min_size=1,
        max_size=3,
        unique_by=lambda one: one.run.id,
    ).map(tuple),
    cards=st.dictionaries(
        st.sampled_from(["glm-5.1", "z-ai/glm-4.5:free", "GLM 4", "%2e"]),
        st.dictionaries(TEXTS, TEXTS, max_size=2),
        max_size=2,
    ),
    versions=st.dictionaries(TEXTS, TEXTS, max_size=2),
    note=TEXTS,
)


def parts_of(data: bytes) -> dict[str, bytes]:
    """The parts of a file by their path, as the standard library reads them."""
    with ZipFile(io.BytesIO(data)) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


def zip_of(parts: dict[str, bytes]) -> bytes:
    """A zip file of `parts`."""
    file = io.BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        for path, body in parts.items():
            archive.writestr(path, body)
    return file.getvalue()


def forged(data: bytes, change: Callable[[dict[str, bytes]], object]) -> bytes:
    """The file with its parts changed, by somebody who corrects the manifest."""
    parts = parts_of(data)
    manifest = json.loads(parts.pop("manifest.json"))
    change(parts)
    manifest["parts"] = [
        {"path": path, "sha256": hashlib.sha256(body).hexdigest(), "bytes": len(body)} for path, body in parts.items()
    ]
    return zip_of({"manifest.json": json.dumps(manifest).encode(), **parts})

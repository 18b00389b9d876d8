"""The values that the ledger takes and gives."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from glm_playground import bounds
from glm_playground.runs.cost import Cost, CostState
from glm_playground.runs.run import Outcome, Run

PROMPT_CHARACTERS = 200
"""Length of the part of a prompt that a row of the history shows."""

MOST_TEXT_BYTES = bounds.WORKBENCH_BYTES
"""The longest body of a workbench, and of an owner's presets, in UTF-8."""


@dataclass(frozen=True)
class RunFilter:
    """Which runs to show; what is empty or None leaves none out."""

    text: str = ""
    """Words that stand in the prompt, the reasoning, the answer or the note; "a phrase" in quotes."""
    models: tuple[str, ...] = ()
    servers: tuple[str, ...] = ()
    """Names of gateways."""
    since: datetime | None = None
    """Runs that began then or later."""
    until: datetime | None = None
    """Runs that began earlier."""
    outcomes: tuple[Outcome, ...] = ()
    cost_states: tuple[CostState, ...] = ()
    tags: tuple[str, ...] = ()
    """At least one of them."""
    stand_in: bool | None = None
    """True for answers of a stand-in model only, False for the others only."""
    task_id: str = ""
    warm_up: bool | None = None
    """True for warm-ups only, False for the others only."""


@dataclass(frozen=True)
class RunRow:
    """One run in a list."""

    id: str
    started_at: datetime
    """UTC."""
    model: str
    """The model that was asked."""
    server: str
    """Name of the gateway."""
    stand_in: str | None
    outcome: Outcome | None
    """None while the run is running, and where `readable` is False."""
    prompt: str
    """The beginning of the last message that was sent, without a mark of `runs.marks`."""
    prompt_tokens: int | None
    completion_tokens: int | None
    ttft_ns: int | None
    e2e_ns: int | None
    output_speed: float | None
    """Tokens a second."""
    cost_state: CostState | None
    """None while the run is running, and where `readable` is False."""
    cost: Decimal | None
    """US dollars; play money where `stand_in` is set."""
    task_id: str | None
    tags: tuple[str, ...]
    note: str
    warm_up: bool = False
    readable: bool = True
    """False where this version does not know the outcome or the state of the cost."""


class Cursor(NamedTuple):
    """A place in a list of runs, newest first."""

    number: int
    """The ledger's number of the last run of the page; the next page has smaller ones."""


@dataclass(frozen=True)
class Page:
    """Some runs, newest first."""

    rows: tuple[RunRow, ...]
    older: Cursor | None
    """Where the next page begins; None at the end."""


@dataclass(frozen=True)
class Callback:
    """What a gateway sent to say that a task ended; its signature was checked."""

    id: str
    """`X-Callback-Id`."""
    sent_at: datetime
    """`X-Callback-Timestamp`."""
    received_at: datetime
    task_id: str | None
    status: str | None
    body: dict[str, Any]


@dataclass(frozen=True)
class TaskLookup:
    """What a gateway answered when it was asked for a task."""

    task_id: str
    asked_at: datetime
    status: str | None
    cost: Decimal | None
    """US dollars: the settled cost, where the gateway stated one."""
    body: dict[str, Any]


@dataclass(frozen=True)
class Settlement:
    """What the gateway charged for a run, as it said after the run had ended."""

    amount: Decimal
    """US dollars."""
    source: str
    """Who said so: the gateway's origin."""
    settled_at: datetime | None
    """UTC; None where an earlier version of the app did not store it."""


@dataclass(frozen=True)
class StoredRun:
    """A run as it was recorded, with what became known of it since."""

    run: Run
    cost: Cost | None
    """The cost that counts: settled where `settlement` is set, else `cost_at_end`; None while the run is running."""
    row: RunRow
    callbacks: tuple[Callback, ...] = ()
    lookups: tuple[TaskLookup, ...] = ()
    cost_at_end: Cost | None = None
    """The cost as it was computed once, at the run's end, with its price."""
    settlement: Settlement | None = None
    left_out: tuple[str, ...] = ()
    """Fields that a later version of the app stored with the run and this one does not know."""


@dataclass(frozen=True)
class UnreadableRun:
    """A stored run that this version cannot read."""

    row: RunRow
    newer: bool
    """True where a later version of the app wrote it; else what is stored of it is broken."""


@dataclass(frozen=True)
class Total:
    """The runs of one day with the same model, outcome and state of cost."""

    day: date
    """UTC."""
    model: str
    outcome: Outcome | None
    """None where this version does not know it."""
    cost_state: CostState | None
    """None where this version does not know it."""
    stand_in: bool
    """True for play money."""
    runs: int
    prompt_tokens: int
    completion_tokens: int
    cost: Decimal
    """US dollars; 0 where nobody can say, which `cost_state` tells."""
    warm_up: bool = False
    server: str = ""
    """Name of the gateway, where totals are of one."""


@dataclass(frozen=True)
class Deletion:
    """Runs that were deleted together and can be restored together."""

    id: str
    runs: int = field(compare=False)


@dataclass(frozen=True)
class BalanceReading:
    """What a gateway said is left."""

    origin: str
    """Of the gateway."""
    read_at: datetime
    """UTC."""
    amount: Decimal
    """US dollars."""


@dataclass(frozen=True)
class Spent:
    """What the runs of some time cost at one gateway."""

    known: Decimal
    """US dollars of the runs whose cost is estimated or settled."""
    runs: int
    unknown_runs: int
    """Runs of which nobody can say what they cost."""


@dataclass(frozen=True)
class WorkbenchRow:
    """One workbench in a list."""

    id: str
    name: str
    updated_at: datetime
    """UTC."""


@dataclass(frozen=True)
class StoredWorkbench:
    """A workbench as it was saved last."""

    id: str
    name: str
    body: str
    """As it was saved, possibly by a later version of the app; empty where its bytes are broken."""
    revision: int
    """Counts its changes, from 1."""
    updated_at: datetime
    """UTC."""

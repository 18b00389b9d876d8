"""What the ledger keeps of evaluations, as values."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from glm_playground.ledger.run_writes import EndedRun
from glm_playground.runs.caps import Amount

NOT_BEGUN = "it has not begun"
"""Why nobody works on an evaluation that was only stored."""


class EvaluationState(StrEnum):
    """How an evaluation stands."""

    RUNNING = "running"
    """Its cells may be claimed."""
    STOPPED = "stopped"
    """Nobody claims its cells until it is resumed."""
    FINISHED = "finished"
    """No cell waits, and none is interrupted."""


class CellState(StrEnum):
    """How a cell stands."""

    WAITING = "waiting"
    CLAIMED = "claimed"
    """A process asks it, and what it may use at most is reserved."""
    FINISHED = "finished"
    """An answer came; whether it passes is graded when it is shown."""
    FAILED = "failed"
    """The gateway answered with an error, or cut the answer off."""
    INTERRUPTED = "interrupted"
    """It was stopped, or its process is gone; where nobody knows what it cost, it keeps its reservation."""
    REFUSED = "refused"
    """Not sent: the request alone is above one of the operator's caps."""
    UNSUPPORTED = "unsupported"
    """It has an image, which the model does not take; nothing failed."""


RETRIED = (CellState.FAILED, CellState.REFUSED, CellState.UNSUPPORTED)
"""The states of which another time may do better: once a gateway, a cap or what is known of a model has changed."""


class Spending(NamedTuple):
    """What bounds an evaluation, and how much of it is used; None where there is no cap."""

    cap_picodollars: int | None = None
    cap_tokens: int | None = None
    reserved: Amount = Amount()
    """Of what runs, and of what nobody knows the cost of."""
    spent: Amount = Amount()

    @property
    def cap_dollars(self) -> Decimal | None:
        """US dollars; None where there is no such cap."""
        return None if self.cap_picodollars is None else Amount(0, self.cap_picodollars).dollars

    def has_room(self, most: Amount) -> bool:
        """Whether so much more is below both caps."""
        used = self.reserved.plus(self.spent).plus(most)
        return (self.cap_picodollars is None or used.picodollars <= self.cap_picodollars) and (
            self.cap_tokens is None or used.tokens <= self.cap_tokens
        )


class CellKey(NamedTuple):
    """Which cell of an evaluation; in the order in which they are asked."""

    repeat: int
    case: int
    """Its place in `Suite.asked`."""
    candidate: int
    """Its place; those behind the last candidate are what the judge is asked."""


@dataclass(frozen=True)
class NewEvaluation:
    """An evaluation that is about to be stored."""

    id: str
    name: str
    suite: str
    """JSON."""
    digest: str
    candidates: str
    """A JSON list."""
    cases: int
    candidate_count: int
    repeats: int
    cap_picodollars: int | None = None
    cap_tokens: int | None = None
    judge: str = ""
    """JSON; empty where nobody judges."""


@dataclass(frozen=True)
class EvaluationRow:
    """An evaluation without its suite."""

    number: int
    """The ledger's own."""
    id: str
    owner: str
    name: str
    created_at: datetime
    state: EvaluationState
    why: str
    digest: str
    candidates: str
    cases: int
    repeats: int
    spending: Spending
    cells: Mapping[CellState, int]
    """How many are in each state, with those of the judge; one without cells is missing."""
    judge: str = ""
    """JSON; empty where nobody judges."""

    @property
    def total(self) -> int:
        """How many cells there are."""
        return sum(self.cells.values())


class CellRow(NamedTuple):
    """A cell as it is stored."""

    key: CellKey
    state: CellState
    run_id: str | None
    attempts: int
    reserved: Amount
    spent: Amount


class EndedCell(NamedTuple):
    """What became of a claimed cell."""

    key: CellKey
    run_id: str
    state: CellState
    """WAITING where nothing was charged and it shall be asked again."""
    most: Amount
    """What was reserved for it."""
    used: Amount | None
    """What it used; None where nobody knows, so that the reservation stays."""
    run: EndedRun | None
    """None where the run is not kept."""


class Want(NamedTuple):
    """Cells that are to be claimed."""

    candidates: tuple[int, ...]
    at_most: int


@dataclass(frozen=True)
class Step:
    """What one transaction does for an evaluation."""

    ended: tuple[EndedCell, ...]
    wants: tuple[Want, ...]
    most: Callable[[CellKey], Amount]
    """A bound on what a cell may use; quick, since others wait for the database meanwhile."""


class Claimed(NamedTuple):
    """A cell that may be sent now, once."""

    key: CellKey
    run_id: str
    most: Amount


class Stepped(NamedTuple):
    """What became of a step."""

    claimed: tuple[Claimed, ...]
    state: EvaluationState
    capped: bool
    """Whether a cell waits that the caps have no room for."""
    spending: Spending
    owner: str
    """Whose the evaluation is now; empty where it is not there any more."""

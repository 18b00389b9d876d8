"""Runs of one's own for the pages that show what they measured."""

from datetime import UTC, datetime

from glm_playground.gateway import Event, EventKind, Usage
from glm_playground.ledger import Ledger
from glm_playground.runs.cost import cost_of
from glm_playground.runs.run import Run, Server
from glm_playground.service import storage
from tests.ledger.made import made_run


def own_run(model: str, step_ms: int, stand_in: str | None = None) -> Run:
    """A run of now with 101 tokens, one each `step_ms`."""
    events = [Event(step_ms * 1_000_000 * place, EventKind.CONTENT, "word ") for place in range(1, 102)]
    return made_run(
        model=model,
        events=events,
        usage=Usage(7, 101, 108),
        server=Server("Gateway", "https://example.org", stand_in),
        started_at=datetime.now(UTC),
    )


def keep_own(owner: str, *runs: Run) -> None:
    """Stores ended runs in the app's ledger."""
    ledger = storage.ledger(30)
    assert isinstance(ledger, Ledger)
    for run in runs:
        ledger.store_ended(run, owner, cost_of(run, None))

"""How the runs of this process ended, by gateway and model."""

from collections import deque
from datetime import UTC, datetime
from typing import NamedTuple

from glm_playground.runs.caps import CAP_REACHED
from glm_playground.runs.run import Outcome, Run

COUNTED_RUNS = 50
"""The last so many runs of a model say how it does."""


class RunsSeen(NamedTuple):
    """How the last runs of one model on one gateway ended."""

    last_success: datetime | None
    failures: int
    runs: int


class RunsSinceStart:
    """How the runs of this process ended, by gateway and model; no text and no user's name is kept."""

    _MOST_MODELS = 500

    def __init__(self) -> None:
        self._ends: dict[tuple[str, str], deque[tuple[Outcome, datetime]]] = {}

    def note(self, run: Run) -> None:
        """Counts a run that ended; not one that a cap kept from being sent, which says nothing of the model."""
        key = (run.server.origin, run.request.model)
        # A user may type any id: the models asked first stay, the list does not grow without end.
        if run.error and run.error.kind == CAP_REACHED:
            return
        if run.outcome is None or (key not in self._ends and len(self._ends) >= self._MOST_MODELS):
            return
        self._ends.setdefault(key, deque(maxlen=COUNTED_RUNS)).append((run.outcome, datetime.now(UTC)))

    def seen(self, origin: str, model: str) -> RunsSeen | None:
        """The last runs of `model` there; None where there was none."""
        ends = tuple(self._ends.get((origin, model), ()))
        if not ends:
            return None
        failures = sum(outcome is Outcome.FAILED for outcome, _ended in ends)
        answered = [
            ended for outcome, ended in ends if outcome in {Outcome.COMPLETED, Outcome.LENGTH, Outcome.TOOL_CALLS}
        ]
        return RunsSeen(answered[-1] if answered else None, failures, len(ends))

"""One gateway as an evaluation asks it: its pace, what is under way there, and which candidates are given up."""

from dataclasses import dataclass, field

from glm_playground import bounds
from glm_playground.evals.pace import Pace
from glm_playground.evals.settlement import halts
from glm_playground.ledger.evaluation_values import CellState
from glm_playground.runs.run import RunError


@dataclass
class Desk:
    """What is known of one gateway while an evaluation runs.

    Attributes:
        name: of the gateway.
        candidates: their places.
        pace: how many are asked at once.
        running: how many are under way.
        failures: of each candidate, in a row.
        given_up: by candidate, why it is asked no more.
        dry: whether none of its cells waits, as far as is known.
    """

    name: str
    candidates: tuple[int, ...]
    pace: Pace
    running: int = 0
    failures: dict[int, int] = field(default_factory=dict)
    given_up: dict[int, str] = field(default_factory=dict)
    dry: bool = False
    judge: frozenset[int] = frozenset()
    """The places of the judge, which is one candidate on all of them."""

    @property
    def asked(self) -> tuple[int, ...]:
        """The candidates that are still asked."""
        return tuple(one for one in self.candidates if one not in self.given_up)

    def room(self, now: float) -> int:
        """How many more may be sent."""
        return self.pace.room(self.running, now) if self.asked and not self.dry else 0

    def note(self, candidate: int, state: CellState, error: RunError | None, sent_at: float, now: float) -> None:
        """Learns from the end of a request."""
        self.running -= 1
        candidate = min(self.judge) if candidate in self.judge else candidate
        if state is CellState.FINISHED:
            self.pace = self.pace.answered(sent_at)
            self.failures[candidate] = 0
        elif state is CellState.FAILED:
            self._note_failure(candidate, error)
        elif state is CellState.WAITING and error:
            self._note_refusal(error, sent_at, now)

    def _note_failure(self, candidate: int, error: RunError | None) -> None:
        self.failures[candidate] = self.failures.get(candidate, 0) + 1
        if self.failures[candidate] >= bounds.EVALUATION_FAILURES:
            said = f": {_words(error)}" if error else ""
            for place in self.judge if candidate in self.judge else (candidate,):
                self.given_up.setdefault(place, f"{self.failures[candidate]} failures in a row{said}")

    def _note_refusal(self, error: RunError, sent_at: float, now: float) -> None:
        self.pace = self.pace.refused(sent_at, now, error.retry_after)
        if halts(error):
            self._give_up(_words(error))
        elif self.pace.not_before - now > bounds.EVALUATION_WAIT_S:
            self._give_up(f"{_words(error)}; it asks to wait {self.pace.not_before - now:,.0f} s")
        elif self.pace.bursts >= bounds.EVALUATION_REFUSALS:
            self._give_up(f"refused {self.pace.bursts} times in a row: {_words(error)}")

    def _give_up(self, why: str) -> None:
        for candidate in self.candidates:
            self.given_up.setdefault(candidate, why)


def _words(error: RunError) -> str:
    status = f"{error.status} " if error.status else ""
    return f"{status}{error.kind}: {error.message[:200]}"

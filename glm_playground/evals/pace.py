"""How many requests a gateway is asked at once: slowly more while it answers, half as many after a burst of refusals.

A value: the caller tells what happened and when, by any clock that counts seconds. It follows TCP's congestion control
(RFC 5681): refusals of requests that were sent before the last step back are of the same burst and count once.
"""

from dataclasses import dataclass, replace
from math import inf
from typing import Self

FIRST_AT_ONCE = 8
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
"""Where the gateway does not say how long; what it says is obeyed whole."""


@dataclass(frozen=True)
class Pace:
    """The pace at one gateway.

    Attributes:
        most: the limit that the user sets.
        at_once: the limit now, from 1 to `most`.
        not_before: nothing is sent before this moment.
        stepped_back_at: when it was last told to slow down.
        slow_start: whether each answer makes room for one more, as until the first refusal; else each round does.
        bursts: of refusals, since the last answer to what was sent after one.
    """

    most: int
    at_once: float = FIRST_AT_ONCE
    not_before: float = -inf
    stepped_back_at: float = -inf
    slow_start: bool = True
    bursts: int = 0

    @classmethod
    def of(cls, most: int) -> Self:
        """The pace to begin with."""
        return cls(most, min(FIRST_AT_ONCE, most))

    def room(self, running: int, now: float) -> int:
        """How many more may be sent where so many are under way."""
        return 0 if now < self.not_before else max(int(self.at_once) - running, 0)

    def answered(self, sent_at: float) -> "Pace":
        """After an answer to a request that was sent then."""
        if sent_at < self.stepped_back_at:
            # It says nothing of how the gateway bears the new pace.
            return self
        more = 1.0 if self.slow_start else 1.0 / self.at_once
        return replace(self, at_once=min(self.at_once + more, self.most), bursts=0)

    def refused(self, sent_at: float, now: float, retry_after: float | None = None) -> "Pace":
        """After a refusal of a request that was sent then; `retry_after` is how many seconds the gateway asks for."""
        if sent_at < self.stepped_back_at:
            return replace(self, not_before=max(self.not_before, now + (retry_after or 0.0)))
        pause = min(FIRST_PAUSE_S * 2.0**self.bursts, LONGEST_PAUSE_S) if retry_after is None else retry_after
        return replace(
            self,
            at_once=max(self.at_once / 2, 1.0),
            not_before=max(self.not_before, now + pause),
            stepped_back_at=now,
            slow_start=False,
            bursts=self.bursts + 1,
        )

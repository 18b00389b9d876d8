"""Runs that a cap kept from being sent: the first of an hour are stored, and one more that counts the others.

What is refused costs nothing, so nothing else keeps a person from filling the database with it.
"""

from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import Enum, auto

from glm_playground import bounds
from glm_playground.runs.caps import CAP_REACHED, MORE_REFUSED
from glm_playground.runs.run import Run

_HOUR_S = timedelta(hours=1).total_seconds()
_MOST_OWNERS = 10_000


class Storing(Enum):
    """What becomes of a run that ended."""

    AS_IT_IS = auto()
    AS_THE_COUNT = auto()
    """It is stored, and counts those that follow."""
    COUNTED = auto()
    """It is not stored; another counts it."""


@dataclass
class _Hour:
    since: float
    kept: int = 0
    counting: Run | None = None
    changed: bool = False


class RefusedRuns:
    """Says which of the refused runs of each owner are stored, by hours that begin with the first of them."""

    def __init__(self) -> None:
        self._hours: OrderedDict[str, _Hour] = OrderedDict()

    def take(self, run: Run, owner: str, now: float) -> Storing:
        """What becomes of a run that ended.

        Args:
            run: whose error is changed where it is the one that counts.
            owner: whose it is.
            now: seconds of a clock that is never set.
        """
        if run.sent or run.error is None or run.error.kind != CAP_REACHED:
            return Storing.AS_IT_IS
        hour = self._hour(owner, now)
        if hour.kept < bounds.REFUSED_RUNS:
            hour.kept += 1
            return Storing.AS_IT_IS
        if hour.counting is None:
            hour.counting = run
            return Storing.AS_THE_COUNT
        _count_one_more(hour.counting)
        hour.changed = True
        return Storing.COUNTED

    def is_full(self, owner: str, now: float) -> bool:
        """Whether a further one of `owner` would only be counted."""
        hour = self._hours.get(owner)
        return hour is not None and hour.counting is not None and now - hour.since < _HOUR_S

    def changed(self) -> list[tuple[Run, str]]:
        """The runs that count more than when this was asked last, with their owners."""
        found = [(hour.counting, owner) for owner, hour in self._hours.items() if hour.changed and hour.counting]
        for hour in self._hours.values():
            hour.changed = False
        return found

    def _hour(self, owner: str, now: float) -> _Hour:
        hour = self._hours.get(owner)
        if hour is None or now - hour.since >= _HOUR_S:
            hour = self._hours[owner] = _Hour(now)
            self._hours.move_to_end(owner)
            if len(self._hours) > _MOST_OWNERS:
                self._hours.popitem(last=False)
        return hour


def _count_one_more(run: Run) -> None:
    assert run.error is not None
    fields = dict(run.error.fields)
    before = int(fields.get(MORE_REFUSED, ("0",))[0])
    run.error = replace(run.error, fields=tuple((fields | {MORE_REFUSED: (str(before + 1),)}).items()))

"""What our own runs say about a model's status."""

from datetime import datetime
from typing import NamedTuple

from glm_playground.ui.i18n import _, moment, ngettext

COUNTED_RUNS = 50
"""The last so many runs of a model say how it does."""


class RunsSeen(NamedTuple):
    """The last runs of one model on one gateway, as a ledger holds them."""

    last_success: datetime | None
    failures: int
    runs: int


def runs_text(seen: RunsSeen | None) -> str:
    """The last runs in words; None where none was recorded."""
    if seen is None or seen.runs == 0:
        return _("no runs recorded")
    failed = ngettext("{failures} of the last run failed", "{failures} of the last {count} runs failed", seen.runs)
    text = failed.format(failures=seen.failures, count=seen.runs)
    if seen.last_success is None:
        return _("{runs}, none succeeded").format(runs=text)
    return _("{runs}, last success {time} UTC").format(runs=text, time=moment(seen.last_success))

"""What our own runs say about a model's status, in words."""

from glm_playground.service.status import RunsSeen
from glm_playground.ui.shared.i18n import _, moment, ngettext


def runs_text(seen: RunsSeen | None) -> str:
    """How many of the last runs failed, in words."""
    if seen is None or seen.runs == 0:
        return _("no runs since the app started")
    failed = ngettext("{failures} of the last run failed", "{failures} of the last {count} runs failed", seen.runs)
    return failed.format(failures=seen.failures, count=seen.runs)


def last_success_text(seen: RunsSeen | None) -> str:
    """When a run last succeeded, in words; empty where there was none to succeed."""
    if seen is None or seen.runs == 0:
        return ""
    if seen.last_success is None:
        return _("none succeeded")
    return _("last success {time}").format(time=moment(seen.last_success))

"""A line in the log for each run that ended: who spent what on which model. Never what was asked or answered."""

import logging
import re

from glm_playground.logs import fields
from glm_playground.runs.live_run import LiveRun

_log = logging.getLogger(__name__)
OWNER_CHARACTERS = 8
"""So much of an owner's hash tells owners apart and is of no use as one."""
_LONGEST = 100
_ID = re.compile(r"[\w.:/@+-]{1,100}")


def log_end(run: LiveRun) -> None:
    """Writes the line of a run that ended."""
    cost, usage = run.cost, run.usage
    level = logging.WARNING if run.error and run.error.kind == "InternalError" else logging.INFO
    _log.log(
        level,
        "run ended",
        extra=fields(
            run=run.id,
            owner=run.owner[:OWNER_CHARACTERS] or None,
            model=run.request.model[:_LONGEST],
            server=run.server.origin,
            outcome=run.outcome.value if run.outcome else None,
            error=run.error.kind if run.error else None,
            status=run.error.status if run.error else None,
            prompt_tokens=usage.prompt_tokens if usage else None,
            completion_tokens=usage.completion_tokens if usage else None,
            cost_state=cost.state.value if cost else None,
            cost=str(cost.amount) if cost and cost.amount is not None else None,
            seconds=round(run.ended_ns / 1e9, 3) if run.ended_ns is not None else None,
            warm_up=run.warm_up or None,
            request_id=_id(run.request_id),
            task_id=_id(run.task_id),
        ),
    )


def _id(text: str | None) -> str | None:
    """An id that a server gave, where it looks like one: it may send anything under that name."""
    return text if text and _ID.fullmatch(text) else None

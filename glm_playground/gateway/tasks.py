"""What a gateway says of a task afterwards: `GET /api/v1/tasks/{id}` (RunAPI).

A task's `usage.cost` is the settled amount in US dollars. The sandbox states 0 for a run that failed, since it takes
nothing from its balance for one; a gateway that states none leaves the cost unknown.
"""

import json
import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from urllib.parse import quote

from glm_playground import bounds
from glm_playground.gateway.client import GatewayClient
from glm_playground.gateway.errors import GatewayError, ResponseUnreadable
from glm_playground.gateway.figures import usage_of
from glm_playground.gateway.kept_json import kept_object, kept_word

MAX_TASK_BYTES = bounds.TASK_BYTES
"""Of the task as compact JSON."""

_TASK_ID = re.compile(r"[\x21-\x7e]{1,200}")
_MOST_DOLLARS = 1_000_000


class TaskState(NamedTuple):
    """A task as the gateway gave it."""

    task_id: str
    status: str | None
    """pending, processing, completed, failed, or the gateway's own word; None where it said none."""
    cost: Decimal | None
    """US dollars, settled; None where the gateway stated none."""
    body: dict[str, Any]
    read_at: datetime
    """UTC."""


async def read_task(client: GatewayClient, task_id: str) -> TaskState:
    """What the gateway says of the task now.

    Raises:
        GatewayError: of the tree in `errors`; NotFound where it does not know the task, ResponseUnreadable where the
            answer is no task, and GatewayError itself, before anything is sent, where `task_id` is no id.
    """
    # A server takes "." and ".." in a path, even percent-encoded, for the folder and the one above.
    if not _TASK_ID.fullmatch(task_id) or task_id in {".", ".."}:
        raise GatewayError("this is not the id of a task")
    value = await client.get_json(f"{client.gateway.site}/api/v1/tasks/{quote(task_id, safe='')}")
    try:
        body = kept_object(value)
    except ValueError as error:
        raise ResponseUnreadable(f"the answer is not a task: {error}") from None
    if len(json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()) > MAX_TASK_BYTES:
        raise ResponseUnreadable(f"the task is larger than {MAX_TASK_BYTES} bytes")
    return TaskState(task_id, kept_word(value.get("status")), _stated_cost(value), body, datetime.now(UTC))


def _stated_cost(task: dict[str, Any]) -> Decimal | None:
    usage = task.get("usage")
    if not isinstance(usage, dict):
        return None
    cost = usage_of(json.dumps(usage)).cost
    return cost if cost is not None and cost < _MOST_DOLLARS else None

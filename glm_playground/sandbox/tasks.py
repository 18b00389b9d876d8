"""The last tasks and their terminal responses."""

from collections import OrderedDict
from typing import Any


class TaskStore:
    """Task id -> its stored response; keeps the newest `limit`."""

    def __init__(self, limit: int = 1000) -> None:
        self._limit = limit
        self._tasks: OrderedDict[str, dict[str, Any]] = OrderedDict()

    def put(self, task_id: str, status: str, response: dict[str, Any]) -> None:
        """Store or replace a task; status is processing, completed or failed."""
        self._tasks[task_id] = {**response, "id": task_id, "status": status}
        while len(self._tasks) > self._limit:
            self._tasks.popitem(last=False)

    def get(self, task_id: str) -> dict[str, Any] | None:
        """The stored response, or None where it is unknown or was dropped."""
        return self._tasks.get(task_id)

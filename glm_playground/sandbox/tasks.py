"""The last tasks and their terminal responses."""

import json
from collections import OrderedDict
from typing import Any


class TaskStore:
    """Task id -> its stored response; keeps the newest `limit`, and of them no more than `most_bytes`."""

    def __init__(self, limit: int = 1000, most_bytes: int = 64 * 1024 * 1024) -> None:
        self._limit = limit
        self._most_bytes = most_bytes
        self._bytes = 0
        self._tasks: OrderedDict[str, bytes] = OrderedDict()

    def put(self, task_id: str, status: str, response: dict[str, Any]) -> bytes:
        """Store or replace a task; status is processing, completed or failed. Returns the JSON that is stored."""
        self._bytes -= len(self._tasks.pop(task_id, b""))
        stored = json.dumps({**response, "id": task_id, "status": status}).encode()
        self._tasks[task_id] = stored
        self._bytes += len(stored)
        while len(self._tasks) > self._limit or self._bytes > self._most_bytes:
            self._bytes -= len(self._tasks.popitem(last=False)[1])
        return stored

    def get(self, task_id: str) -> dict[str, Any] | None:
        """The stored response, or None where it is unknown or was dropped."""
        stored = self._tasks.get(task_id)
        return None if stored is None else dict(json.loads(stored))

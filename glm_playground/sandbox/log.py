"""A test aid: what the sandbox saw of its last requests, in monotonic nanoseconds."""

import time
from collections import deque
from dataclasses import asdict, dataclass, field
from typing import Any

_LONGEST_BODY = 262_144


@dataclass(slots=True)
class LogEntry:
    """One request. Times are `time.perf_counter_ns()`, comparable between processes on Linux; None: did not happen."""

    request_id: str
    method: str
    path: str
    received_ns: int = field(default_factory=time.perf_counter_ns)
    first_token_ns: int | None = None
    last_token_ns: int | None = None
    ended_ns: int | None = None
    closed_by_client_ns: int | None = None
    tokens_sent: int = 0
    status: int | None = None
    model: str | None = None
    task_id: str | None = None
    client_request_id: str | None = None
    authorization_sent: bool = False
    body: Any = None

    def keep_body(self, body: Any, size: int) -> None:
        """Keep the parsed request body, unless its `size` in bytes would fill the memory."""
        self.body = body if size <= _LONGEST_BODY else {"too_long_to_keep": size}

    def tokens_written(self, count: int) -> None:
        """`count` tokens have just been written."""
        self.last_token_ns = time.perf_counter_ns()
        self.first_token_ns = self.first_token_ns or self.last_token_ns
        self.tokens_sent += count

    def closed_by_client(self) -> None:
        """The client has just closed the connection, before the answer's end."""
        self.closed_by_client_ns = time.perf_counter_ns()

    def end(self) -> None:
        """The request is over."""
        self.ended_ns = time.perf_counter_ns()


class RequestLog:
    """The last `limit` requests, oldest first; a request is in it from the moment it arrived."""

    def __init__(self, limit: int = 1000) -> None:
        self._entries: deque[LogEntry] = deque(maxlen=limit)

    def add(self, entry: LogEntry) -> None:
        """Remember a request; the entry changes until the request ends."""
        self._entries.append(entry)

    def clear(self) -> None:
        """Forget all."""
        self._entries.clear()

    def to_json(self) -> list[dict[str, Any]]:
        """The entries as plain values."""
        return [asdict(entry) for entry in self._entries]

"""Checks of JSON against schemas, each with a deadline, after which its process is ended (`process_pool`).

A user's pattern or schema can cost any time and memory (`(((a{0,30}){0,30}){0,30}){0,3}z`).

A reply is kept under the hash of its question, so that a page asks at each rerun and pays once. Only who has the same
text and schema can find it.
"""

import atexit
import json
import threading
from collections import OrderedDict
from collections.abc import Callable
from contextlib import AbstractContextManager
from enum import StrEnum
from hashlib import blake2b
from typing import Any, NamedTuple

from glm_playground import bounds
from glm_playground.chat.process_pool import ProcessPool, Unanswered

DEADLINE_S = bounds.SCHEMA_CHECK_S
_MAX_KEPT = 500


class Unchecked(StrEnum):
    """Why a check came to no end."""

    COSTLY = "costly"
    """It takes more time or memory than a check may."""
    BUSY = "busy"
    """Too many others are under way; the next try may get through."""
    UNUSABLE = "unusable"
    """The schema refers to nowhere, or holds a pattern that is not understood here."""


class Reply(NamedTuple):
    """What a check found."""

    found: Any = None
    """What the check of `schema_process` returns, where it came to its end."""
    unchecked: Unchecked | None = None
    why: str = ""
    """Of `UNUSABLE`."""


class SchemaPool:
    """Checks in at most `bounds.SCHEMA_PROCESSES` processes, started when they are needed; for any thread."""

    def __init__(self, deadline_s: float = DEADLINE_S) -> None:
        self._processes = ProcessPool(
            "glm_playground.chat.schema_process",
            deadline_s=deadline_s,
            processes=bounds.SCHEMA_PROCESSES,
            waiting=bounds.SCHEMA_CHECKS_WAITING,
        )
        self._lock = threading.Lock()
        self._kept: OrderedDict[bytes, Reply] = OrderedDict()

    @property
    def while_waiting(self) -> Callable[[], AbstractContextManager[object]]:
        """Entered while a thread waits for a check; for a thread that holds what others need."""
        return self._processes.while_waiting

    @while_waiting.setter
    def while_waiting(self, entered: Callable[[], AbstractContextManager[object]]) -> None:
        self._processes.while_waiting = entered

    def ask(self, check: str, *arguments: Any) -> Reply:
        """The reply of `schema_process.CHECKS[check]`; waits for it up to the deadline, and before it for a process.

        Args:
            check: its name.
            arguments: JSON values.
        """
        try:
            job = json.dumps([check, *arguments]).encode()
        except (RecursionError, ValueError, TypeError):
            return Reply(None, Unchecked.UNUSABLE, "the schema is nested too deeply, or no JSON")
        if len(job) > bounds.SCHEMA_JOB_BYTES:
            return Reply(None, Unchecked.COSTLY)
        key = blake2b(job, digest_size=16).digest()
        if (kept := self._recall(key)) is not None:
            return kept
        # Another thread may ask the same meanwhile.
        reply = _reply_of(self._processes.ask(job, lambda: self._recall(key)))
        if reply.unchecked is not Unchecked.BUSY:
            with self._lock:
                self._kept[key] = reply
                while len(self._kept) > _MAX_KEPT:
                    self._kept.popitem(last=False)
        return reply

    def close(self) -> None:
        """Ends all processes, those in the middle of a check too."""
        self._processes.close()

    def _recall(self, key: bytes) -> Reply | None:
        with self._lock:
            if (kept := self._kept.get(key)) is not None:
                self._kept.move_to_end(key)
            return kept


def _reply_of(answered: Any) -> Reply:
    if isinstance(answered, Reply):
        return answered
    if isinstance(answered, Unanswered):
        return Reply(None, Unchecked(answered.value))
    if "unusable" in answered:
        return Reply(None, Unchecked.UNUSABLE, answered["unusable"])
    return Reply(answered["found"])


checks = SchemaPool()
"""The process's own."""
atexit.register(checks.close)

"""Processes that check JSON against schemas, each check with a deadline, after which its process is ended.

A user's pattern or schema can cost any time and memory (`(((a{0,30}){0,30}){0,30}){0,3}z`), and nothing in Python ends
a search in a thread. pebble's and the standard library's pools start their processes from the main module, which here
is Streamlit's; these ones import jsonschema alone.

A reply is kept under the hash of its question, so that a page asks at each rerun and pays once. Only who has the same
text and schema can find it.
"""

import atexit
import json
import logging
import os
import subprocess
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from enum import StrEnum
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

from glm_playground import bounds

DEADLINE_S = bounds.SCHEMA_CHECK_S
MAX_PROCESSES = bounds.SCHEMA_PROCESSES
"""One user's slow check holds up another's by no more than its deadline, unless there are two."""
MAX_JOB_BYTES = bounds.SCHEMA_JOB_BYTES
_MAX_WAITING = bounds.SCHEMA_CHECKS_WAITING
_WAIT_S = 2 * DEADLINE_S
_START_S = 20.0
_MAX_KEPT = 500
_ROOT = Path(__file__).resolve().parents[2]
_log = logging.getLogger(__name__)


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
    """At most `MAX_PROCESSES` processes, started when they are needed; for any thread.

    Attributes:
        while_waiting: entered while a thread waits for a check; for a thread that holds what others need.
    """

    def __init__(self, deadline_s: float = DEADLINE_S) -> None:
        self.while_waiting: Callable[[], AbstractContextManager[object]] = nullcontext
        self._deadline_s = deadline_s
        self._slots = threading.BoundedSemaphore(MAX_PROCESSES)
        self._lock = threading.Lock()
        self._waiting = 0
        self._idle: list[_Process] = []
        self._kept: OrderedDict[bytes, Reply] = OrderedDict()
        self._busy: set[_Process | None] = set()

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
        if len(job) > MAX_JOB_BYTES:
            return Reply(None, Unchecked.COSTLY)
        key = blake2b(job, digest_size=16).digest()
        if (kept := self._recall(key)) is not None:
            return kept
        with self._lock:
            if self._waiting >= _MAX_WAITING:
                return Reply(None, Unchecked.BUSY)
            self._waiting += 1
        try:
            with self.while_waiting():
                reply = self._reply(job, key)
        finally:
            with self._lock:
                self._waiting -= 1
        return reply

    def close(self) -> None:
        """Ends all processes, those in the middle of a check too."""
        with self._lock:
            processes = [*self._idle, *filter(None, self._busy)]
            self._idle.clear()
        for process in processes:
            process.end()

    def _reply(self, job: bytes, key: bytes) -> Reply:
        if not self._slots.acquire(timeout=_WAIT_S):
            return Reply(None, Unchecked.BUSY)
        try:
            # Another thread may have asked the same meanwhile.
            if (kept := self._recall(key)) is not None:
                return kept
            reply = self._reply_of_process(job)
        finally:
            self._slots.release()
        if reply.unchecked is not Unchecked.BUSY:
            with self._lock:
                self._kept[key] = reply
                while len(self._kept) > _MAX_KEPT:
                    self._kept.popitem(last=False)
        return reply

    def _reply_of_process(self, job: bytes) -> Reply:
        process = None
        try:
            process = self._idle_process() or _Process(self._deadline_s)
            with self._lock:
                self._busy.add(process)
            answer = process.ask(job)
        except OSError as error:
            _log.error("cannot start a process to check schemas: %s", error)
            return Reply(None, Unchecked.BUSY)
        finally:
            with self._lock:
                self._busy.discard(process)
        if answer is None:
            return Reply(None, Unchecked.COSTLY)
        with self._lock:
            self._idle.append(process)
        if "costly" in answer:
            return Reply(None, Unchecked.COSTLY)
        if "unusable" in answer:
            return Reply(None, Unchecked.UNUSABLE, answer["unusable"])
        return Reply(answer["found"])

    def _idle_process(self) -> "_Process | None":
        with self._lock:
            while self._idle:
                if (process := self._idle.pop()).lives:
                    return process
        return None

    def _recall(self, key: bytes) -> Reply | None:
        with self._lock:
            if (kept := self._kept.get(key)) is not None:
                self._kept.move_to_end(key)
            return kept


class _Process:
    """A process of `schema_process`, ready to be asked.

    Raises:
        OSError: it cannot be started.
    """

    def __init__(self, deadline_s: float) -> None:
        self._deadline_s = deadline_s
        # Its environment holds no key.
        path = os.pathsep.join([str(_ROOT), *filter(None, sys.path)])
        environment = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
        self._process = subprocess.Popen(  # noqa: S603 - this interpreter, this package
            [sys.executable, "-m", "glm_playground.chat.schema_process", str(2 * deadline_s)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**environment, "PYTHONPATH": path},
        )
        # The deadline counts from when it reads: so a slow start is not the check's.
        if self._exchange(b'["schemas", []]', _START_S) is None:
            raise OSError("the process that checks schemas does not start")

    @property
    def lives(self) -> bool:
        """Whether it can be asked."""
        return self._process.poll() is None

    def ask(self, job: bytes) -> dict[str, Any] | None:
        """Its answer; None where it had none by the deadline, or ended: then it is no more."""
        return self._exchange(job, self._deadline_s)

    def end(self) -> None:
        """Ends it at once."""
        self._process.kill()
        self._process.wait()

    def _exchange(self, job: bytes, seconds: float) -> dict[str, Any] | None:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin
        assert stdout
        expired = threading.Event()

        def expire() -> None:
            expired.set()
            self._process.kill()

        timer = threading.Timer(seconds, expire)
        timer.start()
        line = b""
        with suppress(OSError):
            stdin.write(job + b"\n")
            stdin.flush()
            line = stdout.readline()
        timer.cancel()
        timer.join()
        if line.endswith(b"\n") and not expired.is_set():
            answer: dict[str, Any] = json.loads(line)
            return answer
        self.end()
        for pipe in (stdin, stdout):
            with suppress(OSError):
                pipe.close()
        return None


checks = SchemaPool()
"""The process's own."""
atexit.register(checks.close)

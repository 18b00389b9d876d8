"""Processes that do work with a deadline, after which they are ended, and with a limit on memory.

What a stranger wrote, a pattern or a file, can cost any time and memory, and nothing in Python ends a thread that is in
the middle of it. pebble's and the standard library's pools start their processes from the main module, which here is
Streamlit's; these ones import one module alone (`bounded_process`).
"""

import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from enum import StrEnum
from pathlib import Path
from typing import Any

_START_S = 20.0
_ROOT = Path(__file__).resolve().parents[2]
_log = logging.getLogger(__name__)


class Unanswered(StrEnum):
    """Why a job came to no end."""

    COSTLY = "costly"
    """It takes more time or memory than a job may."""
    BUSY = "busy"
    """Too many others are under way; the next try may get through."""


class ProcessPool:
    """Processes of one module, started when they are needed; for any thread.

    Attributes:
        while_waiting: entered while a thread waits for a reply; for a thread that holds what others need.

    Args:
        module: what each process runs (`python -m`), with twice the deadline in seconds as its only argument.
        deadline_s: seconds that a job may take.
        processes: at most so many at once; one user's slow job holds up another's by no more than its deadline, unless
            there are two.
        waiting: so many jobs at once; further ones are told to come again.
        reused: whether a process answers the next job, too.
    """

    def __init__(self, module: str, *, deadline_s: float, processes: int, waiting: int, reused: bool = True) -> None:
        self.while_waiting: Callable[[], AbstractContextManager[object]] = nullcontext
        self._module = module
        self._deadline_s = deadline_s
        self._slots = threading.BoundedSemaphore(processes)
        self._most_waiting = waiting
        self._reused = reused
        self._lock = threading.Lock()
        self._waiting = 0
        self._idle: list[_Process] = []
        self._busy: set[_Process | None] = set()

    def ask(self, job: bytes, known: Callable[[], Any] = lambda: None) -> Any | Unanswered:
        """The reply to a job; waits for it up to the deadline, and before it for a process.

        Args:
            job: JSON on one line.
            known: asked once there is a process: what another thread has learned meanwhile, or None.
        """
        with self._lock:
            if self._waiting >= self._most_waiting:
                return Unanswered.BUSY
            self._waiting += 1
        try:
            with self.while_waiting():
                if not self._slots.acquire(timeout=2 * self._deadline_s):
                    return Unanswered.BUSY
                try:
                    return self._reply(job) if (found := known()) is None else found
                finally:
                    self._slots.release()
        finally:
            with self._lock:
                self._waiting -= 1

    def close(self) -> None:
        """Ends all processes, those in the middle of a job too."""
        with self._lock:
            processes = [*self._idle, *filter(None, self._busy)]
            self._idle.clear()
        for process in processes:
            process.end()

    def _reply(self, job: bytes) -> Any | Unanswered:
        process = None
        try:
            process = self._idle_process() or _Process(self._module, self._deadline_s)
            with self._lock:
                self._busy.add(process)
            reply = process.ask(job)
        except OSError as error:
            _log.error("cannot start a process of %s: %s", self._module, error)
            return Unanswered.BUSY
        finally:
            with self._lock:
                self._busy.discard(process)
        if reply is None:
            return Unanswered.COSTLY
        if self._reused:
            with self._lock:
                self._idle.append(process)
        else:
            process.end()
        return Unanswered.COSTLY if "costly" in reply else reply

    def _idle_process(self) -> "_Process | None":
        with self._lock:
            while self._idle:
                if (process := self._idle.pop()).lives:
                    return process
        return None


class _Process:
    """A process of a module, ready to be asked.

    Raises:
        OSError: it cannot be started.
    """

    def __init__(self, module: str, deadline_s: float) -> None:
        self._deadline_s = deadline_s
        # Its environment holds no key.
        path = os.pathsep.join([str(_ROOT), *filter(None, sys.path)])
        environment = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
        self._process = subprocess.Popen(  # noqa: S603 - this interpreter, this package
            [sys.executable, "-m", module, str(2 * deadline_s)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**environment, "PYTHONPATH": path},
        )
        # The deadline counts from when it reads: so a slow start is not the job's.
        if self._exchange(b"null", _START_S) is None:
            raise OSError(f"the process of {module} does not start")

    @property
    def lives(self) -> bool:
        """Whether it can be asked."""
        return self._process.poll() is None

    def ask(self, job: bytes) -> dict[str, Any] | None:
        """Its reply; None where it had none by the deadline, or ended: then it is no more."""
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

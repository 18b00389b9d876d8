"""What runs inside a process of `process_pool`: it answers jobs, and its own limits end it.

Each line on stdin is a job and each line on stdout the reply to it, in JSON. A job may take years or all memory, and
nothing in Python bounds that: the process is ended. It ends with its parent: when stdin ends, or by its alarm where it
is in the middle of a job.

Only the standard library is imported, so that a new process is ready soon and takes little.
"""

import json
import os
import sys
from collections.abc import Callable
from typing import Any

Reply = dict[str, Any]
"""JSON; `{"costly": true}` where a job takes more memory than there is."""


def serve(answer: Callable[[Any], Reply], *, deadline_s: float, memory: int) -> None:
    """Answers the jobs on stdin until it ends.

    Args:
        answer: what replies to a job, a JSON value; `null` asks only whether the process is ready.
        deadline_s: after which a job ends the process.
        memory: bytes of address space.
    """
    # Of little importance: pages and streams go first.
    if sys.platform != "win32":
        import resource  # noqa: PLC0415 - not on Windows
        import signal  # noqa: PLC0415

        os.nice(10)
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        # Ctrl+C reaches all processes of a terminal; the parent decides.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    for line in sys.stdin.buffer:
        if sys.platform != "win32":
            # Without a handler the kernel ends the process, which Python could not in the middle of a pattern. The
            # parent's own deadline is shorter; this one is for when the parent is gone.
            signal.setitimer(signal.ITIMER_REAL, deadline_s)
        reply = _reply(answer, line)
        if sys.platform != "win32":
            signal.setitimer(signal.ITIMER_REAL, 0)
        sys.stdout.write(json.dumps(reply) + "\n")
        sys.stdout.flush()


def _reply(answer: Callable[[Any], Reply], line: bytes) -> Reply:
    try:
        job = json.loads(line)
        return {} if job is None else answer(job)
    except (MemoryError, RecursionError):
        return {"costly": True}

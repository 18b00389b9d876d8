"""Which process this is, told so that another one can find out whether it has ended.

Containers often share a host name and a process number, so neither says anything by itself: a number means something
only within one boot of a machine and one namespace of process numbers, and together with the moment it was given out.
"""

import os
import socket
import sys
import uuid
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

_STATE, _STARTED = 0, 19
"""Places in /proc/PID/stat after the name: man 5 proc_pid_stat."""
_DEAD = frozenset("ZX")


class Process(NamedTuple):
    """A process as it stands in the database."""

    hostname: str
    """For people who read the table."""
    pid: int
    place: str | None
    """Where its number is its own; None where that cannot be known."""
    started: str | None
    """When it got its number, as the system tells it."""


def this_process() -> Process:
    """The process that asks."""
    return _process(os.getpid())


def has_ended(pid: int, place: str | None, started: str | None) -> bool:
    """True where that process is known to have ended; False also where nobody here can know."""
    return place is not None and place == this_process().place and _start_of(pid) != started


def is_this_one(pid: int, place: str | None, started: str | None) -> bool:
    """True where it is known to be the process that asks."""
    mine = this_process()
    return place is not None and (pid, place, started) == (mine.pid, mine.place, mine.started)


@lru_cache(maxsize=1)
def _process(pid: int) -> Process:
    return Process(socket.gethostname(), pid, _place(), _start_of(pid))


def _place() -> str | None:
    if sys.platform == "win32":
        # It cannot be asked for a process without the right to end it.
        return None
    if sys.platform != "linux":
        return f"{socket.gethostname()} {uuid.getnode():x} {os.getuid()}"
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        namespace = Path("/proc/self/ns/pid").readlink()
    except OSError:
        return None
    # The processes of other users may be hidden.
    return f"{boot} {namespace} {os.getuid()}"


def _start_of(pid: int) -> str | None:
    """When a process got its number; None if no process has it."""
    if sys.platform == "linux":
        try:
            fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
        except OSError:
            return None
        return None if fields[_STATE] in _DEAD else fields[_STARTED]
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        pass
    return ""

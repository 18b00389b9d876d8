"""Runs code in bubblewrap (github.com/containers/bubblewrap), where it sees an interpreter and nothing else.

It has namespaces of its own for processes, network and what processes share; a user of its own; a file system with
`/usr` and Python, read only, and a small `/tmp` in memory; no `/proc`, no home; no environment but what stands here; a
filter of system calls (`seccomp`), which lets it start threads and no processes; and limits of time, memory, output,
files and threads. Each code has a process of its own, and none is left when it is done.
"""

import json
import os
import platform
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from glm_playground import bounds
from glm_playground.confinement.seccomp import filter_for
from glm_playground.confinement.tested import Tested

_INSIDE = Path(__file__).with_name("inside.py")
_START_S = 20.0
_USER = 65_533
"""Who the code is; nobody else's number, so that limits of what one user may have are its own."""
_FOLDER = "/tmp"  # noqa: S108 - the confined process's own
_APART = (
    "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try",
    "--hostname", "confined", "--die-with-parent", "--new-session", "--cap-drop", "ALL",
)  # fmt: skip
_ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "HOME": _FOLDER,
    "LANG": "C.UTF-8",
    # Sets of texts have the same order each time.
    "PYTHONHASHSEED": "0",
    # Threads share one heap, for which the limit of memory leaves room.
    "MALLOC_ARENA_MAX": "1",
}
_PYTHON = ("-s", "-S", "-B", "-X", "utf8", "-c")
_LINKED = ("/bin", "/sbin", "/lib", "/lib32", "/lib64")


class Interpreter(NamedTuple):
    """A Python on this machine."""

    executable: Path
    """As it is called inside."""
    mounts: tuple[str, ...]
    """Arguments of bubblewrap that bring it there, besides `/usr`."""


class Bubblewrap(NamedTuple):
    """A bubblewrap that was seen to run an interpreter."""

    program: str
    interpreter: Interpreter
    calls: bytes
    """The filter."""

    def run(self, code: str, tests: str) -> Tested:
        """What becomes of `code` followed by `tests`; waits for it, `bounds.CODE_S` at most from its start."""
        token = secrets.token_hex(16)
        job = {"token": token, "code": code, "tests": tests, "user": _USER, "limits": _limits()}
        with tempfile.TemporaryFile() as calls, tempfile.TemporaryFile() as said:
            calls.write(self.calls)
            calls.seek(0)
            command = [self.program, *_arguments(self.interpreter, calls.fileno())]
            try:
                process = subprocess.Popen(  # noqa: S603 - bubblewrap, with arguments from here
                    [*command, str(self.interpreter.executable), *_PYTHON, _INSIDE.read_text()],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=said,
                    env={},
                    cwd="/",
                    pass_fds=[calls.fileno()],
                    start_new_session=True,
                )
            except OSError as error:
                return Tested(None, f"bubblewrap cannot be started: {error.strerror}")
            lines, expired = _exchange(process, json.dumps(job).encode())
            said.seek(0)
            complaint = said.read(500).decode(errors="replace").strip().partition("\n")[0]
        return _told(token, lines, complaint, expired=expired)


class Unusable(Exception):
    """Bubblewrap ran no interpreter this time, such as on a machine that is too busy; the text says why."""


def bubblewrap() -> Bubblewrap | str:
    """The first that works here, else why there is none.

    What works is found once a process, and so is what will not change meanwhile; what failed is tried again.
    """
    try:
        return first_working()
    except Unusable as error:
        return str(error)


@cache
def first_working() -> Bubblewrap | str:
    """The first that works here; else why there will be none.

    Raises:
        Unusable: it is there, and fails.
    """
    if sys.platform != "linux":
        return "bubblewrap is for Linux"
    program = shutil.which("bwrap")
    if program is None:
        return "bubblewrap (bwrap) is not installed"
    calls = filter_for(platform.machine())
    if calls is None:
        return f"the system calls of {platform.machine()} are not known"
    why = ""
    for interpreter in _interpreters():
        found = Bubblewrap(program, interpreter, calls)
        tried = found.run("one = 1", "assert one == 1")
        if tried.passed:
            return found
        why = tried.reason
    if why:
        raise Unusable(why)
    return "no Python was found for it"


def _interpreters() -> Iterator[Interpreter]:
    """This process's, then the system's."""
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    prefix = Path(sys.base_prefix)
    executable, library = prefix / "bin" / name, prefix / "lib" / name
    if prefix.is_relative_to("/usr"):
        yield Interpreter(executable, ())
    elif executable.exists() and library.is_dir():
        # Only what Python is made of: its prefix may be somebody's home.
        parts = [executable, library, *sorted((prefix / "lib").glob("libpython3*.so*"))]
        mounts = ["--dir", "/python", "--dir", "/python/bin", "--dir", "/python/lib"]
        mounts += [arg for one in parts for arg in ("--ro-bind", str(one), f"/python/{one.relative_to(prefix)}")]
        if (library / "site-packages").is_dir():
            hidden = f"/python/lib/{name}/site-packages"
            mounts += ["--tmpfs", hidden, "--remount-ro", hidden]
        yield Interpreter(Path("/python/bin") / name, (*mounts, "--setenv", "LD_LIBRARY_PATH", "/python/lib"))
    if Path("/usr/bin/python3").exists() and prefix != Path("/usr"):
        yield Interpreter(Path("/usr/bin/python3"), ())


def _arguments(interpreter: Interpreter, calls: int) -> list[str]:
    arguments = [*_APART]
    if os.geteuid() == 0:
        # Root makes the namespaces as root, so that it may bring what only root reads, and `inside` becomes another
        # user: no limit of processes binds root, whatever it is called in a namespace of users.
        arguments += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    else:
        arguments += ["--unshare-user", "--uid", str(_USER), "--gid", str(_USER)]
    arguments += ["--ro-bind", "/usr", "/usr", "--dir", "/etc", "--ro-bind-try", *2 * ["/etc/ld.so.cache"]]
    for name in _LINKED:
        path = Path(name)
        if path.is_symlink():
            arguments += ["--symlink", str(path.readlink()), name]
        elif path.is_dir():
            arguments += ["--ro-bind", name, name]
    arguments += ["--dir", "/dev"]
    for device in ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom"):
        arguments += ["--dev-bind", device, device]
    arguments += interpreter.mounts
    arguments += ["--perms", "1777", "--size", str(bounds.CODE_FOLDER_BYTES), "--tmpfs", _FOLDER]
    arguments += ["--remount-ro", "/", "--chdir", _FOLDER]
    for name, value in _ENVIRONMENT.items():
        arguments += ["--setenv", name, value]
    return [*arguments, "--seccomp", str(calls), "--"]


def _limits() -> dict[str, int]:
    return {
        "RLIMIT_AS": bounds.CODE_MEMORY_BYTES,
        "RLIMIT_CPU": int(bounds.CODE_S) + 1,
        "RLIMIT_FSIZE": bounds.CODE_FOLDER_BYTES,
        "RLIMIT_NOFILE": bounds.CODE_FILES,
        "RLIMIT_NPROC": bounds.CODE_THREADS,
        "RLIMIT_CORE": 0,
        "RLIMIT_MEMLOCK": 0,
        "RLIMIT_MSGQUEUE": 0,
    }


def _exchange(process: "subprocess.Popen[bytes]", job: bytes) -> tuple[list[Any], bool]:
    """What the process wrote, line by line, and whether its time was over; afterwards it is no more.

    The time of the code counts from when it is ready: a slow start is not its own.
    """
    stdin, stdout = process.stdin, process.stdout
    assert stdin
    assert stdout
    expired = threading.Event()

    def expire() -> None:
        expired.set()
        process.kill()

    timer = threading.Timer(_START_S, expire)
    timer.start()
    try:
        with suppress(OSError):
            stdin.write(job)
        with suppress(OSError):
            stdin.close()
        written = stdout.readline(bounds.CODE_REPLY_BYTES)
        timer.cancel()
        if not expired.is_set():
            timer = threading.Timer(bounds.CODE_S, expire)
            timer.start()
            written += stdout.read(bounds.CODE_REPLY_BYTES)
    finally:
        timer.cancel()
        # Its namespace of processes goes with it, and whatever is in there.
        process.kill()
        process.wait()
        timer.join()
        stdout.close()
    return _lines(written), expired.is_set()


def _lines(written: bytes) -> list[Any]:
    found = []
    for line in written.splitlines()[:2]:
        with suppress(ValueError, RecursionError):
            found.append(json.loads(line))
    return found


def _told(token: str, lines: list[Any], complaint: str, *, expired: bool) -> Tested:
    ours = [one for one in lines if isinstance(one, dict) and one.get("token") == token]
    if not ours:
        return Tested(None, f"the code cannot be confined: {complaint or 'its process does not start'}")
    last = ours[-1]
    if "passed" in last and last["passed"] in (True, False, None):
        return Tested(last["passed"], str(last.get("reason", ""))[:1000])
    if expired:
        return Tested(False, f"not done after {bounds.CODE_S:g} s")
    return Tested(False, "the process ended before the tests did")

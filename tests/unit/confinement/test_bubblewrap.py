"""The confinement, attacked from inside: what code does in it reaches nothing."""

import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from glm_playground import bounds
from glm_playground.confinement.bubblewrap import Bubblewrap, bubblewrap
from tests.condition import wait_until

_FOUND = bubblewrap()
pytestmark = pytest.mark.skipif(isinstance(_FOUND, str), reason=f"code cannot be confined here: {_FOUND}")


@pytest.fixture
def confined() -> Bubblewrap:
    assert isinstance(_FOUND, Bubblewrap)
    return _FOUND


@pytest.fixture
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    """Little time for a code."""
    monkeypatch.setattr(bounds, "CODE_S", 1.5)


def _libc(call: str) -> str:
    """Code that fails with the error of a call to the C library."""
    return (
        f"import ctypes, os\nfound = ctypes.CDLL(None, use_errno=True).{call}\n"
        "assert found >= 0, os.strerror(ctypes.get_errno())"
    )


def _written(data: str) -> str:
    """Code whose `write()` gives `data` to whoever is behind any descriptor."""
    return (
        f"import os\ndef write():\n  for n in range(3, 32):\n    try: os.write(n, {data})\n    except OSError: pass\n"
    )


REFUSED = "Operation not permitted"
GONE = "No such file or directory"


@pytest.mark.parametrize(
    ("attack", "said"),
    [
        # The network, also one that knows no namespace: AF_VSOCK leads to the hypervisor.
        ("import socket; socket.create_connection(('127.0.0.1', 80))", REFUSED),
        ("import socket; socket.socket(socket.AF_UNIX)", REFUSED),
        ("import socket; socket.socket(socket.AF_VSOCK)", REFUSED),
        ("import urllib.request; urllib.request.urlopen('http://1.1.1.1')", REFUSED),
        # Files of others.
        ("open('/etc/shadow')", GONE),
        ("open('/etc/passwd')", GONE),
        ("import os; os.listdir('/home')", GONE),
        ("import os; os.listdir('/root')", GONE),
        ("open('/proc/1/environ')", GONE),
        ("open('/proc/self/mem')", GONE),
        ("import os; os.symlink('/etc/shadow', '/tmp/link'); open('/tmp/link')", GONE),
        ("import os; os.symlink('/', '/tmp/up'); open('/tmp/up/../etc/passwd')", GONE),
        ("open('/dev/kmsg')", GONE),
        # Writing elsewhere.
        ("open('/usr/bin/python3', 'a')", "Read-only file system|Permission denied"),
        ("open('/found', 'w')", "Read-only file system"),
        ("import os; os.symlink('/usr/found', '/tmp/out'); open('/tmp/out', 'w')", "Read-only file system"),
        ("import os; open(os.__file__, 'a')", "Read-only file system|Permission denied"),
        ("import os; os.mknod('/tmp/disk', 0o60666, os.makedev(8, 0))", REFUSED),
        # Processes.
        ("import os; os.fork()", REFUSED),
        ("import os\nwhile True: os.fork()", REFUSED),
        ("import subprocess; subprocess.run(['/bin/true'])", REFUSED),
        ("import os; os.posix_spawn('/bin/true', ['true'], {})", REFUSED),
        ("import multiprocessing as m; p = m.Process(target=print); p.start()", REFUSED),
        (_libc("vfork()"), REFUSED),
        ("import threading, time\nwhile True: threading.Thread(target=time.sleep, args=(9,)).start()", "new thread"),
        # Another user, more rights, other namespaces.
        ("import os; os.setuid(0)", REFUSED),
        ("import os; os.setgroups([0])", REFUSED),
        ("import os; os.chroot('/tmp')", REFUSED),
        (_libc("unshare(0x10000000)"), REFUSED),
        (_libc("mount(b'none', b'/tmp', b'tmpfs', 0, None)"), REFUSED),
        (_libc("ptrace(16, 1, 0, 0)"), REFUSED),
        ("import resource as r; r.setrlimit(r.RLIMIT_AS, (-1, -1))", "not allowed to raise maximum limit"),
        # Memory: held, mapped, and where no limit of a process counts it.
        ("held = bytearray(1 << 30)", "MemoryError"),
        ("held = []\nwhile True: held.append(bytearray(1 << 20))", "MemoryError"),
        ("import mmap; mmap.mmap(-1, 1 << 30)", "Cannot allocate memory"),
        ("import os; os.memfd_create('m')", REFUSED),
        (_libc("shmget(0, 1 << 20, 0o1666)"), REFUSED),
        ("import os\nfor n in range(99): open(f'/tmp/{n}', 'wb').write(bytes(1 << 20))", "No space left on device"),
        ("open('/tmp/one', 'wb').truncate(1 << 40)", "File too large"),
        ("held = [open('/dev/null') for _ in range(999)]", "Too many open files"),
    ],
)  # fmt: skip
def test_an_attack_is_refused(confined: Bubblewrap, attack: str, said: str) -> None:
    tested = confined.run(attack, "assert False, 'the attack came through'")
    assert tested.passed is False
    assert re.search(said, tested.reason)


def test_the_home_a_key_in_the_environment_and_other_processes_are_not_there(
    confined: Bubblewrap, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("canary")
    monkeypatch.setenv("RUNAPI_API_KEY", "sk-canary")
    tests = f"""
import os, signal
assert "sk-canary" not in str(os.environ), os.environ
names = "PATH HOME LANG LC_CTYPE PWD PYTHONHASHSEED MALLOC_ARENA_MAX LD_LIBRARY_PATH"
assert set(os.environ) <= set(names.split()), os.environ
for path in ({str(secret)!r}, {str(Path.home())!r}, {str(Path(__file__))!r}, "/proc", "/run", "/var", "/sys"):
    assert not os.path.lexists(path), path
assert os.listdir("/tmp") == []
assert os.getuid() == os.geteuid() == os.getgid() == 65533 and os.getpid() < 10
try:
    os.kill({os.getpid()}, signal.SIGTERM)
except ProcessLookupError:
    pass
else:
    raise AssertionError("there are other processes")
"""
    assert confined.run("", tests) == (True, "")


def test_what_one_code_leaves_no_other_finds(confined: Bubblewrap) -> None:
    assert confined.run("open('/tmp/left', 'w').write('x')", "").passed
    assert confined.run("import os", "assert os.listdir('/tmp') == []").passed


@pytest.mark.slow
@pytest.mark.parametrize("victim", ["1", "-1", "0", "os.getppid()", "os.getpid()"])
@pytest.mark.parametrize("sent", ["SIGKILL", "SIGSTOP", "SIGHUP"])
def test_no_signal_reaches_out(confined: Bubblewrap, brief: None, victim: str, sent: str) -> None:
    code = f"import os, signal\nos.kill({victim}, signal.{sent})"
    assert confined.run(code, "").passed in (True, False)
    assert confined.run("x = 1", "assert x == 1").passed


@pytest.mark.slow
@pytest.mark.parametrize(
    "code",
    [
        "while True: print('x' * 100_000)",
        "import sys\nwhile True: sys.stderr.write('x' * 100_000)",
        _written("b'x' * 65536") + "while True: write()",
        "while True: pass",
        "import signal\nfor s in set(signal.Signals) - {9, 19}: signal.signal(s, signal.SIG_IGN)\nwhile True: pass",
        "import re; re.match('(a+)+b', 'a' * 99)",
        "import time; time.sleep(99)",
        "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)",
    ],
)
def test_what_never_ends_is_ended_and_leaves_no_process(confined: Bubblewrap, brief: None, code: str) -> None:
    found: list[object] = []
    thread = threading.Thread(target=lambda: found.append(confined.run(code, "").passed))
    before = _descendants(os.getpid())
    thread.start()
    seen = set()
    while thread.is_alive():
        seen |= _descendants(os.getpid()) - before
        thread.join(0.005)
    assert found == [False]
    assert seen
    wait_until(lambda: not any(_lives(one) for one in seen))


@pytest.mark.parametrize(
    "code",
    [
        "import os; os._exit(0)",
        "raise SystemExit(0)",
        "import os; os.execv('/bin/true', ['true'])",
        "import os; os.execv('/bin/sh', ['sh', '-c', 'exit 0'])",
        _written("""b'{"passed": true, "token": ""}\\n'""") + "write(); os._exit(0)",
        "import ctypes; ctypes.string_at(0)",
        "import sys; sys.setrecursionlimit(10**9)\ndef f(): f()\nf()",
    ],
)  # fmt: skip
def test_to_end_before_the_tests_is_not_to_pass(confined: Bubblewrap, brief: None, code: str) -> None:
    assert confined.run(code, "assert True").passed is False


_CASE = "import unittest\nclass T(unittest.TestCase):\n"


@pytest.mark.parametrize(
    ("tests", "passed", "said"),
    [
        ("def test_f(): assert False", False, "AssertionError"),
        ("def test_f(n=1): assert n == 1", True, ""),
        ("import functools\n@functools.lru_cache\ndef test_f(): assert False", False, "AssertionError"),
        ("test_data = [1]", True, ""),
        ("async def test_f(): assert False", None, "test_f is async"),
        ("def test_f():\n  assert False\n  yield", None, "test_f is async, or a generator"),
        ("async def test_f():\n  assert False\n  yield", None, "test_f is async, or a generator"),
        ("async def f(): assert False\ntest_f = lambda: f()", None, "test_f is async"),
        ("def test_f(tmp_path): assert False", None, "test_f takes arguments"),
        ("def test_f(*, n): assert False", None, "test_f takes arguments"),
        ("class TestF:\n  def test_f(self): assert False", None, "TestF is a class without unittest.TestCase"),
        (_CASE + "  def test_f(self): self.fail()", False, "T.test_f: AssertionError"),
        (_CASE + "  def test_f(self): pass", True, ""),
        (_CASE + "  async def test_f(self): self.fail()", None, "T.test_f is async"),
        (_CASE + "  def test_f(self):\n    self.fail()\n    yield", None, "T.test_f is async, or a generator"),
        (_CASE.replace("TestCase", "IsolatedAsyncioTestCase") + "  async def test_f(self): pass", None, "async"),
        (_CASE + "  @unittest.skip('no')\n  def test_f(self): self.fail()", None, "T.test_f is skipped: no"),
        (_CASE + "  @unittest.expectedFailure\n  def test_f(self): pass", False, "passes unexpectedly"),
        # One that fails is told all the same.
        ("async def test_f(): pass\ndef test_g(): assert False", False, "AssertionError"),
    ],
)
def test_a_test_that_is_not_run_has_not_passed(
    confined: Bubblewrap, tests: str, passed: bool | None, said: str
) -> None:
    tested = confined.run("x = 1", tests)
    assert tested.passed is passed
    assert said in tested.reason


def test_it_ends_with_the_process_that_started_it() -> None:
    code = "from glm_playground.confinement import run_tests; print(flush=True); run_tests('while True: pass', '')"
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, start_new_session=True)
    try:
        assert parent.stdout
        parent.stdout.readline()
        wait_until(lambda: len(_descendants(parent.pid)) >= 3)
        seen = _descendants(parent.pid)
    finally:
        os.kill(parent.pid, signal.SIGKILL)
        parent.wait()
        parent.stdout.close()
    wait_until(lambda: not any(_lives(one) for one in seen))


def test_where_it_cannot_confine_nothing_is_told(confined: Bubblewrap, tmp_path: Path) -> None:
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\necho 'bwrap: Creating new namespace failed: Operation not permitted' >&2\nexit 1\n")
    broken.chmod(0o755)
    tested = confined._replace(program=str(broken)).run("x = 1", "assert x")
    assert tested.passed is None
    assert "Creating new namespace failed" in tested.reason
    assert confined._replace(program=str(tmp_path / "none")).run("x = 1", "").passed is None


@pytest.mark.parametrize(
    ("code", "tests", "passed", "said"),
    [
        ("def f(x):\n    return x + 1", "assert f(1) == 2", True, ""),
        (
            "def f(x):\n    return x",
            "assert f(1) == 2",
            False,
            "AssertionError (line 1 of the tests: assert f(1) == 2)",
        ),
        (
            "def f(x):\n    return y",
            "f(1)",
            False,
            "NameError: name 'y' is not defined (line 2 of the answer: return y)",
        ),
        ("def f(:", "f()", False, "SyntaxError"),
        ("x = 1", "def f(:", None, "the tests are no Python"),
        ("def f(): return 1", "def test_one():\n    assert f() == 2", False, "line 2 of the tests"),
        ("def test_mine(): assert False\ndef f(): return 1", "def test_one():\n    assert f() == 1", True, ""),
        (
            "def f(): return 1",
            "import unittest\nclass T(unittest.TestCase):\n    def test_f(self):\n        self.assertEqual(f(), 2)",
            False,
            "answer.T.test_f: AssertionError: 1 != 2",
        ),
        ("def f(): return 1", "from answer import f as g\nassert g() == 1", True, ""),
        ("import asyncio, dataclasses, json, threading, decimal", "assert asyncio", True, ""),
        ("import numpy", "", False, "No module named 'numpy'"),
        ("x = input()", "", False, "EOF"),
        ("if __name__ == '__main__':\n    raise ValueError\nx = {'é': '🦊'}", "assert x['é'] == '🦊'", True, ""),
    ],
)
def test_what_becomes_of_code_and_its_tests(
    confined: Bubblewrap, code: str, tests: str, passed: bool | None, said: str
) -> None:
    tested = confined.run(code, tests)
    assert tested.passed is passed
    assert said in tested.reason


def _descendants(root: int) -> set[tuple[int, str]]:
    """Processes below `root`, each by its id and its start."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        found[int(folder.name)] = (int(fields[1]), fields[19])
    below: set[int] = {root}
    while more := {pid for pid, (parent, _start) in found.items() if parent in below} - below:
        below |= more
    return {(pid, found[pid][1]) for pid in below - {root}}


def _lives(process: tuple[int, str]) -> bool:
    pid, start = process
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return False
    return fields[19] == start and fields[0] != "Z"

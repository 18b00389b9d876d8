"""How code is confined where bubblewrap is not there, and how many at once."""

import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from glm_playground import bounds
from glm_playground.confinement import monty, permission, run_tests, way
from glm_playground.confinement.bubblewrap import Bubblewrap, bubblewrap, first_working
from glm_playground.confinement.way import Confiner
from glm_playground.evals.grade import Grade, Output, grade
from glm_playground.evals.suite import Check, CheckKind


@pytest.fixture
def no_bubblewrap(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("PATH", str(tmp_path))
    first_working.cache_clear()
    yield
    first_working.cache_clear()


@pytest.mark.skipif(isinstance(bubblewrap(), str), reason=f"code cannot be confined here: {bubblewrap()}")
def test_a_bubblewrap_that_failed_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, no_bubblewrap: None
) -> None:
    assert bubblewrap() == "bubblewrap (bwrap) is not installed"
    first_working.cache_clear()
    monkeypatch.undo()
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    busy = tmp_path / "bwrap"
    busy.write_text("#!/bin/sh\necho 'bwrap: fork: no room' >&2\nexit 1\n")
    busy.chmod(0o755)
    assert bubblewrap() == "the code cannot be confined: bwrap: fork: no room"
    busy.unlink()
    assert isinstance(bubblewrap(), Bubblewrap)


def test_without_both_no_code_is_run_and_that_is_no_failure(
    no_bubblewrap: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pydantic_monty", None)
    monkeypatch.setattr(monty, "is_there", lambda: False)
    tested = run_tests("x = 1", "assert x == 1")
    assert tested.passed is None
    assert "not installed" in tested.reason
    assert way().confiner is None


@pytest.mark.skipif(not monty.is_there(), reason="pydantic-monty is not installed: uv sync --group dev")
class TestMonty:
    def test_it_takes_the_place_of_bubblewrap(self, no_bubblewrap: None) -> None:
        assert way().confiner is Confiner.MONTY
        assert run_tests("def f(x):\n    return x + 1", "assert f(1) == 2") == (True, "")

    @pytest.mark.parametrize(
        ("code", "tests", "passed", "said"),
        [
            ("def f(x): return x", "assert f(1) == 2", False, "AssertionError"),
            ("def f(x): return x", "def test_f():\n    assert f(1) == 2", False, "AssertionError"),
            ("def f(x): return x", "def test_f():\n    assert f(1) == 1", True, ""),
            ("def f(x): return x", "def test_f( ) -> None:\n    assert f(1) == 2", False, "AssertionError"),
            # What would not be called has not passed.
            ("", "def test_f(n=1):\n    assert False", None, "without arguments"),
            ("", "def test_f(\n    n=1\n):\n    assert False", None, "without arguments"),
            ("", "async def test_f():\n    assert False", None, "async def test_f"),
            ("", "if True:\n    def test_f():\n        assert False", None, "def test_f"),
            ("", "class TestF:\n    def test_f(self):\n        assert False", None, "class TestF"),
            ("", "test_f = lambda: 1 / 0", None, "lambda"),
            ("", "test_data = [1, 2]\nassert test_data", True, ""),
            # What may be Monty's own tells nothing of the answer.
            ("def f():\n    yield 1", "assert list(f()) == [1]", None, "does not yet support yield"),
            ("import statistics", "", None, "No module named"),
            ("x = 1", "import unittest", None, "no unittest"),
            ("x = []\nwhile True: x.append('x' * 10000000 + str(len(x)))", "", None, "Memory"),
            ("open('/etc/shadow').read()", "", None, "Permission denied"),
            ("import os\nos.environ", "", None, "not supported"),
            ("open('/tmp/x', 'w')", "", None, "Permission denied"),
            ("import socket", "", None, "No module named"),
            ("def f(): return f()\nf()", "", None, "RecursionError"),
            ("print('x' * 1000)", "assert True", True, ""),
        ],
    )
    def test_what_it_does_not_know_is_told_of_nobody(
        self, code: str, tests: str, passed: bool | None, said: str
    ) -> None:
        tested = monty.run(code, tests)
        assert tested.passed is passed
        assert said in tested.reason

    def test_code_without_an_end_is_told_of_nobody(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(bounds, "CODE_S", 1.0)
        tested = monty.run("while True: pass", "")
        assert tested.passed is None
        assert "Time" in tested.reason


def test_where_it_is_not_permitted_nothing_is_run_and_that_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(permission, "refused", "not here")
    assert run_tests("x = 1", "assert x == 2") == (None, "not here")
    check = Check(kind=CheckKind.PYTHON_TESTS, value="assert x == 2")
    graded = grade(check, Output("```python\nx = 1\n```"))
    assert (graded.grade, graded.reason) == (Grade.UNTOLD, "not here")


def test_what_is_too_long_is_not_run() -> None:
    assert run_tests("#" * (bounds.CODE_CHARACTERS + 1), "").passed is None


@pytest.mark.skipif(way().confiner is None, reason=way().said)
def test_too_many_at_once_are_told_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "CODE_S", 3.0)
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(run_tests("import time; time.sleep(0.2)", "x = 1")))
        for _ in range(bounds.CODE_WAITING + 8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    busy = [one for one in found if one.reason == "too many others are under way"]
    assert len(busy) >= 1
    assert all(one.passed is None for one in busy)
    assert len(found) - len(busy) >= bounds.CODE_WAITING

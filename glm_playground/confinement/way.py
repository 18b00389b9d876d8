"""Which way code can be confined here, and how many at once."""

import threading
from enum import StrEnum
from typing import NamedTuple

from glm_playground import bounds
from glm_playground.confinement import monty
from glm_playground.confinement.bubblewrap import Bubblewrap, bubblewrap
from glm_playground.confinement.tested import Tested

_running = threading.BoundedSemaphore(bounds.CODE_PROCESSES)
_waiting = threading.BoundedSemaphore(bounds.CODE_WAITING)


class Permission:
    """Whether this process runs code at all; the app's server decides at its start."""

    refused = ""
    """Why it runs none; empty where it does."""


permission = Permission()


class Confiner(StrEnum):
    """What confines."""

    BUBBLEWRAP = "bubblewrap"
    MONTY = "monty"


class Way(NamedTuple):
    """How code is run here."""

    confiner: Confiner | None
    """None where nothing confines: no code is run."""
    said: str
    """In words, such as why bubblewrap is not used."""


def way() -> Way:
    """The best that works here, whether or not it is permitted; looks for it the first time, which takes a moment."""
    found = bubblewrap()
    if isinstance(found, Bubblewrap):
        return Way(Confiner.BUBBLEWRAP, f"code is run in bubblewrap by {found.interpreter.executable}")
    if monty.is_there():
        return Way(Confiner.MONTY, f"code is run by Monty, which knows a part of Python: {found}")
    return Way(None, f"no code is run: {found}, and pydantic-monty is not installed")


def run_tests(code: str, tests: str) -> Tested:
    """What becomes of `code` followed by `tests`, confined; from any thread, and waits.

    Plain statements are run, then each function `test_...` and each `unittest.TestCase` that the tests define.
    """
    if permission.refused:
        return Tested(None, permission.refused)
    if max(len(code), len(tests)) > bounds.CODE_CHARACTERS:
        return Tested(None, f"more than {bounds.CODE_CHARACTERS:,} characters are not run")
    if not _waiting.acquire(blocking=False):
        return Tested(None, "too many others are under way")
    try:
        with _running:
            found = bubblewrap()
            if isinstance(found, Bubblewrap):
                return found.run(code, tests)
            return monty.run(code, tests) if monty.is_there() else Tested(None, way().said)
    finally:
        _waiting.release()

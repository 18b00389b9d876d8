"""Waiting for what becomes true elsewhere: in another process, a database, or a thread that tells nobody."""

import os
import select
import threading
import time
from collections.abc import Callable
from contextlib import suppress

_LOOKS_AGAIN_AFTER_S = 0.01


def wait_until(condition: Callable[[], object], seconds: float = 10, what: str = "it did not become true") -> float:
    """Looks again and again, since nobody tells; the seconds until it was true.

    Raises:
        AssertionError: it was not within `seconds`.
    """
    began = time.monotonic()
    nobody = threading.Event()
    while not condition():
        assert time.monotonic() < began + seconds, what
        nobody.wait(_LOOKS_AGAIN_AFTER_S)
    return time.monotonic() - began


def wait_ended(process_id: int, seconds: float) -> None:
    """Waits for the end of a process, which the system tells of; one that is gone has ended.

    Raises:
        AssertionError: it did not end within `seconds`.
    """
    with suppress(ProcessLookupError):
        descriptor = os.pidfd_open(process_id)
        try:
            readable, _, _ = select.select([descriptor], [], [], seconds)
            assert readable, f"process {process_id} did not end"
        finally:
            os.close(descriptor)

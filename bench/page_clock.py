"""A page's own clock beside that of this machine's processes."""

from __future__ import annotations

import time

from playwright.sync_api import Page

_LOOKS = 15


def clock_offset_ms(page: Page) -> float:
    """What ``performance.now()`` of the page lacks to ``time.perf_counter()`` in ms, to a millisecond or so."""
    found = []
    for _ in range(_LOOKS):
        before = time.perf_counter() * 1e3
        theirs = float(page.evaluate("performance.now()"))
        after = time.perf_counter() * 1e3
        found.append((after - before, (before + after) / 2 - theirs))
    return min(found)[1]

"""Scripts of many sessions compute one after the other, not in each other's way.

Python runs one thread at a time anyway. Where dozens of scripts draw at once, each element that one of them draws takes
a lock of Streamlit's (`streamlit.config.get_option`) for which all others stand in a queue, the thread that feeds the
browsers among them: that one then takes seconds to begin what a user asked for. With slots it stands behind one or two
(`python -m bench.load many --chats 160`).
"""

import threading
from collections.abc import Generator
from contextlib import contextmanager

_PATIENCE_S = 5.0
"""A script that waits for something else without saying so holds up the others no longer than this."""

_redraw = threading.Lock()
_page = threading.Lock()


class _Script(threading.local):
    """What the script of this thread has."""

    draws_page = False
    held: tuple[threading.Lock, ...] = ()


_script = _Script()


@contextmanager
def redraw_slot() -> Generator[None]:
    """For work of a few milliseconds; it waits for one page at most. Not inside a page's slot."""
    held = _redraw.acquire(timeout=_PATIENCE_S)
    try:
        yield
    finally:
        if held:
            _redraw.release()


@contextmanager
def page_slot() -> Generator[None]:
    """For a whole page, or the figures of a run: of all who want one, one at a time stands among the redraws."""
    before = _script.draws_page
    _script.draws_page = True
    _take()
    try:
        yield
    finally:
        _give_back()
        _script.draws_page = before


@contextmanager
def released() -> Generator[None]:
    """While a script only waits: others compute meanwhile. Does nothing outside a page's slot."""
    before, _script.draws_page = _script.draws_page, False
    _give_back()
    # What is raised here ends the script, which needs no slot for that.
    yield
    _script.draws_page = before
    if before:
        _take()


def _take() -> None:
    _script.held = tuple(lock for lock in (_page, _redraw) if lock.acquire(timeout=_PATIENCE_S))


def _give_back() -> None:
    for lock in reversed(_script.held):
        lock.release()
    _script.held = ()

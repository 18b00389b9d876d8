"""Scripts of many sessions compute one after the other, not in each other's way.

Python runs one thread at a time anyway. Where dozens of scripts draw at once, each element that one of them draws takes
a lock of Streamlit's (`streamlit.config.get_option`) for which all others stand in a queue, the thread that feeds the
browsers among them: that one then takes seconds to begin what a user asked for. So there is one slot. A redraw gets it
first, then a page whose script began with an action of its user, then any other, each in the order of asking
(`python -m bench.load enter --chats 160`).
"""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from enum import IntEnum
from heapq import heappop, heappush
from itertools import count
from time import monotonic

_PATIENCE_S = 5.0
"""A script that waits for something else without saying so keeps the slot no longer than this."""
_READ_PATIENCE_S = 0.2
"""Nor does one that reads the database, which mostly answers within a millisecond."""


class _Rank(IntEnum):
    """Who goes first."""

    REDRAW = 0
    # Between an action and the page that shows what came of it no other script begins: with all actions first, every
    # answer would wait for all of them.
    BEGUN = 1
    PAGE = 2


class _Slot:
    """What one script at a time holds, as a ticket."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = count()
        self._waiting: list[tuple[_Rank, int, threading.Event]] = []
        self._holder: threading.Event | None = None
        self._since = 0.0
        self._patience = _PATIENCE_S

    def take(self, rank: _Rank) -> threading.Event:
        """Waits for the slot; the ticket to give it back with."""
        ticket = threading.Event()
        with self._lock:
            heappush(self._waiting, (rank, next(self._numbers), ticket))
            if self._holder is None:
                self._pass_on()
        while not ticket.wait(min(_READ_PATIENCE_S, _PATIENCE_S)):
            with self._lock:
                if monotonic() - self._since >= self._patience:
                    self._pass_on()
        return ticket

    def begin_read(self, ticket: threading.Event) -> None:
        """Gives the slot to the next one soon, unless `end_read` is called before."""
        self._set_patience(ticket, _READ_PATIENCE_S)

    def end_read(self, ticket: threading.Event) -> bool:
        """False where the slot was taken away meanwhile."""
        return self._set_patience(ticket, _PATIENCE_S)

    def _set_patience(self, ticket: threading.Event, seconds: float) -> bool:
        with self._lock:
            if self._holder is not ticket:
                return False
            self._since, self._patience = monotonic(), seconds
            return True

    @property
    def redraw_waits(self) -> bool:
        """Whether somebody is held up who needs it for a moment only."""
        with self._lock:
            return bool(self._waiting) and self._waiting[0][0] is _Rank.REDRAW

    def give_back(self, ticket: threading.Event) -> None:
        """Lets the next one have it; does nothing where it was taken away meanwhile."""
        with self._lock:
            if self._holder is ticket:
                self._pass_on()

    def _pass_on(self) -> None:
        self._holder = heappop(self._waiting)[-1] if self._waiting else None
        self._since, self._patience = monotonic(), _PATIENCE_S
        if self._holder:
            self._holder.set()


_slot = _Slot()


class _Script(threading.local):
    """What the script of this thread has."""

    rank = _Rank.PAGE
    draws_page = False
    ticket: threading.Event | None = None


_script = _Script()


@contextmanager
def redraw_slot() -> Generator[None]:
    """For work of a few milliseconds; it waits for one other at most. Not inside another slot."""
    ticket = _slot.take(_Rank.REDRAW)
    try:
        yield
    finally:
        _slot.give_back(ticket)


@contextmanager
def action_slot() -> Generator[None]:
    """For what a prompt or a click starts, before the page is drawn; the page then comes before others."""
    with page_slot():
        yield
    _script.rank = _Rank.BEGUN


@contextmanager
def page_slot() -> Generator[None]:
    """For a whole page, or the figures of a run."""
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
    try:
        yield
    except Exception:
        # The script may catch it and draw on; what is no `Exception` ends it, which needs no slot.
        _take_again(before)
        raise
    _take_again(before)


def give_way() -> None:
    """Between two parts of a page: answers that wait to be redrawn go first, and then this page before any other."""
    if _script.ticket and _slot.redraw_waits:
        _give_back()
        _script.rank = _Rank.BEGUN
        _take()


@contextmanager
def reading() -> Generator[None]:
    """While a script reads the database: others compute meanwhile where it does not answer at once.

    Then the page comes before those that have not begun.
    """
    ticket = _script.ticket
    if ticket is None:
        yield
        return
    _slot.begin_read(ticket)
    try:
        yield
    except Exception:
        _end_read(ticket)
        raise
    _end_read(ticket)


def _end_read(ticket: threading.Event) -> None:
    if not _slot.end_read(ticket):
        _script.rank = _Rank.BEGUN
        _take()


def _take_again(draws_page: bool) -> None:
    _script.draws_page = draws_page
    if draws_page:
        _take()


def _take() -> None:
    rank, _script.rank = _script.rank, _Rank.PAGE
    _script.ticket = _slot.take(rank)


def _give_back() -> None:
    if _script.ticket:
        _slot.give_back(_script.ticket)
    _script.ticket = None

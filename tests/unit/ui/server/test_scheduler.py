"""Scripts compute in slots: see `ui.server.scheduler`. Each script is a thread here, as it is in Streamlit."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from glm_playground.ui.server import scheduler

_SOON_S = 10.0
_NOT_YET_S = 0.05


@pytest.fixture
def script() -> Iterator[Callable[[Callable[[], Any]], "Future[Any]"]]:
    with ThreadPoolExecutor(8) as threads:
        yield threads.submit


def _signal(flag: threading.Event, context: Callable[[], object]) -> Callable[[], None]:
    def run() -> None:
        with context():  # type: ignore[attr-defined]
            flag.set()

    return run


@pytest.mark.parametrize("second", [scheduler.page_slot, scheduler.redraw_slot])
def test_a_second_script_computes_once_the_first_has_left_its_slot(script, second) -> None:
    began = threading.Event()
    with scheduler.page_slot():
        script(_signal(began, second))
        assert not began.wait(_NOT_YET_S)
    assert began.wait(_SOON_S)


def test_a_redraw_gets_its_slot_while_pages_come_and_come(script) -> None:
    redrawn = threading.Event()

    def pages() -> int:
        drawn = 0
        while not redrawn.is_set():
            with scheduler.page_slot():
                drawn += 1
        return drawn

    streams = [script(pages) for _ in range(6)]
    script(_signal(redrawn, scheduler.redraw_slot))
    assert redrawn.wait(_SOON_S)
    assert sum(stream.result(_SOON_S) for stream in streams) > 0


def test_a_script_that_only_waits_lets_others_compute_and_then_takes_a_slot_again(script) -> None:
    began, again = threading.Event(), threading.Event()
    with scheduler.page_slot():
        with scheduler.released():
            script(_signal(began, scheduler.page_slot))
            assert began.wait(_SOON_S)
        script(_signal(again, scheduler.page_slot))
        assert not again.wait(_NOT_YET_S)
    assert again.wait(_SOON_S)


def test_a_page_gives_way_to_a_redraw_and_goes_on_before_any_other_page(script) -> None:
    order: list[str] = []
    redrawn, drawn = threading.Event(), threading.Event()

    def note(name: str, slot: Callable[[], object], flag: threading.Event) -> None:
        with slot():  # type: ignore[attr-defined]
            order.append(name)
            flag.set()

    with scheduler.page_slot():
        scheduler.give_way()
        order.append("page")
        script(lambda: note("other page", scheduler.page_slot, drawn))
        script(lambda: note("redraw", scheduler.redraw_slot, redrawn))
        assert not redrawn.wait(_NOT_YET_S)
        while not redrawn.is_set():
            scheduler.give_way()
        order.append("page goes on")
        assert not drawn.is_set()
    assert drawn.wait(_SOON_S)
    assert order == ["page", "redraw", "page goes on", "other page"]


def test_a_slot_ends_with_what_is_raised_in_it_or_while_its_script_waits(script) -> None:
    began = threading.Event()
    with pytest.raises(KeyError), scheduler.page_slot():
        raise KeyError
    with pytest.raises(KeyError), scheduler.page_slot(), scheduler.released():
        raise KeyError
    script(_signal(began, scheduler.page_slot))
    assert began.wait(_SOON_S)


def test_a_script_without_a_slot_has_none_after_it_waited(script) -> None:
    began = threading.Event()
    with scheduler.released():
        pass
    script(_signal(began, scheduler.page_slot))
    assert began.wait(_SOON_S)


def test_a_script_that_caught_an_error_while_it_waited_has_its_slot_again(script) -> None:
    began = threading.Event()
    with scheduler.page_slot():
        with contextlib.suppress(KeyError), scheduler.released():
            raise KeyError
        script(_signal(began, scheduler.page_slot))
        assert not began.wait(_NOT_YET_S)
    assert began.wait(_SOON_S)


def test_a_read_that_is_answered_at_once_keeps_the_slot(script, monkeypatch) -> None:
    monkeypatch.setattr(scheduler, "_READ_PATIENCE_S", _SOON_S)
    began = threading.Event()
    with scheduler.page_slot():
        script(_signal(began, scheduler.page_slot))
        with contextlib.suppress(KeyError), scheduler.reading():
            raise KeyError
        with scheduler.reading():
            assert not began.wait(_NOT_YET_S)
        assert not began.wait(_NOT_YET_S)
    assert began.wait(_SOON_S)


def test_others_go_on_while_a_read_is_not_answered(script, monkeypatch) -> None:
    monkeypatch.setattr(scheduler, "_READ_PATIENCE_S", 0.01)
    began, again = threading.Event(), threading.Event()
    with scheduler.page_slot():
        with contextlib.suppress(KeyError), scheduler.reading():
            script(_signal(began, scheduler.page_slot))
            assert began.wait(_SOON_S)
            raise KeyError
        script(_signal(again, scheduler.page_slot))
        assert not again.wait(_NOT_YET_S)
    assert again.wait(_SOON_S)


def test_a_page_that_read_the_database_comes_before_those_that_have_not_begun(script) -> None:
    order: list[str] = []
    began, waits, read, done = (threading.Event() for _ in range(4))

    def first() -> None:
        with scheduler.page_slot():
            with scheduler.reading():
                began.set()
                assert read.wait(_SOON_S)
            order.append("the one that read")

    def holder() -> None:
        with scheduler.page_slot():
            waits.set()
            assert done.wait(_SOON_S)

    def another() -> None:
        with scheduler.page_slot():
            order.append("another")

    scripts = [script(first)]
    assert began.wait(_SOON_S)
    scripts.append(script(holder))
    assert waits.wait(_SOON_S)
    scripts.append(script(another))
    _wait_for_waiting(1)
    read.set()
    _wait_for_waiting(2)
    done.set()
    for one in scripts:
        one.result(_SOON_S)
    assert order == ["the one that read", "another"]


def _wait_for_waiting(count: int) -> None:
    """Until so many scripts stand in the queue."""
    pause, tries = threading.Event(), 0
    while len(scheduler._slot._waiting) < count:
        tries += 1
        assert tries < 1000
        pause.wait(0.01)


def test_figures_of_a_run_get_a_slot_of_their_own_while_the_page_waits(script) -> None:
    began = threading.Event()
    with scheduler.page_slot(), scheduler.released():
        with scheduler.page_slot():
            script(_signal(began, scheduler.page_slot))
            assert not began.wait(_NOT_YET_S)
        assert began.wait(_SOON_S)


def test_a_script_that_waits_without_saying_so_does_not_hold_others_up_for_good(script, monkeypatch) -> None:
    monkeypatch.setattr(scheduler, "_PATIENCE_S", 0.01)
    began = threading.Event()
    with scheduler.page_slot():
        script(_signal(began, scheduler.page_slot))
        assert began.wait(_SOON_S)


def test_a_page_that_an_action_led_to_comes_before_others_and_a_redraw_before_both(script) -> None:
    order: list[str] = []
    acting, acted, redrawing, redrawn, page = (threading.Event() for _ in range(5))

    def draw(name: str) -> None:
        with scheduler.page_slot():
            order.append(name)
            page.set()

    def act_and_draw() -> None:
        with scheduler.action_slot():
            acting.set()
            acted.wait(_SOON_S)
        draw("its page")
        draw("its next page")

    def redraw() -> None:
        with scheduler.redraw_slot():
            redrawing.set()
            redrawn.wait(_SOON_S)

    threads = [script(act_and_draw)]
    assert acting.wait(_SOON_S)
    threads.append(script(lambda: draw("another page")))
    assert not page.wait(_NOT_YET_S)
    threads.append(script(redraw))
    assert not redrawing.wait(_NOT_YET_S)
    acted.set()
    assert redrawing.wait(_SOON_S)
    assert not page.wait(_NOT_YET_S)
    redrawn.set()
    for thread in threads:
        thread.result(_SOON_S)
    assert order == ["its page", "another page", "its next page"]


def test_a_script_that_lost_its_slot_does_not_take_it_from_the_next(script, monkeypatch) -> None:
    monkeypatch.setattr(scheduler, "_PATIENCE_S", 0.01)
    second, leave, third = threading.Event(), threading.Event(), threading.Event()

    def hold() -> None:
        with scheduler.page_slot():
            second.set()
            leave.wait(_SOON_S)

    with scheduler.page_slot():
        script(hold)
        assert second.wait(_SOON_S)
        monkeypatch.setattr(scheduler, "_PATIENCE_S", _SOON_S)
    script(_signal(third, scheduler.page_slot))
    assert not third.wait(_NOT_YET_S)
    leave.set()
    assert third.wait(_SOON_S)

"""Scripts compute in slots: see `ui.server.scheduler`. Each script is a thread here, as it is in Streamlit."""

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

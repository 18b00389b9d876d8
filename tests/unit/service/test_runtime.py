"""What the process knows of its gateways."""

import gc
import weakref
from collections.abc import Iterator
from concurrent.futures import Future

import pytest

from glm_playground.gateway import Gateway, errors
from glm_playground.gateway.live import LivePrices
from glm_playground.service import runtime

ELSEWHERE = Gateway("Elsewhere", "https://elsewhere.test/v1")


class Page:
    """What a script has while it asks."""


@pytest.fixture
def failed() -> Iterator[None]:
    answer: Future[LivePrices] = Future()
    answer.set_exception(errors.PathNotFound("no price list"))
    runtime._prices[runtime._place(ELSEWHERE)] = runtime._Asked(answer, None)
    yield
    del runtime._prices[runtime._place(ELSEWHERE)]


@pytest.mark.usefixtures("failed")
def test_a_question_that_failed_does_not_hold_who_looks_at_it() -> None:
    def look(page: Page) -> object:
        return (runtime.live_prices(ELSEWHERE).problem, page)[0]

    pages = [Page() for _page in range(3)]
    gone = [weakref.ref(page) for page in pages]
    assert all(isinstance(look(page), errors.PathNotFound) for page in pages)
    pages.clear()
    gc.collect()
    assert [page() for page in gone] == [None] * 3

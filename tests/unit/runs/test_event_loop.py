"""Looking up the address of a host: silent servers of names hold up nobody who asks for another host."""

import asyncio
import gc
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from glm_playground.runs.event_loop import EventLoop

MANY = 30
FOUND = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 80))]


class Names:
    """A server of names that is silent about `.example`, until it is told to answer that there is none such."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answering = threading.Event()

    def look_up(self, host: str, *_: Any) -> list[Any]:
        self.asked.append(host)
        if host.endswith(".example"):
            self.answering.wait(10)
            raise socket.gaierror(socket.EAI_NONAME, "not known")
        return FOUND


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Iterator[Names]:
    names = Names()
    monkeypatch.setattr(socket, "getaddrinfo", names.look_up)
    yield names
    names.answering.set()


@pytest.fixture
def loop() -> Iterator[EventLoop]:
    loop = EventLoop()
    yield loop
    loop.close()


def test_hosts_that_nobody_tells_of_hold_up_no_other(loop: EventLoop, names: Names) -> None:
    async def ask() -> None:
        lost = [asyncio.ensure_future(loop.getaddrinfo(f"{number}.example", 80)) for number in range(MANY)]
        assert await asyncio.wait_for(loop.getaddrinfo("here", 80), 5) == FOUND
        assert not any(question.done() for question in lost)
        names.answering.set()
        assert all(isinstance(error, OSError) for error in await asyncio.gather(*lost, return_exceptions=True))

    loop.run_until_complete(ask())


def test_who_asks_meanwhile_shares_the_answer_and_may_leave(loop: EventLoop, names: Names) -> None:
    async def ask() -> None:
        asking = [asyncio.ensure_future(loop.getaddrinfo("gone.example", 80)) for _ in range(MANY)]
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(loop.getaddrinfo("gone.example", 80), 0.01)
        names.answering.set()
        assert all(isinstance(error, OSError) for error in await asyncio.gather(*asking, return_exceptions=True))
        assert names.asked == ["gone.example"]
        # What was told is not kept.
        with pytest.raises(OSError, match="not known"):
            await loop.getaddrinfo("gone.example", 80)
        assert len(names.asked) == 2

    loop.run_until_complete(ask())


@pytest.mark.parametrize("said", [ValueError("an embedded null"), OverflowError("a port too large"), MemoryError()])
def test_whatever_a_look_up_raises_is_told_to_who_waits(
    loop: EventLoop, monkeypatch: pytest.MonkeyPatch, said: Exception
) -> None:
    def look_up(*_: Any) -> list[Any]:
        raise said

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with pytest.raises(type(said)):
        loop.run_until_complete(asyncio.wait_for(loop.getaddrinfo("here", 80), 5))


def test_it_ends_without_a_word_while_a_host_is_looked_up(
    names: Names, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    complaints: list[Any] = []
    monkeypatch.setattr(threading, "excepthook", complaints.append)
    loop = EventLoop()
    loop.set_exception_handler(lambda _loop, context: complaints.append(context))
    with pytest.raises(TimeoutError):
        loop.run_until_complete(asyncio.wait_for(loop.getaddrinfo("gone.example", 80), 0.01))
    loop.close()
    looking = [thread for thread in threading.enumerate() if thread.name == "look-up of a host"]
    names.answering.set()
    for thread in looking:
        thread.join(10)
    assert not any(thread.is_alive() for thread in looking)
    # A future whose error nobody took says so once it is collected.
    gc.collect()
    assert (complaints, caplog.records) == ([], [])

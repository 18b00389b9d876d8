"""Connections are used again, however many answers are under way at once."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from glm_playground.gateway.pool import connection_pool

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
Ask = Callable[[int], Awaitable[None]]


@pytest.fixture(autouse=True)
def _kept_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    # On a busy computer the next requests may come late.
    monkeypatch.setattr("glm_playground.gateway.pool.KEPT_FOR_S", 60)


def connections(work: Callable[[Ask], Awaitable[None]]) -> int:
    """How many connections a server saw that answers so many requests once all of them have come."""
    opened = 0
    round_: list[asyncio.Barrier] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal opened
        opened += 1
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                await round_[-1].wait()
                writer.write(ANSWER)
                await writer.drain()
        except asyncio.IncompleteReadError:
            writer.close()

    async def go() -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=512)
        port = server.sockets[0].getsockname()[1]
        http = connection_pool(connect_timeout=20, read_timeout=20)

        async def ask(count: int) -> None:
            round_.append(asyncio.Barrier(count))
            answers = await asyncio.gather(*(http.get(f"http://127.0.0.1:{port}/") for _ in range(count)))
            assert {answer.text for answer in answers} == {"ok"}

        await work(ask)
        await http.aclose()
        server.close()

    asyncio.run(asyncio.wait_for(go(), 60))
    return opened


@pytest.mark.parametrize("count", [1, 16, 17, 64, 100])
def test_the_next_requests_go_over_the_same_connections(count: int) -> None:
    async def work(ask: Ask) -> None:
        for _ in range(3):
            await ask(count)

    assert connections(work) == count


def test_a_few_requests_share_connections_after_many() -> None:
    async def work(ask: Ask) -> None:
        await ask(48)
        for count in (1, 4, 2, 30):
            await ask(count)

    assert connections(work) == 48


def test_a_request_that_fails_leaves_room_for_another(monkeypatch: pytest.MonkeyPatch) -> None:
    pools = []

    class Noted(httpx.AsyncHTTPTransport):
        def __init__(self, **options: Any) -> None:
            pools.append(self)
            super().__init__(**options)

    monkeypatch.setattr(httpx, "AsyncHTTPTransport", Noted)

    async def go() -> None:
        http = connection_pool(connect_timeout=20, read_timeout=20)
        for _ in range(40):
            with pytest.raises(httpx.ConnectError):
                await http.get("http://127.0.0.1:9/")
        await http.aclose()

    asyncio.run(go())
    assert len(pools) == 1

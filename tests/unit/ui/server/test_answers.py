"""Answers that are sent piece by piece, on a server of the kind that the app runs on, and who is counted for them."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
import uvicorn
from hypothesis import given
from hypothesis import strategies as st
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from glm_playground import bounds
from glm_playground.ui.server.answers import BoundedAnswers, NoRoomForAnswer, SentBytes, pieces
from glm_playground.ui.server.request_heads import bounded
from tests.condition import wait_until

MB = 1024 * 1024


@given(st.binary(max_size=400), st.booleans(), st.integers(1, 100))
def test_the_pieces_of_a_body_are_the_body(body: bytes, more: bool, size: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bounds, "ANSWER_PIECE_BYTES", size)
        found = list(pieces({"type": "http.response.body", "body": body, "more_body": more}))
    assert b"".join(piece.get("body", b"") for piece in found) == body
    assert max(len(piece.get("body", b"")) for piece in found) <= size
    *others, last = [piece.get("more_body", False) for piece in found]
    assert all(others)
    assert last is more


def test_an_address_has_so_much_and_all_together_have_so_much() -> None:
    sent = SentBytes(25, 10)
    with sent.counting("a", 10):
        with pytest.raises(NoRoomForAnswer), sent.counting("a", 1):
            pass
        with sent.counting("b", 10):
            with pytest.raises(NoRoomForAnswer), sent.counting("c", 6):
                pass
            with sent.counting("c", 5):
                pass
    with sent.counting("a", 10):
        pass


@asynccontextmanager
async def served(app: ASGIApp) -> AsyncIterator[tuple[int, BoundedAnswers]]:
    """The port of a server with the app behind the bounds, and these."""
    answers = BoundedAnswers(app)
    config = uvicorn.Config(answers, log_level="critical", lifespan="off", ws="none")
    config.load()
    protocol: Any = config.http_protocol_class
    config.http_protocol_class = bounded(protocol)
    server = uvicorn.Server(config)
    listening = socket.create_server(("127.0.0.1", 0))
    task = asyncio.create_task(server.serve([listening]))
    try:
        yield listening.getsockname()[1], answers
    finally:
        server.should_exit = True
        with suppress(asyncio.CancelledError):
            await task


async def asked(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection that asked for an answer, and takes of it what its reader takes."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.setblocking(False)
    await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", port))
    reader, writer = await asyncio.open_connection(sock=connection, limit=4096)
    writer.write(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
    return reader, writer


def large(size: int = 16 * MB) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await Response(bytes(size))(scope, receive, send)

    return app


@pytest.mark.parametrize("limit", ["ANSWER_PIECE_S", "ANSWER_S"])
def test_the_connection_of_who_takes_nothing_ends(monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    monkeypatch.setattr(bounds, limit, 0.2)

    async def visit() -> None:
        async with served(large()) as (port, answers):
            reader, writer = await asked(port)
            assert b"200" in await reader.readline()
            # Reads nothing until the server has given up; then there is no more than was under way.
            await asyncio.to_thread(wait_until, lambda: not answers.sent.total, 10)
            with pytest.raises((asyncio.IncompleteReadError, ConnectionResetError)):
                await asyncio.wait_for(reader.readexactly(16 * MB), 10)
            writer.close()

    asyncio.run(visit())


def test_who_takes_all_gets_all_and_the_next_answer_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "ANSWERS_BYTES_AN_ADDRESS", 2 * MB)

    async def visit() -> None:
        async with served(large(2 * MB)) as (port, _answers):
            reader, writer = await asked(port)
            for _ in range(3):
                head = await reader.readuntil(b"\r\n\r\n")
                assert b"200" in head.splitlines()[0]
                assert len(await asyncio.wait_for(reader.readexactly(2 * MB), 20)) == 2 * MB
                # While it was being sent there was no room for another.
                writer.write(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
            writer.close()

    asyncio.run(visit())


def test_a_second_one_is_refused_while_the_first_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "ANSWERS_BYTES_AN_ADDRESS", 17 * MB)

    async def visit() -> None:
        async with served(large()) as (port, _answers):
            first, writer = await asked(port)
            assert b"200" in await first.readline()
            second, other = await asked(port)
            head = await second.readuntil(b"\r\n\r\n")
            assert b"429" in head.splitlines()[0]
            assert b"retry-after: 5" in head.lower()
            assert b"try again" in await second.read(200)
            writer.close()
            other.close()

    asyncio.run(visit())


def test_what_comes_in_parts_counts_as_one_and_its_head_is_sent_once() -> None:
    sent: list[dict[str, Any]] = []

    async def parts(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for more in (True, True, False):
            await send({"type": "http.response.body", "body": b"x" * MB, "more_body": more})

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        raise AssertionError("it is asked for nothing")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bounds, "ANSWERS_BYTES_AN_ADDRESS", MB)
        asyncio.run(BoundedAnswers(parts)({"type": "http", "client": ("192.0.2.1", 1)}, receive, send))
    assert [one["type"] for one in sent].count("http.response.start") == 1
    assert b"".join(one.get("body", b"") for one in sent) == b"x" * 3 * MB
    assert [one["more_body"] for one in sent[1:]].count(False) == 1

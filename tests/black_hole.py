"""A network between a client and a server that swallows what is sent, and keeps every connection."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Self


class BlackHole:
    """Forwards what comes to a port of loopback to a socket of the file system, unless it is `swallowing`.

    What is swallowed comes later, as with a network that is back: TCP sends again what was not confirmed.

    Attributes:
        port: on 127.0.0.1.
    """

    def __init__(self, to: str) -> None:
        self._to = to
        self._loop = asyncio.new_event_loop()
        self._open = asyncio.Event()
        self._open.set()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.port = 0

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(
            asyncio.start_server(self._join, "127.0.0.1", 0), self._loop
        ).result(10)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    @contextmanager
    def swallowing(self) -> Iterator[None]:
        """Nothing comes through, either way, and nothing is closed."""
        self._loop.call_soon_threadsafe(self._open.clear)
        try:
            yield
        finally:
            self._loop.call_soon_threadsafe(self._open.set)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._open.wait()
        try:
            behind_reader, behind_writer = await asyncio.open_unix_connection(self._to)
        except OSError:
            writer.close()
            return
        ways = self._pass_on(reader, behind_writer), self._pass_on(behind_reader, writer)
        await asyncio.gather(*ways)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65_536):
                await self._open.wait()
                writer.write(data)
                await writer.drain()
        # Its end is as little seen as what was sent.
        await self._open.wait()
        writer.close()

    async def _close(self) -> None:
        self._server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

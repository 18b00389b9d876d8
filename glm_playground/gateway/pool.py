"""The connections that gateways are asked over."""

import os
import re
import socket
import ssl
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache, partial
from typing import cast

import httpx

from glm_playground.gateway import errors
from glm_playground.network import CERTIFICATE_VARIABLES, Network, NetworkError, read_network

ConnectionPool = httpx.AsyncClient
"""What requests are sent over; made by `connection_pool`, closed with `aclose`."""

KEPT_FOR_S = 1.5
"""How long an idle connection is kept: servers close theirs after 2 s (gunicorn), 5 s (uvicorn, llama.cpp, Node) or
more, and a request that meets the close may have been received, so it cannot be sent again."""

_UNREAD_BYTES = 128 * 1024
"""What waits unread on a connection. Linux would let megabytes wait, which is seconds of an answer that comes faster
than it is read: it would be late, each event stamped late, and what the user stops would have been made in vain."""

PROXY_EXTENSION = "glm_playground.proxy"
"""Key of `httpx.Request.extensions` under which the proxy's address stands, where one was used."""


@cache
def _tls_context(_file: str | None, _folder: str | None) -> ssl.SSLContext:
    """One for each place of certificates, which httpx reads from the environment and takes 30 ms to load."""
    return httpx.create_ssl_context()


class _Counted(httpx.AsyncByteStream):
    """An answer's body, and who is told once it is closed."""

    def __init__(self, body: httpx.AsyncByteStream, closed: Callable[[], None]) -> None:
        self._body = body
        self._closed = closed

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._body.__aiter__()

    async def aclose(self) -> None:
        try:
            await self._body.aclose()
        finally:
            self._closed()


@dataclass(eq=False)
class _Line:
    """One of httpcore's pools, in which at most one answer is under way: a connection that is made anew when needed."""

    origin: tuple[str, str, int | None]
    transport: httpx.AsyncBaseTransport
    left_at: float = 0.0

    def is_over(self, now: float) -> bool:
        """Whether its connection cannot be used again."""
        return now - self.left_at > KEPT_FOR_S


class _Lines(httpx.AsyncBaseTransport):
    """A pool for each answer that is under way, in the place of one for all.

    httpcore looks at each connection of a pool whenever a request is sent or an answer ends, which with many at once
    takes longer than all else, and where there are more than it may keep it closes every one that is idle (1.0,
    `_assign_requests_to_connections`). A request goes over the line of its origin that was left last, so that
    connections are used again as in one pool.
    """

    def __init__(self, make: Callable[[], httpx.AsyncBaseTransport]) -> None:
        self._make = make
        self._busy: set[_Line] = set()
        self._idle: deque[_Line] = deque()
        """Those that were left first stand first."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        line = self._take((request.url.scheme, request.url.host, request.url.port))
        with ExitStack() as ends:
            ends.callback(self._leave, line)
            await self._close_old()
            response = await line.transport.handle_async_request(request)
            body = cast(httpx.AsyncByteStream, response.stream)
            response.stream = _Counted(body, ends.pop_all().close)
        return response

    async def aclose(self) -> None:
        for line in (*self._busy, *self._idle):
            await line.transport.aclose()

    def _take(self, origin: tuple[str, str, int | None]) -> _Line:
        line = next((line for line in reversed(self._idle) if line.origin == origin), None)
        if line is None:
            line = _Line(origin, self._make())
        else:
            self._idle.remove(line)
        self._busy.add(line)
        return line

    def _leave(self, line: _Line) -> None:
        line.left_at = time.monotonic()
        self._busy.discard(line)
        self._idle.append(line)

    async def _close_old(self) -> None:
        """Closes the lines that nobody came back to; nobody else would close their connections."""
        now = time.monotonic()
        while self._idle and self._idle[0].is_over(now):
            await self._idle.popleft().transport.aclose()


class _Routes(httpx.AsyncBaseTransport):
    """Sends each request directly or through the proxy that the environment names for its host."""

    def __init__(self, network: Network, limits: httpx.Limits) -> None:
        context = _tls_context(*map(os.environ.get, CERTIFICATE_VARIABLES))
        self._network = network
        addresses = set(dict(network.proxies).values())
        self._direct = _Lines(partial(_transport, context, limits))
        self._proxied = {address: _Lines(partial(_transport, context, limits, address)) for address in addresses}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        address = self._network.proxy_for(url.scheme, url.host, url.port)
        if address is None:
            return await self._direct.handle_async_request(request)
        request.extensions = {**request.extensions, PROXY_EXTENSION: address}
        return await self._proxied[address].handle_async_request(request)

    async def aclose(self) -> None:
        for transport in (self._direct, *self._proxied.values()):
            await transport.aclose()


def _transport(context: ssl.SSLContext, limits: httpx.Limits, address: str = "") -> httpx.AsyncHTTPTransport:
    """One of httpcore's pools; `address` is a proxy's, and empty where none is used."""
    proxy = httpx.Proxy(address, ssl_context=context if address.startswith("https:") else None) if address else None
    options = [(socket.SOL_SOCKET, socket.SO_RCVBUF, _UNREAD_BYTES)]
    return httpx.AsyncHTTPTransport(verify=context, limits=limits, socket_options=options, proxy=proxy)


def connection_pool(
    *, connect_timeout: float, read_timeout: float, transport: httpx.AsyncBaseTransport | None = None
) -> ConnectionPool:
    """The pool every gateway is asked over: one TLS context, no redirects, no limit on concurrent answers.

    Args:
        connect_timeout: seconds.
        read_timeout: seconds of silence allowed between two chunks.
        transport: what carries the requests; the network unless a test passes its own.

    Raises:
        NetworkUnusable: a proxy or a certificate of the environment cannot be used; the message names the variable.
    """
    limits = httpx.Limits(keepalive_expiry=KEPT_FOR_S)
    if transport is None:
        try:
            transport = _Routes(read_network(), limits)
        except (NetworkError, OSError, ValueError, ImportError) as error:
            raise errors.NetworkUnusable(str(error)) from None
    return httpx.AsyncClient(
        timeout=httpx.Timeout(read_timeout, connect=connect_timeout, write=60.0, pool=None),
        follow_redirects=False,
        transport=transport,
        # The routes are read above; the rest of what httpx takes from the environment is `.netrc`, a second key.
        trust_env=False,
        headers={"User-Agent": "glm-playground"},
    )


async def leave(response: httpx.Response) -> None:
    """Ends the reading of `response`; its connection is not kept where the server keeps it for no longer than we do."""
    promised = re.search(r"\btimeout\s*=\s*(\d{1,9})", response.headers.get("keep-alive", ""), re.IGNORECASE)
    if promised and int(promised[1]) <= KEPT_FOR_S:
        await forget_connection(response)
    await response.aclose()


async def forget_connection(response: httpx.Response) -> None:
    """Closes the connection that `response` came over: servers close theirs after an error, some without saying so."""
    if stream := response.extensions.get("network_stream"):
        await stream.aclose()

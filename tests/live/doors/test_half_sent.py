"""Half of a request holds no connection, wherever it is sent."""

import selectors
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest
import uvicorn

from glm_playground import bounds
from glm_playground.ui.server.request_heads import bounded
from tests.condition import wait_until
from tests.live.app_process import AppProcess

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    "line", ["GET /", "POST /", "POST /playground", "PUT /_stcore/health", "POST /callbacks/runapi", "POST /_stcore/x"]
)
@pytest.mark.parametrize("length", ["Content-Length: 1000", "Transfer-Encoding: chunked"])
def test_it_is_answered_and_closed(app: AppProcess, line: str, length: str) -> None:
    with socket.create_connection(("127.0.0.1", app.port), timeout=4) as connection:
        connection.sendall(f"{line} HTTP/1.1\r\nHost: 127.0.0.1:{app.port}\r\n{length}\r\n\r\n1".encode())
        answered = connection.recv(65_536)
        assert answered.startswith(b"HTTP/1.1 ")
        while connection.recv(65_536):
            pass


HALVES = (b"", b"G", b"GET / HTTP/1.1\r\nHost: x\r\n", b"GET /_stcore/stream HTTP/1.1\r\nUpgrade: websocket\r\n")


def connections(port: int, count: int, stack: ExitStack) -> list[socket.socket]:
    return [stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=20)) for _ in range(count)]


def still_open(connections: list[socket.socket], until: float) -> int:
    """How many of them the server has not closed at that time."""
    with selectors.DefaultSelector() as selector:
        for connection in connections:
            selector.register(connection, selectors.EVENT_READ)
        while selector.get_map() and (left := until - time.monotonic()) > 0:
            for key, _ in selector.select(left):
                try:
                    closed = not key.fileobj.recv(65_536)  # type: ignore[union-attr]
                except ConnectionResetError:
                    closed = True
                if closed:
                    selector.unregister(key.fileobj)
        return len(selector.get_map())


def test_half_of_many_heads_is_not_waited_for(app: AppProcess) -> None:
    with ExitStack() as stack:
        began = time.monotonic()
        slow = connections(app.port, 300, stack)
        for number, connection in enumerate(slow):
            connection.sendall(HALVES[number % len(HALVES)])
        with httpx.Client(base_url=app.base_url, trust_env=False) as client:
            while time.monotonic() < began + bounds.HEAD_S - 2:
                asked = time.monotonic()
                assert client.get("/healthz").status_code == 200
                assert time.monotonic() - asked < 1
                # One more byte now and then is no reason to wait longer.
                slow[1].sendall(b"E")
        assert still_open(slow, began + bounds.HEAD_S + 5) == 0


@pytest.fixture
def small_server() -> Iterator[int]:
    """The port of uvicorn with a deadline of half a second, and five connections that wait."""

    async def hello(scope: object, receive: object, send: object) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})  # type: ignore[operator]
        await send({"type": "http.response.body", "body": b"hi"})  # type: ignore[operator]

    config = uvicorn.Config(hello, lifespan="off", log_config=None, timeout_keep_alive=30)
    config.load()
    config.http_protocol_class = bounded(config.http_protocol_class, 0.5, 5)
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        wait_until(lambda: server.started)
        yield listener.getsockname()[1]
        server.should_exit = True
        thread.join(10)


WHOLE = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


def test_a_second_half_behind_a_whole_request_is_not_waited_for(small_server: int) -> None:
    with ExitStack() as stack:
        (connection,) = connections(small_server, 1, stack)
        for _ in range(2):
            connection.sendall(WHOLE)
            assert connection.recv(65_536).endswith(b"hi")
        # Silence after an answer is the server's own matter, for which it has a setting.
        assert still_open([connection], time.monotonic() + 1) == 1
        connection.sendall(WHOLE[:20])
        assert still_open([connection], time.monotonic() + 5) == 0


def test_the_oldest_of_too_many_makes_room(small_server: int) -> None:
    with ExitStack() as stack:
        first, *others = connections(small_server, 6, stack)
        assert still_open([first], time.monotonic() + 0.3) == 0
        others[-1].sendall(WHOLE)
        assert others[-1].recv(65_536).endswith(b"hi")

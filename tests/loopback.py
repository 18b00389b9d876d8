"""A server on loopback that says exactly what a test has it say, where the sandbox does not say such things."""

import json
import re
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple, Self

_CLOSE = "connection: close\r\n"
Answer = bytes | Callable[[socket.socket], None]


class Asked(NamedTuple):
    """A request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class RawServer:
    """Hands every connection to `serve` unread, each in a thread of its own, until it is left."""

    def __init__(self, serve: Callable[[socket.socket], None]) -> None:
        self._serve = serve
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # Closing alone does not wake a thread that waits in `accept`.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(timeout=5)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._handle, args=(connection,), daemon=True).start()

    def _handle(self, connection: socket.socket) -> None:
        # The other side may leave at any moment.
        with suppress(OSError, EOFError), connection:
            self._serve(connection)


class CannedServer(RawServer):
    """Gives the n-th request the n-th answer, and every later one the last; one request a connection.

    Attributes:
        asked: the requests so far.
    """

    def __init__(self, *answers: Answer) -> None:
        self.asked: list[Asked] = []
        self._answers = answers
        self._lock = threading.Lock()
        super().__init__(self._give)

    def _give(self, connection: socket.socket) -> None:
        asked = read_request(connection)
        with self._lock:
            self.asked.append(asked)
            answer = self._answers[min(len(self.asked), len(self._answers)) - 1]
        if callable(answer):
            answer(connection)
        else:
            connection.sendall(answer)


def answer(status: int = 200, body: object = b"", /, **headers: str) -> bytes:
    """A response; what is no bytes is sent as JSON, and `a_b` names the header a-b."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    fields = {"content-type": "application/json"} | {name.replace("_", "-"): value for name, value in headers.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status} Said\r\n{lines}{_CLOSE}content-length: {len(content)}\r\n\r\n".encode() + content


def stream(*values: object, **headers: str) -> bytes:
    """A stream of events that ends with the connection; what is no bytes is sent as JSON."""
    events = [value if isinstance(value, bytes) else json.dumps(value).encode() for value in values]
    body = b"".join(b"data: " + event + b"\n\n" for event in events)
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n{lines}{_CLOSE}\r\n".encode() + body


def content(text: str) -> dict[str, object]:
    """A chunk with a piece of the answer."""
    return {"choices": [{"index": 0, "delta": {"content": text}}]}


def read_request(connection: socket.socket) -> Asked:
    """The next request of a connection; EOFError at its end."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += _more(connection)
    head, _, body = received.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    method, path, _ = first.split(" ")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    length = re.match(r"\d+", headers.get("content-length", "0"))
    while length and len(body) < int(length[0]):
        body += _more(connection)
    return Asked(method, path, headers, body)


def _more(connection: socket.socket) -> bytes:
    data = connection.recv(65_536)
    if not data:
        raise EOFError
    return data

"""Half of a body holds no connection, wherever it is sent."""

import socket

import pytest

from tests.live.app_process import AppProcess


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

"""Real proxies on loopback: microsocks (SOCKS 5) and tinyproxy (HTTP), Debian's packages of those names."""

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.condition import wait_until
from tests.live.app_process import free_port

needs_microsocks = pytest.mark.skipif(
    shutil.which("microsocks") is None, reason="microsocks is not installed (Debian's package of that name)"
)
needs_tinyproxy = pytest.mark.skipif(
    shutil.which("tinyproxy") is None, reason="tinyproxy is not installed (Debian's package of that name)"
)


@contextmanager
def microsocks() -> Iterator[str]:
    """The address of a SOCKS 5 proxy."""
    port = free_port()
    with _running(["microsocks", "-i", "127.0.0.1", "-p", str(port)], port):
        yield f"socks5h://127.0.0.1:{port}"


@contextmanager
def tinyproxy(folder: Path, *, leads_to: int, log: Path) -> Iterator[str]:
    """The address of an HTTP proxy that makes tunnels to the port `leads_to` alone."""
    port = free_port()
    configuration = folder / "tinyproxy.conf"
    configuration.write_text(
        f'Port {port}\nListen 127.0.0.1\nConnectPort {leads_to}\nLogFile "{log}"\nLogLevel Connect\nTimeout 60\n'
    )
    with _running(["tinyproxy", "-d", "-c", str(configuration)], port):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def _running(command: list[str], port: int) -> Iterator[None]:
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            wait_until(lambda: _listens(port), 30, f"{command[0]} did not start")
            yield
        finally:
            process.terminate()
            process.wait(10)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0

"""What a process and its children ask of the network, noted by Python itself."""

import ast
import ipaddress
from pathlib import Path

_HOOK = """
import os, sys

def _note(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"):
        shown = arguments[1] if event in ("socket.connect", "socket.sendto") else arguments[0]
        with open({log!r}, "a") as log:
            log.write(repr(shown) + "\\n")

sys.addaudithook(_note)
"""


class OutsideLog:
    """The addresses and names that were asked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "asked"
        (folder / "sitecustomize.py").write_text(_HOOK.format(log=str(self.file)))

    def asked(self) -> list[object]:
        """All of them."""
        return [ast.literal_eval(line) for line in self.file.read_text().splitlines()] if self.file.exists() else []

    def asked_outside(self) -> list[object]:
        """Those that are not this computer's own."""
        return [asked for asked in self.asked() if not _is_local(asked)]


def watched(log: OutsideLog) -> dict[str, str]:
    """The environment of a process that is to be noted in `log`."""
    return {"PYTHONPATH": str(log.folder)}


def _is_local(asked: object) -> bool:
    host = asked[0] if isinstance(asked, tuple) else asked
    if host is None or host in ("", b"", "localhost", b"localhost"):
        return True
    name = host.decode() if isinstance(host, bytes) else str(host)
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        # A socket of the file system.
        return name.startswith("/")
    return address.is_loopback or address.is_unspecified

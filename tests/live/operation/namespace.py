"""A network of its own, from which nothing comes back but what is sent to this computer itself (Linux)."""

import ctypes
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

_CLONE_NEWNET, _CLONE_NEWNS = 0x4000_0000, 0x0002_0000
_NETWORK = (
    "ip link set lo up",
    # Two ends of a wire: what the one sends to whatever address, the other takes, and says nothing.
    "ip link add outside type veth peer name nobody",
    "ip link set outside arp off up",
    "ip link set nobody up",
    "ip address add 198.51.100.1/24 dev outside",
    "ip route add default dev outside",
    "mount --make-rprivate /",
)
_RESOLVER = "203.0.113.53"


class NotAllowed(Exception):
    """This computer gives nobody a network of their own; the text says why."""


def swallowed(work: Callable[[], None], folder: Path) -> None:
    """Does `work` in a thread to which, as to what it starts, every server but those of loopback is silent.

    The server of names is one of the silent ones.

    Raises:
        NotAllowed: there is no such network here.
    """
    resolver = folder / "resolv.conf"
    resolver.write_text(f"nameserver {_RESOLVER}\n")

    def enter() -> None:
        if sys.platform != "linux" or not shutil.which("ip"):
            raise NotAllowed("needs Linux and its command ip (Debian's package iproute2)")
        if ctypes.CDLL(None, use_errno=True).unshare(_CLONE_NEWNET | _CLONE_NEWNS):
            raise NotAllowed(f"unshare: {os.strerror(ctypes.get_errno())}")
        for command in (*_NETWORK, f"mount --bind {resolver} /etc/resolv.conf"):
            done = subprocess.run(command.split(), capture_output=True, text=True, check=False)
            if done.returncode:
                raise NotAllowed(f"{command}: {done.stderr.strip()}")
        work()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(enter).result()

"""The scripted gateway as a process of its own, and its log."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Self

from bench.gateway import Entry

_POLL_SECONDS = 0.005
_ROOT = Path(__file__).resolve().parent.parent


class GatewayProcess:
    """``python -m bench.gateway`` on a free port while the context lasts."""

    def __init__(self) -> None:
        self.port = 0

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "bench.gateway"]
        self._process = subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline().removeprefix("listening "))
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()

    @property
    def environment(self) -> dict[str, str]:
        """What makes an app ask this gateway."""
        return {"RUNAPI_BASE_URL": f"http://127.0.0.1:{self.port}", "RUNAPI_API_KEY": "bench-key"}

    @property
    def pid(self) -> int:
        return self._process.pid

    def entries(self) -> dict[str, Entry]:
        """The log, by nonce."""
        return {entry["nonce"]: Entry(**entry) for entry in self._request("GET", "/log")["requests"]}

    def clear(self) -> None:
        """Empty the log."""
        self._request("DELETE", "/log")

    def wait_entry(self, nonce: str, field: str, timeout: float) -> Entry | None:
        """Look until a field of this request's entry is set; None when it is not within ``timeout`` s."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            entry = self.entries().get(nonce)
            if entry is not None and getattr(entry, field) is not None:
                return entry
            time.sleep(_POLL_SECONDS)
        return None

    def _request(self, method: str, path: str) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path)
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

"""A Streamlit app served by a process of its own, on a free port of the loopback interface."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Self

from tests.condition import wait_until

_DATA_FOLDER = "GLM_PLAYGROUND_DATA_FOLDER"
_STOP_SECONDS = 5.0


class AppProcess:
    """``streamlit run SCRIPT`` with the given environment and options, alive while the context is.

    ``options`` are Streamlit's, by name (``{"runner.fastReruns": "false"}``); ``cwd`` decides which
    ``.streamlit/config.toml`` applies and is by default the script's folder. ``env`` is added to this process's own.
    The app keeps its runs in a folder of its own, gone with it, unless ``env`` names one.
    """

    def __init__(
        self,
        script: Path,
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        options: Mapping[str, str] | None = None,
        start_seconds: float = 30.0,
    ) -> None:
        self.script = script
        self.env = dict(env or {})
        self.cwd = cwd or script.parent
        self.options = dict(options or {})
        self.start_seconds = start_seconds
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._output: IO[bytes] | None = None
        self._data: tempfile.TemporaryDirectory[str] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def base_url(self) -> str:
        """The app's address without a slash at the end."""
        return f"http://127.0.0.1:{self.port}{self._base_path}"

    @property
    def _base_path(self) -> str:
        path = self.options.get("server.baseUrlPath")
        return f"/{path}" if path else ""

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def output(self) -> str:
        """What the process has written to stdout and stderr so far."""
        if self._output is None:
            return ""
        return Path(self._output.name).read_text(errors="replace")

    def kill(self) -> None:
        """End the process with SIGKILL, which it cannot notice."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def interrupt(self) -> int:
        """Send SIGINT, as Ctrl-C does, and return the exit status."""
        assert self._process is not None
        self._process.send_signal(signal.SIGINT)
        return self._process.wait(4 * _STOP_SECONDS)

    def terminate(self) -> None:
        """Send SIGTERM, as a service manager does, and go on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)

    def wait(self, seconds: float) -> int:
        """Wait for its end; the exit status."""
        assert self._process is not None
        return self._process.wait(seconds)

    def children(self) -> list[int]:
        """The ids of the processes it started (Linux)."""
        lists = Path(f"/proc/{self.pid}/task").glob("*/children")
        return [int(child) for children in lists for child in children.read_text().split()]

    def start(self) -> None:
        """Start the server and wait until its health check answers.

        Raises:
            RuntimeError: with the process's output, when it ends or stays silent for ``start_seconds``.
        """
        self.port = free_port()
        self._output = tempfile.NamedTemporaryFile(prefix="streamlit-", suffix=".log")  # noqa: SIM115
        self._data = tempfile.TemporaryDirectory(prefix="data-")
        options = {"server.headless": "true", **self.options}
        self._process = subprocess.Popen(
            self._command([f"--{name}={value}" for name, value in options.items()]),
            cwd=self.cwd,
            env={**os.environ, **self.env, _DATA_FOLDER: self.env.get(_DATA_FOLDER) or self._data.name},
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        process = self._process
        with suppress(AssertionError):
            wait_until(lambda: process.poll() is not None or self._answers(), self.start_seconds)
        if process.poll() is not None or not self._answers():
            output = self.output
            self.close()
            raise RuntimeError(f"the app did not start:\n{output}")

    def _answers(self) -> bool:
        return _is_healthy(self.port, self._base_path)

    def _command(self, options: list[str]) -> list[str]:
        place = ["--server.address=127.0.0.1", f"--server.port={self.port}", "--browser.gatherUsageStats=false"]
        return [sys.executable, "-m", "streamlit", "run", str(self.script), *place, *options]

    def close(self) -> None:
        """End the process and what it started, and nothing else; a second call does nothing."""
        process, self._process = self._process, None
        if process is not None:
            _signal_group(process.pid, signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                process.wait(_STOP_SECONDS)
            _signal_group(process.pid, signal.SIGKILL)
            process.wait()
        if self._output is not None:
            self._output.close()
            self._output = None
        if self._data is not None:
            self._data.cleanup()
            self._data = None


class StartedByCommand(AppProcess):
    """The app as ``glm-playground`` or ``python -m glm_playground`` starts it in the folder ``cwd``."""

    def __init__(self, command: Sequence[str | Path], cwd: Path, env: Mapping[str, str]) -> None:
        super().__init__(Path(command[0]), env=env, cwd=cwd)
        self.command = [str(word) for word in command]

    def _command(self, options: list[str]) -> list[str]:
        return [*self.command, "--port", str(self.port), "--", *options]


def free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_healthy(port: int, base_path: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", f"{base_path}/_stcore/health")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _signal_group(group: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(group, number)

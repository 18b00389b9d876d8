"""Starting the sandbox as a process of its own, and keeping it there."""

import json
import os
import queue
import secrets
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Literal, Self

from pydantic import SecretStr

from glm_playground.sandbox import CALLBACK_SECRET_VARIABLE, KEY_VARIABLE

EngineChoice = Literal["auto", "standin", "scripted"]
State = Literal["ready", "restarting", "gave_up", "closed"]

FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 5.0
MOST_DEATHS = 5
DEATHS_WITHIN_SECONDS = 60.0

_STDERR_LINES = 20
_CLOSE_SECONDS = 2.0
_PROJECT_ROOT = Path(__file__).resolve().parents[2]


class SandboxFailed(Exception):
    """The sandbox could not be started; the message ends with its last lines on stderr.

    `signal` is the signal that killed it, None where it ended or was ended otherwise.
    """

    def __init__(self, message: str, signal: int | None = None) -> None:
        super().__init__(message)
        self.signal = signal


@dataclass(frozen=True, slots=True)
class Ready:
    """What the sandbox says of itself when it answers."""

    base_url: str
    engine: str
    model: str | None
    why: str | None

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self.base_url.rpartition(":")[2])


class SandboxProcess:
    """A running sandbox, restarted on the same port and with the same key when it dies.

    It ends with this process, however that ends: it watches a pipe that only this process holds open.
    """

    def __init__(
        self,
        command: list[str],
        environment: dict[str, str],
        key: str,
        timeout_seconds: float,
        why: str | None = None,
    ) -> None:
        self._command = command
        self._environment = environment
        self._key = key
        self._timeout_seconds = timeout_seconds
        self._why = why
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._process, self._ready = self._launch(port=0)
        self._state: State = "ready"
        self._deaths: deque[float] = deque(maxlen=MOST_DEATHS)
        threading.Thread(target=self._supervise, name="sandbox-supervisor", daemon=True).start()

    @classmethod
    def start(
        cls,
        engine: EngineChoice = "auto",
        *,
        script: str = "",
        keep_log: bool = False,
        callback_secret: SecretStr | None = None,
        timeout_seconds: float = 20.0,
    ) -> "SandboxProcess":
        """Start a sandbox and wait until it answers. Raises SandboxFailed.

        `script` holds defaults of the scripted engine ("tokens=400 rate=80"), `keep_log` the test aid GET /sandbox/log,
        `callback_secret` (base64) what it signs callbacks with; without one it sends none.
        """
        key = secrets.token_urlsafe(32)
        path = os.pathsep.join(filter(None, [str(_PROJECT_ROOT), os.environ.get("PYTHONPATH")]))
        secret = callback_secret.get_secret_value() if callback_secret else ""
        # The secrets go by the environment: every user of the machine can read a command line.
        environment = {**os.environ, KEY_VARIABLE: key, CALLBACK_SECRET_VARIABLE: secret, "PYTHONPATH": path}
        command = [sys.executable, "-m", "glm_playground.sandbox", "--exit-with-parent"]
        command += ["--script", script] if script else []
        command += ["--log"] if keep_log else []
        try:
            return cls([*command, "--engine", engine], environment, key, timeout_seconds)
        except SandboxFailed as error:
            if engine != "auto" or error.signal is None:
                raise
            # A native library that this processor cannot run kills the process before it can fall back by itself.
            why = f"the stand-in model's library was killed by signal {error.signal}"
            return cls([*command, "--engine", "scripted"], environment, key, timeout_seconds, why)

    @property
    def base_url(self) -> str:
        """Where it listens, without a path."""
        return self._ready.base_url

    @property
    def key(self) -> str:
        """The bearer key it takes."""
        return self._key

    @property
    def engine(self) -> str:
        """`standin` or `scripted`."""
        return self._ready.engine

    @property
    def model(self) -> str | None:
        """The name of the model behind it; None for scripted text."""
        return self._ready.model

    @property
    def why(self) -> str | None:
        """Why the stand-in model does not answer though it was asked for; None where it does or was not."""
        return self._ready.why or self._why

    @property
    def state(self) -> State:
        """`ready`, `restarting` after a death, `gave_up` after too many, `closed`."""
        return self._state

    @property
    def pid(self) -> int:
        """The process id of the sandbox that runs now, or ran last."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def close(self) -> None:
        """End the sandbox for good; a second call does nothing."""
        self._closing.set()
        with self._lock:
            self._state = "closed"
            _end(self._process)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _launch(self, port: int) -> tuple[subprocess.Popen[bytes], Ready]:
        process = subprocess.Popen(  # noqa: S603 - our own module under our own interpreter
            [*self._command, "--port", str(port)],
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # Ctrl-C in the terminal is for the app; the sandbox ends when the app does.
            start_new_session=True,
        )
        assert process.stdout is not None
        assert process.stderr is not None
        first_line: queue.Queue[bytes] = queue.Queue()
        stderr: deque[str] = deque(maxlen=_STDERR_LINES)
        _read_in_background(process.stdout, first_line.put)
        reading_stderr = _read_in_background(process.stderr, lambda line: stderr.append(line.decode(errors="replace")))
        try:
            line = first_line.get(timeout=self._timeout_seconds)
        except queue.Empty:
            line = b""
        try:
            return process, Ready(**json.loads(line))
        except (ValueError, TypeError):
            timed_out = not line and _still_runs(process)
            _end(process)
            reading_stderr.join(timeout=1)
            what = (
                f"did not answer within {self._timeout_seconds:g} s"
                if timed_out
                else f"ended with status {process.returncode}"
            )
            signal = -process.returncode if process.returncode < 0 and not timed_out else None
            raise SandboxFailed(f"The sandbox {what}. {''.join(stderr).strip()}".strip(), signal) from None

    def _supervise(self) -> None:
        while not self._closing.is_set():
            self._process.wait()
            if self._closing.is_set():
                return
            _end(self._process)
            self._state = "restarting"
            if not self._revive():
                return

    def _revive(self) -> bool:
        """Start anew after one more death; False where the deaths are too many or the sandbox was closed."""
        while True:
            now = time.monotonic()
            self._deaths.append(now)
            recent = sum(now - death < DEATHS_WITHIN_SECONDS for death in self._deaths)
            if recent >= MOST_DEATHS:
                self._state = "gave_up"
                return False
            if self._closing.wait(min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** (recent - 1))):
                return False
            with self._lock:
                if self._closing.is_set():
                    return False
                try:
                    self._process, self._ready = self._launch(self._ready.port)
                except SandboxFailed:
                    continue
                self._state = "ready"
                return True


def _read_in_background(stream: IO[bytes], take: Callable[[bytes], None]) -> threading.Thread:
    """Hand each line of a pipe to `take`, and an empty one at its end, so that the pipe never fills."""

    def read() -> None:
        with stream:
            for line in stream:
                take(line)
        take(b"")

    thread = threading.Thread(target=read, name="sandbox-output", daemon=True)
    thread.start()
    return thread


def _end(process: subprocess.Popen[bytes]) -> None:
    """Close the pipe the process watches, and kill it where that does not end it."""
    assert process.stdin is not None
    process.stdin.close()
    try:
        process.wait(timeout=_CLOSE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _still_runs(process: subprocess.Popen[bytes]) -> bool:
    """Whether it runs on; one that has just closed its stdout gets a moment to be gone."""
    try:
        process.wait(timeout=0.5)
    except subprocess.TimeoutExpired:
        return True
    return False

"""A Dask scheduler and workers as processes of their own on loopback, as an operator starts them."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.condition import wait_until

ROOT = Path(__file__).parents[1]


def environment(**more: str) -> dict[str, str]:
    """This process's environment without a gateway, but for `more`."""
    mine = {name: value for name, value in os.environ.items() if not name.startswith(("RUNAPI_", "GLM_PLAYGROUND_"))}
    # Dask would send its dashboard's address through a proxy that is configured.
    return {**mine, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", "NO_PROXY": "127.0.0.1", **more}


@dataclass
class DaskProcesses:
    """A scheduler and its workers; all end with the context that made them.

    Attributes:
        address: of the scheduler.
        folder: where their output is.
    """

    folder: Path
    address: str = ""
    scheduler: "subprocess.Popen[bytes] | None" = None
    workers: "list[subprocess.Popen[bytes]]" = field(default_factory=list)
    _stack: ExitStack = field(default_factory=ExitStack)

    def start_scheduler(self) -> None:
        """Starts one at a free port, in place of one that has ended."""
        log = f"scheduler-{len(list(self.folder.glob('scheduler-*')))}.log"
        self.scheduler = self._start(
            log, "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", env=environment()
        )
        found: list[str] = []

        def listens() -> bool:
            for line in (self.folder / log).read_text().splitlines():
                _text, _mark, address = line.partition("Scheduler at:")
                found.extend([address.strip()] if address else [])
            return bool(found)

        wait_until(listens, 60)
        self.address = found[0]

    def start_worker(
        self, variables: Mapping[str, str], threads: int = 4, *more: str, nanny: bool = False
    ) -> "subprocess.Popen[bytes]":
        """Starts one whose environment holds `variables`; it may take some seconds until it is there.

        Without Dask's nanny the process is the worker; with it, the worker is its child.
        """
        log = f"worker-{len(self.workers)}.log"
        watched = "--nanny" if nanny else "--no-nanny"
        options = [watched, "--nthreads", str(threads), "--no-dashboard", "--host", "127.0.0.1"]
        command = ["worker", self.address, *options, "--local-directory", str(self.folder), *more]
        process = self._start(log, *command, env=environment(**variables))
        self.workers.append(process)
        return process

    def said(self) -> str:
        """All that they wrote."""
        return "\n".join(path.read_text(errors="replace") for path in sorted(self.folder.glob("*.log")))

    def _start(self, log: str, *arguments: str, env: dict[str, str]) -> "subprocess.Popen[bytes]":
        with (self.folder / log).open("wb") as file:
            process = subprocess.Popen(
                [sys.executable, "-m", "dask", *arguments], env=env, cwd=self.folder, stdout=file, stderr=file
            )
        self._stack.callback(_end, process)
        return process

    def close(self) -> None:
        """Ends all of them."""
        self._stack.close()


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(10)


@contextmanager
def dask_processes(folder: Path) -> Iterator[DaskProcesses]:
    """A scheduler without workers."""
    made = DaskProcesses(folder)
    try:
        made.start_scheduler()
        yield made
    finally:
        made.close()

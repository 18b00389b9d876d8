"""A PostgreSQL server of the tests' own, from the binaries that are installed."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def binaries() -> Path | None:
    """The folder with initdb and postgres, or None."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


class Server:
    """A server whose data is in a temporary folder and that listens at a socket in it."""

    def __init__(self, binaries: Path, data: Path) -> None:
        self.folder = str(data)
        self._binaries = binaries
        self._data = data
        self._as = _user(data)
        self._run(
            "initdb", "-D", f"{data}/data", "-U", "tests", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C"
        )

    @property
    def url(self) -> str:
        """Of a database that is always there."""
        return f"postgresql://tests@/postgres?host={self.folder}"

    def start(self) -> None:
        """Starts it and waits until it takes connections."""
        options = f"-k {self._data} -c listen_addresses='' -c fsync=off -c full_page_writes=off -c max_connections=40"
        self._run("pg_ctl", "-D", f"{self._data}/data", "-l", f"{self._data}/server.log", "-o", options, "-w", "start")

    def stop(self) -> None:
        """Ends it as a crash does."""
        self._run("pg_ctl", "-D", f"{self._data}/data", "-m", "immediate", "-w", "stop")

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """All its processes stopped by SIGSTOP: it neither answers nor refuses."""
        main = int((self._data / "data" / "postmaster.pid").read_text().split()[0])
        os.kill(main, signal.SIGSTOP)
        children = [int(child) for child in Path(f"/proc/{main}/task/{main}/children").read_text().split()]
        for child in children:
            os.kill(child, signal.SIGSTOP)
        try:
            yield
        finally:
            for process in (*children, main):
                os.kill(process, signal.SIGCONT)

    def _run(self, program: str, *arguments: str) -> None:
        with (self._data / "start.log").open("ab") as log:
            subprocess.run(
                [self._binaries / program, *arguments],
                user=self._as, cwd=self._data, stdout=log, stderr=log, check=True, timeout=60,
            )  # fmt: skip


@contextmanager
def new_server(folder: Path) -> Iterator[Server]:
    """One that is not started yet; it is gone with its data afterwards."""
    with tempfile.TemporaryDirectory(prefix="pg-") as name:
        made = Server(folder, Path(name))
        try:
            yield made
        finally:
            if (Path(name) / "data" / "postmaster.pid").exists():
                made.stop()


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """Runs one; gives the folder of its socket."""
    with new_server(folder) as made:
        made.start()
        yield made.folder


def _user(data: Path) -> str | None:
    """Whom the server runs as, since it refuses to be root's; the folder becomes theirs."""
    if os.geteuid() != 0:
        return None
    name = "postgres" if any(entry.pw_name == "postgres" for entry in pwd.getpwall()) else "nobody"
    account = pwd.getpwnam(name)
    os.chown(data, account.pw_uid, account.pw_gid)
    (data / "start.log").touch()
    os.chown(data / "start.log", account.pw_uid, account.pw_gid)
    return name

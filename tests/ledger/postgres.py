"""A PostgreSQL server of the tests' own, from the binaries that are installed."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def binaries() -> Path | None:
    """The folder with initdb and postgres; None where there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """Runs one whose data is in a temporary folder, reached by a socket in it; gives that folder."""
    with tempfile.TemporaryDirectory(prefix="pg-") as name:
        data = Path(name)
        user = _user(data)

        def run(program: str, *arguments: str) -> None:
            with (data / "start.log").open("ab") as log:
                subprocess.run(
                    [folder / program, *arguments], user=user, cwd=data, stdout=log, stderr=log, check=True, timeout=60
                )

        run("initdb", "-D", f"{data}/data", "-U", "tests", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C")
        options = f"-k {data} -c listen_addresses='' -c fsync=off -c full_page_writes=off -c max_connections=40"
        run("pg_ctl", "-D", f"{data}/data", "-l", f"{data}/server.log", "-o", options, "-w", "start")
        try:
            yield name
        finally:
            run("pg_ctl", "-D", f"{data}/data", "-m", "immediate", "-w", "stop")


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

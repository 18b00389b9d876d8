"""nginx (Debian's package) as a process, for tests of what stands before the app, and before the servers it asks."""

import getpass
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.condition import wait_until

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")

needs_nginx = pytest.mark.skipif(NGINX is None, reason="nginx is not installed (Debian's package nginx)")

# Its worker must be able to enter the test's folder, which is its own where the test is root's.
_CONFIGURATION = """
user {user};
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
{http}
}}
"""


@contextmanager
def run_nginx(folder: Path, http: str, ready: Callable[[], bool]) -> Iterator[None]:
    """Runs one with the directives `http`, from when it is `ready`."""
    assert NGINX
    file = folder / "nginx.conf"
    file.write_text(_CONFIGURATION.format(folder=folder, http=http, user=getpass.getuser()))
    command = [NGINX, "-p", str(folder), "-c", str(file), "-g", "daemon off;"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            wait_until(ready, 30, "nginx did not start")
            yield
        finally:
            process.terminate()
            process.wait(10)

"""nginx (Debian's package) as a process, for tests of what stands before the app, and before the servers it asks."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.condition import wait_until

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")

needs_nginx = pytest.mark.skipif(NGINX is None, reason="nginx is not installed (Debian's package nginx)")

_CONFIGURATION = """
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {http}
}}
"""


@contextmanager
def nginx(folder: Path, http: str, ready: str) -> Iterator[None]:
    """Runs one with the directives `http`, from when it answers at the address `ready`."""
    assert NGINX
    # Its worker is another user, who must be able to enter.
    folder.chmod(0o755)
    file = folder / "nginx.conf"
    file.write_text(_CONFIGURATION.format(folder=folder, http=http))
    command = [NGINX, "-p", str(folder), "-c", str(file), "-g", "daemon off;"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            wait_until(lambda: answers(ready), 30, "nginx did not start")
            yield
        finally:
            process.terminate()
            process.wait(10)


def answers(address: str) -> bool:
    """Whether something answers there, with status 200."""
    try:
        return httpx.get(address, trust_env=False, verify=False, timeout=5).status_code == 200
    except httpx.HTTPError:
        return False

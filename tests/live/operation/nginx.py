"""nginx in front of the app, as docs/operation.md has it."""

import getpass
import re
import shutil
import ssl
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.certificates import Certificate
from tests.condition import wait_until
from tests.live.app_process import AppProcess, free_port

_GUIDE = Path(__file__).parents[3] / "docs" / "operation.md"
# Its worker must be able to enter the test's folder, which is its own where the test is root's.
_AROUND = """
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
    add_header X-Replica $upstream_addr always;
{guide}
}}
"""


def _config(folder: Path, apps: Sequence[AppProcess], port: int, certificate: Certificate | None) -> str:
    """The guide's own, with ports and files of the test; without a certificate it has no TLS."""
    found = re.search(r"```nginx\n(.*?)```", _GUIDE.read_text(), re.DOTALL)
    assert found
    servers = "\n".join(f"    server 127.0.0.1:{app.port} max_fails=1 fail_timeout=10s;" for app in apps)
    changes = {
        r"^    server 127\.0\.0\.1:8501 .*$": servers,
        r"listen 443 ssl;": f"listen 127.0.0.1:{port} ssl;" if certificate else f"listen 127.0.0.1:{port};",
        r"^ *ssl_certificate .*$": f"ssl_certificate {certificate.chain};" if certificate else "",
        r"^ *ssl_certificate_key .*$": f"ssl_certificate_key {certificate.key};" if certificate else "",
    }
    guide = found[1]
    for pattern, text in changes.items():
        guide, count = re.subn(pattern, text, guide, flags=re.MULTILINE)
        assert count == 1, pattern
    return _AROUND.format(folder=folder, guide=guide, user=getpass.getuser())


@contextmanager
def nginx(
    folder: Path, apps: Sequence[AppProcess], certificate: Certificate | None = None, port: int = 0
) -> Iterator[str]:
    """Runs one in front of them; gives its address with the sub-path."""
    program = _program()
    assert program
    port = port or free_port()
    config = folder / "nginx.conf"
    config.write_text(_config(folder, apps, port, certificate))
    command = [program, "-p", str(folder), "-c", str(config), "-g", "daemon off;"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            address = f"{'https' if certificate else 'http'}://127.0.0.1:{port}/glm"
            wait_until(lambda: answers(f"{address}/healthz", certificate))
            yield address
        finally:
            process.terminate()
            process.wait(10)


def answers(url: str, certificate: Certificate | None = None) -> bool:
    """Whether the address answers with 200."""
    trusted = ssl.create_default_context(cafile=certificate.authority) if certificate else True
    try:
        return httpx.get(url, trust_env=False, timeout=5, verify=trusted).status_code == 200
    except httpx.HTTPError:
        return False


def has_nginx() -> bool:
    """Whether it is installed."""
    return bool(_program())


def _program() -> str | None:
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")

"""nginx in front of the app, as docs/operation.md has it."""

import re
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.certificates import Certificate
from tests.live.app_process import AppProcess, free_port
from tests.live.nginx import run_nginx

_GUIDE = Path(__file__).parents[3] / "docs" / "operation.md"
_EACH = "add_header X-Replica $upstream_addr always;\n"


def _directives(apps: Sequence[AppProcess], port: int, certificate: Certificate | None) -> str:
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
    return _EACH + guide


@contextmanager
def nginx(
    folder: Path, apps: Sequence[AppProcess], certificate: Certificate | None = None, port: int = 0
) -> Iterator[str]:
    """Runs one in front of them; gives its address with the sub-path."""
    port = port or free_port()
    address = f"{'https' if certificate else 'http'}://127.0.0.1:{port}/glm"
    directives = _directives(apps, port, certificate)
    with run_nginx(folder, directives, lambda: answers(f"{address}/healthz", certificate)):
        yield address


def answers(url: str, certificate: Certificate | None = None) -> bool:
    """Whether the address answers with 200."""
    trusted = ssl.create_default_context(cafile=certificate.authority) if certificate else True
    try:
        return httpx.get(url, trust_env=False, timeout=5, verify=trusted).status_code == 200
    except httpx.HTTPError:
        return False

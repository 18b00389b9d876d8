"""Certificates of an authority of the tests' own, made by openssl."""

import subprocess
from pathlib import Path
from typing import NamedTuple

_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2")


class Certificate(NamedTuple):
    """Files in PEM."""

    authority: Path
    """Whom a client has to trust."""
    chain: Path
    key: Path


def certificate(folder: Path, *names: str) -> Certificate:
    """A certificate for hosts, such as `DNS:runapi.ai` or `IP:127.0.0.1`, signed by an authority of its own."""
    made = Certificate(folder / "authority.pem", folder / "chain.pem", folder / "key.pem")
    authority_key = folder / "authority.key"
    _request(
        *("-subj", "/CN=The tests' authority", "-keyout", authority_key, "-out", made.authority),
        *("-addext", "keyUsage=critical,keyCertSign"),
    )
    _request(
        *("-subj", "/CN=The tests' server", "-keyout", made.key, "-out", made.chain),
        *("-CA", made.authority, "-CAkey", authority_key),
        *("-addext", "basicConstraints=critical,CA:FALSE", "-addext", f"subjectAltName={','.join(names)}"),
    )
    return made


def _request(*options: str | Path) -> None:
    subprocess.run(["openssl", "req", "-x509", *_KEY, *options], check=True, capture_output=True, timeout=30)

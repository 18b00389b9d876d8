"""A certificate authority of the test's own, and a certificate that it signed; openssl makes both."""

import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificates")


class Certificates(NamedTuple):
    """Files in PEM."""

    authority: Path
    certificate: Path
    key: Path


def certificates(folder: Path, *names: str) -> Certificates:
    """A certificate for `names`, such as DNS:localhost, and the authority that signed it."""
    authority, authority_key = folder / "authority.pem", folder / "authority.key"
    certificate, key, request = folder / "server.pem", folder / "server.key", folder / "server.csr"
    _openssl("req", "-x509", *_new(authority_key, "An authority of the tests"), "-days", "2", "-out", authority)
    _openssl("req", *_new(key, "server"), "-out", request)
    extensions = folder / "extensions"
    extensions.write_text(f"subjectAltName={','.join(names)}\n")
    signed_by = ["-CA", authority, "-CAkey", authority_key, "-CAcreateserial", "-extfile", extensions]
    _openssl("x509", "-req", "-in", request, *signed_by, "-days", "2", "-out", certificate)
    return Certificates(authority, certificate, key)


def _new(key: Path, name: str) -> list[str | Path]:
    return ["-newkey", "rsa:2048", "-nodes", "-keyout", key, "-subj", f"/CN={name}"]


def _openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True, timeout=60)

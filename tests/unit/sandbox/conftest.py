"""The scripted sandbox on a real loopback connection."""

from collections.abc import Iterator

import httpx
import pytest

from glm_playground.sandbox.process import SandboxProcess


@pytest.fixture(scope="package")
def sandbox() -> Iterator[SandboxProcess]:
    with SandboxProcess.start("scripted", script="rate=0", keep_log=True) as process:
        yield process


@pytest.fixture
def client(sandbox: SandboxProcess) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {sandbox.key}"}
    with httpx.Client(base_url=sandbox.base_url, headers=headers, trust_env=False, timeout=10) as client:
        client.delete("/sandbox/log")
        yield client

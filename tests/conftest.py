"""What several tests share: the scripted sandbox on loopback, and an engine to ask it with."""

import gc
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

# The statistics multiply small matrices, which threads make several times slower; it is read once, as numpy is loaded.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

if sys.dont_write_bytecode:
    # The tests start Python some hundred times, the app with all its libraries among them: compiled anew by each, these
    # take more time than the tests. They are kept below pytest's cache, since nothing is wanted beside the sources.
    sys.pycache_prefix = str(Path(__file__).parents[1] / ".pytest_cache" / "bytecode")
    os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False

import httpx
import pytest
from hypothesis import settings
from pydantic import SecretStr

from glm_playground.gateway import Gateway
from glm_playground.runs.engine import Engine
from glm_playground.sandbox.process import SandboxProcess

LogEntry = dict[str, Any]

# The same examples in every run; HYPOTHESIS_PROFILE=search looks for new ones.
settings.register_profile("repeatable", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None, max_examples=2000, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))


def pytest_collection_finish() -> None:
    """Takes what is loaded by now, which stays, out of each later collection of the garbage collector."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def sandbox() -> Iterator[SandboxProcess]:
    """The scripted sandbox; it keeps a log of what it was asked."""
    with SandboxProcess.start("scripted", keep_log=True) as process:
        yield process


@pytest.fixture
def gateway(sandbox: SandboxProcess) -> Gateway:
    """The sandbox as the gateway that is asked."""
    return Gateway(
        "Sandbox",
        sandbox.base_url,
        key=SecretStr(sandbox.key),
        stand_in="scripted text",
        failed_not_charged=True,
    )


@pytest.fixture
def logged(sandbox: SandboxProcess) -> Iterator[Callable[..., list[LogEntry]]]:
    """What the sandbox noted of the requests with a client request id, once it has noted `until` of the last."""
    headers = {"Authorization": f"Bearer {sandbox.key}"}
    with httpx.Client(base_url=sandbox.base_url, headers=headers, trust_env=False, timeout=10) as client:

        def entries(client_request_id: str, until: str = "ended_ns") -> list[LogEntry]:
            deadline = time.monotonic() + 10
            while True:
                requests = client.get("/sandbox/log").json()["requests"]
                found = [entry for entry in requests if entry["client_request_id"] == client_request_id]
                if found and found[-1][until] is not None:
                    return found
                assert time.monotonic() < deadline, f"the sandbox did not note {until}: {found}"

        yield entries


@pytest.fixture
def engine() -> Iterator[Engine]:
    """An engine of the test's own; what it still drives ends with the test."""
    engine = Engine(connect_timeout=5, read_timeout=30)
    yield engine
    engine.close()

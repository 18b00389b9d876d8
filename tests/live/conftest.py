"""The app on a live server of its own, and what the server it asks saw of it."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from glm_playground.sandbox.process import SandboxProcess
from glm_playground.settings import ENVIRONMENT_NAMES
from tests.condition import wait_until
from tests.live import eval_command
from tests.live.app_process import AppProcess
from tests.live.browser_session import BrowserSession
from tests.live.servers.features import version_of

eval_ = eval_command.eval_
APP = Path(__file__).parents[2] / "app.py"
# An empty value is as if the name were not set.
UNSET = dict.fromkeys([*ENVIRONMENT_NAMES.values(), "RUNAPI_KEY"], "")

Act = Callable[[BrowserSession], Awaitable[None]]


@pytest.fixture(autouse=True)
def noted_features(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> None:
    """Notes in the report what a test shows of which server (`servers/features.py`), for `scripts/servers.py`."""
    for mark in request.node.iter_markers("holds"):
        column, *features = mark.args
        record_property(f"version of {column}", version_of(column))
        for feature in features:
            record_property(f"holds {column}", feature)


class AskedLog:
    """What the sandbox noted of chat requests, found by a word in their prompt."""

    def __init__(self, sandbox: SandboxProcess) -> None:
        headers = {"Authorization": f"Bearer {sandbox.key}"}
        self._client = httpx.Client(base_url=sandbox.base_url, headers=headers, trust_env=False, timeout=10)

    def close(self) -> None:
        self._client.close()

    def entries(self, word: str) -> list[dict[str, Any]]:
        """The requests whose last message holds `word`, oldest first."""
        requests = self._client.get("/sandbox/log").json()["requests"]
        # The log is the whole session's: other tests sent bodies too long for it, and none at all.
        prompts = [(entry["body"] or {}).get("messages") or [{"content": ""}] for entry in requests]
        return [entry for entry, messages in zip(requests, prompts, strict=True) if word in messages[-1]["content"]]

    def wait(self, word: str, until: str = "received_ns", seconds: float = 5) -> dict[str, Any]:
        """The last of them, once the sandbox has noted `until` of it."""
        found: list[dict[str, Any]] = []

        def is_noted() -> bool:
            found[:] = self.entries(word)
            return bool(found) and found[-1][until] is not None

        wait_until(is_noted, seconds, f"the sandbox did not note {until}")
        return found[-1]


@pytest.fixture
def asked(sandbox: SandboxProcess) -> Iterator[AskedLog]:
    log = AskedLog(sandbox)
    yield log
    log.close()


@contextmanager
def serve(cwd: Path, environment: Mapping[str, str], options: Mapping[str, str] | None = None) -> Iterator[AppProcess]:
    """The app, started in `cwd` with exactly these settings."""
    with AppProcess(APP, env={**UNSET, **environment}, cwd=cwd, options=options) as app:
        yield app


@pytest.fixture(scope="module")
def app(sandbox: SandboxProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppProcess]:
    """The app with the scripted sandbox as the server it asks."""
    environment = {"RUNAPI_BASE_URL": sandbox.base_url, "RUNAPI_API_KEY": sandbox.key}
    with serve(tmp_path_factory.mktemp("elsewhere"), environment, {"logger.level": "debug"}) as process:
        yield process


def problems(tab: BrowserSession) -> list[str]:
    """What the page shows of exceptions, as Streamlit shows them or as the app does."""
    ours = [line for line in tab.text.splitlines() if "Something went wrong in this app" in line]
    return [*tab.exceptions(), *ours]

"""The app as AppTest runs it, with the scripted sandbox as the server it asks."""

import shutil
from collections.abc import Callable, Iterator
from concurrent import futures
from contextlib import chdir
from functools import cache
from pathlib import Path

import pytest
from streamlit import config
from streamlit.components.v2 import manifest_scanner
from streamlit.runtime import context as streamlit_context
from streamlit.testing.v1 import AppTest

from glm_playground.ledger import Ledger
from glm_playground.sandbox.process import SandboxFailed, SandboxProcess
from glm_playground.service import dialects, runtime, storage
from glm_playground.service.status import RunsSinceStart
from glm_playground.settings import ENVIRONMENT_NAMES, settings

APP = Path(__file__).parents[2] / "app.py"

Configure = Callable[..., None]

_FIRST_PAGE_S = 30
"""The first page in a process imports the app, which takes its time on a busy machine."""


_components = cache(manifest_scanner.scan_component_manifests)


@pytest.fixture(scope="session", autouse=True)
def _own_options() -> None:
    """AppTest looks for the app's config.toml below the test's folder, so each command and bare expression is noted."""
    with chdir(APP.parent):
        config.get_config_options(force_reparse=True)


@pytest.fixture(autouse=True)
def _no_request(monkeypatch: pytest.MonkeyPatch) -> None:
    """AppTest asks a mock for the request of a session at each word that is translated; there is none."""
    monkeypatch.setattr(streamlit_context, "_get_client_context", lambda: None)


@pytest.fixture(autouse=True)
def _one_search_for_components(monkeypatch: pytest.MonkeyPatch) -> None:
    """AppTest looks through every installed package for components, for each session anew; here once a process."""
    monkeypatch.setattr(manifest_scanner, "scan_component_manifests", _components)


def forget() -> None:
    """Ends the engine and forgets what the process holds, as at its start; a sandbox is left to who started it."""
    if runtime.engine.cache_info().currsize:
        runtime.engine().close()
    runtime.engine.cache_clear()
    storage.close()
    settings.cache_clear()
    runtime._prices.clear()
    runtime._models.clear()
    dialects.forget()
    runtime.runs_since_start = RunsSinceStart()


def wait_for_answers() -> None:
    """Waits until what was asked of the gateway beside the runs, its prices and its models, is answered."""
    asked = [question.answer for question in (*runtime._prices.values(), *runtime._models.values())]
    assert not futures.wait(asked, timeout=10).not_done


@pytest.fixture(scope="session")
def empty_ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with all tables and nothing in them: to make them takes longer than most tests."""
    path = tmp_path_factory.mktemp("ledger") / "private" / storage.FILE_NAME
    Ledger.open(f"sqlite:///{path}").close()
    return path


@pytest.fixture
def configure(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, empty_ledger: Path) -> Iterator[Configure]:
    """Sets the environment the app reads: exactly these names, and no secrets file; each call begins anew."""

    def no_sandbox() -> SandboxProcess | SandboxFailed:
        raise AssertionError("the test configured no server, so the app would start a sandbox of its own")

    def apply(**environment: str) -> None:
        forget()
        for name in [*ENVIRONMENT_NAMES.values(), "RUNAPI_KEY"]:
            monkeypatch.delenv(name, raising=False)
        for name, value in {"GLM_PLAYGROUND_DATA_FOLDER": str(tmp_path / "data"), **environment}.items():
            monkeypatch.setenv(name, value)

    shutil.copytree(empty_ledger.parent, tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(runtime, "_sandbox", cache(no_sandbox))
    yield apply
    forget()


@pytest.fixture
def at_gateway(configure: Configure, sandbox: SandboxProcess) -> None:
    """The app asks the scripted sandbox as a gateway that the operator configured."""
    configure(RUNAPI_BASE_URL=sandbox.base_url, RUNAPI_API_KEY=sandbox.key)


@pytest.fixture
def in_sandbox(configure: Configure, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is configured, so the app asks the sandbox that it takes for its own."""
    configure()
    monkeypatch.setattr(runtime, "_sandbox", cache(lambda: sandbox))


@pytest.fixture
def open_page() -> Callable[..., AppTest]:
    """Opens a page of the app in a session of its own.

    `locale` is the browser's language, `query` the address's; sessions of the same `owner` are tabs of one browser.
    """

    def open_at(page: str, *, locale: str = "en-US", owner: str = "", **query: str) -> AppTest:
        at = AppTest.from_file(APP, default_timeout=10)
        at.context = {"locale": locale}
        at.query_params = dict(query)
        if owner:
            at.session_state["session_owner"] = owner
        at.switch_page(page).run(timeout=_FIRST_PAGE_S)
        assert not at.exception
        return at

    return open_at

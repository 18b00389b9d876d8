"""The app with everything public allowed, and visitors who have no session in it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import _TIMEOUT_MS
from tests.live.app_process import AppProcess
from tests.live.conftest import serve

OpenElsewhere = Callable[..., Page]


@pytest.fixture(scope="package")
def public_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppProcess]:
    folder: Path = tmp_path_factory.mktemp("public")
    allowed = {"GLM_PLAYGROUND_SHARING": "1d", "GLM_PLAYGROUND_AUDIENCE_VOTES": "on"}
    with serve(folder, {"GLM_PLAYGROUND_SANDBOX_ENGINE": "scripted", **allowed}) as app:
        yield app


@pytest.fixture
def open_elsewhere(browser: Browser) -> Iterator[OpenElsewhere]:
    """A page in a browser of its own, the size of a phone and without scripts."""
    contexts = []

    def open_at(address: str) -> Page:
        context = browser.new_context(viewport={"width": 390, "height": 844}, locale="en-US", java_script_enabled=False)
        context.set_default_timeout(_TIMEOUT_MS)
        contexts.append(context)
        page = context.new_page()
        page.goto(address)
        return page

    yield open_at
    for context in contexts:
        context.close()

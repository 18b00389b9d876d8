"""Chromium on the live app; every test also fails on what a page must never do.

That is: an error of the page, anything the Content-Security-Policy had to block, a request to anywhere but the app.
"""

import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    FilePayload,
    Locator,
    Page,
    expect,
    sync_playwright,
)

from tests.browser.chromium import NAMES, chromium, launch
from tests.live.app_process import AppProcess
from tests.live.conftest import serve

_ARGUMENTS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    # Nothing but loopback can be reached, whatever a page tries.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
_TIMEOUT_MS = 15_000

_FOLDS_AT_ONCE = """
const animate = Element.prototype.animate;
Element.prototype.animate = function (...given) {
    const animation = animate.apply(this, given);
    if (this.tagName === 'DETAILS') animation.finish();
    return animation;
};
"""
"""Streamlit moves a fold whose content grew, whatever motion is wanted: a click would hit what is there a moment later.

On a busy machine its start falls between a button's down and up.
"""

OpenTab = Callable[..., "Tab"]


class Tab:
    """A page of the app in a browser tab, by what a user does and sees.

    Attributes:
        page: Playwright's page.
        problems: what must not happen, as it happened.
    """

    def __init__(self, page: Page, base_url: str) -> None:
        self.page = page
        self.problems: list[str] = []
        self._base_url = base_url
        page.on("pageerror", lambda error: self.problems.append(f"page error: {error}"))
        page.on("console", self._note_console)
        page.on("request", lambda request: self._note_address(request.url))
        page.on("websocket", lambda socket: self._note_address(socket.url.replace("ws://", "http://", 1)))

    def _note_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.problems.append(f"console: {message.text}")

    def _note_address(self, url: str) -> None:
        if not url.startswith((f"{self._base_url}/", "data:", "blob:")):
            self.problems.append(f"request: {url}")

    def go(self, path: str, *, settled: bool = True) -> None:
        """Opens a page; not `settled` where its script is running, since an answer is still being written."""
        self.page.goto(self._base_url + path)
        self.page.get_by_test_id("stHeading").first.wait_for()
        if settled:
            self.settled()

    def settled(self) -> None:
        """Waits until no script runs, and no element waits for its code."""
        self.page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()
        expect(self.page.get_by_test_id("stSkeleton")).to_have_count(0)

    @property
    def prompt(self) -> Locator:
        return self.page.get_by_role("textbox", name="Ask glm-5.1")

    def ask(self, text: str) -> None:
        self.prompt.fill(text)
        self.prompt.press("Enter")

    def attach(self, *files: Path | FilePayload) -> None:
        """Attaches files to what is typed; Streamlit takes no prompt while one is on its way."""
        box = self.page.get_by_test_id("stChatInput")
        chips = box.get_by_test_id("stFileChip")
        before = chips.count()
        box.locator("input[type=file]").set_input_files(files)
        expect(chips).to_have_count(before + len(files))
        expect(self.button("Send message")).to_be_enabled()

    @property
    def answer(self) -> Locator:
        """The last answer, with the figures under it."""
        return self.page.get_by_label("Chat message from assistant").last

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def finished(self, *outcomes: str) -> None:
        """Waits until the last answer has ended like one of these, else completed, and its figures are drawn."""
        words = "|".join(outcomes or ["completed"])
        expect(self.answer.get_by_text(re.compile(f"^({words})$"))).to_be_visible()
        expect(self.answer.get_by_role("button", name="Details", exact=True)).to_be_visible()
        self.settled()

    def wait_for_text(self, characters: int) -> None:
        """Waits until the last answer holds so much text."""
        self.page.wait_for_function(
            """least => {
                const answers = document.querySelectorAll('[aria-label="Chat message from assistant"]');
                return answers.length > 0 && answers[answers.length - 1].innerText.length >= least;
            }""",
            arg=characters,
            # The stand-in reads a repository first, on what is left of a processor.
            timeout=60_000,
        )


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    # Ends with this folder's last test: while Playwright runs in it, a thread cannot have another event loop.
    if chromium() is None:
        pytest.skip(f"no Chromium: none of {', '.join(NAMES)} is on the PATH")
    with sync_playwright() as playwright:
        browser = launch(playwright, _ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def contexts(browser: Browser) -> Callable[..., BrowserContext]:
    """A browser profile for each set of options; its cache of the app's scripts serves all tests."""

    @cache
    def context(options: str) -> BrowserContext:
        made = browser.new_context(**json.loads(options))
        made.set_default_timeout(_TIMEOUT_MS)
        made.add_init_script(_FOLDS_AT_ONCE)
        return made

    expect.set_options(timeout=_TIMEOUT_MS)
    return lambda **options: context(json.dumps(options, sort_keys=True))


@pytest.fixture
def open_tab(contexts: Callable[..., BrowserContext]) -> Iterator[OpenTab]:
    """Opens a tab at a path of an app; `options` are those of a browser context. Each test is a visitor of its own."""
    tabs: list[Tab] = []
    known: list[BrowserContext] = []

    def open_at(app: AppProcess, path: str, *, settled: bool = True, **options: Any) -> Tab:
        usual = {"viewport": {"width": 1280, "height": 800}, "reduced_motion": "reduce", "locale": "en-US"}
        context = contexts(**{**usual, **options})
        if context not in known:
            context.clear_cookies()
            known.append(context)
        tab = Tab(context.new_page(), app.base_url)
        tabs.append(tab)
        tab.go(path, settled=settled)
        return tab

    yield open_at
    for tab in tabs:
        tab.page.close()
    assert [problem for tab in tabs for problem in tab.problems] == []


@pytest.fixture(scope="package")
def scripted_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppProcess]:
    """The app without a key, with the scripted engine in its sandbox."""
    folder: Path = tmp_path_factory.mktemp("scripted")
    with serve(folder, {"GLM_PLAYGROUND_SANDBOX_ENGINE": "scripted"}) as app:
        yield app


@pytest.fixture(scope="package")
def standin_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppProcess]:
    """The app as it starts without any setting: with the stand-in model, or scripted text where that cannot run."""
    with serve(tmp_path_factory.mktemp("standin"), {}) as app:
        yield app

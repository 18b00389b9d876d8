"""Pictures of every page, light and dark, wide and narrow, in both languages, after a conversation in two lanes.

uv run --group dev python -m scripts.screenshots FOLDER
"""

import argparse
import itertools
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.chromium import launch
from tests.live.app_process import AppProcess

_ROOT = Path(__file__).resolve().parents[1]
_PAGES = {
    "playground": "/playground?lane=glm-5.1&lane=glm-4.5",
    "models": "/",
    "sheet": "/?id=glm-5.1",
    "choose": "/choose",
    "compare": "/compare",
    "history": "/history",
    "evaluate": "/evaluate",
    "vote": "/vote",
    "present": "/present",
}
Theme = Literal["light", "dark"]
_WIDTHS = {"wide": 1280, "narrow": 390}
_THEMES: tuple[Theme, ...] = ("light", "dark")
_LANGUAGES = ("en-US", "pt-BR")
_HEIGHT = 900
_STILL_MS = 1_000
_PROMPT = "@script tokens=80 rate=0\nName three herons"


def _wait(page: Page) -> None:
    """Waits until no script runs, and until what it drew stands still."""
    page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()
    page.get_by_test_id("stSkeleton").first.wait_for(state="detached")
    page.wait_for_timeout(_STILL_MS)


def _take(browser: Browser, root: str, folder: Path, seen_in: tuple[str, Theme, str]) -> None:
    language, theme, width = seen_in
    size = {"width": _WIDTHS[width], "height": _HEIGHT}
    context = browser.new_context(viewport=size, color_scheme=theme, locale=language, reduced_motion="reduce")
    page = context.new_page()
    for name, address in _PAGES.items():
        page.goto(root + address)
        _wait(page)
        if name == "playground":
            page.get_by_test_id("stChatInputTextArea").fill(_PROMPT)
            page.keyboard.press("Enter")
            page.get_by_label("Chat message from assistant").nth(1).wait_for()
            _wait(page)
        page.screenshot(path=folder / f"{name}-{width}-{theme}-{language[:2]}.png")
    context.close()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m scripts.screenshots", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    environment = {"GLM_PLAYGROUND_SANDBOX_ENGINE": "scripted"}
    with (
        AppProcess(_ROOT / "app.py", cwd=_ROOT, env=environment) as app,
        sync_playwright() as playwright,
        launch(playwright) as browser,
    ):
        for seen_in in itertools.product(_LANGUAGES, _THEMES, _WIDTHS):
            _take(browser, app.base_url, folder, seen_in)


if __name__ == "__main__":
    main()

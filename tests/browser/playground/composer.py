"""The playground around the chat input, as the tests of it open, read and scroll it."""

from contextlib import suppress
from typing import Any

from playwright.sync_api import Locator, TimeoutError, expect

from tests.browser.conftest import OpenTab, Tab
from tests.live.app_process import AppProcess

MODULES = "/_stcore/bidi-components/glm-playground.composer"


def open_empty(open_tab: OpenTab, app: AppProcess, **options: Any) -> Tab:
    """The playground as a new visitor finds it."""
    tab = open_tab(app, "/", **options)
    tab.page.evaluate("localStorage.clear()")
    tab.page.context.clear_cookies()
    tab.go("/playground")
    expect(tab.page.locator(".composer")).to_be_attached()
    return tab


def line(tab: Tab) -> Locator:
    return tab.page.locator(".composer .line")


def jump(tab: Tab) -> Locator:
    return tab.button("Jump to the latest")


PAGE = """() => {
    const main = document.querySelector('main');
    const {scrollTop: top, scrollHeight: height} = main;
    return {top, height, gap: height - main.clientHeight - top};
}"""


def wait_for(tab: Tab, condition: str) -> None:
    tab.page.wait_for_function(f"() => {{ const {{top, height, gap}} = ({PAGE})(); return {condition}; }}")


def to_top(tab: Tab) -> None:
    """Turns the wheel until the page stands at its top: a turn is lost where the page follows an answer just then."""
    tab.page.mouse.move(640, 400)
    for _turn in range(8):
        tab.page.mouse.wheel(0, -9000)
        with suppress(TimeoutError):
            tab.page.wait_for_function("() => document.querySelector('main').scrollTop === 0", timeout=2000)
            return
    raise AssertionError(f"the page does not stay at its top: {position(tab)}")


def position(tab: Tab) -> dict[str, float]:
    found: dict[str, float] = tab.page.evaluate(PAGE)
    return found

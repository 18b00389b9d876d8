"""Copies of prompts and answers."""

from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenTab
from tests.browser.playground.composer import open_empty
from tests.live.app_process import AppProcess

pytestmark = pytest.mark.slow


class TestCopies:
    RECEIVED = "# As *received*\n\n$5 \\(x^2\\) <b>raw</b> 语言 🙂"

    def test_an_answer_is_copied_as_it_was_received(self, scripted_app: AppProcess, open_tab: OpenTab) -> None:
        tab = open_empty(open_tab, scripted_app, permissions=["clipboard-read", "clipboard-write"])
        prompt = f"@script text={quote(self.RECEIVED)} rate=0"
        tab.ask(prompt)
        tab.finished()
        tab.button("Copy").click()
        expect(tab.page.get_by_role("status").filter(has_text="Copied")).to_be_visible()
        assert tab.page.evaluate("navigator.clipboard.readText()") == self.RECEIVED
        tab.page.locator('[class*="st-key-copy-prompt-"] button').first.click()
        tab.page.wait_for_function("async text => await navigator.clipboard.readText() === text", arg=prompt)

    def test_it_goes_without_the_newer_way(self, scripted_app: AppProcess, open_tab: OpenTab) -> None:
        tab = open_empty(open_tab, scripted_app)
        tab.page.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
        tab.ask(f"@script text={quote(self.RECEIVED)} rate=0")
        tab.finished()
        tab.button("Copy").click()
        expect(tab.page.get_by_text("Copied")).to_be_visible()
        tab.prompt.focus()
        tab.page.keyboard.press("Control+V")
        expect(tab.prompt).to_have_value(self.RECEIVED)
        tab.prompt.fill("")

    def test_where_neither_goes_the_text_is_there_to_take(self, scripted_app: AppProcess, open_tab: OpenTab) -> None:
        tab = open_empty(open_tab, scripted_app)
        tab.page.evaluate(
            "() => { navigator.clipboard.writeText = () => Promise.reject(); document.execCommand = () => false; }"
        )
        tab.ask(f"@script text={quote(self.RECEIVED)} rate=0")
        tab.finished()
        tab.button("Copy").click()
        by_hand = tab.page.get_by_role("textbox", name="copy the selected text")
        expect(by_hand).to_be_focused()
        expect(by_hand).to_have_value(self.RECEIVED)
        tab.prompt.focus()
        expect(by_hand).to_have_count(0)

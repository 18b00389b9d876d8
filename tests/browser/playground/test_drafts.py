"""Prompts that wait above the input."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenTab
from tests.browser.playground.composer import open_empty
from tests.live.app_process import AppProcess

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("width", [pytest.param(1280, id="desktop"), pytest.param(390, id="phone")])
def test_prompts_that_wait_leave_the_page_its_room(scripted_app: AppProcess, open_tab: OpenTab, width: int) -> None:
    tab = open_empty(open_tab, scripted_app, viewport={"width": width, "height": 800})
    for count in range(1, 4):
        tab.ask(f"Prompt {{{{name{count}}}}}")
        expect(tab.button("Discard")).to_have_count(count)
        tab.settled()
    bottom = tab.page.get_by_test_id("stBottomBlockContainer").bounding_box()
    assert bottom
    assert bottom["height"] < 560
    expect(tab.page.get_by_text("Fill in name3")).to_be_in_viewport()
    tab.button("Settings").click()
    tab.button("Close").click()
    tab.settled()
    # A click without a scroll before it: the buttons of the newest are at hand, and the oldest can be come to.
    expect(tab.button("Discard").last).to_be_in_viewport(ratio=1)
    tab.button("Discard").first.click()
    expect(tab.button("Discard")).to_have_count(2)
    expect(tab.page.get_by_text("Fill in name1")).to_have_count(0)

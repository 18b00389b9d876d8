"""The playground opened anew in the middle of an answer, by a slow computer."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenTab
from tests.browser.playground.composer import open_empty
from tests.live.app_process import AppProcess

pytestmark = pytest.mark.slow


def test_a_slow_browser_gets_the_button_that_stops_while_the_answer_grows(
    scripted_app: AppProcess, open_tab: OpenTab
) -> None:
    tab = open_empty(open_tab, scripted_app)
    # Longer than all that is waited for below.
    tab.ask("@script tokens=3600 rate=30")
    tab.wait_for_text(300)
    session = tab.page.context.new_cdp_session(tab.page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": 6})
    tab.page.reload()
    tab.wait_for_text(300)
    expect(tab.button("Stop")).to_be_visible(timeout=40_000)
    expect(tab.prompt).to_be_visible()
    expect(tab.page.get_by_test_id("stBottomBlockContainer").get_by_test_id("stSkeleton")).to_have_count(0)
    tab.wait_for_text(len(tab.answer.inner_text()) + 200)
    session.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    tab.button("Stop").click()
    tab.finished("stopped")

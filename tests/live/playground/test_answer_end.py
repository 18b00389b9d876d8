"""The end of an answer: the page stays, and says all that it would say if it were drawn anew."""

import pytest

from glm_playground.ui.playground.menus import Menu
from glm_playground.ui.playground.panel import Panel
from tests.live.app_process import AppProcess
from tests.live.browser_session import BrowserSession
from tests.live.playground.tabs import in_tab

REASONED = "@script reasoning=40 tokens=60 delay=300 rate=0"


def test_the_page_is_drawn_once_for_an_answer(app: AppProcess) -> None:
    async def act(tab: BrowserSession) -> None:
        for number in range(1, 4):
            before = tab.pages_drawn
            await tab.submit_chat(f"{REASONED}\nend{number}")
            await tab.wait_finished()
            assert tab.pages_drawn == before + 1
            assert not [widget for widget in tab.widgets("button") if widget.key == "stop"]
            assert "1 running" not in tab.text
            assert tab.text.count("Add to a suite") == number
        stayed = tab.text
        await tab.rerun()
        await tab.wait_finished()
        # The reasoning that was watched as it came lies open to a click; afterwards it is sent once it is opened.
        assert sorted(set(tab.text.splitlines())) == sorted(set(stayed.splitlines()) & set(tab.text.splitlines()))

    in_tab(app, act)


@pytest.mark.parametrize("prompt", ["@script status=500", "@script tool_call=1"])
def test_an_answer_that_asks_for_something_has_the_page_drawn_anew(app: AppProcess, prompt: str) -> None:
    async def act(tab: BrowserSession) -> None:
        before = tab.pages_drawn
        await tab.submit_chat(f"{prompt} delay=300 rate=0")
        await tab.wait_finished()
        assert tab.pages_drawn == before + 2

    in_tab(app, act)


@pytest.mark.slow
def test_a_menu_that_lies_open_has_the_page_drawn_anew(app: AppProcess) -> None:
    async def act(tab: BrowserSession) -> None:
        await tab.submit_chat("@script text=first rate=0")
        await tab.wait_finished()
        answers = ("details-", "suite-form-")
        menus = [widget.key or "" for widget in tab.widgets("popover")]
        menus = [key for key in menus if not key.startswith(answers)]
        assert len(menus) == len(Menu)
        for key in menus:
            await tab.open(key)
            before = tab.pages_drawn
            await tab.submit_chat("@script text=next delay=300 rate=0")
            await tab.wait_finished()
            assert tab.pages_drawn == before + 2, key
            await tab.set_value(tab.find_widget("popover", key), False)
            await tab.wait_finished()
        await tab.open(Panel.SHARE)
        before = tab.pages_drawn
        await tab.submit_chat("@script text=shared delay=300 rate=0")
        await tab.wait_finished()
        assert tab.pages_drawn == before + 2

    in_tab(app, act)


def test_what_lies_open_follows_the_answer(app: AppProcess) -> None:
    async def act(tab: BrowserSession) -> None:
        settings = next(widget.key for widget in tab.widgets("button") if (widget.key or "").startswith("settings-"))
        await tab.open(str(settings))
        await tab.open(str(settings).replace("settings-", "request-"))
        assert "written in the end" not in tab.text
        await tab.submit_chat("@script text=written%20in%20the%20end delay=300 rate=0")
        await tab.wait_finished()
        # Once as the answer, and once as what the next request sends back.
        assert tab.text.count("written in the end") == 2

    in_tab(app, act)

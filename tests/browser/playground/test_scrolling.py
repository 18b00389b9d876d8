"""Where the page stands while an answer grows."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenTab, Tab
from tests.browser.playground.composer import jump, open_empty, position, wait_for
from tests.live.app_process import AppProcess


@pytest.fixture
def growing(scripted_app: AppProcess, open_tab: OpenTab) -> Tab:
    """An answer below a long one that grows until it is stopped."""
    tab = open_empty(open_tab, scripted_app)
    tab.ask("@script tokens=600 rate=0")
    tab.finished()
    _ask_again(tab, "@script tokens=9000 rate=150")
    tab.wait_for_text(100)
    wait_for(tab, "gap < 4")
    tab.page.mouse.move(640, 400)
    tab.page.evaluate("() => { window.wheels = 0; addEventListener('wheel', () => { wheels += 1; }); }")
    return tab


def _ask_again(tab: Tab, prompt: str) -> None:
    """Asks for an answer below the first; a new turn takes who reads elsewhere along, so it must be there."""
    tab.ask(prompt)
    expect(tab.page.get_by_label("Chat message from assistant")).to_have_count(2)


def _wheel(tab: Tab, distance: int) -> None:
    """Turns the wheel; what scrolls a page has had the turn then."""
    before = tab.page.evaluate("wheels")
    tab.page.mouse.wheel(0, distance)
    tab.page.wait_for_function(f"() => wheels > {before}")


class TestScrolling:
    @pytest.mark.slow
    def test_who_scrolls_up_stays_there_each_time(self, growing: Tab) -> None:
        tab = growing
        for turn in range(12):
            _wheel(tab, -60 - 20 * turn)
            wait_for(tab, "gap > 20")
            before = position(tab)
            wait_for(tab, f"height > {before['height']} + 60")
            after = position(tab)
            assert after["top"] <= before["top"] + 1, turn
            assert after["gap"] > 60
            wait_for(tab, "gap > 120")
            expect(jump(tab)).to_be_in_viewport()
            jump(tab).click()
            wait_for(tab, "gap < 4")
            expect(jump(tab)).to_be_hidden()
        tab.button("Stop").click()
        tab.finished("stopped")

    @pytest.mark.slow
    def test_who_turns_the_wheel_down_to_the_end_is_taken_along_again(self, growing: Tab) -> None:
        tab = growing
        for _turn in range(3):
            _wheel(tab, -300)
            wait_for(tab, "gap > 320")
            _wheel(tab, 4000)
            wait_for(tab, "gap < 4")
            for _growth in range(3):
                wait_for(tab, f"height > {position(tab)['height']} + 60 && gap < 4")
        tab.button("Stop").click()
        tab.finished("stopped")

    @pytest.mark.slow
    def test_a_page_that_moves_by_itself_does_not_take_who_reads_further_up_to_its_end(
        self, scripted_app: AppProcess, open_tab: OpenTab
    ) -> None:
        tab = open_empty(open_tab, scripted_app)
        tab.ask("@script tokens=900 rate=0")
        tab.finished()
        _ask_again(tab, "@script tokens=9000 rate=20")
        tab.wait_for_text(20)
        wait_for(tab, "gap < 4")
        tab.page.mouse.move(640, 400)
        tab.page.evaluate(
            """() => {
            window.content = document.querySelector('main [data-testid="stMainBlockContainer"]');
            const below = content.appendChild(document.createElement('div'));
            below.style.height = '500px';
            }"""
        )
        wait_for(tab, "gap < 4")
        tab.page.mouse.wheel(0, -300)
        wait_for(tab, "gap > 290")
        before = position(tab)
        # What stands below is drawn anew, shorter, as what stands above grows: the browser holds the middle in place.
        tab.page.evaluate(
            """async (gap) => {
            const above = document.createElement('div');
            above.style.height = '700px';
            content.prepend(above);
            content.lastElementChild.style.height = `${500 - gap + 10}px`;
            }""",
            before["gap"],
        )
        wait_for(tab, f"top > {before['top']} + 600")
        moved = position(tab)
        wait_for(tab, f"height > {moved['height']} + 60 && gap > 60")
        assert position(tab)["top"] == moved["top"]
        tab.button("Stop").click()
        tab.finished("stopped")

    @pytest.mark.slow
    @pytest.mark.parametrize("key", ["PageUp", "Home", "ArrowUp"])
    def test_the_keyboard_scrolls_up_too(self, growing: Tab, key: str) -> None:
        tab = growing
        tab.page.locator("main").focus()
        # One step of 40 px can fall together with a growth of the answer: who reads upwards presses it again.
        for _press in range(5 if key == "ArrowUp" else 1):
            tab.page.keyboard.press(key)
        wait_for(tab, "gap > 120")
        before = position(tab)
        wait_for(tab, f"height > {before['height']} + 60")
        assert position(tab)["top"] <= before["top"] + 1
        jump(tab).focus()
        tab.page.keyboard.press("Enter")
        wait_for(tab, "gap < 4")
        # The focus is where the keyboard continues from.
        assert tab.page.evaluate("document.activeElement.id") == "stMain"
        tab.button("Stop").click()
        tab.finished("stopped")

    @pytest.mark.slow
    def test_at_the_bottom_it_follows_to_the_last_figure(self, scripted_app: AppProcess, open_tab: OpenTab) -> None:
        tab = open_empty(open_tab, scripted_app)
        tab.ask("@script tokens=600 rate=300")
        for height in (1100, 1400, 1700):
            wait_for(tab, f"height > {height} && gap < 4")
        tab.finished()
        wait_for(tab, "gap < 4")
        expect(jump(tab)).to_be_hidden()

    @pytest.mark.slow
    def test_an_open_list_stays_open_while_the_answer_grows(self, scripted_app: AppProcess, open_tab: OpenTab) -> None:
        tab = open_empty(open_tab, scripted_app)
        # It is opened before the first token, while the page still stands.
        tab.ask("@script tokens=9000 rate=150 delay=4000")
        expect(tab.button("Stop")).to_be_visible()
        tab.page.get_by_role("combobox", name="Model").first.click()
        option = tab.page.get_by_role("option").first
        expect(option).to_be_visible()
        wait_for(tab, "gap > 300")
        expect(option).to_be_visible()
        tab.page.keyboard.press("Escape")
        wait_for(tab, "gap < 4")
        tab.button("Stop").click()
        tab.finished("stopped")

    @pytest.mark.slow
    def test_what_is_sent_while_scrolled_up_is_shown(self, scripted_app: AppProcess, open_tab: OpenTab) -> None:
        tab = open_empty(open_tab, scripted_app)
        tab.ask("@script tokens=900 rate=0")
        tab.finished()
        tab.page.mouse.move(640, 400)
        tab.page.mouse.wheel(0, -5000)
        wait_for(tab, "top === 0")
        tab.ask("@script text=new rate=0\nthe second prompt")
        tab.finished()
        expect(tab.page.get_by_text("the second prompt")).to_be_in_viewport()
        wait_for(tab, "gap < 4")

    @pytest.mark.slow
    def test_what_one_opens_at_the_bottom_stays_in_place(self, scripted_app: AppProcess, open_tab: OpenTab) -> None:
        tab = open_empty(open_tab, scripted_app)
        tab.ask("@script tokens=600 rate=400")
        tab.finished()
        # On a busy machine it goes later than the answer's last part comes, and what belongs to it is told by it.
        expect(tab.button("Stop")).to_be_hidden()
        wait_for(tab, "gap < 4")
        # What comes so long after the last part of the answer does not belong to it, nor to a turn that just began:
        # a browser that was busy all the while never saw the answer grow.
        tab.page.evaluate(
            """new Promise(done => {
            let timer;
            new ResizeObserver((_sizes, observer) => {
                clearTimeout(timer);
                timer = setTimeout(() => { observer.disconnect(); done(); }, 6000);
            }).observe(document.querySelector('main [data-testid="stMainBlockContainer"]'));
            })"""
        )
        before = position(tab)
        tab.answer.evaluate("answer => { answer.style.paddingBottom = '600px'; }")
        wait_for(tab, f"height > {before['height']} + 500")
        assert position(tab)["top"] == before["top"]

    @pytest.mark.slow
    @pytest.mark.parametrize("motion", ["reduce", "no-preference"])
    def test_it_moves_at_once_where_motion_is_unwelcome(
        self, scripted_app: AppProcess, open_tab: OpenTab, motion: str
    ) -> None:
        tab = open_empty(open_tab, scripted_app, reduced_motion=motion)
        tab.ask("@script tokens=900 rate=0")
        tab.finished()
        wait_for(tab, "gap < 4")
        tab.page.mouse.move(640, 400)
        tab.page.mouse.wheel(0, -2000)
        expect(jump(tab)).to_be_visible()
        # Read at once after the click, when only a jump can have arrived.
        gap = tab.page.evaluate(
            """() => { const main = document.querySelector('main');
            const button = document.querySelector('.st-key-composer [data-testid="stBidiComponentIsolated"]').shadowRoot
                .querySelector('.jump');
            button.click();
            return main.scrollHeight - main.clientHeight - main.scrollTop; }"""
        )
        assert (gap < 4) == (motion == "reduce")
        wait_for(tab, "gap < 4")

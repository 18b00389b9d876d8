"""What the browser does around the chat input: drafts and their line, Esc, editors."""

import re
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenTab, Tab
from tests.browser.playground.composer import MODULES, jump, line, open_empty, to_top
from tests.browser.test_look import findings
from tests.live.app_process import AppProcess
from tests.live.conftest import serve


def attach(tab: Tab, *names: str) -> None:
    tab.attach(*({"name": name, "mimeType": "text/plain", "buffer": b"some text"} for name in names))


def kept_drafts(tab: Tab) -> list[str]:
    texts: list[str] = tab.page.evaluate(
        """() => Object.entries(localStorage).filter(([key]) => key.startsWith('glm-playground:draft:'))
            .map(([, record]) => JSON.parse(record).text)"""
    )
    return texts


@pytest.mark.slow
class TestDrafts:
    def test_a_draft_outlives_a_page_change_a_reload_and_its_tab(
        self, scripted_app: AppProcess, open_tab: OpenTab
    ) -> None:
        tab = open_empty(open_tab, scripted_app)
        draft = "Two lines,\nnot sent yet: ção 语言 🙂"
        tab.prompt.fill(draft)
        tab.page.get_by_role("link", name="Models").click()
        expect(tab.button("Open the playground")).to_be_visible()
        tab.page.get_by_role("link", name="Playground").click()
        expect(tab.prompt).to_have_value(draft)
        tab.page.reload()
        expect(tab.prompt).to_have_value(draft)
        tab.page.close()
        other = open_tab(scripted_app, "/playground")
        expect(other.prompt).to_have_value(draft)
        # What was put back is typed as far as Streamlit is concerned.
        other.prompt.fill("@script text=back rate=0")
        other.page.reload()
        expect(other.prompt).to_have_value("@script text=back rate=0")
        other.prompt.press("Enter")
        other.finished()
        expect(other.answer.get_by_text("back")).to_be_visible()

    def test_what_was_sent_is_no_draft(self, scripted_app: AppProcess, open_tab: OpenTab) -> None:
        tab = open_empty(open_tab, scripted_app)
        tab.ask("@script text=done rate=0")
        tab.finished()
        assert kept_drafts(tab) == []
        tab.page.reload()
        expect(tab.page.locator(".composer")).to_be_attached()
        expect(tab.prompt).to_have_value("")

    @pytest.mark.slow
    def test_each_of_two_tabs_keeps_its_own(self, scripted_app: AppProcess, open_tab: OpenTab) -> None:
        first = open_empty(open_tab, scripted_app)
        first.prompt.fill("of the first")
        second = open_tab(scripted_app, "/playground")
        expect(second.page.locator(".composer")).to_be_attached()
        expect(second.prompt).to_have_value("")
        second.prompt.fill("of the second")
        for tab, draft in ((first, "of the first"), (second, "of the second")):
            tab.page.reload()
            expect(tab.prompt).to_have_value(draft)
        second.ask("@script text=done rate=0")
        second.finished()
        assert kept_drafts(first) == ["of the first"]
        expect(first.prompt).to_have_value("of the first")

    @pytest.mark.slow
    def test_files_that_were_not_sent_are_named(self, scripted_app: AppProcess, open_tab: OpenTab) -> None:
        tab = open_empty(open_tab, scripted_app)
        tab.prompt.fill("Read these.")
        attach(tab, "a.txt", "b.csv")
        expect(line(tab)).to_contain_text("without the files")
        tab.page.reload()
        said = tab.page.get_by_text("Not sent: a.txt, b.csv; attach them again")
        expect(said).to_be_visible()
        tab.page.reload()
        expect(said).to_be_visible()
        attach(tab, "a.txt")
        expect(tab.page.get_by_text("Not sent: b.csv; attach them again")).to_be_visible()
        tab.ask("@script text=done rate=0")
        tab.finished()
        expect(tab.page.get_by_text("Not sent:")).to_have_count(0)

    @pytest.mark.slow
    def test_a_browser_without_storage_loses_drafts_only(self, scripted_app: AppProcess, open_tab: OpenTab) -> None:
        tab = open_empty(open_tab, scripted_app)
        tab.page.add_init_script(
            "for (const name of ['localStorage', 'sessionStorage'])"
            "  Object.defineProperty(window, name, {get() { throw new DOMException('no', 'SecurityError'); }});"
        )
        tab.go("/playground")
        tab.prompt.fill("Four words are here.")
        expect(line(tab)).to_contain_text("tokens in")


@pytest.mark.slow
class TestTheLine:
    def test_it_counts_while_one_types_and_asks_the_server_nothing(
        self, scripted_app: AppProcess, open_tab: OpenTab
    ) -> None:
        tab = open_empty(open_tab, scripted_app)
        expect(line(tab)).to_have_text("Enter sends, Shift+Enter breaks the line.")
        sent: list[str] = []
        # But for the code of elements, which the page fetches beforehand.
        tab.page.on("request", lambda request: None if "/static/" in request.url else sent.append(request.url))
        tab.page.on("websocket", lambda socket: socket.on("framesent", lambda _: sent.append("frame")))
        tab.page.reload()
        expect(tab.page.locator(".composer")).to_be_attached()
        tab.settled()
        tab.button("Settings").click()
        tab.page.get_by_label("Max tokens").fill("1000")
        tab.page.keyboard.press("Enter")
        tab.page.keyboard.press("Escape")
        expect(tab.page.get_by_role("dialog")).to_have_count(0)
        # The price has come, and with it the last that the page had to ask.
        tab.prompt.fill("one")
        expect(line(tab)).to_contain_text("predicted")
        tab.prompt.fill("")
        tab.settled()
        sent.clear()
        tab.prompt.press_sequentially("one two three")
        expect(line(tab)).to_contain_text("about 7 tokens in")
        found = re.search(
            r"tokens in · \$([\d.]+) to \$([\d.]+) predicted, in play money( · likely \$[\d.]+)?$",
            line(tab).inner_text(),
        )
        assert found, line(tab).inner_text()
        assert Decimal(found[1]) < Decimal(found[2])
        tab.prompt.fill("one two three " * 100)
        expect(line(tab)).to_contain_text("about 403 tokens in")
        tab.prompt.fill("")
        expect(line(tab)).to_have_text("Enter sends, Shift+Enter breaks the line.")
        assert sent == []

    @pytest.mark.slow
    def test_it_counts_the_answer_that_just_ended(self, scripted_app: AppProcess, open_tab: OpenTab) -> None:
        tab = open_empty(open_tab, scripted_app)
        tab.prompt.fill("one two three")
        expect(line(tab)).to_contain_text("about 7 tokens in")
        tab.prompt.fill("@script tokens=200 delay=500 rate=0")
        tab.prompt.press("Enter")
        expect(tab.button("Regenerate")).to_be_visible()
        tab.settled()
        tab.prompt.fill("one two three")
        expect(line(tab)).to_contain_text(re.compile(r"about (?!7 )\d{3} tokens in"))
        said = line(tab).inner_text()
        tab.prompt.fill("")
        # Drawn anew, the page says the same.
        tab.page.reload()
        expect(tab.button("Regenerate")).to_be_visible()
        tab.settled()
        tab.prompt.fill("one two three")
        expect(line(tab)).to_have_text(said)
        tab.prompt.fill("")

    @pytest.mark.slow
    def test_it_is_in_the_page_s_language(self, scripted_app: AppProcess, open_tab: OpenTab) -> None:
        tab = open_tab(scripted_app, "/playground", locale="pt-BR")
        prompt = tab.page.get_by_test_id("stChatInputTextArea")
        prompt.fill("palavra " * 1500)
        expect(line(tab)).to_contain_text("2.103 tokens")
        expect(line(tab)).to_contain_text(re.compile(r"\$\d+,\d\d"))
        prompt.fill("")

    @pytest.mark.slow
    def test_a_long_draft_costs_little_for_each_key(self, scripted_app: AppProcess, open_tab: OpenTab) -> None:
        tab = open_empty(open_tab, scripted_app)
        tab.prompt.fill("lorem ipsum dolor " * 5600)
        expect(line(tab)).to_contain_text("tokens in")
        took: float = tab.page.evaluate(
            f"""async () => {{
                const {{ estimateTokens }} = await import('{MODULES}/tokens.js');
                const {{ value }} = document.querySelector('[data-testid="stChatInputTextArea"]');
                const began = performance.now();
                for (let index = 0; index < 20; index += 1) estimateTokens(value + index);
                return (performance.now() - began) / 20;
            }}"""
        )
        # A frame has 16 ms.
        assert took < 16
        tab.prompt.fill("")


@pytest.mark.slow
class TestEscape:
    def test_it_stops_the_answer_while_one_types(self, scripted_app: AppProcess, open_tab: OpenTab) -> None:
        tab = open_empty(open_tab, scripted_app)
        tab.ask("@script tokens=3000 rate=60")
        tab.wait_for_text(60)
        tab.prompt.press_sequentially("the next one")
        tab.page.keyboard.press("Escape")
        tab.finished("stopped")
        expect(tab.prompt).to_have_value("the next one")
        tab.prompt.fill("")

    @pytest.mark.slow
    def test_it_closes_what_is_open_first(self, scripted_app: AppProcess, open_tab: OpenTab) -> None:
        tab = open_empty(open_tab, scripted_app)
        page = tab.page
        tab.ask("@script text=first rate=0")
        tab.finished()
        tab.ask("@script tokens=9000 rate=60")
        tab.wait_for_text(60)
        openers = {
            "popover": (tab.button("Options"), page.get_by_role("radio", name="one by one")),
            "selectbox": (page.get_by_role("combobox", name="Model").first, page.get_by_role("option").first),
            "menu": (tab.button("More").first, page.get_by_role("menuitem").first),
        }
        for name, (opener, content) in openers.items():
            # As a reader does: first there, then pressed. A list closes when the page still moves.
            if opener.evaluate("element => Boolean(element.closest('main'))"):
                to_top(tab)
            opener.click()
            overlay = page.locator('[role="dialog"], [role="listbox"], [role="menu"]').first
            # Streamlit hears the key from then on.
            expect(content, name).to_be_visible()
            page.keyboard.press("Escape")
            expect(overlay, name).to_be_hidden()
            expect(tab.button("Stop"), name).to_be_visible()
        page.keyboard.press("Escape")
        tab.finished("stopped")

    @pytest.mark.slow
    def test_an_input_method_keeps_its_own(self, scripted_app: AppProcess, open_tab: OpenTab) -> None:
        tab = open_empty(open_tab, scripted_app)
        tab.ask("@script tokens=9000 rate=60")
        tab.wait_for_text(60)
        press = """(input, init) => input.dispatchEvent(
            new KeyboardEvent('keydown', {key: 'Escape', bubbles: true, cancelable: true, ...init}))"""
        tab.prompt.evaluate(press, {"isComposing": True})
        tab.prompt.evaluate(press, {"keyCode": 229})
        tab.prompt.evaluate(
            f"""input => {{
                input.addEventListener('keydown', event => event.preventDefault(), {{once: true}});
                ({press})(input, {{}});
            }}"""
        )
        before = len(tab.answer.inner_text())
        tab.wait_for_text(before + 60)
        expect(tab.button("Stop")).to_be_visible()
        tab.prompt.evaluate(press, {})
        tab.finished("stopped")


@pytest.mark.slow
def test_an_editor_is_shown_and_has_the_focus(scripted_app: AppProcess, open_tab: OpenTab) -> None:
    tab = open_empty(open_tab, scripted_app)
    for number in (1, 2):
        tab.ask(f"@script tokens=600 rate=0\nprompt {number}")
        tab.finished()
    for number in (0, 1):
        tab.button("More").nth(number).click()
        tab.page.get_by_role("menuitem", name="Edit the prompt").click()
        editor = tab.page.get_by_role("textbox", name="Text", exact=True)
        expect(editor).to_be_in_viewport(ratio=1)
        expect(editor).to_be_focused()
        tab.page.keyboard.type(" and more")
        expect(editor).to_have_value(re.compile(rf"prompt {number + 1} and more$"))
        tab.button("Cancel").click()
        expect(editor).to_have_count(0)


@pytest.mark.slow
def test_a_key_that_was_typed_reaches_the_server_by_keyboard_alone(scripted_app: AppProcess, open_tab: OpenTab) -> None:
    tab = open_empty(open_tab, scripted_app)
    tab.button("Options").click()
    field = tab.page.get_by_role("textbox", name="Your RunAPI key")
    field.click()
    tab.page.keyboard.type("sk-good-0123456789")
    tab.page.keyboard.press("Tab")
    tab.page.keyboard.press("Tab")
    expect(tab.button("Check and use the key")).to_be_focused()
    tab.page.keyboard.press("Enter")
    # The app's own process may or may not reach RunAPI; the key is never at fault before it was asked.
    expect(tab.page.get_by_text(re.compile("RunAPI (cannot be reached|did not take|could not check)"))).to_be_visible(
        timeout=20_000
    )
    expect(tab.page.get_by_text("printable ASCII")).to_have_count(0)


@pytest.mark.slow
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing(scripted_app: AppProcess, open_tab: OpenTab, theme: str, width: int) -> None:
    tab = open_empty(open_tab, scripted_app, color_scheme=theme, viewport={"width": width, "height": 800})
    tab.ask("@script tokens=900 rate=0")
    tab.finished()
    tab.prompt.fill("A draft that is not sent.")
    attach(tab, "a.txt")
    tab.page.reload()
    expect(tab.page.get_by_text("Not sent: a.txt; attach them again")).to_be_visible()
    tab.ask("@script tokens=900 rate=0")
    tab.finished()
    tab.prompt.fill("Another draft.")
    tab.page.mouse.move(width / 2, 300)
    tab.page.mouse.wheel(0, -2000)
    expect(jump(tab)).to_be_in_viewport(ratio=1)
    expect(line(tab)).to_contain_text("predicted")
    tab.settled()
    # What is drawn anew fades in.
    tab.page.wait_for_function("() => document.getAnimations().every(animation => animation.playState !== 'running')")
    assert findings(tab) == []
    assert tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    tab.prompt.fill("")


@pytest.mark.slow
def test_it_is_served_below_a_base_path(tmp_path: Path, open_tab: OpenTab) -> None:
    with serve(tmp_path, {"GLM_PLAYGROUND_SANDBOX_ENGINE": "scripted"}, {"server.baseUrlPath": "some/where"}) as app:
        tab = open_tab(app, "/playground")
        tab.prompt.fill("one two three")
        expect(line(tab)).to_contain_text("about 7 tokens in")
        tab.page.close()

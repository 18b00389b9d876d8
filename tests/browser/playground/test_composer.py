"""What the browser does around the chat input: drafts and their cost, scrolling, Esc, editors, copies."""

import random
import re
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Locator, Response, expect

from glm_playground.chat.forecast import Prediction, forecast, predict
from glm_playground.gateway import ChatRequest, Message
from glm_playground.runs.cost import Price, TokenClass
from glm_playground.runs.tokens import estimate_tokens
from glm_playground.ui.playground.composer.component import _request, _texts
from glm_playground.ui.playground.draft_view import forecast_text
from glm_playground.ui.shared import figures, i18n
from tests.browser.conftest import OpenTab, Tab
from tests.browser.test_look import findings
from tests.live.app_process import AppProcess
from tests.live.conftest import serve

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


def attach(tab: Tab, *names: str) -> None:
    files = [{"name": name, "mimeType": "text/plain", "buffer": b"some text"} for name in names]
    left = list(names)

    def all_are_there(response: Response) -> bool:
        if response.request.method == "PUT" and "/upload_file/" in response.url:
            left.pop()
        return not left

    # Streamlit takes no prompt while a file is on its way.
    with tab.page.expect_response(all_are_there):
        tab.page.locator('[data-testid="stChatInputFileUploadButton"] input').set_input_files(files)  # type: ignore[arg-type]
    expect(tab.page.get_by_test_id("stFileChip")).to_have_count(len(names))


def kept_drafts(tab: Tab) -> list[str]:
    texts: list[str] = tab.page.evaluate(
        """() => Object.entries(localStorage).filter(([key]) => key.startsWith('glm-playground:draft:'))
            .map(([, record]) => JSON.parse(record).text)"""
    )
    return texts


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


def texts() -> list[str]:
    """Texts of many kinds: words, code, scripts without spaces, every sort of white space, random mixes."""
    parts = [
        "word",
        "a",
        " ",
        "  ",
        "\n",
        "\t",
        "\x0b",
        "\x1c",
        "\x1f",
        "\x85",
        "\xa0",
        "\u2003",
        "\u2028",
        "\u3000",
        "\ufeff",
    ]
    parts += [
        "语言模型",
        "日本語テキスト",
        "한국어",
        "ﬁ",
        "豈",
        "🙂",
        "👩\u200d💻",
        "𝕏",
        "é",
        "e\u0301",
        "x=[1,2];",
        "aGVsbG8=" * 9,
        "\u200b",
        "½",
    ]
    chance = random.Random(7)
    mixes = ["".join(chance.choices(parts, k=chance.randint(1, 60))) for _ in range(600)]
    points = [chr(point) for point in range(0x10000) if not 0xD800 <= point <= 0xDFFF and point % 7 == 0]
    source = Path(__file__).read_text()
    return [
        "",
        " ",
        "a b c",
        *parts,
        *mixes,
        source,
        source * 20,
        "".join(points),
        *(f"a{char}b" for char in points[::5]),
    ]


def test_tokens_are_counted_as_python_counts_them(scripted_app: AppProcess, open_tab: OpenTab) -> None:
    tab = open_tab(scripted_app, "/")
    samples = texts()
    counted = tab.page.evaluate(
        f"async texts => texts.map((await import('{MODULES}/tokens.js')).estimateTokens)",
        samples,
    )
    expected = [estimate_tokens(text) for text in samples]
    assert [
        (text[:50], *pair) for text, *pair in zip(samples, counted, expected, strict=True) if pair[0] != pair[1]
    ] == []


@pytest.mark.parametrize("language", ["en", "pt_BR"])
def test_money_is_written_as_python_writes_it(
    scripted_app: AppProcess, open_tab: OpenTab, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    tab = open_tab(scripted_app, "/")
    chance = random.Random(11)
    prices = ["0", "1.4", "4.40", "0.000001", "0.0035", "0.125", "0.005", "1", "999.995", "0.1234567890123"[:14]]
    prices += [f"{chance.uniform(0, 10 ** chance.randint(-6, 3)):.6f}" for _ in range(60)]
    counts = [0, 1, 2, 5, 25, 125, 1000, 12_345, 999_999, 1_000_000, 131_072_000]
    cases = [[count, price] for price in prices for count in counts]
    written = tab.page.evaluate(
        f"""async ([cases, locale]) => {{
            const {{ costOf, dollars }} = await import('{MODULES}/money.js');
            return cases.map(([count, price]) => dollars(costOf(count, price, 0, '0'), locale));
        }}""",
        [cases, language.replace("_", "-")],
    )
    monkeypatch.setattr(i18n, "language", lambda: language)
    expected = [figures.dollars(count * Decimal(str(price)) / 1_000_000) for count, price in cases]  # type: ignore[operator]
    assert [case for case in zip(cases, written, expected, strict=True) if case[1] != case[2]] == []


def requests_and_prices() -> Iterator[tuple[list[ChatRequest], Price | None, list[int], int]]:
    """What lanes may send, with a price, past outputs and repeats."""
    rates = {TokenClass.INPUT: Decimal("1.4"), TokenClass.OUTPUT: Decimal("4.40")}
    cached = {**rates, TokenClass.CACHE_READ: Decimal("0.26")}
    system = Message(role="system", content="Answer in one word. 用一个词回答。")
    past = [Message(role="user", content="Hello " * 90), Message(role="assistant", content="Hi 🙂")]
    tool = {"type": "function", "function": {"name": "add", "parameters": {"type": "object"}}}
    plain = ChatRequest(model="m", messages=())
    long = ChatRequest(model="m", messages=(system, *past), max_tokens=700)
    tools = ChatRequest(model="m", messages=(system,), tools=(tool,), max_tokens=64)
    for price in (
        None,
        Price(rates, "https://example.com", date(2026, 11, 1)),
        Price(cached, "https://example.com", date(2026, 11, 1), play_money=True),
    ):
        yield [plain], price, [], 1
        yield [long, tools], price, [10, 40, 90, 2000], 3
        yield [tools], price, [5, 5, 7], 2


def predicted(
    requests: Sequence[ChatRequest], draft: str | None, price: Price | None, past_outputs: Sequence[int] = ()
) -> list[Prediction]:
    """What `requests` will use with this prompt at their end."""
    prompt = () if draft is None else (Message(role="user", content=draft),)
    bodies = [one.model_copy(update={"messages": (*one.messages, *prompt)}) for one in requests]
    limits = {"context_tokens": 200_000, "max_output_tokens": 128_000}
    return [predict(body, price, **limits, past_outputs=past_outputs) for body in bodies]


def test_a_draft_is_forecast_as_python_forecasts_it(
    scripted_app: AppProcess, open_tab: OpenTab, monkeypatch: pytest.MonkeyPatch
) -> None:
    tab = open_tab(scripted_app, "/")
    monkeypatch.setattr(i18n, "language", lambda: "en")
    drafts = ["one two three", "语言模型 🙂 " * 40, "word " * 9000, "x" * 50_000]
    for requests, price, past, repeats in requests_and_prices():
        warm_ups = [ChatRequest(model="m", messages=(Message(role="user", content="Hi"),), max_tokens=1)] * (
            repeats > 2
        )

        data = {
            "requests": [_request(one, times=repeats, has_draft=True) for one in predicted(requests, "", price, past)]
            + [_request(one, times=1, has_draft=False) for one in predicted(warm_ups, None, price)],
            "locale": "en",
            "texts": _texts(play_money=bool(price and price.play_money), waiting_for_price=False),
        }
        lines = tab.page.evaluate(
            f"""async ([data, drafts]) => {{
                const {{ forecastParts }} = await import('{MODULES}/forecast.js');
                const words = part => part.basis ? `${{part.text}} ${{part.basis}}` : part.text;
                return drafts.map(draft => forecastParts(data, draft, false).map(words).join(' · '));
            }}""",
            [data, drafts],
        )
        for draft, written in zip(drafts, lines, strict=True):
            asked, first = predicted(requests, draft, price, past), predicted(warm_ups, None, price)
            found = forecast(asked, repeats=repeats, warm_ups=first)
            assert found
            expected = re.sub(r":orange\[(.*?)\]", r"\1", forecast_text(found)).replace("\\", "")
            assert written == expected


class TestTheLine:
    def test_it_counts_while_one_types_and_asks_the_server_nothing(
        self, scripted_app: AppProcess, open_tab: OpenTab
    ) -> None:
        tab = open_empty(open_tab, scripted_app)
        expect(line(tab)).to_have_text("Enter sends, Shift+Enter breaks the line.")
        sent: list[str] = []
        tab.page.on("request", lambda request: sent.append(request.url))
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


PAGE = """() => {
    const main = document.querySelector('main');
    const {scrollTop: top, scrollHeight: height} = main;
    return {top, height, gap: height - main.clientHeight - top};
}"""


def wait_for(tab: Tab, condition: str) -> None:
    tab.page.wait_for_function(f"() => {{ const {{top, height, gap}} = ({PAGE})(); return {condition}; }}")


def position(tab: Tab) -> dict[str, float]:
    found: dict[str, float] = tab.page.evaluate(PAGE)
    return found


@pytest.fixture
def growing(scripted_app: AppProcess, open_tab: OpenTab) -> Tab:
    """An answer below a long one that grows until it is stopped."""
    tab = open_empty(open_tab, scripted_app)
    tab.ask("@script tokens=600 rate=0")
    tab.finished()
    tab.ask("@script tokens=9000 rate=150")
    tab.wait_for_text(100)
    wait_for(tab, "gap < 4")
    tab.page.mouse.move(640, 400)
    return tab


class TestScrolling:
    @pytest.mark.slow
    def test_who_scrolls_up_stays_there_each_time(self, growing: Tab) -> None:
        tab = growing
        for turn in range(12):
            tab.page.mouse.wheel(0, -60 - 20 * turn)
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
        # The focus is where the keyboard goes on from.
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
        expect(tab.button("Stop")).to_be_visible()
        tab.finished()
        wait_for(tab, "gap < 4")
        # What comes so long after the end does not belong to the answer.
        tab.page.evaluate("new Promise(done => setTimeout(done, 2000))")
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
            const button = document.querySelector('[data-testid="stBidiComponentIsolated"]').shadowRoot
                .querySelector('.jump');
            button.click();
            return main.scrollHeight - main.clientHeight - main.scrollTop; }"""
        )
        assert (gap < 4) == (motion == "reduce")
        wait_for(tab, "gap < 4")


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
                tab.page.mouse.move(640, 400)
                tab.page.mouse.wheel(0, -9000)
                wait_for(tab, "top === 0")
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

    @pytest.mark.slow
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

    @pytest.mark.slow
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

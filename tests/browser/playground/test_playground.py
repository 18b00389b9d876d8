"""The playground in a browser: a first-time user's walk, hostile answers, scrolling, small screens, the keyboard."""

import re
from contextlib import suppress
from urllib.parse import quote

import pytest
from playwright.sync_api import TimeoutError as PlaywrightTimeout
from playwright.sync_api import expect

from glm_playground.ui.shared.answer.starters import QUICKSTART
from tests.browser.conftest import OpenTab, Tab
from tests.live.app_process import AppProcess

# The lengths that the answer's text goes through, for as long as its figures are not there.
RECORD_LENGTHS = """() => {
    window.lengths = [];
    const timer = setInterval(() => {
        const answer = document.querySelector('[aria-label="Chat message from assistant"]');
        const text = answer ? answer.textContent : '';
        if (text.includes('TTFT')) clearInterval(timer);
        else if (text && !text.includes('Waiting') && text.length !== lengths.at(-1)) lengths.push(text.length);
    }, 40);
}"""


def set_to(tab: Tab, label: str, value: str) -> None:
    """Gives one of the settings a value."""
    tab.page.locator("[class*=st-key-settings-1] button:visible").click()
    tab.page.get_by_label(label).fill(value)
    tab.page.keyboard.press("Enter")
    tab.settled()
    tab.button("Close").click()
    expect(tab.page.get_by_label(label)).to_have_count(0)
    tab.settled()


@pytest.mark.slow
def test_a_first_visit_ends_with_figures(standin_app: AppProcess, open_tab: OpenTab) -> None:
    tab = open_tab(standin_app, "/")
    page = tab.page
    tab.button("Open the playground").click()
    expect(page).to_have_url(re.compile(r"/playground(\?w=|$)"))
    # A process's first playground, beside a model that is being loaded.
    expect(tab.prompt).to_be_visible(timeout=60_000)
    expect(page.get_by_text("No key is set")).to_be_visible()
    if page.get_by_text("The stand-in model could not be loaded").is_visible():
        pytest.skip("the stand-in model cannot be loaded here")

    # So small a model ends at any moment; without chance in it, it never ends.
    set_to(tab, "Temperature", "0")
    page.evaluate(RECORD_LENGTHS)
    tab.button(f"Code {QUICKSTART}").click()
    tab.wait_for_text(120)
    with suppress(PlaywrightTimeout):
        tab.button("Stop").click(timeout=2000)
    tab.finished("stopped", "completed")
    expect(tab.button("Stop")).to_have_count(0)
    # It streamed: the text grew step by step.
    lengths = page.evaluate("window.lengths")
    assert len(lengths) >= 4
    assert lengths == sorted(lengths)

    set_to(tab, "Max tokens", "40")
    tab.button("Regenerate").click()
    expect(page.get_by_text("Answer 2 of 2")).to_be_visible()
    tab.finished("stopped at the token limit", "completed")
    figures = tab.answer.inner_text()
    assert "stand-in model, not GLM" in figures
    found = re.search(r"(\d+) tokens? · TTFT (\d+ ms|[\d.]+ s) · ([\d.]+ tokens/s|speed: too little)", figures)
    assert found, figures
    assert 1 <= int(found[1]) <= 40
    assert re.search(r"\$0\.\d+ estimated in play money", figures)
    assert "req_" not in figures

    tab.button("Details").click()
    expect(page.get_by_role("row", name=re.compile(r"Request id req_\w+"))).to_be_visible()
    expect(page.get_by_role("row", name=re.compile(r"Task id task_\w+"))).to_be_visible()
    expect(page.get_by_text("SmolLM2-135M-Instruct (stand-in, not GLM)")).to_be_visible()


@pytest.mark.slow
def test_another_page_and_back_in_the_middle(scripted_app: AppProcess, open_tab: OpenTab) -> None:
    tab = open_tab(scripted_app, "/playground")
    tab.ask("@script tokens=3000 rate=60")
    tab.wait_for_text(60)
    before = len(tab.answer.inner_text())
    tab.page.get_by_role("link", name="Models").click()
    expect(tab.button("Open the playground")).to_be_visible()
    tab.page.get_by_role("link", name="Playground").click()
    expect(tab.button("Stop")).to_be_visible()
    tab.wait_for_text(before + 60)
    tab.button("Stop").click()
    tab.finished("stopped")


@pytest.mark.slow
def test_a_reload_in_the_middle_goes_on(scripted_app: AppProcess, open_tab: OpenTab) -> None:
    tab = open_tab(scripted_app, "/playground")
    tab.ask("@script tokens=600 rate=50")
    tab.wait_for_text(60)
    tab.page.reload()
    tab.wait_for_text(200)
    before = len(tab.answer.inner_text())
    tab.wait_for_text(before + 60)
    tab.finished()
    expect(tab.answer.get_by_text("600 tokens")).to_be_visible()
    tab.ask("@script text=onward rate=0")
    tab.finished()
    expect(tab.page.get_by_label("Chat message from user")).to_have_count(2)


@pytest.mark.slow
def test_another_tab_shows_the_same_answer_and_can_stop_it(scripted_app: AppProcess, open_tab: OpenTab) -> None:
    tab = open_tab(scripted_app, "/playground")
    tab.ask("@script tokens=3000 rate=50")
    tab.wait_for_text(60)
    other = open_tab(scripted_app, "/playground", settled=False)
    other.wait_for_text(len(tab.answer.inner_text()) + 60)
    other.button("Stop").click()
    other.finished("stopped")
    tab.finished("stopped")


@pytest.mark.slow
def test_a_new_workbench_leaves_the_one_before_in_the_list(scripted_app: AppProcess, open_tab: OpenTab) -> None:
    tab = open_tab(scripted_app, "/playground")
    tab.ask("@script text=first-of-all rate=0")
    tab.finished()
    tab.button("New").click()
    expect(tab.button(f"Code {QUICKSTART}")).to_be_visible()
    tab.page.reload()
    expect(tab.button(f"Code {QUICKSTART}")).to_be_visible()
    tab.button("Saved").click()
    tab.button("@script text=first-of-all rate=0").click()
    expect(tab.answer.get_by_text("first-of-all")).to_be_visible()
    tab.page.reload()
    expect(tab.answer.get_by_text("first-of-all")).to_be_visible()


HOSTILE = """\
![pixel](http://evil.invalid/a.png) ![by reference][pic] <img src="http://evil.invalid/b.png">

[a click](javascript:window.pwned=1) [a page](https://docs.example.com/path) <http://plain.example.org/>

<script>window.pwned=1</script><img src=x onerror="window.pwned=1"><b>raw</b><iframe src="http://evil.invalid"></iframe>

```mermaid
graph TD; A-->B
```

:material/home: :red[loud] :smile: :streamlit: It costs $5, or $10 for two; and \\(x^2\\) is a square.

[pic]: http://evil.invalid/c.png
"""


def test_a_hostile_answer_does_no_harm(scripted_app: AppProcess, open_tab: OpenTab) -> None:
    tab = open_tab(scripted_app, "/playground")
    tab.ask(f"@script text={quote(HOSTILE)} rate=400")
    tab.finished()

    def look() -> None:
        expect(tab.answer).to_contain_text("graph TD; A-->B")
        text = tab.answer.inner_text()
        assert "pixel (evil.invalid) ![by reference][pic]" in text
        assert "[a click](javascript:" in text
        assert "a page (docs.example.com)" in text
        assert "<b>raw</b>" in text
        assert "<script>" in text
        assert ":material/home: :red[loud] :smile: :streamlit:" in text
        assert "It costs $5, or $10 for two; and" in text
        expect(tab.answer.locator(".katex")).to_have_count(1)
        links = tab.answer.get_by_role("link").evaluate_all("links => links.map(link => link.getAttribute('href'))")
        assert sorted(links) == [
            "http://evil.invalid/a.png",
            "http://evil.invalid/c.png",
            "http://plain.example.org/",
            "https://docs.example.com/path",
        ]
        expect(tab.answer.locator("img, script, iframe, [aria-roledescription*=chart]")).to_have_count(0)
        assert tab.page.evaluate("window.pwned") is None

    look()
    # Once more as an ended answer is drawn.
    tab.button("Details").click()
    expect(tab.page.get_by_text("Model asked")).to_be_visible()
    tab.page.keyboard.press("Escape")
    look()
    # The words of the user are drawn by the same rules.
    prompt = tab.page.get_by_label("Chat message from user").last
    expect(prompt.locator("img, script, iframe")).to_have_count(0)


@pytest.mark.slow
def test_the_policy_blocks_what_an_answer_could_ask_for(scripted_app: AppProcess, open_tab: OpenTab) -> None:
    tab = open_tab(scripted_app, "/playground")
    blocked = tab.page.evaluate(
        """async () => {
            const blocked = [];
            document.addEventListener('securitypolicyviolation', event => blocked.push(event.effectiveDirective));
            new Image().src = 'http://evil.invalid/a.png';
            fetch('http://evil.invalid/').catch(() => {});
            for (const [tag, text] of [['script', 'window.pwned = 1'], ['iframe', '']]) {
                const element = document.createElement(tag);
                if (text) element.textContent = text; else element.src = 'http://evil.invalid/';
                document.body.append(element);
            }
            const style = document.createElement('link');
            style.rel = 'stylesheet';
            style.href = 'http://evil.invalid/a.css';
            document.body.append(style);
            while (new Set(blocked).size < 5) await new Promise(done => setTimeout(done, 10));
            return [...new Set(blocked)].sort();
        }"""
    )
    assert blocked == ["connect-src", "frame-src", "img-src", "script-src-elem", "style-src-elem"]
    assert tab.page.evaluate("window.pwned") is None
    assert tab.problems  # the browser's own report of it, which fails every other test
    tab.problems.clear()


WIDE = f"""\
A-word-{"x" * 300}

| {" | ".join(f"column {n}" for n in range(12))} |
|{"---|" * 12}
| {" | ".join(f"value {n}" for n in range(12))} |

```
{"a long line of code " * 20}
```

$$
x = {"a + b + " * 40} c
$$
"""


@pytest.mark.slow
def test_a_small_screen(scripted_app: AppProcess, open_tab: OpenTab) -> None:
    tab = open_tab(scripted_app, "/playground", viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True)

    def fits() -> bool:
        found: bool = tab.page.evaluate(
            """() => document.documentElement.scrollWidth <= innerWidth &&
            document.querySelector('main').scrollWidth <= innerWidth"""
        )
        return found

    assert fits()
    tab.button("Settings").tap()
    tab.page.get_by_label("Max tokens").scroll_into_view_if_needed()
    expect(tab.page.get_by_label("Max tokens")).to_be_in_viewport()
    assert fits()
    tab.button("Close").tap()
    expect(tab.page.get_by_label("Max tokens")).to_have_count(0)
    expect(tab.prompt).to_be_in_viewport()
    tab.prompt.tap()
    tab.ask("@script tokens=3000 rate=100")
    expect(tab.button("Stop")).to_be_in_viewport()
    tab.wait_for_text(100)
    assert fits()
    tab.button("Stop").tap()
    tab.finished("stopped")
    assert fits()
    tab.ask(f"@script text={quote(WIDE)} rate=0")
    tab.finished()
    expect(tab.answer.locator("table, .katex-display, pre")).to_have_count(3)
    assert fits()


def _tab_to(tab: Tab, name: str, key: str = "Tab", most: int = 30) -> None:
    """Presses Tab until the element with this accessible name has the focus."""
    wanted = tab.page.get_by_role("textbox", name=name).or_(tab.button(name))
    for _ in range(most):
        tab.page.keyboard.press(key)
        if wanted.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"{name} cannot be reached with {key}")


def test_the_keyboard_alone_is_enough(scripted_app: AppProcess, open_tab: OpenTab) -> None:
    tab = open_tab(scripted_app, "/playground")
    _tab_to(tab, "Ask glm-5.1")
    tab.page.keyboard.type("@script tokens=3000 rate=100")
    tab.page.keyboard.press("Enter")
    expect(tab.button("Stop")).to_be_visible()
    tab.wait_for_text(60)
    _tab_to(tab, "Stop", key="Shift+Tab")
    tab.page.keyboard.press("Enter")
    tab.finished("stopped")
    _tab_to(tab, "Regenerate", key="Shift+Tab")
    tab.page.keyboard.press("Enter")
    expect(tab.button("Stop")).to_be_visible()
    _tab_to(tab, "Stop")
    tab.page.keyboard.press("Space")
    tab.finished("stopped")


@pytest.mark.slow
def test_a_blank_prompt_is_not_sent_and_a_refused_one_waits(scripted_app: AppProcess, open_tab: OpenTab) -> None:
    tab = open_tab(scripted_app, "/playground")
    tab.ask("   ")
    tab.settled()
    expect(tab.button(f"Code {QUICKSTART}")).to_be_visible()
    expect(tab.page.get_by_text("Not sent yet.")).to_have_count(0)
    tab.ask("a " * 151_000)
    waiting = tab.page.get_by_role("textbox", name="Prompt", exact=True)
    expect(waiting).to_have_value(re.compile(r"^a a a "))
    expect(tab.page.get_by_text("The prompt is longer than the model's context.")).to_contain_text("200,000")
    expect(tab.button("Send anyway")).to_be_visible()
    tab.ask("@script text=short rate=0")
    tab.finished()
    # It waits on beside what was sent since.
    expect(waiting).to_have_value(re.compile(r"^a a a "))
    tab.button("Discard").click()
    expect(waiting).to_have_count(0)


@pytest.mark.slow
def test_a_failure_is_told_in_words(scripted_app: AppProcess, open_tab: OpenTab) -> None:
    tab = open_tab(scripted_app, "/playground")
    tab.ask("@script tokens=40 rate=0 fault=drop@20")
    tab.finished("failed")
    expect(tab.answer.get_by_role("alert")).to_contain_text("The connection broke before the answer was complete.")
    expect(tab.answer.get_by_text("Section 1")).to_be_visible()
    assert "Traceback" not in tab.page.locator("body").inner_text()

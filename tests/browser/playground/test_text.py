"""What can be read of answers and prompts in a browser: what they mean, and what was typed."""

import json
import random
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from glm_playground.ui.server import first_page
from tests.browser.conftest import OpenTab
from tests.condition import wait_until
from tests.live.app_process import AppProcess
from tests.shown_text import READ_PAGE, form, meant
from tests.unit.ui.shared.text.test_answer_markdown import SIGNS

pytestmark = pytest.mark.slow

ROWS = (
    "| a | b |\n|:---:|---|\n| 打开<br>登录 | `x\\|y` $n$ |",
    "当$n$为偶数；$f(x)$, $O(n)$, $n-1$, $2n$; $5, US$20, $5 and $6, $HOME",
    "1. a\n   \\[x\\]\n   b\n2. c\n\n> - d\n>   \\(y\\) und **“z”**个",
    "他说**“你好”**是 ~~旧~~ 需要3~5天，费用100~200元",
    "x >= 3 -> b <- c -- d :smile: :red[x] :material/home: www.a.test me@a.test",
    "Run:\n\n    export A=$5 b:c:d\n\n> ```\n> $5 :a: ~x~\n> ```",
    "春眠不觉晓，\n处处闻啼鸟。\n\n# A <b>title</b>\n\n- [x] done\n- [ ] not\n  1. `code  span`",
    "[x](javascript:alert(1)) ![i](http://c.test/i.png) https://d.test/a_b，然后 [1]: note[^1]",
    "```py\nicon=':material/home:'\n    \n\tend\n```",
)

STYLE = Path(first_page.__file__).with_suffix(".css")
# All that the app does to draw a finished answer or a prompt, without the rest of the app.
SCRIPT = """
import json
from pathlib import Path
import streamlit as st
from glm_playground.ui.shared.text.long_text import draw_markdown, draw_typed
st.html("<style>" + Path({style!r}).read_text() + "</style>")
texts = json.loads(Path({path!r}).read_text())
for number, text in enumerate(texts["answers"]):
    with st.container(key=f"answer{{number}}"):
        draw_markdown(text)
for number, text in enumerate(texts["prompts"]):
    with st.container(key=f"prompt{{number}}"):
        draw_typed(text)
st.header("All is drawn")
"""


@pytest.fixture(scope="module")
def texts_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("texts") / "texts.json"


@pytest.fixture(scope="module")
def drawing_app(texts_file: Path) -> Iterator[AppProcess]:
    script = texts_file.with_name("texts.py")
    script.write_text(SCRIPT.format(path=str(texts_file), style=str(STYLE)))
    with AppProcess(script, options={"server.fileWatcherType": "none", "browser.gatherUsageStats": "false"}) as app:
        yield app


def read(page: Page, kind: str, count: int) -> list[str]:
    """What is read of each text, once the icons and formulas that come later are drawn."""
    page.get_by_role("heading", name="All is drawn").wait_for()
    page.wait_for_function(
        "!document.querySelector('[data-testid=\"stSkeleton\"]') && !document.querySelector('code.language-math')"
    )
    found: list[str] = page.evaluate(READ_PAGE, [f".st-key-{kind}{number}" for number in range(count)])
    return found


def answers_read(app: AppProcess, file: Path, open_tab: OpenTab, texts: list[str]) -> list[str]:
    file.write_text(json.dumps({"answers": texts, "prompts": []}))
    return [form(shown) for shown in read(open_tab(app, "/").page, "answer", len(texts))]


def test_what_is_read_of_an_answer_is_what_it_means(
    drawing_app: AppProcess, texts_file: Path, open_tab: OpenTab
) -> None:
    assert answers_read(drawing_app, texts_file, open_tab, [*ROWS]) == [meant(text) for text in ROWS]


@pytest.mark.parametrize("seed", range(3))
def test_so_is_it_of_any_text(seed: int, drawing_app: AppProcess, texts_file: Path, open_tab: OpenTab) -> None:
    chance = random.Random(seed)
    texts = ["".join(chance.choices(SIGNS, k=chance.randint(1, 14))) for _number in range(300)]
    assert answers_read(drawing_app, texts_file, open_tab, texts) == [meant(text) for text in texts]


PROMPTS = [
    "class A:\n    self.__x__ = 1",
    "# main\n\n1. a **b** :smile: $5 ~x~ <b>",
    "  indented\n\n\n    poem  \n  with   spaces",
    "    one line",
    "2026-11-26 10:00 INFO a\n2026-11-26 10:01 WARN   b",
]


def test_a_prompt_is_shown_as_it_was_typed(drawing_app: AppProcess, texts_file: Path, open_tab: OpenTab) -> None:
    texts_file.write_text(json.dumps({"answers": [], "prompts": PROMPTS}))
    page = open_tab(drawing_app, "/").page
    page.get_by_role("heading", name="All is drawn").wait_for()

    def shown() -> list[str]:
        return [page.locator(f".st-key-prompt{number}").inner_text().rstrip() for number in range(len(PROMPTS))]

    # Elements whose script the browser still loads are empty.
    with suppress(AssertionError):
        wait_until(lambda: all(shown()), 15)
    assert shown() == [text.rstrip() for text in PROMPTS]


def test_a_prompt_is_markdown_on_request_and_json_stays_json(scripted_app: AppProcess, open_tab: OpenTab) -> None:
    tab = open_tab(scripted_app, "/playground")
    tab.ask("@script rate=0 text=Hi\n# main")
    tab.finished()
    prompt = tab.page.get_by_label("Chat message from user")
    expect(prompt.get_by_text("# main")).to_be_visible()
    tab.button("More").click()
    tab.page.get_by_text("Show the prompt as Markdown").click()
    tab.settled()
    expect(prompt.get_by_role("heading", name="main")).to_be_visible()


def test_what_is_drawn_of_an_answer_stays_once_it_has_ended(scripted_app: AppProcess, open_tab: OpenTab) -> None:
    tab = open_tab(scripted_app, "/playground")
    tab.ask("@script rate=400 tokens=1600")
    tab.wait_for_text(4_000)
    tab.page.evaluate(
        """() => {
            const answers = document.querySelectorAll('[aria-label="Chat message from assistant"]');
            window.drawn = [...answers[answers.length - 1].querySelectorAll('[data-testid="stMarkdown"] > *')];
        }"""
    )
    tab.finished()
    # The last one was still growing.
    stays = tab.page.evaluate("drawn.slice(0, -1).map(element => element.isConnected)")
    assert len(stays) >= 3
    assert all(stays)

"""A blind vote in a browser: nothing that reaches it tells who answers, until the vote is given."""

import re
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, WebSocket, expect

from tests.browser.conftest import OpenTab, Tab
from tests.browser.test_look import findings
from tests.live.app_process import AppProcess

pytestmark = pytest.mark.slow

ANSWER = "The heron stands still."
SAY = f"@script rate=0 text={quote(ANSWER)}"
RUN = re.compile(r"run=([0-9a-f]{32})")
FIGURES = ("TTFT", "tokens/s", "ttft", "client_request_id")


class Frames:
    """What the server sends to a tab, as text."""

    def __init__(self, page: Page) -> None:
        self.texts: list[str] = []
        page.on("websocket", self._listen)

    def _listen(self, socket: WebSocket) -> None:
        socket.on("framereceived", self._note)

    def _note(self, frame: bytes | str) -> None:
        self.texts.append(frame if isinstance(frame, str) else frame.decode("latin-1"))


def listening(app: AppProcess, open_tab: OpenTab, **options: object) -> tuple[Tab, Frames]:
    tab = open_tab(app, "/vote", **options)
    frames = Frames(tab.page)
    tab.go("/vote")
    return tab, frames


def ask(tab: Tab, prompt: str) -> None:
    field = tab.page.get_by_role("textbox", name="Prompt")
    field.fill(prompt)
    field.press("Control+Enter")
    expect(tab.page.get_by_text("Both answers together:")).to_be_visible()
    tab.button("Ask two of them").click()


def chosen(tab: Tab) -> list[str]:
    """The models that two are drawn from."""
    tags = tab.page.locator(".st-key-vote_candidates .react-aria-ComboBox [data-tag]")
    expect(tags).to_have_count(2)
    return [tag.get_attribute("aria-label") or "" for tag in tags.all()]


def test_nothing_tells_who_answers_until_the_vote(scripted_app: AppProcess, open_tab: OpenTab) -> None:
    tab, frames = listening(scripted_app, open_tab)
    page = tab.page
    names = chosen(tab)
    field = page.get_by_role("textbox", name="Prompt")
    field.fill(SAY)
    field.press("Control+Enter")
    expect(page.get_by_text("Both answers together:")).to_be_visible()
    tab.settled()
    asked_from = len(frames.texts)
    tab.button("Ask two of them").click()
    expect(page.get_by_role("button", name="A is better")).to_be_visible()
    tab.settled()
    reloaded_from = len(frames.texts)
    # The open vote is found again.
    page.reload()
    expect(page.get_by_role("button", name="A is better")).to_be_visible()
    tab.settled()
    expect(page.get_by_text(ANSWER)).to_have_count(2)
    assert reloaded_from > asked_from
    # The form may have been drawn once more, when a price came: its field holds the models as they were chosen.
    seen = [frame for frame in frames.texts[asked_from:reloaded_from] if "vote_candidates" not in frame]
    blind, html, address = "".join([*seen, *frames.texts[reloaded_from:]]), page.content(), page.url
    assert blind.count(ANSWER) >= 4
    before_vote = {"frames": blind, "page": html, "address": address}
    for where, text in before_vote.items():
        assert [name for name in (*names, *FIGURES) if name.lower() in text.lower()] == [], where
    page.keyboard.press("a")
    expect(page.get_by_text("You prefer A")).to_be_visible()
    tab.settled()
    for name in names:
        expect(page.get_by_role("heading", name=name)).to_be_visible()
    expect(page.get_by_text("TTFT")).to_have_count(2)
    links = [link.get_attribute("href") or "" for link in page.get_by_role("link", name="In the history").all()]
    ids = [found.group(1) for link in links if (found := RUN.search(link))]
    assert len(set(ids)) == 2
    # Nothing came before by which the runs could be looked up.
    assert not any(run_id in text for run_id in ids for text in before_vote.values())


@pytest.mark.parametrize(
    ("key", "said"), [("b", "You prefer B"), ("t", "are as good as each other"), ("n", "are both bad")]
)
def test_a_key_gives_the_vote(scripted_app: AppProcess, open_tab: OpenTab, key: str, said: str) -> None:
    tab = open_tab(scripted_app, "/vote")
    ask(tab, SAY)
    expect(tab.page.get_by_role("button", name="A is better")).to_be_visible()
    tab.settled()
    tab.page.keyboard.press(key)
    expect(tab.page.get_by_text(said)).to_be_visible()


def test_stop_ends_both(scripted_app: AppProcess, open_tab: OpenTab) -> None:
    tab = open_tab(scripted_app, "/vote")
    ask(tab, "@script tokens=40000 rate=20")
    tab.button("Stop both").click()
    expect(tab.page.get_by_text("These answers cannot be compared.")).to_be_visible()
    tab.button("Show both and continue").click()
    expect(tab.page.get_by_text("stopped", exact=True)).to_have_count(2)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_on_a_phone_one_answer_stands_under_the_other(scripted_app: AppProcess, open_tab: OpenTab, theme: str) -> None:
    tab = open_tab(scripted_app, "/vote", viewport={"width": 390, "height": 800}, color_scheme=theme)
    assert findings(tab) == []
    ask(tab, SAY)
    first, second = (tab.page.get_by_role("heading", name=f"Answer {side}") for side in "AB")
    expect(second).to_be_visible()
    tab.settled()
    upper, lower = first.bounding_box(), second.bounding_box()
    assert upper
    assert lower
    assert (upper["x"], upper["y"] < lower["y"]) == (lower["x"], True)
    assert tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for name in ("A is better", "B is better", "Tie", "Both bad"):
        expect(tab.page.get_by_role("button", name=name)).to_be_in_viewport(ratio=1)
    assert findings(tab) == []

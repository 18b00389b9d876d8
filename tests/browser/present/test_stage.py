"""The stage as a room sees it, moved by keys only."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from glm_playground.bundles.bundle import RecordedRun, write_bundle
from glm_playground.bundles.running_order import RunningOrder, Scenario, bundle_of
from glm_playground.bundles.shown_verdict import ShownPair, ShownRate, ShownVerdict
from glm_playground.gateway import ChatRequest, Message
from tests.browser.conftest import OpenTab, Tab
from tests.bundles import recorded_run
from tests.live.app_process import AppProcess

pytestmark = pytest.mark.slow

LEAST_PX, LEAST_FIGURE_PX = 36, 44
SIZES = pytest.mark.parametrize(("width", "height", "theme"), [(1920, 1080, "light"), (1280, 720, "dark")])
_SMALL = """least => [...document.querySelectorAll('.st-key-stage *')].filter(one => one.offsetParent
    && [...one.childNodes].some(node => node.nodeType === 3 && node.textContent.trim())
    && parseFloat(getComputedStyle(one).fontSize) < least).map(one => one.textContent)"""


def begin(tab: Tab) -> Page:
    """Opens the stage by keyboard."""
    tab.button("Begin").focus()
    tab.page.keyboard.press("Enter")
    expect(tab.page.locator(".st-key-stage")).to_be_visible()
    tab.settled()
    return tab.page


@SIZES
def test_a_whole_order_by_keyboard_only(
    scripted_app: AppProcess, open_tab: OpenTab, width: int, height: int, theme: str
) -> None:
    tab = open_tab(scripted_app, "/present", viewport={"width": width, "height": height}, color_scheme=theme)
    page = begin(tab)
    expect(page.get_by_test_id("stHeader")).to_be_hidden()
    expect(page.get_by_role("link", name="Playground")).to_have_count(0)
    for place, (onward, backward) in enumerate(
        [("ArrowRight", "ArrowLeft"), ("PageDown", "PageUp")] * 2 + [("ArrowRight", "PageUp")], start=1
    ):
        expect(page.get_by_role("heading", name=f"{place}/5")).to_be_visible()
        page.keyboard.press(onward)
        expect(page.get_by_text("REPLAY: nothing is sent")).to_be_visible()
        expect(page.get_by_text("First token").first).to_be_visible()
        tab.settled()
        assert page.evaluate(_SMALL, LEAST_PX) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        figure = page.get_by_test_id("stMetricValue").first
        assert (
            figure.evaluate("one => parseFloat(getComputedStyle(one.querySelector('*')).fontSize)") >= LEAST_FIGURE_PX
        )
        # Without scrolling the room sees all of it: the last figure stands above the bar with the keys.
        last, bar = (
            page.get_by_test_id("stMetric").last.bounding_box(),
            page.locator(".st-key-stage_bar").bounding_box(),
        )
        assert last
        assert bar
        assert last["y"] + last["height"] <= bar["y"]
        page.keyboard.press(backward)
        expect(page.get_by_text("REPLAY: nothing is sent")).to_have_count(0)
        tab.settled()
        if place < 5:
            page.keyboard.press(onward)
            expect(page.get_by_text("REPLAY: nothing is sent")).to_be_visible()
            tab.settled()
            page.keyboard.press(onward)
    page.keyboard.press("b")
    expect(page.locator(".st-key-stage_dark")).to_have_css("background-color", "rgb(0, 0, 0)")
    page.keyboard.press("b")
    expect(page.locator(".st-key-stage_dark")).to_have_count(0)
    page.keyboard.press("q")
    expect(tab.button("Begin")).to_be_visible()
    expect(page.get_by_role("link", name="Playground")).to_be_visible()


@SIZES
def test_a_projector_has_contrast(
    scripted_app: AppProcess, open_tab: OpenTab, width: int, height: int, theme: str
) -> None:
    tab = open_tab(scripted_app, "/present", viewport={"width": width, "height": height}, color_scheme=theme)
    page = begin(tab)
    page.keyboard.press("ArrowRight")
    expect(page.get_by_text("First token")).to_be_visible()
    tab.settled()
    # 7:1, the enhanced contrast of WCAG.
    found = Axe().run(page, context=".st-key-stage", options={"runOnly": ["color-contrast-enhanced"]}).response
    assert found["passes"]
    assert [node["html"] for violation in found["violations"] for node in violation["nodes"]] == []


@pytest.fixture
def order_file(tmp_path: Path) -> Callable[..., Path]:
    """Writes a running order whose questions the scripted sandbox obeys."""

    def write(*questions: str) -> Path:
        scenarios = []
        for number, text in enumerate(questions):
            request = ChatRequest(model="glm-5.1", messages=(Message(role="user", content=text),), max_tokens=4000)
            run = recorded_run(str(number), "The recorded answer.", request=request)
            scenarios.append(Scenario(f"Scenario {number}", (RecordedRun(run),), notes=f"Say {number}."))
        file = tmp_path / "order.glmrun"
        file.write_bytes(write_bundle(bundle_of(RunningOrder("Test", tuple(scenarios)))))
        return file

    return write


def open_order(tab: Tab, file: Path) -> None:
    """Puts the scenarios of a file behind the visitor's own, which are none."""
    page = tab.page
    page.get_by_role("radio", name="Yours").or_(tab.button("Yours")).first.click()
    page.get_by_text("Open a running order").click()
    page.locator("input[type=file]").set_input_files(file)
    tab.button("Put behind yours").click()
    expect(page.get_by_text("1. Scenario 0")).to_be_visible()
    tab.settled()


def test_a_live_ask_that_is_cut_keeps_its_text_and_the_recording_takes_its_place(
    scripted_app: AppProcess, open_tab: OpenTab, order_file: Callable[..., Path]
) -> None:
    tab = open_tab(scripted_app, "/present", viewport={"width": 1280, "height": 720})
    open_order(tab, order_file("@script tokens=60 rate=0 fault=drop@30"))
    page = begin(tab)
    page.keyboard.press("l")
    instead = page.locator(".st-key-stage_instead-0").get_by_role("button", name="Play the recording")
    expect(instead).to_be_visible()
    tab.settled()
    kept = page.locator(".st-key-stage").inner_text()
    assert "REPLAY" not in kept
    assert page.get_by_role("alert").first.is_visible()
    assert page.evaluate(_SMALL, LEAST_PX) == []
    # The presenter's clicker knows one key.
    page.keyboard.press("PageDown")
    expect(page.get_by_text("The recorded answer.")).to_be_visible()
    expect(page.get_by_text("REPLAY: nothing is sent")).to_be_visible()


def test_stop_keeps_the_text_and_the_notes_follow(
    scripted_app: AppProcess, open_tab: OpenTab, order_file: Callable[..., Path]
) -> None:
    tab = open_tab(scripted_app, "/present", viewport={"width": 1280, "height": 720})
    open_order(tab, order_file("@script tokens=3000 rate=60", "Second question"))
    page = begin(tab)
    notes = page.context.new_page()
    notes.goto(f"{scripted_app.base_url}/present?view=notes")
    expect(notes.get_by_text("Say 0.")).to_be_visible()
    page.keyboard.press("l")
    page.wait_for_function("() => document.querySelector('.st-key-stage').innerText.length > 300")
    page.keyboard.press("Escape")
    expect(page.get_by_text("stopped")).to_be_visible()
    assert len(page.locator(".st-key-stage").inner_text()) > 300
    page.keyboard.press("ArrowRight")
    expect(page.get_by_text("Second question")).to_be_visible()
    expect(notes.get_by_text("Say 1.")).to_be_visible()
    expect(notes.get_by_text("This is the last one.")).to_be_visible()
    # A reload, such as F5 on a clicker, finds the stage again.
    page.reload()
    expect(page.get_by_text("Second question")).to_be_visible()
    notes.close()


_GAP = "() => { const main = document.getElementById('stMain'); \
return main.scrollHeight - main.clientHeight - main.scrollTop; }"
_TOP = "() => document.getElementById('stMain').scrollTop"
_HEIGHT = "() => document.getElementById('stMain').scrollHeight"


@pytest.mark.slow
@SIZES
def test_a_long_answer_is_followed_until_the_presenter_scrolls_up(
    scripted_app: AppProcess, open_tab: OpenTab, order_file: Callable[..., Path], *, width: int, height: int, theme: str
) -> None:
    tab = open_tab(scripted_app, "/present", viewport={"width": width, "height": height}, color_scheme=theme)
    # About 3,000 words.
    open_order(tab, order_file("@script tokens=3900 rate=150"))
    page = begin(tab)
    page.keyboard.press("l")
    for further in range(2, 5):
        page.wait_for_function(f"() => ({_HEIGHT})() > {further * height} && ({_GAP})() < 40")
    page.mouse.move(width / 2, height / 2)
    page.evaluate("() => { window.wheels = 0; addEventListener('wheel', () => { wheels += 1; }); }")
    page.mouse.wheel(0, -300)
    # The answer grows by as much before the wheel's turn is heard of.
    page.wait_for_function(f"() => wheels > 0 && ({_GAP})() > 200")
    before, grown = page.evaluate(_TOP), page.evaluate(_HEIGHT)
    page.wait_for_function(f"() => ({_HEIGHT})() > {grown} + {height}")
    assert abs(page.evaluate(_TOP) - before) <= 2
    # Whoever goes back to the end follows it again.
    page.mouse.wheel(0, 100_000)
    grown = page.evaluate(_HEIGHT)
    page.wait_for_function(f"() => ({_HEIGHT})() > {grown} + {height} && ({_GAP})() < 40")
    page.keyboard.press("Escape")
    expect(page.get_by_text("stopped")).to_be_in_viewport()
    tab.settled()
    words = page.locator(".st-key-stage").inner_text().split()
    assert len(words) > 500
    expect(page.get_by_test_id("stMetric").last).to_be_in_viewport()
    # The next live answer is followed again.
    page.keyboard.press("l")
    page.wait_for_function(f"() => ({_HEIGHT})() > {2 * height} && ({_GAP})() < 40 && ({_TOP})() > {height}")
    page.keyboard.press("Escape")
    tab.settled()


@pytest.mark.slow
@SIZES
def test_a_long_answer_ends_with_its_figures_in_sight(
    scripted_app: AppProcess, open_tab: OpenTab, order_file: Callable[..., Path], *, width: int, height: int, theme: str
) -> None:
    tab = open_tab(scripted_app, "/present", viewport={"width": width, "height": height}, color_scheme=theme)
    open_order(tab, order_file("@script tokens=3900 rate=1000"))
    page = begin(tab)
    page.keyboard.press("l")
    expect(page.get_by_text("Whole answer")).to_be_in_viewport(timeout=60_000)
    tab.settled()
    assert len(page.locator(".st-key-stage").inner_text().split()) > 2_500
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.slow
@SIZES
def test_a_verdict_is_read_from_the_back_of_the_room(
    scripted_app: AppProcess, open_tab: OpenTab, tmp_path: Path, *, width: int, height: int, theme: str
) -> None:
    rates = [("glm-5.1", (0.8, 0.63, 0.91)), ("glm-4.5-air", (0.57, 0.39, 0.73)), ("glm-4.6", (0.41, 0.26, 0.59))]
    verdict = ShownVerdict(
        suite="Capitals",
        cases=30,
        answers=90,
        rates=tuple(ShownRate(model=name, passed=1, answers=30, rate=rate) for name, rate in rates),
        pairs=(ShownPair(first=0, second=2, low=0.19, high=0.57, separable=True),),
        dollars="0.0369",
        grades={"0": "passed", "1": "failed"},
    )
    request = ChatRequest(model="glm-5.1", messages=(Message(role="user", content="What is the capital of Peru?"),))
    runs = [RecordedRun(recorded_run(str(lane), "Lima.", request=request), lane=lane) for lane in range(2)]
    file = tmp_path / "order.glmrun"
    scenario = Scenario("Scenario 0", tuple(runs), verdict=verdict)
    file.write_bytes(write_bundle(bundle_of(RunningOrder("Test", (scenario,)))))
    tab = open_tab(scripted_app, "/present", viewport={"width": width, "height": height}, color_scheme=theme)
    open_order(tab, file)
    page = begin(tab)
    expect(page.get_by_text("passes 19 to 57 points more than")).to_be_visible()
    tab.settled()
    assert page.evaluate(_SMALL, LEAST_PX) == []
    found = Axe().run(page, context=".st-key-stage", options={"runOnly": ["color-contrast-enhanced"]}).response
    assert [node["html"] for violation in found["violations"] for node in violation["nodes"]] == []
    bars = page.locator(".stage-rate > div")
    shares = [bar.evaluate("one => one.offsetWidth / one.parentElement.clientWidth") for bar in bars.all()]
    assert shares == pytest.approx([0.8, 0.57, 0.41], abs=0.02)
    # One below the other: sentence, bars, figures.
    tops = [page.locator(one).first.bounding_box() for one in ("h3", ".stage-rates", '[data-testid="stMetric"]')]
    places = [(box["y"], box["y"] + box["height"]) for box in tops if box]
    assert [later[0] >= before[1] for before, later in pairwise(places)] == [True, True]
    right = page.locator(".stage-rates").bounding_box()
    assert right
    assert right["x"] + right["width"] <= width
    edge = page.locator(".st-key-stage_bar").bounding_box()
    last = page.get_by_test_id("stMetric").last.bounding_box()
    assert edge
    assert last
    assert last["y"] + last["height"] <= edge["y"]
    page.keyboard.press("PageDown")
    expect(page.get_by_text("What is the capital of Peru?")).to_be_visible()
    page.keyboard.press("PageDown")
    expect(page.get_by_text("glm-5.1 · failed")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

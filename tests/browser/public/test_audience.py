"""A vote of an audience: the code on stage, two phones without scripts, the count as it grows, the names."""

import io

import pytest
import segno
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenTab
from tests.browser.present.test_stage import _SMALL, LEAST_PX, begin
from tests.browser.public.conftest import OpenElsewhere
from tests.live.app_process import AppProcess

pytestmark = pytest.mark.slow

MODELS = ("glm-5.1", "glm-4.5-air")
_CORNER_PX = 10
SIZES = pytest.mark.parametrize(("size", "theme"), [((1920, 1080), "light"), ((1280, 720), "dark")])


def shown_code(page: Page) -> list[list[bool]]:
    """Which modules of the QR code on the screen are dark, without its margin."""
    found = page.locator(".st-key-stage img[alt^='QR code']")
    expect(found).to_be_visible()
    picture = Image.open(io.BytesIO(found.screenshot())).convert("L")
    # Its corners are round, so that a dark page is seen there.
    picture = picture.crop((_CORNER_PX, _CORNER_PX, picture.width - _CORNER_PX, picture.height - _CORNER_PX))
    dark = picture.point(lambda value: 255 if value < 128 else 0).getbbox()
    assert dark
    # The margin is four modules wide.
    left, top, right, _bottom = dark
    # A finder has seven dark modules in a row, in the corner.
    row = [picture.getpixel((x, top + 2)) for x in range(left, right)]
    finder = next(at for at, value in enumerate(row) if isinstance(value, int) and value >= 128)
    count = round((right - left) * 7 / finder)
    assert left + _CORNER_PX >= 3 * (right - left) / count
    side = (right - left) / count
    return [
        [
            isinstance(value := picture.getpixel((int(left + (x + 0.5) * side), int(top + (y + 0.5) * side))), int)
            and value < 128
            for x in range(count)
        ]
        for y in range(count)
    ]


@SIZES
def test_a_room_votes_and_then_sees_the_names(
    public_app: AppProcess, open_tab: OpenTab, open_elsewhere: OpenElsewhere, size: tuple[int, int], theme: str
) -> None:
    tab = open_tab(public_app, "/present", viewport={"width": size[0], "height": size[1]}, color_scheme=theme)
    page = begin(tab)
    for _ in range(4):
        page.keyboard.press("ArrowRight")
        expect(page.get_by_text("REPLAY: nothing is sent")).to_be_visible()
        tab.settled()
        page.keyboard.press("ArrowRight")
        expect(page.get_by_text("REPLAY: nothing is sent")).to_have_count(0)
        tab.settled()
    page.keyboard.press("v")
    votes = page.get_by_test_id("stMetric")
    expect(votes).to_have_text("Votes0")
    tab.settled()
    stage = page.locator(".st-key-stage")
    address = page.locator(".st-key-stage_address").get_by_test_id("stText").inner_text().strip()
    matrix = segno.make(address, error="m", micro=False).matrix
    assert shown_code(page) == [[bool(module) for module in row] for row in matrix]
    code, bar = page.locator("img[alt^='QR code']").bounding_box(), page.locator(".st-key-stage_bar").bounding_box()
    assert code
    assert bar
    assert code["y"] + code["height"] <= bar["y"]
    assert "No phone reaches it" in stage.inner_text()
    assert not any(model in stage.inner_text() for model in MODELS)
    assert page.evaluate(_SMALL, LEAST_PX) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    phones = [open_elsewhere(address) for _ in range(2)]
    assert not any(model in phones[0].content() for model in MODELS)
    phones[0].get_by_role("button", name="A is better").click()
    expect(phones[0].get_by_role("heading", name="Your vote is counted")).to_be_visible()
    assert phones[0].url == address
    expect(votes).to_have_text("Votes1")
    phones[0].goto(address)
    expect(phones[0].get_by_role("button")).to_have_count(0)
    phones[1].get_by_role("button", name="Both are as good").click()
    expect(phones[1].get_by_text("You said: Both are as good.")).to_be_visible()
    expect(votes).to_have_text("Votes2")

    # A presenter's clicker knows one key.
    page.keyboard.press("PageDown")
    expect(page.get_by_text("95% interval")).to_be_visible(timeout=30_000)
    tab.settled()
    counted = page.get_by_test_id("stMetric").all_inner_texts()
    assert [text.split()[-1] for text in counted] == ["1", "0", "1", "0"]
    assert {counted[0].split()[0], counted[1].split()[0]} == set(MODELS)
    assert "That may be chance." in stage.inner_text()
    assert page.evaluate(_SMALL, LEAST_PX) == []
    late = open_elsewhere(address)
    expect(late.get_by_role("heading", name="This vote is closed")).to_be_visible()


def test_the_page_of_a_vote_fits_a_phone(public_app: AppProcess, open_tab: OpenTab) -> None:
    tab = open_tab(public_app, "/present", viewport={"width": 1280, "height": 720})
    page = tab.page
    page.locator(".st-key-order_from-4 button").click()
    expect(page.locator(".st-key-stage")).to_be_visible()
    tab.settled()
    page.keyboard.press("v")
    expect(page.get_by_test_id("stMetric")).to_have_text("Votes0")
    address = page.locator(".st-key-stage_address").get_by_test_id("stText").inner_text().strip()
    phone = page.context.new_page()
    phone.set_viewport_size({"width": 390, "height": 844})
    phone.goto(address)
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    sizes = [button.bounding_box() for button in phone.get_by_role("button").all()]
    assert all(size and size["height"] >= 44 for size in sizes)
    assert Axe().run(phone).response["violations"] == []
    phone.close()

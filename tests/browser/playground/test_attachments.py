"""What is attached, in a browser: images are drawn, folders are trees, and both are sent."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from glm_playground.ui.shared.answer.starters import QUICKSTART
from tests.browser.conftest import OpenTab
from tests.live.app_process import AppProcess
from tests.pictures import picture

pytestmark = pytest.mark.slow


def test_an_image_is_drawn_where_it_was_sent_and_in_the_history(scripted_app: AppProcess, open_tab: OpenTab) -> None:
    tab = open_tab(scripted_app, "/playground?model=glm-5.3-flash")
    page = tab.page
    tab.attach({"name": "square.png", "mimeType": "image/png", "buffer": picture(size=(30, 20))})
    box = page.get_by_role("textbox", name="Ask glm-5.3-flash")
    box.fill("@script text=a%20square rate=0")
    box.press("Enter")
    # The sandbox has no model that takes images.
    tab.finished("failed")
    shown = page.get_by_label("Chat message from user").locator("img[src^='data:image/png']")
    expect(shown).to_have_attribute("alt", "square.png")
    assert shown.evaluate("image => [image.naturalWidth, image.naturalHeight]") == [30, 20]
    page.reload()
    expect(page.get_by_label("Chat message from user").locator("img[alt='square.png']")).to_be_visible()
    tab.settled()
    tab.button("Details").click()
    expect(page.get_by_text(re.compile(r"data:image/png;base64,\.\.\. \(\d+ bytes\)"))).to_be_visible()
    run = page.locator("code").filter(has_text=re.compile("^[0-9a-f]{32}$")).last.inner_text()
    tab.go(f"/history?run={run}")
    expect(page.get_by_label("Chat message from user").locator("img")).to_be_visible()


def test_a_folder_waits_for_what_is_asked_of_it(scripted_app: AppProcess, open_tab: OpenTab, tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    (folder / "src").mkdir(parents=True)
    (folder / "src" / "cart.py").write_text("total = 1\n")
    (folder / "README.md").write_text("# shop\n")
    (folder / "logo.png").write_bytes(picture())
    tab = open_tab(scripted_app, "/playground")
    page = tab.page
    tab.button("Folder").click()
    page.get_by_test_id("stFileUploader").locator("input[type=file]").set_input_files(folder)
    expect(page.get_by_text("The folder is attached.")).to_be_visible()
    tree = page.get_by_text(re.compile(r"shop: 2 files, about \d+ tokens · 1 left out"))
    expect(tree).to_be_visible()
    tree.click()
    expect(page.get_by_text("cart.py (0.0 KB, about")).to_be_visible()
    expect(page.get_by_text("logo.png: not text in UTF-8")).to_be_visible()
    prompt = page.locator("[class*=st-key-draft-text] textarea")
    prompt.fill("@script text=read rate=0")
    prompt.press("Control+Enter")
    tab.settled()
    tab.button("Send").click()
    tab.finished()
    expect(page.get_by_label("Chat message from user").get_by_text("shop: 2 files")).to_be_visible()


def test_the_code_starter_shows_its_repository(scripted_app: AppProcess, open_tab: OpenTab) -> None:
    tab = open_tab(scripted_app, "/playground")
    tab.button(f"Code {QUICKSTART}").click()
    tab.finished()
    expect(tab.page.get_by_text(re.compile(r"orders: 6 files, about [\d,]+ tokens"))).to_be_visible()

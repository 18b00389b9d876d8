"""The comparison's table in a browser: claims are opened from it, it is read by keyboard, and it prints whole."""

import pytest
from playwright.sync_api import expect

from glm_playground.catalog import load_catalog
from tests.browser.conftest import OpenTab
from tests.browser.test_look import findings
from tests.live.app_process import AppProcess

CATALOG = load_catalog()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_click_on_a_cell_opens_its_claims_and_the_address_says_so(
    scripted_app: AppProcess, open_tab: OpenTab, theme: str
) -> None:
    tab = open_tab(scripted_app, "/compare?ids=glm-5.1,glm-4.6", color_scheme=theme)
    page = tab.page
    page.get_by_role("row", name="Context (tokens)").get_by_role("cell").nth(1).click()
    drawer = page.get_by_role("dialog", name="Context (tokens)")
    expect(drawer.get_by_text("GLM-4.6", exact=True)).to_be_visible()
    expect(drawer.get_by_text("GLM-5.1", exact=True)).to_have_count(0)
    page.wait_for_url("**/compare?ids=*&claims=facts.context_tokens&of=glm-4.6")
    page.reload()
    expect(drawer.get_by_text("GLM-4.6", exact=True)).to_be_visible()
    tab.settled()
    # As the theme has it: axe looks at no colours in a drawer.
    colour = {"light": "rgb(11, 87, 208)", "dark": "rgb(138, 184, 255)"}[theme]
    expect(drawer.get_by_role("link").first).to_have_css("color", colour)
    assert theme == "dark" or findings(tab) == []
    page.keyboard.press("Escape")
    expect(drawer).to_have_count(0)
    page.wait_for_url(lambda address: "claims" not in address)
    # A fact's name is a link: by keyboard, and back by the browser's own key.
    page.get_by_role("link", name="Tools", exact=True).press("Enter")
    drawer = page.get_by_role("dialog", name="Tools")
    expect(drawer.get_by_text("GLM-5.1", exact=True)).to_be_visible()
    expect(drawer.get_by_text("GLM-4.6", exact=True)).to_be_visible()
    page.go_back()
    expect(drawer).to_have_count(0)
    expect(page.get_by_role("link", name="Tools", exact=True)).to_be_visible()


@pytest.mark.parametrize("count", [4, 11, len(CATALOG)])
def test_names_stay_in_view_and_the_page_is_no_wider(scripted_app: AppProcess, open_tab: OpenTab, count: int) -> None:
    viewport = {"width": 390, "height": 800}
    tab = open_tab(scripted_app, f"/compare?ids={','.join(CATALOG.order[:count])}", viewport=viewport)
    table = tab.page.locator(".comparison")
    head, name = table.locator("thead th").first, table.locator("tbody th").first
    left = name.evaluate("cell => cell.getBoundingClientRect().left")
    table.evaluate("box => box.scrollTo(10_000, 10_000)")
    assert table.evaluate("box => box.scrollLeft > 0")
    assert name.evaluate("cell => cell.getBoundingClientRect().left") == left
    expect(head).to_be_in_viewport()
    assert tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_table_prints_whole(scripted_app: AppProcess, open_tab: OpenTab) -> None:
    tab = open_tab(scripted_app, "/compare")
    table = tab.page.locator(".comparison")
    assert table.evaluate("box => box.scrollHeight > box.clientHeight")
    tab.page.emulate_media(media="print")
    tab.page.set_viewport_size({"width": 794, "height": 1123})
    assert table.evaluate("box => box.scrollHeight <= box.clientHeight && box.scrollWidth <= box.clientWidth")
    expect(tab.page.get_by_role("link", name="Tools", exact=True)).to_be_visible()

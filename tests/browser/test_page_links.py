"""Links in our own HTML lead to pages of the app without loading it anew."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenTab
from tests.live.app_process import AppProcess

pytestmark = pytest.mark.slow


def test_a_card_leads_to_its_model_and_to_the_playground_within_the_session(
    scripted_app: AppProcess, open_tab: OpenTab
) -> None:
    tab = open_tab(scripted_app, "/")
    page = tab.page
    page.evaluate("window.stays = true")
    page.get_by_label("Search").fill("glm-4.6")
    page.get_by_label("Search").press("Enter")
    page.get_by_role("link", name="Open GLM-4.6", exact=True).click()
    expect(page.get_by_role("heading", name="GLM-4.6", level=3)).to_be_visible()
    page.wait_for_url(f"{scripted_app.base_url}/?id=glm-4.6")
    page.go_back()
    # What was searched for is there again.
    expect(page.get_by_label("Search")).to_have_value("glm-4.6")
    card = page.get_by_role("article").filter(has=page.get_by_role("heading", name="GLM-4.6", exact=True))
    card.get_by_role("link", name="Try it").click()
    expect(page.get_by_role("combobox", name="Model").first).to_have_value("glm-4.6")
    assert page.evaluate("window.stays")

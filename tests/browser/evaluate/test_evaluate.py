"""From a turn to a verdict in a browser: one click, a suite, an evaluation with a judge."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenTab
from tests.live.app_process import AppProcess


@pytest.mark.slow
def test_a_turn_leads_to_a_judged_verdict(scripted_app: AppProcess, open_tab: OpenTab) -> None:
    tab = open_tab(scripted_app, "/playground")
    page = tab.page
    tab.ask("@script rate=0 text=Lima\nThe capital of Peru?")
    tab.button("Add to a suite").click()
    expect(page.get_by_text("Added to My cases.")).to_be_visible()
    page.get_by_role("link", name="Open the suite").click()
    expect(page.get_by_text("My cases · 1 case")).to_be_visible()
    # A cell of the table is another check, and saved.
    table = page.locator(".stDataFrame").first
    table.locator("canvas").first.wait_for()
    tab.settled()
    box = table.bounding_box()
    assert box
    page.mouse.dblclick(box["x"] + box["width"] * 0.6, box["y"] + 52)
    editor = page.locator(".gdg-growing-entry textarea, .gdg-input")
    expect(editor.first).to_be_visible()
    editor.first.fill("icontains: lima")
    editor.first.press("Enter")
    tab.button("Save the changes").click()
    expect(tab.button("Save the changes")).to_have_count(0)
    # What stood below it moves up, and is there twice meanwhile.
    tab.settled()
    tab.button("Ask it").click()
    expect(page.get_by_text("My cases · 1 case")).to_be_visible()
    judge = page.get_by_role("combobox", name="Judge")
    judge.fill("glm-4.6")
    judge.press("Enter")
    expect(page.get_by_text("The judge: at most 2 requests more, within the same caps.")).to_be_visible()
    tab.button("Begin the evaluation").click()
    # Its reply is the sandbox's own text, which is no verdict, and no failure.
    expect(page.get_by_text("finished · 4 answered")).to_be_visible(timeout=30_000)
    expect(page.get_by_text("1 of 1 pairs have a reply that is not as asked: no verdict.")).to_be_visible()
    expect(page.get_by_text("are not separable")).to_have_count(1)

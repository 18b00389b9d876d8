"""The whole path in one browser: a turn, a suite, an evaluation of two models, its verdict, the report."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenTab, Tab
from tests.live.app_process import AppProcess

QUESTION = "Name the capital of Peru."
ESTIMATE = re.compile(r"^2 requests · [\d,]+ tokens at most · \$[\d.]+ at most · ")
MODELS = ("glm-5.1", "glm-4.5-air")


def ask_both(tab: Tab) -> None:
    box = tab.page.get_by_role("textbox", name="Ask the models")
    box.fill(f"@script rate=0 text=Lima\n{QUESTION}")
    box.press("Enter")
    answers = tab.page.get_by_label("Chat message from assistant")
    expect(answers.get_by_text("completed", exact=True)).to_have_count(2)
    tab.settled()


def choose_models(tab: Tab) -> None:
    """Takes out what stands in the field, and chooses both."""
    page = tab.page
    chosen = page.get_by_test_id("stMultiSelect")
    chosen.get_by_role("button", name="Clear all").click()
    tab.settled()
    field = page.get_by_role("combobox", name="Models")
    for model in MODELS:
        field.fill(model)
        page.get_by_role("option", name=model, exact=True).click()
    page.keyboard.press("Escape")
    tab.settled()


@pytest.mark.slow
def test_a_turn_leads_to_a_report(scripted_app: AppProcess, open_tab: OpenTab, tmp_path: Path) -> None:
    tab = open_tab(scripted_app, f"/playground?lane={MODELS[0]}&lane={MODELS[1]}")
    page = tab.page
    ask_both(tab)
    tab.button("Add to a suite").first.click()
    expect(page.get_by_text("Added to My cases.")).to_be_visible()
    # By the menu, as somebody does who comes back later.
    tab.go("/evaluate")
    tab.button("My cases").click()
    expect(page.get_by_text("My cases · 1 case")).to_be_visible()
    choose_models(tab)
    expect(page.get_by_text(ESTIMATE)).to_be_visible()
    tab.button("Begin the evaluation").click()
    expect(page.get_by_text("finished · 2 answered")).to_be_visible(timeout=30_000)
    verdict = page.get_by_text("are not separable")
    expect(verdict).to_have_count(1)
    tab.settled()
    tab.button("Report").click()
    tab.button("Make the files").click()
    with page.expect_download() as download:
        tab.button("HTML").click()
    file = tmp_path / "report.html"
    download.value.save_as(file)
    opened = page.context.new_page()
    opened.goto(file.as_uri())
    report = opened.locator("body").inner_text()
    opened.close()
    assert QUESTION in report
    assert "are not separable" in report
    assert report.count("It passes.\n\nLima") == len(MODELS)
    for model in MODELS:
        assert f"{model} at Sandbox (stand-in model, not GLM: scripted text)" in report
    assert re.search(r"Spent\s+\$0\.\d+, [\d,]+ tokens in play money", report)

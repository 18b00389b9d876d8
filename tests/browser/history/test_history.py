"""The history and the page Present in a browser: what is asked is found there, opened, taken along and played."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from glm_playground.bundles.bundle import read_bundle
from tests.browser.conftest import OpenTab, Tab
from tests.browser.test_look import findings
from tests.live.app_process import AppProcess

pytestmark = pytest.mark.slow


@pytest.fixture
def asked(scripted_app: AppProcess, open_tab: OpenTab) -> Tab:
    """A tab that asked once."""
    tab = open_tab(scripted_app, "/playground")
    tab.ask("@script tokens=60 rate=200\na heron in the reeds")
    tab.finished("completed")
    return tab


def test_a_run_is_opened_from_the_list_and_continued(asked: Tab) -> None:
    page = asked.page
    asked.go("/history")
    expect(page.get_by_test_id("stDataFrame")).to_be_visible()
    assert findings(asked) == []
    # The button of the first row: a canvas has no elements, so where it is drawn is clicked.
    grid = page.get_by_test_id("stDataFrame")
    grid.click(position={"x": 62, "y": 52})
    expect(asked.button("Back to the list")).to_be_visible()
    # The list stays until the script of the run's page has ended, and holds the prompt too.
    expect(grid).to_have_count(0)
    expect(page.get_by_text("a heron in the reeds")).to_be_visible()
    assert findings(asked) == []
    asked.button("Continue in the playground").click()
    expect(page.get_by_role("textbox", name="Ask glm")).to_be_visible()
    asked.ask("@script text=onward%20it%20goes rate=0")
    expect(page.get_by_text("onward it goes")).to_be_visible()
    expect(page.get_by_text("a heron in the reeds")).to_be_visible()


def test_details_of_a_run_open_and_stay_open(asked: Tab) -> None:
    page = asked.page
    asked.go("/history")
    grid = page.get_by_test_id("stDataFrame")
    expect(grid).to_be_visible()
    grid.click(position={"x": 62, "y": 52})
    asked.button("Details").click()
    expect(page.get_by_text("The request as it was sent")).to_be_visible()
    # What makes the page run again leaves it open.
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    expect(page.get_by_text("The request as it was sent")).to_be_visible()


def test_a_bundle_is_taken_away_and_played(asked: Tab, tmp_path: Path) -> None:
    page = asked.page
    asked.button("Share").click()
    page.get_by_text("As a bundle").click()
    expect(page.get_by_text("Nothing in it looks like a key or a password.")).to_be_visible()
    # It is made on the click, by a process that may be busy.
    with page.expect_download(timeout=60_000) as download:
        asked.button("Download the bundle").click()
    file = tmp_path / "taken.glmrun"
    download.value.save_as(file)
    [recorded] = read_bundle(file.read_bytes()).runs
    assert "heron" in recorded.run.request.messages[-1].content

    asked.go("/history")
    page.get_by_role("radio", name="Open a bundle").click()
    page.locator("input[type=file]").set_input_files(file)
    asked.button("Replay").click()
    expect(page.get_by_text("REPLAY: nothing is sent").first).to_be_visible()
    asked.finished("completed")


def choose(tab: Tab, row: int) -> None:
    """Opens the history and ticks one of its rows."""
    tab.go("/history")
    grid = tab.page.get_by_test_id("stDataFrame")
    expect(grid).to_be_visible()
    # The grid is a canvas.
    grid.click(position={"x": 18, "y": 50 + 34 * row})
    expect(tab.page.get_by_text("1 run chosen")).to_be_visible()


def test_a_report_of_a_chosen_run_is_taken_away(asked: Tab, tmp_path: Path) -> None:
    page = asked.page
    choose(asked, row=0)
    asked.button("Export").click()
    with page.expect_download() as download:
        asked.button("HTML").click()
    file = tmp_path / "report.html"
    download.value.save_as(file)
    report = file.read_text(encoding="utf-8")
    assert "heron" in report
    assert "stand-in" in report or "scripted text" in report


@pytest.mark.parametrize("key", ["history_none_all", "history_all"])
def test_the_search_box_is_empty_when_all_runs_are_shown(asked: Tab, key: str) -> None:
    page = asked.page
    asked.go("/history")
    box = page.get_by_role("textbox", name="Search")
    box.fill("pelicans")
    box.press("Enter")
    expect(page.get_by_text("No run fits.")).to_be_visible()
    if key == "history_all":
        asked.button("Filters").click()
    page.locator(f".st-key-{key}").get_by_role("button").click()
    expect(box).to_have_value("")
    expect(page.get_by_test_id("stDataFrame")).to_be_visible()
    # The next click brings nothing back.
    page.get_by_text("As a plain table with links").click()
    expect(page.get_by_role("table")).to_be_visible()
    expect(box).to_have_value("")


def test_nothing_is_chosen_when_another_run_moves_into_the_place_of_the_deleted_one(asked: Tab) -> None:
    page = asked.page
    for name in ("pelicans", "storks"):
        asked.ask(f"@script tokens=5 rate=0\n{name}")
        asked.finished("completed")
    choose(asked, row=1)
    asked.button("Delete").click()
    expect(page.get_by_text("1 run was deleted.")).to_be_visible()
    asked.settled()
    expect(page.get_by_text("Select runs to export or delete.")).to_be_visible()
    asked.button("Undo").click()
    expect(page.get_by_text("1 run was deleted.")).to_have_count(0)
    asked.settled()
    expect(page.get_by_text("Select runs to export or delete.")).to_be_visible()

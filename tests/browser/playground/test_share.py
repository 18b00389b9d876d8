"""What can be taken away works where it is taken to."""

import os
import subprocess

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenTab
from tests.browser.playground.composer import open_empty
from tests.live.app_process import AppProcess

pytestmark = pytest.mark.slow


def test_the_code_runs_against_the_sandbox_as_it_is_copied(scripted_app: AppProcess, open_tab: OpenTab) -> None:
    tab = open_empty(open_tab, scripted_app)
    tab.ask("@script text=from%20the%20code rate=0")
    tab.finished()
    tab.button("Share").click()
    codes = tab.page.get_by_test_id("stSidebar").locator("code")
    key, curl = codes.filter(has_text="export RUNAPI_API_KEY="), codes.filter(has_text="curl -sS")
    expect(key).to_be_visible()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RUNAPI")}
    said = subprocess.run(
        ["bash"],
        input=f"{key.inner_text()}\n{curl.inner_text()}",
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout
    assert '"content":"from' in said.replace(": ", ":")
    assert said.rstrip().endswith("[DONE]")

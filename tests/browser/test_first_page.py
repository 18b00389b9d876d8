"""The page that a browser loads first says where the server is, so that no address is tried in vain."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from glm_playground.ui.server.first_page import PAGES
from tests.browser.conftest import OpenTab, Tab
from tests.live.app_process import AppProcess
from tests.live.conftest import serve

pytestmark = pytest.mark.slow


def opened(tab: Tab, app: AppProcess, path: str) -> list[str]:
    """The paths of what the server was asked for and of the connection, without the app's own base path."""
    asked: list[str] = []
    tab.page.on("request", lambda request: asked.append(request.url))
    tab.page.on("websocket", lambda socket: asked.append(socket.url))
    tab.go(path)
    base = urlsplit(app.base_url).path
    return [urlsplit(url).path.removeprefix(base) for url in asked if "/_stcore/" in url]


def test_each_page_finds_the_server_at_once(scripted_app: AppProcess, open_tab: OpenTab) -> None:
    tab = open_tab(scripted_app, "/")
    for page in ("", *PAGES):
        asked = opened(tab, scripted_app, f"/{page}")
        assert {path.rpartition("/_stcore/")[0] for path in asked} == {""}, page
        assert "/_stcore/stream" in asked, page


def test_it_does_so_below_a_base_path(tmp_path: Path, open_tab: OpenTab) -> None:
    with serve(tmp_path, {"GLM_PLAYGROUND_SANDBOX_ENGINE": "scripted"}, {"server.baseUrlPath": "some/where"}) as app:
        tab = open_tab(app, "/")
        for path in ("/", "/history"):
            assert "/_stcore/stream" in opened(tab, app, path)
        # A page that is gone to from here has its address below the base path too.
        tab.page.get_by_role("link", name="Compare").first.click()
        tab.page.wait_for_url(f"{app.base_url}/compare*")
        # So has the link to the settings, which opens them.
        tab.go("/playground?lane=glm-4.5;temperature=0.5")
        tab.button("Share").click()
        link = tab.page.get_by_text(re.compile(r"/playground\?lane=")).inner_text()
        assert link.startswith(f"{app.base_url}/playground?lane=glm-4.5")
        tab.page.goto(link)
        expect(tab.page.get_by_role("textbox", name="Ask glm-4.5")).to_be_visible()
        tab.page.close()

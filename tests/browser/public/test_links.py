"""A link from the playground, read in another browser until it is taken back."""

from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import OpenTab
from tests.browser.playground.composer import open_empty
from tests.browser.public.conftest import OpenElsewhere
from tests.live.app_process import AppProcess

pytestmark = pytest.mark.slow


def test_a_link_is_read_in_another_browser_until_it_is_revoked(
    public_app: AppProcess, open_tab: OpenTab, open_elsewhere: OpenElsewhere
) -> None:
    tab = open_empty(open_tab, public_app)
    tab.ask("@script text=about%20plovers%20<script>alert(1)</script> rate=0")
    tab.finished()
    tab.button("Share").click()
    # The operator allows a day.
    expect(tab.page.get_by_role("radio", name="7 days")).to_have_count(0)
    tab.button("Make a link").click()
    made = tab.page.locator("code").filter(has_text="/public/link/")
    expect(made).to_be_visible()
    address = made.inner_text().strip()
    assert address.startswith(f"{public_app.base_url}/public/link/")
    page = open_elsewhere(address)
    expect(page.get_by_text("about plovers").first).to_be_visible()
    assert page.context.cookies() == []
    assert page.locator("script, iframe, img, form").count() == 0
    tab.button("Revoke").click()
    expect(made).to_have_count(0)
    expect(tab.button("Revoke")).to_have_count(0)
    answer = page.goto(address)
    assert answer
    assert answer.status == 404
    expect(page.get_by_role("heading", name="Nothing is shared here")).to_be_visible()
    assert page.context.cookies() == []


HOSTILE = (
    "</div></article><script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">"
    "<meta http-equiv=refresh content='0;url=http://127.0.0.1:9/'><form action='http://127.0.0.1:9/'><input autofocus>"
    "[click](javascript:alert(1)) ![x](http://127.0.0.1:9/a.png)"
)


def test_a_hostile_answer_does_nothing_on_a_shared_page(
    public_app: AppProcess, open_tab: OpenTab, browser: Browser
) -> None:
    tab = open_empty(open_tab, public_app)
    tab.ask(f"@script text={quote(HOSTILE)} rate=0")
    tab.finished()
    tab.button("Share").click()
    tab.button("Make a link").click()
    made = tab.page.locator("code").filter(has_text="/public/link/")
    address = made.inner_text().strip()
    context = browser.new_context()
    page, told = context.new_page(), []
    page.on("dialog", lambda dialog: told.append(dialog.message))
    page.on("console", lambda message: told.append(message.text))
    page.on("request", lambda request: told.append(request.url))
    page.goto(address)
    expect(page.get_by_text("</article>").first).to_be_visible()
    assert page.title() != "taken"
    assert page.locator("script, img, form, input, iframe, meta[http-equiv=refresh]").count() == 0
    # An origin that is nobody's: nothing of the app can be read from here.
    assert page.evaluate("self.origin") == "null"
    assert told == [address]
    context.close()


def test_the_history_lists_links_with_how_often_they_were_opened(
    public_app: AppProcess, open_tab: OpenTab, open_elsewhere: OpenElsewhere
) -> None:
    tab = open_empty(open_tab, public_app)
    tab.ask("@script text=about%20terns rate=0")
    tab.finished()
    tab.button("Share").click()
    tab.button("Make a link").click()
    made = tab.page.locator("code").filter(has_text="/public/link/")
    address = made.inner_text().strip()
    open_elsewhere(address)
    open_elsewhere(address)
    tab.go("/history")
    tab.button("Links").click()
    expect(tab.page.get_by_text("opened 2 times")).to_be_visible()
    # The address stands nowhere any more.
    expect(tab.page.get_by_text(address.rpartition("/")[2])).to_have_count(0)
    tab.button("Delete all of mine").first.click()
    tab.page.get_by_role("dialog").get_by_role("button", name="Delete all of mine").click()
    expect(tab.page.get_by_text("1 run was deleted.")).to_be_visible()
    page = open_elsewhere(address)
    expect(page.get_by_role("heading", name="Nothing is shared here")).to_be_visible()

"""How the playground looks to axe and on a first screen, in both themes."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import TimeoutError as PlaywrightTimeout
from playwright.sync_api import expect

from glm_playground.catalog import load_catalog
from glm_playground.ui.shared.answer.starters import QUICKSTART
from tests.browser.conftest import OpenTab, Tab
from tests.live.app_process import AppProcess

pytestmark = pytest.mark.slow

CATALOG = load_catalog()

# Findings that are Streamlit's own and that no setting of it mends: the rule, and what the element must match.
KNOWN = {
    # The colours of highlighted code are fixed in its stylesheet (`.token.keyword`: #1c83e1); no theme option has them.
    "color-contrast": "[data-testid='stCode'] span.token",
    # The drop zone of its file uploader carries a label on a role that takes none.
    "presentation-role-conflict": "[data-testid='stFileUploaderDropzone']",
    # The head of a grid's column of ticks has no text, and no option gives it one.
    "empty-table-header": "canvas th[aria-colindex='1']",
    # Its <pre> cannot be focused by attribute; Chromium itself lets the keyboard focus whatever scrolls.
    "scrollable-region-focusable": "[data-testid='stCode'] > pre",
}


class _Redrawn(Exception):
    """What axe read was replaced before it could be looked at."""


def findings(tab: Tab) -> list[str]:
    """What axe finds on the page, without what is known of Streamlit. Only colours differ in the dark theme."""
    for _ in range(3):
        with suppress(_Redrawn):
            return list(_findings(tab))
    raise AssertionError("the page is drawn anew each time")


def _findings(tab: Tab) -> Iterator[str]:
    # What is drawn anew fades in; only a shimmer never ends.
    tab.page.wait_for_function(
        """() => document.getAnimations().every(one =>
            one.playState === 'finished' || one.effect.getComputedTiming().iterations === Infinity)"""
    )
    # Icons come with their font a moment later; a button without a name by then never gets one.
    with suppress(PlaywrightTimeout):
        tab.page.wait_for_function(
            """() => [...document.querySelectorAll('button')].every(one =>
                !one.offsetParent || one.innerText.trim() || one.ariaLabel || one.title)""",
            timeout=5000,
        )
    is_dark = tab.page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    # Of what passes one node a rule is enough to know that something was looked at.
    options: dict[str, Any] = {"resultTypes": ["violations"]}
    if is_dark:
        options["runOnly"] = ["color-contrast"]
    response: dict[str, Any] = Axe().run(tab.page, options=options).response
    # Where all text is over a picture or a canvas, axe can say nothing of colours.
    assert response["passes"] or response["incomplete"]
    for violation in response["violations"]:
        yield from _unknown(tab, violation)


def _unknown(tab: Tab, violation: dict[str, Any]) -> Iterator[str]:
    nodes = violation["nodes"]
    known = tab.page.evaluate(
        """([targets, known]) => targets.map(target => {
            const element = document.querySelector(target);
            return element && Boolean(known && element.matches(known));
        })""",
        [[node["target"][-1] for node in nodes], KNOWN.get(violation["id"])],
    )
    if None in known:
        raise _Redrawn
    for node, is_known in zip(nodes, known, strict=True):
        if not is_known:
            why = "; ".join(check["message"] for check in (*node["any"], *node["all"], *node["none"]))
            yield f"{violation['id']}: {node['html'][:200]}: {why}"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_of_ours(scripted_app: AppProcess, open_tab: OpenTab, theme: str) -> None:
    tab = open_tab(scripted_app, "/playground", color_scheme=theme)
    page = tab.page
    background = "rgb(255, 255, 255)" if theme == "light" else "rgb(18, 21, 26)"
    expect(page.get_by_test_id("stApp")).to_have_css("background-color", background)
    assert findings(tab) == []

    tab.ask("@script tokens=3000 rate=150 reasoning=10")
    tab.wait_for_text(700)
    assert findings(tab) == []
    tab.button("Stop").click()
    tab.finished("stopped")
    # As an ended answer is drawn, and beside it one that failed.
    tab.ask("@script status=401")
    tab.finished("failed")
    page.mouse.move(0, 0)
    assert findings(tab) == []

    tab.button("Details").last.click()
    expect(page.get_by_text("Model asked")).to_be_visible()
    assert findings(tab) == []
    page.keyboard.press("Escape")
    tab.button("Settings").click()
    expect(page.get_by_text("System prompt")).to_be_visible()
    page.get_by_text("Request", exact=True).click()
    expect(page.get_by_text("What will be sent")).to_be_visible()
    assert findings(tab) == []
    tab.button("Close").click()
    tab.button("Saved").click()
    expect(page.get_by_text("Name of this workbench")).to_be_visible()
    assert findings(tab) == []
    page.keyboard.press("Escape")


EVERY_PAGE = (
    "/",
    *(f"/?id=glm-5.1&tab={tab}" for tab in ("overview", "prices", "scores", "measured", "use", "self-host")),
    "/?id=glm-5.1&tab=disagreements",
    "/?id=glm-9",
    "/choose",
    "/choose?needs=vision,tools&context=200000&weights=price:3",
    "/compare",
    f"/compare?ids={','.join(CATALOG.order[:11])}",
    f"/compare?ids={','.join(CATALOG.order)}",
    "/playground",
    "/history",
    "/evaluate",
    "/evaluate?evaluation=none",
    "/vote",
    "/present",
)


@pytest.mark.parametrize(("language", "theme"), [("en-US", "light"), ("pt-BR", "dark")])
def test_axe_finds_nothing_of_ours_on_any_page(
    scripted_app: AppProcess, open_tab: OpenTab, theme: str, language: str
) -> None:
    found = {}
    for address in EVERY_PAGE:
        tab = open_tab(scripted_app, address, color_scheme=theme, locale=language)
        expect(tab.page.locator("html")).to_have_attribute("lang", {"en-US": "en"}.get(language, language))
        if address.startswith("/compare"):
            views = tab.page.locator(".st-key-compare_view").get_by_role("radio")
            expect(views).to_have_count(4)
            for view in views.all():
                view.click()
                tab.settled()
                found[f"{address} {view.inner_text()}"] = findings(tab)
        else:
            found[address] = findings(tab)
        tab.page.close()
    assert {address: violations for address, violations in found.items() if violations} == {}


@pytest.mark.parametrize("width", [pytest.param(1280, id="desktop"), pytest.param(390, id="phone")])
def test_a_closed_panel_gives_its_width_back_and_opens_again(
    scripted_app: AppProcess, open_tab: OpenTab, width: int
) -> None:
    tab = open_tab(scripted_app, "/playground", viewport={"width": width, "height": 800})
    panel, head = tab.page.get_by_test_id("stSidebar"), tab.page.get_by_text("System prompt")
    arrow = tab.page.get_by_test_id("stSidebarCollapseButton").get_by_role("button")
    for close in (tab.button("Close"), arrow, tab.button("Close")):
        tab.button("Settings").click()
        expect(head).to_be_in_viewport()
        tab.settled()
        panel.hover()
        close.click()
        tab.page.wait_for_function(
            "() => document.querySelector('main').getBoundingClientRect().width === window.innerWidth"
        )
        expect(head).not_to_be_in_viewport()
        tab.settled()
        expect(tab.page.get_by_test_id("stExpandSidebarButton").locator("visible=true")).to_have_count(
            0 if width == 1280 else 1
        )


def test_the_document_says_the_language_that_is_chosen(scripted_app: AppProcess, open_tab: OpenTab) -> None:
    tab = open_tab(scripted_app, "/choose", locale="pt-PT")
    document = tab.page.locator("html")
    expect(document).to_have_attribute("lang", "pt-BR")
    assert tab.page.title() == "Escolher · GLM Playground"
    for language in ("en", "pt-BR", "en"):
        tab.button("EN | PT").click()
        expect(document).to_have_attribute("lang", language)
    tab.go("/?id=glm-5.1")
    assert tab.page.title() == "GLM-5.1 · GLM Playground"


@pytest.mark.parametrize(
    ("width", "height"), [pytest.param(1280, 800, id="desktop"), pytest.param(390, 800, id="phone")]
)
def test_the_first_screen_holds_the_main_job(
    scripted_app: AppProcess, open_tab: OpenTab, width: int, height: int
) -> None:
    tab = open_tab(scripted_app, "/playground", viewport={"width": width, "height": height})
    for element in (
        tab.prompt,
        tab.button(f"Code {QUICKSTART}"),
        tab.page.get_by_label("Model"),
        tab.button("Settings"),
    ):
        expect(element.first).to_be_in_viewport(ratio=1)
    assert tab.page.evaluate("document.querySelector('main').scrollTop") == 0


def test_a_sheet_prints_whole_and_without_the_menus(scripted_app: AppProcess, open_tab: OpenTab) -> None:
    tab = open_tab(scripted_app, "/?id=glm-5.1")
    tab.page.get_by_role("tab", name="Print view").click()
    for title in ("Technical sheet", "Prices", "Scores", "Quickstart", "Architecture", "Disagreements"):
        expect(tab.page.get_by_role("heading", name=title)).to_be_attached()
    # Paper cannot be clicked: nothing is folded.
    expect(tab.page.get_by_text("How it is read here").first).to_be_visible()
    expect(tab.page.get_by_text("No, ids stay stable.")).to_be_visible()
    tab.page.emulate_media(media="print")
    expect(tab.page.get_by_test_id("stHeader")).to_be_hidden()
    pages = tab.page.pdf(format="A4").count(b"/Type /Page\n")
    assert pages > 2
    # As wide as A4 at 96 pixels an inch: no table is cut, and columns, which a page's end would overlap, stand below
    # one another.
    tab.page.set_viewport_size({"width": 794, "height": 1123})
    cut = """all => all.filter(one => one.scrollWidth > one.clientWidth + 1).map(one => one.textContent.slice(0, 40))"""
    assert tab.page.get_by_test_id("stMarkdownContainer").evaluate_all(cut) == []
    beside = """all => all.filter(one => one.offsetWidth < one.parentElement.offsetWidth - 1).length"""
    assert tab.page.get_by_test_id("stColumn").evaluate_all(beside) == 0
    expect(tab.page.get_by_role("button", name="Sources and claims")).to_be_hidden()


@pytest.mark.parametrize("language", ["en-US", "pt-BR"])
def test_a_sheet_is_read_on_a_phone_without_scrolling_aside(
    scripted_app: AppProcess, open_tab: OpenTab, language: str
) -> None:
    cut = {}
    # The first has prices of four sellers, the others long values, addresses and commands.
    sheets = (("glm-5.2-fast", "prices"), ("glm-4.5-air", "use"), ("glm-5.3", "self-host"), ("glm-5.3", "overview"))
    for model, name in sheets:
        address = f"/?id={model}&tab={name}"
        tab = open_tab(scripted_app, address, locale=language, viewport={"width": 390, "height": 844})
        tables = tab.page.locator(".stHtml:has(table), [data-testid=stMarkdownContainer]:has(table)")
        found = tables.evaluate_all(
            "all => all.filter(one => one.scrollWidth > one.clientWidth + 1).map(one => one.textContent.slice(0, 40))"
        )
        lines = tab.page.locator(".figures th").evaluate_all("all => all.map(one => one.getBoundingClientRect().y)")
        # A figure a line, in their order.
        assert len(lines) == 5
        assert lines == sorted(set(lines))
        cut |= {address: found} if found else {}
        tab.page.close()
    assert cut == {}


def test_what_is_below_the_first_screen_comes_by_itself(scripted_app: AppProcess, open_tab: OpenTab) -> None:
    tab = open_tab(scripted_app, "/")
    expect(tab.page.get_by_role("link", name="Open GLM-5.4", exact=True)).to_be_attached()
    tab = open_tab(scripted_app, "/?id=glm-5.1")
    expect(tab.page.get_by_role("heading", name="Limits and sizes")).to_be_attached()
    tab = open_tab(scripted_app, "/compare")
    expect(tab.button("Download these rows, with sources")).to_be_attached()


def test_a_tab_of_a_sheet_can_be_linked(scripted_app: AppProcess, open_tab: OpenTab) -> None:
    tab = open_tab(scripted_app, "/?id=glm-5.1&tab=scores")
    expect(tab.page.get_by_role("tab", name="Scores")).to_have_attribute("aria-selected", "true")
    for name, address in (("Prices", "/?id=glm-5.1&tab=prices"), ("Overview", "/?id=glm-5.1")):
        tab.page.get_by_role("tab", name=name).click()
        tab.page.wait_for_url(scripted_app.base_url + address)
        expect(tab.page.get_by_role("tab", name=name)).to_have_attribute("aria-selected", "true")


def test_the_claims_behind_a_value_are_found_by_its_name(scripted_app: AppProcess, open_tab: OpenTab) -> None:
    tab = open_tab(scripted_app, "/?id=glm-5.1")
    tab.button("Sources and claims").click()
    tab.page.get_by_role("combobox", name="Value").fill("context (limits")
    tab.page.keyboard.press("Enter")
    expect(tab.page.get_by_text("Why this value")).to_be_visible()
    assert findings(tab) == []


def test_a_list_of_filters_stays_open_while_they_are_set(scripted_app: AppProcess, open_tab: OpenTab) -> None:
    for address, filters in (("/", ("Licence", "Status")), ("/compare", ("Rows", "Order of models"))):
        tab = open_tab(scripted_app, address)
        tab.page.get_by_role("button", name="Filters").click()
        for count, name in enumerate(filters, 1):
            tab.page.get_by_role("combobox", name=name).click()
            tab.page.keyboard.press("ArrowDown")
            tab.page.keyboard.press("Enter")
            expect(tab.page.get_by_text(f"{count} filter")).to_be_visible()

"""A report to hand on in Chromium: it asks for nothing, prints on its paper, and keeps a question with its answers."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from pypdf import PdfReader

from glm_playground.reports.report import Paper, Report
from glm_playground.reports.report_html import to_html
from glm_playground.reports.transcript_words import Words
from tests.report_lanes import QUESTIONS, realistic_lanes
from tests.unit.reports.test_report_formats import HOSTILE, everywhere, report_of

pytestmark = pytest.mark.slow


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page without a network, which fails the test on any request or script."""
    problems: list[str] = []
    context = browser.new_context(offline=True, bypass_csp=True)
    page = context.new_page()
    page.on("request", lambda request: problems.append(request.url) if not request.url.startswith("file:") else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("dialog", lambda dialog: problems.append(dialog.message))
    yield page
    context.close()
    assert problems == []


def opened(page: Page, report: Report, folder: Path) -> Page:
    file = folder / "report.html"
    file.write_text(to_html(report, Words()), encoding="utf-8")
    page.goto(file.as_uri())
    return page


@pytest.mark.parametrize(("paper", "size"), [(Paper.A4, (595, 842)), (Paper.LETTER, (612, 792))])
def test_it_prints_on_its_paper_with_questions_whole(
    page: Page, tmp_path: Path, paper: Paper, size: tuple[int, int]
) -> None:
    printed = opened(page, report_of(*realistic_lanes(), paper=paper), tmp_path).pdf(prefer_css_page_size=True)
    pages = PdfReader(io.BytesIO(printed)).pages
    box = pages[0].mediabox
    assert abs(float(box.width) - size[0]) <= 1.5
    assert abs(float(box.height) - size[1]) <= 1.5
    texts = [" ".join(one.extract_text().split()) for one in pages]
    assert "Conclusion" in texts[0]
    assert "Results" not in texts[0]
    for number in range(1, len(QUESTIONS) + 1):
        [text] = [text for text in texts if f"Question {number}:" in text]
        assert "1: glm-5.1. Answer 1 of 3" in text.partition(f"Question {number}:")[2]


def test_nothing_hostile_is_run_or_fetched(page: Page, tmp_path: Path) -> None:
    opened(page, everywhere(HOSTILE), tmp_path).wait_for_load_state("networkidle")
    assert page.locator("script, img, iframe, base, form, object").count() == 0
    assert page.evaluate("getComputedStyle(document.body).direction") == "ltr"


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_axe_finds_nothing(browser: Browser, tmp_path: Path, scheme: str, width: int) -> None:
    context = browser.new_context(
        offline=True,
        bypass_csp=True,
        color_scheme=scheme,  # type: ignore[arg-type]
        viewport={"width": width, "height": 800},
    )
    page = opened(context.new_page(), report_of(*realistic_lanes()), tmp_path)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(page).response
    assert [(one["id"], one["nodes"][0]["html"]) for one in found["violations"]] == []
    context.close()

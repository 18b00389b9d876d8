"""A report in Chromium with the network cut: it needs nothing, runs nothing, and prints on A4."""

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Route

from glm_playground.chat.attachments import Attachment
from glm_playground.chat.conversation import Answer
from glm_playground.chat.prompt import Prompt
from glm_playground.chat.setup import Setup
from glm_playground.gateway import Usage
from glm_playground.reports.sections import VoteShown
from glm_playground.reports.transcript import TranscriptLane, to_html
from glm_playground.reports.transcript_words import Words
from glm_playground.runs.cost import cost_of
from glm_playground.runs.run import Server
from tests.report_lanes import AT, PLAY_PRICE, QUESTIONS, lane_of, realistic_lanes, run_of

pytestmark = pytest.mark.slow

STAND_IN = Server("Sandbox", "http://127.0.0.1:8601", stand_in="SmolLM2-135M-Instruct", failed_not_charged=True)
VOTES = (VoteShown(1, ("glm-5.1", "glm-4.5-air"), "glm-5.1"), VoteShown(2, ("glm-5.1", "glm-4.5-air"), None))
HOSTILE = """</div></article><script>document.title = 'taken'</script>
<img src="http://127.0.0.1:9/a.png" onerror="document.title = 'taken'">
<svg onload="document.title = 'taken'"></svg><style>body { display: none }</style>
<meta http-equiv="refresh" content="0;url=http://127.0.0.1:9/"><base href="http://127.0.0.1:9/">
<a href="javascript:document.title='taken'">[click](javascript:alert(1))</a><iframe src="http://127.0.0.1:9/"></iframe>
\u202eright to left\u202c \u05e9\u05dc\u05d5\u05dd <form action="http://127.0.0.1:9/"><input autofocus></form>
"""
A4_IN_CSS_PIXELS = (794, 1123)

OpenReport = Callable[..., Page]


@pytest.fixture
def open_report(browser: Browser, tmp_path: Path) -> Iterator[OpenReport]:
    """Opens a report from a file; at the end, fails on any other request and anything the page's policy blocked."""
    problems: list[str] = []
    contexts = []

    def open_file(*lanes: TranscriptLane, votes: tuple[VoteShown, ...] = (), **options: object) -> Page:
        file = tmp_path / "report.html"
        file.write_text(to_html(lanes, Words(), exported_at=AT, language="en", votes=votes), encoding="utf-8")
        context = browser.new_context(offline=True, **options)
        contexts.append(context)

        def only_the_file(route: Route) -> None:
            if route.request.url == file.as_uri():
                route.continue_()
            else:
                problems.append(f"request: {route.request.url}")
                route.abort()

        context.route("**/*", only_the_file)
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(f"page error: {error}"))
        page.on("console", lambda message: problems.append(f"console: {message.text}"))
        page.on("dialog", lambda dialog: problems.append(f"dialog: {dialog.message}"))
        page.goto(file.as_uri())
        return page

    yield open_file
    for context in contexts:
        context.close()
    assert problems == []


def hostile_lane() -> TranscriptLane:
    server = Server(HOSTILE, HOSTILE, stand_in=HOSTILE)
    run = run_of(HOSTILE, HOSTILE, server, usage=Usage(9, 9, 18), served_model=HOSTILE, request_id=HOSTILE)
    return lane_of(
        (Prompt(HOSTILE, (Attachment(HOSTILE, HOSTILE),)), Answer(run)),
        setup=Setup(model=HOSTILE[:200], system=HOSTILE),
        costs={"run-1": cost_of(run, PLAY_PRICE)},
    )


def printed_text(pdf: bytes) -> str:
    """The text of a PDF, page by page."""
    program = shutil.which("pdftotext")
    if program is None:
        pytest.skip("no pdftotext (poppler) to read the printed text with")
    read = subprocess.run([program, "-layout", "-", "-"], input=pdf, capture_output=True, check=True, timeout=20)
    return read.stdout.decode()


def test_a_hostile_text_does_nothing_and_is_read_as_it_is(open_report: OpenReport) -> None:
    page = open_report(hostile_lane(), votes=(VoteShown(1, (HOSTILE, HOSTILE), HOSTILE),))
    page.wait_for_load_state("networkidle")
    assert page.title().startswith("Playground transcript: ")
    assert page.locator("script, img, svg, iframe, a, base, form, input").count() == 0
    assert page.locator("style").count() == 1
    shown = page.locator(".answer .text").last
    assert shown.text_content() == HOSTILE
    assert shown.is_visible()
    # Marks of direction end with their place: the labels around them stay as they are.
    assert page.get_by_role("heading", name="Figures", exact=True).is_visible()
    assert page.evaluate("getComputedStyle(document.body).direction") == "ltr"


def test_a_report_prints_on_a4_with_everything_in_it(open_report: OpenReport) -> None:
    page = open_report(*realistic_lanes(STAND_IN, PLAY_PRICE), votes=VOTES)
    page.locator("details").first.locator("summary").click()
    assert page.locator("details").first.get_attribute("open") is None
    pdf = page.pdf(format="A4")
    sizes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pdf)
    assert sizes
    assert all(abs(float(width) - 595.3) < 1.5 and abs(float(height) - 841.9) < 1.5 for width, height in sizes)
    pages = pdf.count(b"/Type /Page\n")
    assert 2 < pages < 20
    text = printed_text(pdf)
    assert text.count("\f") == pages
    assert f"1 / {pages}" in text
    for question in QUESTIONS:
        assert text.count(question.splitlines()[0]) == 2
    assert text.count("That is all.") == 5
    # Folded on the screen, and on paper all the same.
    assert text.count("The fixtures come first. The fixtures come first.") >= 3
    for figure in ("455 ms", "59.9 tokens/s", "8 of 9 runs known", "Preferred", "Price per 1M tokens", "Limits"):
        assert figure in re.sub(r"\s+", " ", text), figure
    first_page = re.sub(r"\s+", " ", text.partition("\f")[0])
    assert "Not GLM: in 18 of 18 runs a stand-in (SmolLM2-135M-Instruct) answered in its place." in first_page
    assert "Cost in all" in first_page


def test_nothing_is_wider_than_the_paper(open_report: OpenReport) -> None:
    width, height = A4_IN_CSS_PIXELS
    margins = 113
    page = open_report(
        *realistic_lanes(STAND_IN, PLAY_PRICE), votes=VOTES, viewport={"width": width - margins, "height": height}
    )
    page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    row_heights = page.locator("tr").evaluate_all("rows => rows.map(row => row.getBoundingClientRect().height)")
    assert max(row_heights) < height / 5
    assert page.locator("tr").nth(1).evaluate("row => getComputedStyle(row).breakInside") == "avoid"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_axe_finds_nothing_and_the_page_never_scrolls_sideways(
    open_report: OpenReport, scheme: str, width: int
) -> None:
    # axe is put into the page, which its policy would not allow; that the policy works is what the other tests show.
    page = open_report(
        *realistic_lanes(STAND_IN, PLAY_PRICE),
        votes=VOTES,
        color_scheme=scheme,
        viewport={"width": width, "height": 800},
        bypass_csp=True,
    )
    assert page.evaluate("document.documentElement.scrollWidth") == width
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == ("rgb(255, 255, 255)" if scheme == "light" else "rgb(18, 21, 26)")
    found = Axe().run(page).response
    assert found["passes"]
    assert [(violation["id"], violation["nodes"][0]["html"]) for violation in found["violations"]] == []
    numbers = page.locator("td.number").first
    assert numbers.evaluate("cell => getComputedStyle(cell).textAlign") == "end"
    assert numbers.evaluate("cell => getComputedStyle(cell).fontVariantNumeric") == "tabular-nums"

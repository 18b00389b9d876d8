"""A decision record as a report: what it is given is text, whatever it looks like, and names its sources."""

from datetime import date

from markdown_it import MarkdownIt

from glm_playground.reports.decision import Decision, Entry, Group, Reason, SourceLine
from glm_playground.reports.decision_report import decision_report
from glm_playground.reports.report import Cover, Report
from glm_playground.reports.report_html import to_html
from glm_playground.reports.report_markdown import to_markdown
from glm_playground.reports.report_words import ReportWords
from glm_playground.reports.sections import Cell, Column, Table
from glm_playground.reports.transcript_words import Words
from tests.report_lanes import AT

HOSTILE = "<img src=x onerror=alert(1)> [a](javascript:b) | # `c` *d*"
DECISION = Decision(
    asked=[(HOSTILE, HOSTILE)],
    places=Table("The shortlist", (Column("Model"), Column("Place", is_number=True)), ((Cell(HOSTILE), Cell("1")),)),
    groups=[Group(HOSTILE, (Entry(HOSTILE, (Reason(HOSTILE, (1,)), Reason("second", (1, 2)))),))],
    method_title="How",
    method=[HOSTILE],
    sources_title="Sources",
    sources=[SourceLine(HOSTILE, "https://example.org/a"), SourceLine("own", None)],
    address="https://example.org/choose?needs=vision",
)


def report() -> Report:
    cover = Cover(HOSTILE, date(2026, 11, 26))
    words = ReportWords()
    return decision_report(DECISION, cover, words, language="en", day_text="November 26, 2026", written_at=AT)


def test_html_shows_text_as_text_and_leads_to_the_sources() -> None:
    written = to_html(report(), Words())
    assert "<img" not in written
    assert written.count("&lt;img src=x") == 10
    assert '<li id="source-1">' in written
    assert '<a href="https://example.org/a" rel="noopener noreferrer">' in written
    assert '<a href="#source-1">[1]</a> <a href="#source-2">[2]</a>' in written
    assert "November 26, 2026" in written


def test_markdown_shows_text_as_text() -> None:
    rendered = MarkdownIt("commonmark").enable("table").render(to_markdown(report()))
    assert "<img" not in rendered
    assert 'href="javascript:' not in rendered
    assert rendered.count("<h1>") == 1
    assert rendered.count("<h2>") == 4
    assert rendered.count("<table>") == 1
    assert '<a href="https://example.org/choose?needs=vision">' in rendered
    assert "second [1] [2]" in rendered

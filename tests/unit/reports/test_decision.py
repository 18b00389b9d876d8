"""The decision record as HTML and Markdown: what it is given is text, whatever it looks like."""

from datetime import UTC, datetime

from markdown_it import MarkdownIt

from glm_playground.reports.decision import Decision, Entry, Group, Reason, SourceLine, to_html, to_markdown
from glm_playground.reports.sections import Cell, Column, Table

HOSTILE = "<img src=x onerror=alert(1)> [a](javascript:b) | # `c` *d*"
DECISION = Decision(
    title=HOSTILE,
    made_at=datetime(2026, 11, 26, 3, 0, tzinfo=UTC),
    asked=[(HOSTILE, HOSTILE)],
    places=Table("The shortlist", (Column("Model"), Column("Place", is_number=True)), ((Cell(HOSTILE), Cell("1")),)),
    groups=[Group(HOSTILE, (Entry(HOSTILE, (Reason(HOSTILE, (1,)), Reason("second", (1, 2)))),))],
    method_title="How",
    method=[HOSTILE],
    sources_title="Sources",
    sources=[SourceLine(HOSTILE, "https://example.org/a"), SourceLine("own", None)],
    address="https://example.org/choose?needs=vision",
)


def test_html_shows_text_as_text() -> None:
    written = to_html(DECISION, language="en")
    assert "<img" not in written
    assert written.count("&lt;img src=x") == 10
    assert '<li id="source-1"><a href="https://example.org/a">' in written
    assert '<a href="#source-1">[1]</a> <a href="#source-2">[2]</a>' in written
    assert "2026-11-26 03:00 UTC" in written


def test_markdown_shows_text_as_text() -> None:
    rendered = MarkdownIt("commonmark").enable("table").render(to_markdown(DECISION))
    assert "<img" not in rendered
    assert "javascript:" not in "".join(part for part in rendered.split('"') if part.startswith("javascript"))
    assert rendered.count("<h1>") == 1
    assert rendered.count("<h2>") == 3
    assert rendered.count("<table>") == 1
    assert '<a href="https://example.org/choose?needs=vision">' in rendered
    assert "second [1] [2]" in rendered

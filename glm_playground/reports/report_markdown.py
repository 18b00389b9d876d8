"""A report in GitHub's Markdown.

An answer stands in a quote and is written anew from its blocks, so that it is drawn as what it is and nothing in it is
HTML, an image or a heading of the report. Each text is made fit to be shown before it is escaped, fenced or quoted:
what is taken out or ends a line afterwards would undo that.
"""

import re
from collections.abc import Iterator
from urllib.parse import quote

from glm_playground.markdown.document import to_document
from glm_playground.reports.charts import BarChart, DotChart
from glm_playground.reports.report import (
    Bullet,
    Bullets,
    Paragraph,
    Part,
    Passage,
    Question,
    Report,
    ShownAnswer,
    Sources,
    Subheading,
    Terms,
)
from glm_playground.reports.sections import Table
from glm_playground.reports.shown_text import on_one_line, shown_text, unseen_marked
from glm_playground.reports.transcript import fenced, quoted, table_span

_SIGNS = re.compile(r"([\\`*_{}\[\]<>|~#$&!])")
# What begins a list, a heading's underline or a rule where it stands first on a line.
_FIRST = re.compile(r"^(\s*)([-+=:])")
_NUMBERED = re.compile(r"^(\s*[0-9]{1,9})([.)])")
_OF_THE_WEB = re.compile(r"https?://", re.IGNORECASE)
# What would end an address between angle brackets.
_NOT_IN_ADDRESS = re.compile(r"[\s<>\\`|\"^{}]")


def to_markdown(report: Report) -> str:
    """The whole report as one document."""
    cover = report.cover
    pieces = [f"# {_line(cover.title)}"]
    pieces.append("\n".join(f"- **{_line(label)}**: {_line(text)}" for label, text in report.head))
    if cover.conclusion.strip():
        pieces += [f"## {_line(report.labels.conclusion)}", to_document(shown_text(cover.conclusion))]
    if report.address:
        pieces.append(_address(report.address))
    for section in report.sections:
        pieces.append(f"## {_line(section.title)}")
        for part in section.parts:
            pieces += _part(part)
    # What an answer spells as a character reference is only a character now.
    return unseen_marked("\n\n".join(piece for piece in pieces if piece)) + "\n"


def _part(part: Part) -> Iterator[str]:
    match part:
        case Paragraph():
            text = _line(part.text)
            yield f"**{text}**" if part.mark and text else text
        case Subheading():
            yield f"### {_line(part.text)}"
        case Bullets():
            yield "\n".join(f"- {_bullet(item)}" for item in part.items)
        case Terms():
            yield "\n".join(f"- **{_line(name)}**: {_line(text)}" for name, text in part.entries)
        case Sources():
            yield "\n".join(_source(number, *line) for number, line in enumerate(part.lines, start=1))
        case Passage():
            yield quoted("\n\n".join(_passage(part)))
        case Table():
            yield from _table(part)
        case BarChart() | DotChart():
            yield from _chart(part)
        case Question():
            yield from _question(part)


def _question(question: Question) -> Iterator[str]:
    yield f"### {_line(question.title)}"
    yield quoted("\n\n".join(piece for passage in question.prompt for piece in _passage(passage)))
    yield _line(question.note)
    if question.figures:
        yield from _table(question.figures)
    for answer in question.answers:
        yield from _answer(answer)


def _answer(answer: ShownAnswer) -> Iterator[str]:
    yield f"#### {_line(answer.name)}"
    for notice in answer.notices:
        yield f"**{_line(notice.text)}**"
    yield quoted("\n\n".join(piece for passage in answer.passages for piece in _passage(passage)))
    if answer.figures:
        yield _line(answer.figures)


def _passage(passage: Passage) -> Iterator[str]:
    if passage.label:
        yield f"**{_line(passage.label)}**"
    text = shown_text(passage.text)
    yield to_document(text) if passage.kind == "markdown" else fenced(text)
    if passage.cut:
        yield f"*{_line(passage.cut)}*"


def _bullet(bullet: Bullet) -> str:
    return " ".join([_line(bullet.text), *(f"[{number}]" for number in bullet.sources)])


def _source(number: int, text: str, address: str | None) -> str:
    return f"{number}. {_line(text)}" + (f" {_address(address)}" if address else "")


def _table(table: Table) -> Iterator[str]:
    yield _line(table.caption)
    lines = [
        "| " + " | ".join(_line(column.name) for column in table.columns) + " |",
        "|" + "|".join("---:" if column.is_number else "---" for column in table.columns) + "|",
    ]
    for row in table.rows:
        cells = (" · ".join(map(_span, (cell.text, *(note.text for note in cell.notes)))) for cell in row)
        lines.append(f"| {' | '.join(cells)} |")
    yield "\n".join(lines)


def _chart(chart: BarChart | DotChart) -> Iterator[str]:
    """The chart's values, since Markdown draws none."""
    yield f"**{_line(chart.title)}**"
    axis = chart.axis if isinstance(chart, BarChart) else f"{chart.x_axis}; {chart.y_axis}"
    marks = chart.bars if isinstance(chart, BarChart) else chart.dots
    lines = [f"| | {_line(axis)} |", "|---|---:|"]
    lines += [f"| {_span(mark.name)} | {_span(mark.text)} |" for mark in marks]
    yield "\n".join(lines)
    if chart.note:
        yield _line(chart.note)


def _span(text: str) -> str:
    return table_span(shown_text(text))


def _address(address: str) -> str:
    """A link that shows where it leads; what is no address of the web is text."""
    line = on_one_line(address)
    return f"<{_NOT_IN_ADDRESS.sub(lambda sign: quote(sign[0]), line)}>" if _OF_THE_WEB.match(line) else _line(line)


def _line(text: str) -> str:
    """Plain text on one line."""
    return _first_sign(_SIGNS.sub(r"\\\1", on_one_line(text)))


def _first_sign(line: str) -> str:
    numbered = _NUMBERED.sub(r"\1\\\2", line)
    return numbered if numbered != line else _FIRST.sub(r"\1\\\2", line)

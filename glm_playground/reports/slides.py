"""A report as slides (PPTX) that LibreOffice opens as well: a finding or a prompt a slide, charts to edit.

An answer is cut to what fits and says so; the report has the whole.
"""

import io
from collections.abc import Iterator, Sequence
from datetime import UTC
from typing import Any

import pptx
from pptx.dml.color import RGBColor
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.util import Emu, Inches, Pt

from glm_playground.markdown.blocks import Span, blocks
from glm_playground.reports.charts import BarChart, DotChart
from glm_playground.reports.office_charts import chart_data, chart_type, style_chart
from glm_playground.reports.report import (
    Bullets,
    Paragraph,
    Part,
    Passage,
    Question,
    Report,
    Section,
    ShownAnswer,
    Sources,
    Subheading,
    Terms,
)
from glm_playground.reports.sections import ESTIMATE, FAILURE, STAND_IN, Cell, Table
from glm_playground.reports.shown_text import on_one_line, shown_text
from glm_playground.reports.slide_text import Box, SlideLine, fitted, height_of, lines_of, pages_of

_WIDTH, _HEIGHT = 13.333, 7.5
_LEFT, _TOP, _INNER, _BOTTOM = 0.6, 1.45, 12.1, 7.0
"""In inches: where the content stands below the title."""
_ROW = 0.4
"""Inches that a row of a table is high at least."""
_POINTS_AN_INCH = 72
_TITLE_POINTS, _TEXT_POINTS, _ANSWER_POINTS, _TABLE_POINTS, _NOTE_POINTS = 26, 18, 13, 12, 9
_LEAD_POINTS = 14
_TITLE_LETTERS = 110
_READ = 6_000
"""Characters of a text, more than any slide holds."""
_ANSWERS_A_SLIDE, _ANSWER_SLIDES = 3, 2
_PAGES = 3
"""Slides of one table or list; more is in the report only."""
_INK, _MUTED, _TINT = RGBColor(0x12, 0x16, 0x1B), RGBColor(0x4A, 0x53, 0x61), RGBColor(0xF4, 0xF6, 0xF9)
_ACCENT = RGBColor(0x1F, 0x4E, 0x79)
_MARKS = {
    STAND_IN: RGBColor(0x8A, 0x4B, 0x00),
    ESTIMATE: RGBColor(0x8A, 0x4B, 0x00),
    FAILURE: RGBColor(0xB3, 0x26, 0x1E),
}
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_TITLE_SLIDE, _TITLE_ONLY = 0, 5
"""Layouts of the template."""


def to_pptx(report: Report) -> bytes:
    """The slides' file."""
    deck = _Deck(report)
    deck.write()
    file = io.BytesIO()
    deck.presentation.save(file)
    return file.getvalue()


class _Deck:
    """Draws one report."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.presentation = pptx.Presentation()
        _set_layouts(self.presentation)

    def write(self) -> None:
        _set_properties(self.presentation, self.report)
        self._title_slide()
        if self.report.cover.conclusion.strip():
            self._text_slides(self.report.labels.conclusion, list(lines_of(blocks(self.report.cover.conclusion))))
        for section in self.report.sections:
            if section.slides:
                self._section(section)

    def _title_slide(self) -> None:
        slide = self.presentation.slides.add_slide(self.presentation.slide_layouts[_TITLE_SLIDE])
        slide.shapes.title.text = on_one_line(self.report.cover.title, _TITLE_LETTERS)
        frame = slide.placeholders[1].text_frame
        frame.word_wrap = True
        box = Box(_INNER * _POINTS_AN_INCH, 2.2 * _POINTS_AN_INCH, _TEXT_POINTS)
        told = [SlideLine((Span(f"{label}: ", bold=True), Span(text))) for label, text in self.report.head]
        _write(frame, fitted(told, box)[0], _TEXT_POINTS)

    def _section(self, section: Section) -> None:
        """Text that stands together on slides of its own, and each larger part on one."""
        said: list[SlideLine] = []
        for part in section.parts:
            if (lines := _lines(part)) is not None:
                said += lines
                continue
            if isinstance(part, Table) and _is_short(said):
                self._table_slides(section.title, part, said)
                said = []
                continue
            self._text_slides(section.title, said)
            said = []
            match part:
                case Table():
                    self._table_slides(section.title, part, ())
                case BarChart() | DotChart():
                    self._chart_slide(part)
                case Question():
                    self._question_slides(part)
                case _:
                    pass
        self._text_slides(section.title, said)

    def _slide(self, title: str) -> Any:
        slide = self.presentation.slides.add_slide(self.presentation.slide_layouts[_TITLE_ONLY])
        slide.shapes.title.text = on_one_line(title, _TITLE_LETTERS)
        return slide

    def _text_slides(self, title: str, said: Sequence[SlideLine]) -> None:
        if not said:
            return
        box = Box(_INNER * _POINTS_AN_INCH, (_BOTTOM - _TOP) * _POINTS_AN_INCH * 0.85, _TEXT_POINTS)
        pages = list(pages_of(said, box))
        for number, page in enumerate(pages[:_PAGES]):
            lines = list(page)
            if number == _PAGES - 1 and len(pages) > _PAGES:
                left_out = sum(map(len, pages[_PAGES:]))
                lines.append(self._more(left_out))
            slide = self._slide(self._continued(title, number))
            _write(_text_box(slide, _LEFT, _TOP, _INNER, _BOTTOM - _TOP), lines, _TEXT_POINTS, space=6)

    def _more(self, count: int) -> SlideLine:
        return SlideLine((Span(self.report.labels.more_in_report.format(count=count), italic=True),))

    def _continued(self, title: str, number: int) -> str:
        return self.report.labels.continued.format(title=title) if number else title

    def _table_slides(self, title: str, table: Table, lead: Sequence[SlideLine]) -> None:
        """Draws a table below the text that leads to it, over as many slides as it needs."""
        widths = _widths(table)
        lines = [*lead, SlideLine((Span(table.caption),))]
        box = Box(_INNER * _POINTS_AN_INCH, 0, _LEAD_POINTS)
        above = (sum(height_of(line, box) for line in lines) * _LEAD_POINTS * 1.25 + 14) / _POINTS_AN_INCH
        head = _row_height([Cell(column.name) for column in table.columns], widths) / _POINTS_AN_INCH
        pages = list(_table_pages(table, widths, _BOTTOM - _TOP - above - head))
        for number, rows in enumerate(pages[:_PAGES]):
            slide = self._slide(self._continued(title, number))
            _write(_text_box(slide, _LEFT, _TOP, _INNER, above), lines, _LEAD_POINTS)
            size = Inches(_LEFT), Inches(_TOP + above), Inches(_INNER), Inches(_ROW * (len(rows) + 1))
            shape = slide.shapes.add_table(len(rows) + 1, len(table.columns), *size)
            shape._element.nvGraphicFramePr.cNvPr.set("descr", on_one_line(table.caption))
            _fill_table(shape.table, table, rows, widths)
            if number == _PAGES - 1 and (more := sum(map(len, pages[_PAGES:]))):
                _write(_text_box(slide, _LEFT, _BOTTOM, _INNER, 0.35), [self._more(more)], _TABLE_POINTS)

    def _chart_slide(self, chart: BarChart | DotChart) -> None:
        slide = self._slide(chart.title)
        height = _BOTTOM - _TOP - (0.4 if chart.note else 0)
        shape = slide.shapes.add_chart(
            chart_type(chart), Inches(_LEFT), Inches(_TOP), Inches(_INNER), Inches(height), chart_data(chart)
        )
        style_chart(shape.chart, chart, 14)
        shape._element.nvGraphicFramePr.cNvPr.set("descr", on_one_line(chart.alternative))
        if chart.note:
            note = SlideLine((Span(chart.note),))
            _write(_text_box(slide, _LEFT, _BOTTOM - 0.4, _INNER, 0.5), [note], _TABLE_POINTS, colour=_MUTED)

    def _question_slides(self, question: Question) -> None:
        answers = question.answers
        groups = [answers[at : at + _ANSWERS_A_SLIDE] for at in range(0, len(answers), _ANSWERS_A_SLIDE)] or [()]
        for number, group in enumerate(groups[:_ANSWER_SLIDES]):
            slide = self._slide(self._continued(question.title, number))
            top = _TOP
            if not number:
                top += self._prompt(slide, question)
            width = (_INNER - 0.3 * (len(group) - 1)) / max(1, len(group))
            for place, answer in enumerate(group):
                self._answer(slide, answer, _LEFT + place * (width + 0.3), top, width)
            left_out = sum(map(len, groups[_ANSWER_SLIDES:]))
            if left_out and number == _ANSWER_SLIDES - 1:
                _write(_text_box(slide, _LEFT, _BOTTOM, _INNER, 0.35), [self._more(left_out)], _TABLE_POINTS)

    def _prompt(self, slide: Any, question: Question) -> float:
        """Draws the prompt where the title has not all of it; its height in inches."""
        text = " ".join(on_one_line(passage.text) for passage in question.prompt)
        if not text or question.title.endswith(text):
            return 0
        box = Box((_INNER - 0.2) * _POINTS_AN_INCH, 3.2 * 14 * 1.25, 14)
        lines, whole = fitted([SlideLine((Span(text),))], box)
        if not whole:
            lines.append(self._whole_in_report())
        height = 0.25 + sum(height_of(line, box) for line in lines) * 14 * 1.25 / _POINTS_AN_INCH
        frame = _text_box(slide, _LEFT, _TOP, _INNER, height, fill=_TINT)
        _write(frame, lines, 14)
        return height + 0.15

    def _whole_in_report(self) -> SlideLine:
        return SlideLine((Span(f"… {self.report.labels.whole_in_report}", italic=True),))

    def _answer(self, slide: Any, answer: ShownAnswer, left: float, top: float, width: float) -> None:
        points = _POINTS_AN_INCH
        head = [SlideLine((Span(answer.name, bold=True),))]
        head += [SlideLine((Span(notice.text, bold=bool(notice.mark)),), mark=notice.mark) for notice in answer.notices]
        foot = [SlideLine((Span(answer.figures),))] if answer.figures else []
        box = Box((width - 0.2) * points, (_BOTTOM - top) * points, _ANSWER_POINTS)
        small = box._replace(points=_NOTE_POINTS + 1)
        used = sum(height_of(line, box) for line in head) + 2
        foot_height = (sum(height_of(line, small) for line in foot) + 1) * small.points * 1.25
        said = [line for passage in answer.passages for line in _passage_lines(passage)]
        room = box._replace(height=box.height - used * _ANSWER_POINTS * 1.25 - foot_height)
        lines, whole = fitted(said, room)
        if not whole or any(passage.cut or len(passage.text) > _READ for passage in answer.passages):
            lines.append(self._whole_in_report())
        _write(
            _text_box(slide, left, top, width, _BOTTOM - top - foot_height / points), [*head, *lines], _ANSWER_POINTS
        )
        if foot:
            frame = _text_box(slide, left, _BOTTOM - foot_height / points, width, foot_height / points)
            _write(frame, foot, small.points, colour=_MUTED)


def _lines(part: Part) -> list[SlideLine] | None:
    """A part that is text, as paragraphs; None for one with slides of its own."""
    match part:
        case Paragraph():
            return [SlideLine((Span(part.text, bold=bool(part.mark)),), mark=part.mark)]
        case Subheading():
            return [SlideLine((Span(part.text, bold=True),))]
        case Bullets():
            return [SlideLine((Span(f"• {item.line}"),)) for item in part.items]
        case Terms():
            return [SlideLine((Span(f"{name}: ", bold=True), Span(text))) for name, text in part.entries]
        case Sources():
            return [
                SlideLine((Span(f"[{number}] {text}" + (f" {address}" if address else "")),))
                for number, (text, address) in enumerate(part.lines, start=1)
            ]
        case Passage():
            return [SlideLine((Span(part.label, bold=True),)), *_passage_lines(part)]
        case _:
            return None


def _passage_lines(passage: Passage) -> Iterator[SlideLine]:
    if passage.kind == "markdown":
        yield from lines_of(blocks(passage.text[:_READ]))
    else:
        yield SlideLine((Span(shown_text(passage.text[:_READ])),), mark=FAILURE if passage.failed else "")


def _widths(table: Table) -> list[float]:
    """Inches of each column: a first column has more room, since names are longer than figures."""
    unit = _INNER / (len(table.columns) + 0.8)
    return [unit * 1.8, *[unit] * (len(table.columns) - 1)]


def _is_short(said: Sequence[SlideLine]) -> bool:
    """Whether a text can stand above a table."""
    box = Box(_INNER * _POINTS_AN_INCH, 0, _LEAD_POINTS)
    return sum(height_of(line, box) for line in said) <= 6


def _table_pages(table: Table, widths: Sequence[float], inches: float) -> Iterator[list[tuple[Cell, ...]]]:
    page: list[tuple[Cell, ...]] = []
    left = room = inches * _POINTS_AN_INCH
    for row in table.rows:
        height = _row_height(row, widths)
        if page and height > left:
            yield page
            page, left = [], room
        page.append(row)
        left -= height
    yield page


def _row_height(row: Sequence[Cell], widths: Sequence[float]) -> float:
    """Points that a row takes."""
    heights = []
    for cell, width in zip(row, widths, strict=True):
        box = Box((width - 0.2) * _POINTS_AN_INCH, 0, _TABLE_POINTS)
        notes = box._replace(points=_NOTE_POINTS)
        height = height_of(SlideLine((Span(cell.text),)), box) * _TABLE_POINTS
        height += sum(height_of(SlideLine((Span(note.text),)), notes) * _NOTE_POINTS for note in cell.notes)
        heights.append(height * 1.25 + 8)
    return max(_ROW * _POINTS_AN_INCH, *heights)


def _fill_table(drawn: Any, table: Table, rows: Sequence[Sequence[Cell]], widths: Sequence[float]) -> None:
    for column, width in zip(drawn.columns, widths, strict=True):
        column.width = Inches(width)
    head = [Cell(column.name) for column in table.columns]
    for row, cells in zip(drawn.rows, [head, *rows], strict=True):
        for place, cell, column in zip(row.cells, cells, table.columns, strict=True):
            lines = [SlideLine((Span(on_one_line(cell.text)),), mark=cell.mark)]
            _write(place.text_frame, lines, _TABLE_POINTS, at_end=column.is_number)
            for note in cell.notes:
                line = SlideLine((Span(on_one_line(note.text)),), mark=note.mark)
                _add(place.text_frame.add_paragraph(), line, _NOTE_POINTS, colour=_MUTED, at_end=column.is_number)
            place.margin_left = place.margin_right = Inches(0.08)


def _text_box(slide: Any, left: float, top: float, width: float, height: float, *, fill: RGBColor | None = None) -> Any:
    shape = slide.shapes.add_textbox(Inches(left), Inches(top), Inches(width), Inches(height))
    frame = shape.text_frame
    frame.word_wrap = True
    frame.vertical_anchor = MSO_ANCHOR.TOP
    if fill is not None:
        shape.fill.solid()
        shape.fill.fore_color.rgb = fill
    return frame


def _write(
    frame: Any,
    lines: Sequence[SlideLine],
    points: float,
    *,
    colour: RGBColor | None = None,
    at_end: bool = False,
    space: float = 0,
) -> None:
    """Writes paragraphs into a frame that has none yet."""
    for number, line in enumerate(lines):
        paragraph = frame.add_paragraph() if number else frame.paragraphs[0]
        _add(paragraph, line, points, colour=colour, at_end=at_end)
        if space:
            paragraph.space_after = Pt(space)


def _add(paragraph: Any, line: SlideLine, points: float, *, colour: RGBColor | None, at_end: bool) -> None:
    properties = paragraph._p.get_or_add_pPr()
    if line.level:
        properties.set("marL", str(Emu(Inches(0.25 * line.level))))
    if at_end:
        paragraph.alignment = PP_ALIGN.RIGHT
    for span in line.spans:
        for number, piece in enumerate(shown_text(span.text).replace("\t", "    ").split("\n")):
            if number:
                paragraph.add_line_break()
            run = paragraph.add_run()
            run.text = piece
            font = run.font
            font.size = Pt(points)
            # None leaves what the slide's design says, such as the bold head of a table.
            font.bold, font.italic = span.bold or None, span.italic or None
            if span.code:
                font.name = "Consolas"
            if span.struck:
                run._r.get_or_add_rPr().set("strike", "sngStrike")
            if (wanted := _MARKS.get(line.mark, colour)) is not None:
                font.color.rgb = wanted


def _set_layouts(presentation: Any) -> None:
    """Makes the template's slides wide, which puts the titles of its layouts in new places."""
    presentation.slide_width, presentation.slide_height = Inches(_WIDTH), Inches(_HEIGHT)
    places = {
        _TITLE_SLIDE: {0: (_LEFT, 2.0, _INNER, 1.5), 1: (_LEFT, 3.7, _INNER, 2.8)},
        _TITLE_ONLY: {0: (_LEFT, 0.35, _INNER, 0.85)},
    }
    for layout, shapes in places.items():
        for place in list(presentation.slide_layouts[layout].placeholders):
            kind = place.placeholder_format.idx
            if kind not in shapes:
                # Its date, footer and number are empty.
                place._element.getparent().remove(place._element)
                continue
            place.left, place.top, place.width, place.height = map(Inches, shapes[kind])
            frame = place.text_frame
            frame.vertical_anchor = MSO_ANCHOR.BOTTOM if layout == _TITLE_SLIDE and not kind else MSO_ANCHOR.TOP
            if kind:
                _set_look(place, _TEXT_POINTS, _INK, bold=False)
            else:
                _set_look(place, 36 if layout == _TITLE_SLIDE else _TITLE_POINTS, _ACCENT, bold=True)


def _set_look(place: Any, points: float, colour: RGBColor, *, bold: bool) -> None:
    """The look of a placeholder, which slides inherit: to the left, in one size and colour."""
    style = place.text_frame._txBody.find(f"{_A}lstStyle")
    for child in list(style):
        style.remove(child)
    style.append(
        pptx.oxml.parse_xml(
            '<a:lvl1pPr xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" marL="0" indent="0" algn="l">'
            f'<a:buNone/><a:defRPr sz="{round(points * 100)}" b="{int(bold)}"><a:solidFill><a:srgbClr val="{colour}"/>'
            "</a:solidFill></a:defRPr></a:lvl1pPr>"
        )
    )


def _set_properties(presentation: Any, report: Report) -> None:
    properties = presentation.core_properties
    properties.title = on_one_line(report.cover.title, 250)
    properties.author = properties.last_modified_by = on_one_line(report.cover.author, 250)
    properties.subject = on_one_line(report.cover.purpose, 250)
    properties.language = report.language
    properties.created = properties.modified = report.written_at.astimezone(UTC).replace(tzinfo=None)

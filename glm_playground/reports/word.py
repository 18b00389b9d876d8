"""A report as a Word document (DOCX) that LibreOffice opens as well: real styles, charts to edit, no macros or fields
but page numbers."""

import io
from datetime import UTC
from typing import Any

import docx
from docx.document import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.opc.constants import CONTENT_TYPE, RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part as PackagePart
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import qn
from docx.shared import Cm
from docx.text.paragraph import Paragraph as WordParagraph
from lxml import etree

from glm_playground.reports.charts import BarChart, DotChart
from glm_playground.reports.office_charts import chart_xml, workbook
from glm_playground.reports.report import (
    Bullets,
    Paper,
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
from glm_playground.reports.sections import ESTIMATE, FAILURE, STAND_IN, Cell, Table
from glm_playground.reports.shown_text import on_one_line
from glm_playground.reports.word_styles import set_styles
from glm_playground.reports.word_text import CUT, PLAIN, SMALL, Look, StyledText, WordCell, WordText

_PAPERS = {Paper.A4: (Cm(21.0), Cm(29.7)), Paper.LETTER: (Cm(21.59), Cm(27.94))}
_MARGIN = Cm(1.8)
_MUTED = "4A5361"
_MARKS = {STAND_IN: "8A4B00", ESTIMATE: "8A4B00", FAILURE: "B3261E"}
_CHART_POINTS = 9
_BAR_CM, _CHART_CM = 0.9, 3.2
_EMU_A_TWIP = 635


def to_docx(report: Report) -> bytes:
    """The document's file."""
    writer = _Writer(report)
    writer.write()
    file = io.BytesIO()
    writer.document.save(file)
    return file.getvalue()


class _Writer:
    """Draws one report."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.document: Document = docx.Document()
        set_styles(self.document, report.language)
        self._width = self._set_page()
        self._text = WordText(self.document, self._width // _EMU_A_TWIP)
        self._charts = 0

    def write(self) -> None:
        _set_properties(self.document, self.report)
        self._cover()
        for number, section in enumerate(self.report.sections):
            self._text.add((StyledText(section.title),), Look("Heading 1", with_next=True, on_new_page=not number))
            for part in section.parts:
                self._part(part)

    def _set_page(self) -> int:
        """Sets paper, margins and page numbers; the width of a line."""
        section = self.document.sections[0]
        section.page_width, section.page_height = width, _height = _PAPERS[self.report.paper]
        section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = _MARGIN
        footer = section.footer.paragraphs[0]
        footer.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        footer.style = self.document.styles[SMALL]
        _add_field(footer, "PAGE")
        footer.add_run(" / ")
        _add_field(footer, "NUMPAGES")
        return width - 2 * _MARGIN

    def _cover(self) -> None:
        report, text = self.report, self._text
        text.say(on_one_line(report.cover.title), "Title")
        for label, value in report.head:
            text.add((StyledText(f"{label}: ", bold=True), StyledText(value)))
        if report.cover.conclusion.strip():
            text.say(report.labels.conclusion, "Heading 1", with_next=True)
            text.markdown(report.cover.conclusion)
        if report.address:
            text.say(report.address, SMALL)

    def _part(self, part: Part) -> None:
        text = self._text
        match part:
            case Paragraph():
                self._notice(part)
            case Subheading():
                text.say(part.text, "Heading 2", with_next=True)
            case Bullets():
                for item in part.items:
                    text.say(item.line, "List Bullet")
            case Terms():
                for name, value in part.entries:
                    text.add((StyledText(f"{name}: ", bold=True), StyledText(value)))
            case Sources():
                for number, (name, address) in enumerate(part.lines, start=1):
                    text.add(
                        (StyledText(f"{number}.\t"), StyledText(name), StyledText(f" {address}" if address else "")),
                        Look("List"),
                    )
            case _:
                self._large_part(part)

    def _large_part(self, part: Part) -> None:
        match part:
            case Passage():
                self._passage(part, "Heading 2")
            case Table():
                self._table(part)
            case BarChart() | DotChart():
                self._chart(part)
            case Question():
                self._question(part)

    def _notice(self, paragraph: Paragraph, *, with_next: bool = False) -> None:
        is_marked = bool(paragraph.mark)
        run = StyledText(paragraph.text, bold=is_marked, colour=_MARKS.get(paragraph.mark, ""))
        self._text.add((run,), Look(with_next=with_next or is_marked))

    def _question(self, question: Question) -> None:
        # All of it stays with the first answer.
        self._text.say(question.title, "Heading 2", with_next=True)
        for passage in question.prompt:
            self._passage(passage, "Heading 4", Look("Intense Quote", with_next=True))
        if question.note:
            self._text.say(question.note, SMALL, with_next=True)
        if question.figures:
            self._table(question.figures, with_next=True)
        for answer in question.answers:
            self._answer(answer)

    def _answer(self, answer: ShownAnswer) -> None:
        self._text.say(answer.name, "Heading 3", with_next=True)
        for notice in answer.notices:
            self._notice(notice, with_next=True)
        for passage in answer.passages:
            self._passage(passage, "Heading 4")
        if answer.figures:
            self._text.say(answer.figures, SMALL)

    def _passage(self, passage: Passage, heading: str, look: Look = PLAIN) -> None:
        if passage.label:
            colour = _MARKS[FAILURE] if passage.failed else ""
            self._text.add((StyledText(passage.label, colour=colour),), Look(heading, with_next=True))
        if passage.kind == "markdown":
            self._text.markdown(passage.text)
        else:
            self._text.add((StyledText(passage.text),), look)
        if passage.cut:
            self._text.say(passage.cut, CUT, with_next=look.with_next)

    def _table(self, table: Table, *, with_next: bool = False) -> None:
        self._text.say(table.caption, "Caption", with_next=True)
        head = [_cell(Cell(column.name), is_number=column.is_number) for column in table.columns]
        rows = [
            [_cell(cell, is_number=column.is_number) for cell, column in zip(row, table.columns, strict=True)]
            for row in table.rows
        ]
        self._text.table([head, *rows], with_next=with_next)

    def _chart(self, chart: BarChart | DotChart) -> None:
        self._text.say(chart.title, "Heading 2", with_next=True)
        self._charts += 1
        height = Cm(_CHART_CM + _BAR_CM * len(chart.bars)) if isinstance(chart, BarChart) else Cm(8.5)
        place = self._text.add((StyledText(""),), Look(with_next=bool(chart.note)))
        place[-1].append(self._drawing(chart, self._width, height))
        if chart.note:
            self._text.say(chart.note, SMALL)

    def _drawing(self, chart: BarChart | DotChart, width: int, height: int) -> Any:
        """A chart in a part of its own, with its sheet, and the element that shows it."""
        package, number = self.document.part.package, self._charts
        xml = chart_xml(chart, _CHART_POINTS)
        sheet = PackagePart(
            PackURI(f"/word/embeddings/sheet{number}.xlsx"), CONTENT_TYPE.SML_SHEET, workbook(chart), package
        )
        part = PackagePart(PackURI(f"/word/charts/chart{number}.xml"), CONTENT_TYPE.DML_CHART, b"", package)
        _name_sheet(xml, part.relate_to(sheet, RELATIONSHIP_TYPE.PACKAGE))
        part._blob = etree.tostring(xml, xml_declaration=True, encoding="UTF-8", standalone=True)
        relation = self.document.part.relate_to(part, RELATIONSHIP_TYPE.CHART)
        drawing: Any = parse_xml(_DRAWING.format(width=width, height=height, number=number, relation=relation))
        shown = drawing.find(f".//{qn('wp:docPr')}")
        shown.set("descr", on_one_line(chart.alternative))
        shown.set("title", on_one_line(chart.title))
        return drawing


def _cell(cell: Cell, *, is_number: bool) -> WordCell:
    notes = (
        StyledText(f"\n{on_one_line(one.text)}", colour=_MARKS.get(one.mark, _MUTED), points=7) for one in cell.notes
    )
    return WordCell((StyledText(cell.text, colour=_MARKS.get(cell.mark, "")), *notes), is_number)


def _set_properties(document: Document, report: Report) -> None:
    properties = document.core_properties
    properties.title = on_one_line(report.cover.title, 250)
    properties.author = on_one_line(report.cover.author, 250)
    properties.subject = on_one_line(report.cover.purpose, 250)
    properties.comments = ""
    properties.language = report.language
    properties.created = properties.modified = report.written_at.astimezone(UTC).replace(tzinfo=None)
    properties.last_modified_by = properties.author


def _add_field(paragraph: WordParagraph, code: str) -> None:
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), code)
    field.append(paragraph.add_run("1")._r)
    paragraph._p.append(field)


def _name_sheet(chart: Any, relation: str) -> None:
    space = "http://schemas.openxmlformats.org/drawingml/2006/chart"
    data = etree.SubElement(chart, f"{{{space}}}externalData")
    data.set(qn("r:id"), relation)
    etree.SubElement(data, f"{{{space}}}autoUpdate").set("val", "0")


_DRAWING = (
    '<w:drawing xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    ' xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"'
    ' xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
    ' xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
    '<wp:inline distT="0" distB="0" distL="0" distR="0"><wp:extent cx="{width}" cy="{height}"/>'
    '<wp:docPr id="{number}" name="Chart {number}"/><wp:cNvGraphicFramePr/><a:graphic>'
    '<a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/chart">'
    '<c:chart xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" r:id="{relation}"/>'
    "</a:graphicData></a:graphic></wp:inline></w:drawing>"
)

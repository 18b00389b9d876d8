"""The styles of a Word document."""

from typing import Any

from docx.document import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Pt, RGBColor

from glm_playground.reports.word_text import CODE, CODE_LINES, CUT, SMALL

_INK, _MUTED, _ACCENT = RGBColor(0x12, 0x16, 0x1B), RGBColor(0x4A, 0x53, 0x61), RGBColor(0x1F, 0x4E, 0x79)


def set_styles(document: Document, language: str) -> None:
    """Changes the styles of a new document and adds those of code and small text."""
    styles: Any = document.styles
    normal = styles["Normal"]
    normal.font.name, normal.font.size = "Calibri", Pt(10.5)
    normal.paragraph_format.space_after = Pt(6)
    for element in styles.element.iter(qn("w:lang")):
        element.set(qn("w:val"), language)
    for name, size in (("Heading 1", 18), ("Heading 2", 13), ("Heading 3", 11.5), ("Heading 4", 10)):
        styles[name].font.size = Pt(size)
        styles[name].font.color.rgb = _ACCENT
    styles["Caption"].font.color.rgb = _MUTED
    styles["Intense Quote"].font.bold = styles["Intense Quote"].font.italic = False
    styles["Intense Quote"].font.color.rgb = _INK
    code: Any = styles.add_style(CODE, WD_STYLE_TYPE.CHARACTER)
    code.font.name, code.font.size = "Consolas", Pt(9)
    lines: Any = styles.add_style(CODE_LINES, WD_STYLE_TYPE.PARAGRAPH)
    lines.base_style, lines.font.name, lines.font.size = normal, "Consolas", Pt(9)
    shade = OxmlElement("w:shd")
    for name, value in (("val", "clear"), ("color", "auto"), ("fill", "F4F6F9")):
        shade.set(qn(f"w:{name}"), value)
    lines.element.get_or_add_pPr().append(shade)
    small: Any = styles.add_style(SMALL, WD_STYLE_TYPE.PARAGRAPH)
    small.base_style, small.font.size, small.paragraph_format.space_after = normal, Pt(8.5), Pt(3)
    cut: Any = styles.add_style(CUT, WD_STYLE_TYPE.PARAGRAPH)
    cut.base_style, cut.font.bold, cut.font.size = normal, True, Pt(9)

"""What office documents say, read again from their files."""

import io
import zipfile

import docx
import pptx


def text_of_docx(data: bytes | str) -> str:
    """The text of a document, tables included, a paragraph a line."""
    assert isinstance(data, bytes)
    document = docx.Document(io.BytesIO(data))
    return "\n".join(paragraph.text for paragraph in document.element.body.iter() if paragraph.tag.endswith("}p"))


def slides_of(data: bytes | str) -> list[list[str]]:
    """The texts of each slide: its title first, then its boxes and the cells of its tables."""
    assert isinstance(data, bytes)
    found = []
    for slide in pptx.Presentation(io.BytesIO(data)).slides:
        texts = [shape.text_frame.text for shape in slide.shapes if shape.has_text_frame]
        tables = [shape.table for shape in slide.shapes if shape.has_table]
        texts += [cell.text for table in tables for row in table.rows for cell in row.cells]
        found.append(texts)
    return found


def parts_of(data: bytes) -> dict[str, bytes]:
    """The parts of an office file by name."""
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        return {name: file.read(name) for name in file.namelist()}

"""Documents and slides as LibreOffice draws them."""

import shutil
import subprocess
from pathlib import Path

import pytest
from pypdf import PdfReader

from glm_playground.reports.report import Paper
from glm_playground.reports.slides import to_pptx
from glm_playground.reports.word import to_docx
from tests.report_lanes import QUESTIONS, realistic_lanes
from tests.unit.reports.test_report_formats import HOSTILE, everywhere, report_of

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        shutil.which("soffice") is None,
        reason="no LibreOffice: apt-get install --no-install-recommends libreoffice-writer libreoffice-impress",
    ),
]


def drawn(folder: Path, name: str, data: bytes) -> PdfReader:
    """The file as LibreOffice prints it; its pictures can be looked at in `folder`."""
    file = folder / name
    file.write_bytes(data)
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(folder), str(file)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return PdfReader(file.with_suffix(".pdf"))


def texts(pages: PdfReader) -> list[str]:
    return [" ".join(page.extract_text().split()) for page in pages.pages]


@pytest.mark.parametrize(("paper", "size"), [(Paper.A4, (595, 842)), (Paper.LETTER, (612, 792))])
def test_a_document_keeps_each_question_with_its_first_answer(
    tmp_path: Path, paper: Paper, size: tuple[int, int]
) -> None:
    printed = drawn(tmp_path, "report.docx", to_docx(report_of(*realistic_lanes(), paper=paper)))
    assert (round(printed.pages[0].mediabox.width), round(printed.pages[0].mediabox.height)) == size
    pages = texts(printed)
    assert "Which GLM?" in pages[0]
    assert "Results" in pages[1]
    assert f"1 / {len(pages)}" in pages[0]
    for number, question in enumerate(QUESTIONS, start=1):
        [page] = [text for text in pages if f"Question {number}:" in text]
        assert question.split("\n")[0] in page
        assert "1: glm-5.1. Answer 1 of 3" in page.partition(f"Question {number}:")[2]


def test_slides_open_with_a_title_each_and_their_charts(tmp_path: Path) -> None:
    pages = texts(drawn(tmp_path, "report.pptx", to_pptx(report_of(*realistic_lanes()))))
    assert pages[0].startswith("Which GLM?")
    assert any("Time to the first token" in page and "1: glm-5.1 (455 ms, n 9)" in page for page in pages)
    assert any("Question 2:" in page and "whole in the report" in page for page in pages)


def test_what_is_hostile_opens_too_and_nothing_of_it_is_run(tmp_path: Path) -> None:
    report = everywhere(HOSTILE)
    for name, data in (("hostile.docx", to_docx(report)), ("hostile.pptx", to_pptx(report))):
        assert "alert(1)" in " ".join(texts(drawn(tmp_path, name, data)))

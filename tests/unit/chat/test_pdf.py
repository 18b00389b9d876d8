"""Text from PDF files: page by page, or a sentence's worth of why not; whatever they hold, at a bounded cost."""

import base64
import os
from collections.abc import Callable, Iterator
from time import monotonic

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glm_playground import bounds
from glm_playground.chat.pdf import PdfFault, PdfProblem, PdfText, is_pdf, pdf_text
from glm_playground.chat.pdf_process import answer, read_pdf
from glm_playground.chat.process_pool import ProcessPool
from tests import pdfs

# Longer than any start of a process on a busy machine.
PATIENCE_S = 30.0


@pytest.fixture
def quick() -> Iterator[ProcessPool]:
    """Processes whose deadline comes soon."""
    pool = ProcessPool("glm_playground.chat.pdf_process", deadline_s=1.0, processes=1, waiting=2, reused=False)
    yield pool
    pool.close()


def test_the_text_is_read_page_by_page() -> None:
    data = pdfs.pages(["Hello (all)", "", "Third"])
    assert is_pdf(data)
    assert is_pdf(b"\r\n" + data)
    assert not is_pdf(b"how a %PDF- begins")
    assert pdf_text(data) == PdfText(
        "[page 1 of 3]\nHello (all)\n\n[page 2 of 3]\n\n\n[page 3 of 3]\nThird\n", pages=3, blank=1
    )


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (pdfs.encrypted(pdfs.pages(["secret"]), "word"), PdfProblem(PdfFault.ENCRYPTED)),
        (pdfs.pages(["", ""]), PdfProblem(PdfFault.NO_TEXT, 2)),
        (pdfs.many_pages(10_000), PdfProblem(PdfFault.TOO_LONG, 10_000)),
        (b"%PDF-1.7\nnothing more", PdfProblem(PdfFault.BROKEN)),
        (b"%PDF-1.7\n%%EOF", PdfProblem(PdfFault.BROKEN)),
        (pdfs.pages(["a"])[:300], PdfProblem(PdfFault.BROKEN)),
    ],
    ids=["encrypted", "images", "10,000 pages", "no objects", "an end only", "cut"],
)
def test_what_cannot_be_read_says_why(data: bytes, problem: PdfProblem) -> None:
    assert pdf_text(data) == problem


def test_one_that_only_forbids_changes_is_read() -> None:
    assert pdf_text(pdfs.encrypted(pdfs.pages(["open"]), "")) == PdfText("[page 1 of 1]\nopen\n", 1, 0)


def test_one_without_its_table_is_read_all_the_same() -> None:
    whole, _start, _end = pdfs.pages(["still here"]).rpartition(b"startxref")
    found = pdf_text(whole.replace(b" 00000 n ", b" 00001 n ") + b"startxref\n7\n%%EOF\n")
    assert isinstance(found, PdfText)
    assert "still here" in found.text


HOSTILE = {
    "a bomb of 2 GB": lambda: pdfs.bomb(2 * 1024**3),
    "a tree in a circle": lambda: pdfs.RECURSIVE_TREE,
    "an object in itself": lambda: pdfs.RECURSIVE_OBJECT,
    "a form in itself": lambda: pdfs.RECURSIVE_FORM,
    "arrays in each other": lambda: pdfs.NESTED_ARRAYS,
    "52 MB of operators": pdfs.many_operators,
}


@pytest.mark.parametrize("made", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_file_is_ended_at_the_deadline(quick: ProcessPool, made: Callable[[], bytes]) -> None:
    data = made()
    assert len(data) < bounds.PDF_BYTES
    begun = monotonic()
    found = pdf_text(data, quick)
    assert monotonic() - begun < PATIENCE_S
    assert isinstance(found, PdfProblem)
    assert found.fault in {PdfFault.BROKEN, PdfFault.COSTLY, PdfFault.NO_TEXT, PdfFault.TOO_LONG}
    # The next one is read, since its process is another.
    small = ProcessPool("glm_playground.chat.pdf_process", deadline_s=PATIENCE_S, processes=1, waiting=2, reused=False)
    assert isinstance(pdf_text(pdfs.pages(["next"]), small), PdfText)


def test_no_process_is_left_behind(quick: ProcessPool) -> None:
    pdf_text(pdfs.pages(["a"]), quick)
    # It was waited for when it ended, so it is no child any more.
    children = [child for child in os.listdir("/proc") if child.isdigit() and _is_reader(child)]
    assert children == []


def _is_reader(process: str) -> bool:
    try:
        with open(f"/proc/{process}/stat") as stat, open(f"/proc/{process}/cmdline", "rb") as command:
            parent = int(stat.read().rpartition(")")[2].split()[1])
            return parent == os.getpid() and b"pdf_process" in command.read()
    except OSError:
        return False


def test_a_text_that_no_attachment_may_have_is_too_long() -> None:
    assert read_pdf(pdfs.pages(["a" * 100] * 3), 10, 250) == {"fault": "too_long", "pages": 3}


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 700))
def test_any_damage_ends_as_broken(junk: bytes, place: int) -> None:
    whole = pdfs.pages(["text", "more"])
    damaged = whole[:place] + junk + whole[place + len(junk) :]
    reply = answer({"pdf": base64.b64encode(damaged).decode(), "pages": 10, "bytes": 1000})
    assert set(reply) <= {"text", "pages", "blank", "fault"}

"""The text of PDF files, each read by a process of its own that is ended at a deadline."""

import atexit
import base64
import json
from enum import StrEnum
from typing import NamedTuple

from glm_playground import bounds
from glm_playground.chat.process_pool import ProcessPool, Unanswered
from glm_playground.gateway.wire import clean_text

_SIGN = b"%PDF-"


class PdfFault(StrEnum):
    """Why no text is read from a PDF."""

    ENCRYPTED = "encrypted"
    """It needs a password, or is encrypted in a way that is not read here."""
    TOO_LONG = "too_long"
    """More than `bounds.PDF_PAGES`, or more text than an attachment may have."""
    NO_TEXT = "no_text"
    """Its pages are images."""
    BROKEN = "broken"
    COSTLY = "costly"
    """It takes more time or memory than a file may."""
    BUSY = "busy"
    """Too many others are read at once."""


class PdfText(NamedTuple):
    """What was read."""

    text: str
    """With a line such as `[page 1 of 12]` before each page."""
    pages: int
    blank: int
    """Pages without text, such as those that are an image."""


class PdfProblem(NamedTuple):
    """Why nothing was read."""

    fault: PdfFault
    pages: int = 0
    """As far as they could be counted."""


pdf_processes = ProcessPool(
    "glm_playground.chat.pdf_process",
    deadline_s=bounds.PDF_S,
    processes=bounds.PDF_PROCESSES,
    waiting=bounds.PDFS_WAITING,
    reused=False,
)
"""This process's own. None is used twice: what one file leaves behind is no other's."""
atexit.register(pdf_processes.close)


def is_pdf(data: bytes) -> bool:
    """Whether a file says that it is a PDF."""
    return data[:1024].lstrip().startswith(_SIGN)


def pdf_text(data: bytes, processes: ProcessPool = pdf_processes) -> PdfText | PdfProblem:
    """The text of a PDF of at most `bounds.PDF_BYTES`, or why there is none; waits for the process that reads it."""
    limits = {"pages": bounds.PDF_PAGES, "bytes": bounds.ATTACHMENT_BYTES}
    reply = processes.ask(json.dumps({"pdf": base64.b64encode(data).decode(), **limits}).encode())
    if isinstance(reply, Unanswered):
        return PdfProblem(PdfFault(reply.value))
    if "fault" in reply:
        return PdfProblem(PdfFault(reply["fault"]), reply.get("pages", 0))
    return PdfText(clean_text(reply["text"]).replace("\0", ""), reply["pages"], reply["blank"])

"""The process that reads the text of one PDF; `chat.pdf` starts it, asks it and ends it.

    python -m glm_playground.chat.pdf_process DEADLINE_SECONDS

A job is `{"pdf": base64, "pages": most, "bytes": most}`. A PDF may unpack to gigabytes, refer to itself or have
a page for every byte. Nothing here bounds that but the limits of `bounded_process`.
"""

import base64
import logging
import sys
from io import BytesIO
from typing import Any

from pypdf import PdfReader
from pypdf.errors import DependencyError, FileNotDecryptedError
from pypdf.generic import DictionaryObject

from glm_playground import bounds
from glm_playground.chat.bounded_process import serve


def read_pdf(data: bytes, most_pages: int, most_bytes: int) -> dict[str, Any]:
    """The text of a PDF with a mark before each page, or its fault: encrypted, too_long, no_text, broken.

    Returns:
        `text`, `pages` and `blank` (pages without text), or `fault`, with `pages` where they could be counted.
    """
    reader = PdfReader(BytesIO(data), strict=False)
    # One that only forbids to change or print it opens without a password.
    if reader.is_encrypted and not _opens(reader):
        return {"fault": "encrypted"}
    # What it says first, since to count ten thousand takes seconds.
    tree = reader.root_object["/Pages"].get_object()
    said = tree.get("/Count") if isinstance(tree, DictionaryObject) else None
    if isinstance(said, int) and said > most_pages:
        return {"fault": "too_long", "pages": int(said)}
    count = len(reader.pages)
    if count > most_pages:
        return {"fault": "too_long", "pages": count}
    texts, size, blank = [], 0, 0
    for number, page in enumerate(reader.pages, 1):
        text = page.extract_text().strip()
        blank += not text
        texts.append(f"[page {number} of {count}]\n{text}\n")
        size += len(text.encode("utf-8", "replace"))
        if size > most_bytes:
            return {"fault": "too_long", "pages": count}
    if blank == count:
        return {"fault": "no_text", "pages": count}
    return {"text": "\n".join(texts), "pages": count, "blank": blank}


def _opens(reader: PdfReader) -> bool:
    try:
        return bool(reader.decrypt(""))
    except (DependencyError, FileNotDecryptedError):
        return False


def answer(job: Any) -> dict[str, Any]:
    """The reply to a job."""
    try:
        return read_pdf(base64.b64decode(job["pdf"]), job["pages"], job["bytes"])
    except (MemoryError, RecursionError):
        raise
    except FileNotDecryptedError:
        return {"fault": "encrypted"}
    except Exception:  # noqa: BLE001 - of a broken file the library raises anything
        return {"fault": "broken"}


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    serve(answer, deadline_s=float(sys.argv[1]), memory=bounds.PDF_MEMORY_BYTES)

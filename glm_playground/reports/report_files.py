"""A report as a file of each kind; what writes a kind is imported once such a file is wanted."""

from collections.abc import Callable

from glm_playground.reports.report import Report
from glm_playground.reports.transcript_words import Words


def _html(report: Report, words: Words) -> bytes:
    from glm_playground.reports.report_html import to_html  # noqa: PLC0415

    return to_html(report, words).encode()


def _markdown(report: Report, words: Words) -> bytes:
    from glm_playground.reports.report_markdown import to_markdown  # noqa: PLC0415

    return to_markdown(report).encode()


def _docx(report: Report, words: Words) -> bytes:
    # What writes office files takes a second to load.
    from glm_playground.reports.word import to_docx  # noqa: PLC0415

    return to_docx(report)


def _pptx(report: Report, words: Words) -> bytes:
    from glm_playground.reports.slides import to_pptx  # noqa: PLC0415

    return to_pptx(report)


REPORT_WRITERS: dict[str, Callable[[Report, Words], bytes]] = {
    "html": _html,
    "markdown": _markdown,
    "docx": _docx,
    "pptx": _pptx,
}
"""By what a file is asked for as; the words write the numbers of charts."""

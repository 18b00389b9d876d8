"""Whole HTML pages and SVG drawings in an answer, which can be shown as such beside their source."""

import re

from markdown_it import MarkdownIt

from glm_playground import bounds

# A byte order mark, comments, an XML declaration and a document type may stand before the first element.
_BEGINNING = re.compile(
    r"\A\ufeff?(?:\s|<!--(?:[^-]|-(?!->)){0,5000}-->|<\?xml[^>]{0,500}\?>|<!doctype\s[^>\[]{0,500}>){0,20}?"
    r"(?:<!doctype\s+html\b|<html[\s>]|<svg[\s>])",
    re.IGNORECASE,
)
_END = re.compile(r"</(?:html|svg)\s*>\s*\Z", re.IGNORECASE)
_MAY_HOLD_ONE = re.compile(r"<!doctype\s+html\b|<html[\s>]|<svg[\s>]", re.IGNORECASE)
_SCRIPT = re.compile(r"<script[\s>/]|[\s\"'/]on[a-z]{3,40}\s{0,20}=|javascript:", re.IGNORECASE)
_blocks = MarkdownIt("commonmark").disable("inline")


def whole_pages(text: str) -> tuple[str, ...]:
    """The pages and drawings in `text`: the content of a fence that is one, or the text where it is itself one.

    At most `bounds.MODEL_PAGES`, in order; larger ones than `bounds.MODEL_PAGE_BYTES` are left out, and one without an
    end, which was cut or is still being written, is none.
    """
    if len(text) > bounds.DRAWN_CHARACTERS or not _MAY_HOLD_ONE.search(text):
        return ()
    if _is_whole(text):
        return (text,)
    fences = [token.content for token in _blocks.parse(text) if token.type == "fence"]
    return tuple(content for content in fences if _is_whole(content))[: bounds.MODEL_PAGES]


def has_scripts(page: str) -> bool:
    """Whether a page asks for scripts; it may do more with them than without."""
    return bool(_SCRIPT.search(page))


def _is_whole(text: str) -> bool:
    return (
        len(text.encode("utf-8", "replace")) <= bounds.MODEL_PAGE_BYTES
        and bool(_BEGINNING.match(text))
        and bool(_END.search(text[-200:]))
    )

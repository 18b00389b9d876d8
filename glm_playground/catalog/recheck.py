"""Compares a saved page of a source with the values that cite it, and tells what is no longer found there.

A claim's quoted words are looked for as they are; without them, its value in the spellings that pages use, and each
entry of a list by its words. What was inferred stands on no page and is left out; so is, without quoted words, a yes or
no and what this project describes in its own words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any, NamedTuple

from glm_playground.catalog.catalog import Catalog
from glm_playground.catalog.citations import Citation, citations

_HTML = re.compile(r"<(?:!doctype|html|body|div|p|table)\b", re.IGNORECASE)
_MARKUP = re.compile(r"[\\*`|_]")
_SPACE = re.compile(r"\s+")


class Recheck(NamedTuple):
    """What a page says of the values that cite its source."""

    found: tuple[Citation, ...]
    missing: tuple[Citation, ...]
    unchecked: tuple[Citation, ...]
    """Without words that could be looked for."""


def recheck(catalog: Catalog, source: str, page: str) -> Recheck:
    """Looks for every value that cites `source` in the text of its page: HTML, Markdown or plain text."""
    text = _plain(page)
    found, missing, unchecked = [], [], []
    for citation in citations(catalog):
        if citation.source != source:
            continue
        wanted = list(_wanted(citation))
        if not wanted:
            unchecked.append(citation)
        elif all(any(_stands_in(spelling, text) for spelling in spellings) for spellings in wanted):
            found.append(citation)
        else:
            missing.append(citation)
    return Recheck(tuple(found), tuple(missing), tuple(unchecked))


def _wanted(citation: Citation) -> Iterator[tuple[str, ...]]:
    """The spellings of each thing to look for."""
    if citation.quote:
        yield (_normal(citation.quote),)
    elif citation.kind == "inferred" or citation.described or isinstance(citation.value, bool):
        return
    elif isinstance(citation.value, tuple):
        for entry in citation.value:
            yield from ((word,) for word in _normal(entry).replace(": ", " ").split())
    else:
        spellings = tuple(_spellings(citation.value))
        letter = {"B": "B", "T tokens": "T"}.get(citation.unit or "")
        # Z.ai writes the active size behind the total: 744B-A40B.
        with_unit = tuple(f"{before}{spelling}{letter}" for spelling in spellings if letter for before in ("", "A"))
        yield tuple(map(_normal, (*spellings, *with_unit)))


def _spellings(value: Any) -> Iterator[str]:
    if isinstance(value, date):
        yield value.isoformat()
        yield f"{value:%B} {value.day}, {value.year}"
        yield f"{value.day} {value:%B} {value.year}"
        yield f"{value:%b} {value.day}, {value.year}"
    elif isinstance(value, Decimal):
        yield str(value)
        plain = f"{value.normalize():f}"
        yield plain
        yield f"{value:,}"
        if value == 0:
            yield "free"
    elif isinstance(value, int):
        yield str(value)
        yield f"{value:,}"
        yield f"{value:_}"
        for size, letter in ((1000, "K"), (1024, "K"), (1_000_000, "M"), (1024 * 1024, "M")):
            if value >= size and value % size == 0:
                yield f"{value // size}{letter}"
    else:
        yield str(value)


def _stands_in(spelling: str, text: str) -> bool:
    """Whether the text holds it, not as a part of a longer number or word."""
    edges = (r"(?<![\w.,])" if spelling[:1].isalnum() else "", r"(?![\w]|[.,]\d)" if spelling[-1:].isalnum() else "")
    return re.search(edges[0] + re.escape(spelling) + edges[1], text) is not None


def _plain(page: str) -> str:
    if _HTML.search(page):
        reader = _Text()
        reader.feed(page)
        reader.close()
        # The quoted words of an attribute are looked for too.
        page = " ".join(reader.pieces) + " " + page
    return _normal(page)


def _normal(text: str) -> str:
    """Without markup, case and the width of spaces, so that a line break is no difference."""
    return _SPACE.sub(" ", _MARKUP.sub("", text)).strip().casefold()


class _Text(HTMLParser):
    """The text between the tags of a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []

    def handle_data(self, data: str) -> None:
        self.pieces.append(data)

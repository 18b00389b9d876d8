"""A decision as a document: what was asked, the shortlist with its reasons, what is not known, and the sources.

All of it is text in the reader's language; a number in brackets names a source of the list at the end.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from glm_playground.reports.sections import Table
from glm_playground.reports.transcript import TEMPLATES

_SIGNS = re.compile(r"([\\`*_{}\[\]<>|~#$])")


class Reason(NamedTuple):
    """A sentence, and the numbers of the sources behind it."""

    text: str
    sources: tuple[int, ...] = ()


class Entry(NamedTuple):
    """A model with what is said of it."""

    name: str
    reasons: tuple[Reason, ...]


class Group(NamedTuple):
    """Models under a heading."""

    title: str
    entries: tuple[Entry, ...]


class SourceLine(NamedTuple):
    """A source in the list."""

    text: str
    url: str | None


@dataclass(frozen=True)
class Decision:
    """Everything that the document says."""

    title: str
    made_at: datetime
    """UTC."""
    asked: Sequence[tuple[str, str]]
    """What was asked: a label and its value."""
    places: Table | None
    """None where no model got a place."""
    groups: Sequence[Group]
    method_title: str
    method: Sequence[str]
    sources_title: str
    sources: Sequence[SourceLine]
    """In the order of their numbers, from 1."""
    address: str = ""
    """Of the page that asks the same."""


def to_markdown(decision: Decision) -> str:
    """The document in GitHub's Markdown."""
    return TEMPLATES.get_template("decision.md.jinja").render(decision=decision, made_at=_utc(decision.made_at))


def to_html(decision: Decision, *, language: str) -> str:
    """The document as one page that needs nothing else."""
    template = TEMPLATES.get_template("decision.html.jinja")
    return template.render(decision=decision, made_at=_utc(decision.made_at), language=language)


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _escaped(text: str) -> str:
    """`text` with what Markdown reads as its own signs escaped, on one line."""
    return _SIGNS.sub(r"\\\1", " ".join(text.split()))


TEMPLATES.filters["escaped"] = _escaped

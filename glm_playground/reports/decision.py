"""A decision as a value: what was asked, the shortlist with its reasons, what is not known, and the sources.

All of it is text in the reader's language; a number names a source of the list at the end (`decision_report`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from glm_playground.reports.sections import Table


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

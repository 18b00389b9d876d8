"""A report as a plain value: a cover, and sections whose parts every format draws in its own way.

Whoever has something to report (a conversation, a decision, an evaluation) makes a `Report`; `report_html`,
`report_markdown`, `word` and `slides` draw it and know nothing of where it came from. All text in it is in the reader's
language. What users and models wrote stands in `Passage` only, or is a value within a line.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Literal, NamedTuple

from glm_playground.reports.charts import BarChart, DotChart
from glm_playground.reports.sections import Table
from glm_playground.runs.run import Server


class Paper(StrEnum):
    """What a report is printed on."""

    A4 = "A4"
    LETTER = "Letter"


@dataclass(frozen=True)
class Cover:
    """What the user says of the report; only the title is needed."""

    title: str
    day: date
    author: str = ""
    purpose: str = ""
    conclusion: str = ""


class Labels(NamedTuple):
    """Words that stand on every report."""

    author: str
    day: str
    purpose: str
    conclusion: str
    whole_in_report: str
    """Behind what a slide cuts."""
    more_in_report: str
    """In place of what no slide shows; with `{count}`."""
    continued: str
    """Behind the title of a slide that continues the one before; with `{title}`."""


class Paragraph(NamedTuple):
    """Sentences; `mark` is that of a notice (`sections.STAND_IN`, `ESTIMATE`, `FAILURE`), else empty."""

    text: str
    mark: str = ""


class Subheading(NamedTuple):
    """A heading within a section."""

    text: str


class Bullet(NamedTuple):
    """A sentence, and the numbers of the sources behind it."""

    text: str
    sources: tuple[int, ...] = ()

    @property
    def line(self) -> str:
        """The sentence with its numbers in brackets."""
        return " ".join([self.text, *(f"[{number}]" for number in self.sources)])


class Bullets(NamedTuple):
    """A list of sentences."""

    items: tuple[Bullet, ...]


class Terms(NamedTuple):
    """Names with what they are."""

    entries: tuple[tuple[str, str], ...]


class Sources(NamedTuple):
    """Numbered sources; the numbers in brackets elsewhere count from 1."""

    lines: tuple[tuple[str, str | None], ...]
    """What it is, and its address."""


class Passage(NamedTuple):
    """What a user or a model wrote, under its label."""

    label: str
    text: str
    kind: Literal["markdown", "text"] = "text"
    cut: str = ""
    """Says that and how it is cut; empty where it is whole."""
    failed: bool = False


class ShownAnswer(NamedTuple):
    """An answer of one lane."""

    name: str
    passages: tuple[Passage, ...]
    notices: tuple[Paragraph, ...] = ()
    figures: str = ""
    """A line of figures; empty without a run."""


class Question(NamedTuple):
    """A prompt with the answers to it, which stay together on paper."""

    title: str
    prompt: tuple[Passage, ...]
    note: str
    """What must be known with the prompt; empty where nothing must."""
    answers: tuple[ShownAnswer, ...]
    figures: Table | None = None
    """A row a lane with n, median and spread, where some lane answered more than once."""


Part = Paragraph | Subheading | Bullets | Terms | Sources | Passage | Table | BarChart | DotChart | Question


@dataclass(frozen=True)
class Section:
    """Parts under a heading."""

    title: str
    parts: Sequence[Part]
    slides: bool = True
    """Whether slides show it; the methods of a report, for one, are only in the report."""


@dataclass(frozen=True)
class Report:
    """Everything that a report says."""

    cover: Cover
    sections: Sequence[Section]
    labels: Labels
    language: str
    """Such as "en" or "pt-BR"."""
    day_text: str
    """The cover's day in the reader's language."""
    written_at: datetime
    """UTC."""
    paper: Paper = Paper.A4
    address: str = ""
    """Of the page that asks the same, where there is one."""
    runs: Sequence[str] = ()
    """Ids of the runs whose answers it shows."""
    servers: Sequence[Server] = ()
    """Who was asked for them."""

    @property
    def head(self) -> tuple[tuple[str, str], ...]:
        """Author, date and purpose with their labels, without those that were not given."""
        labels, cover = self.labels, self.cover
        given = ((labels.author, cover.author), (labels.day, self.day_text), (labels.purpose, cover.purpose))
        return tuple((label, text) for label, text in given if text.strip())

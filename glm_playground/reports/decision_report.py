"""A decision record as a report."""

from datetime import datetime

from glm_playground.reports.decision import Decision
from glm_playground.reports.report import (
    Bullet,
    Bullets,
    Cover,
    Paper,
    Paragraph,
    Part,
    Report,
    Section,
    Sources,
    Subheading,
    Terms,
)
from glm_playground.reports.report_words import ReportWords


def decision_report(
    decision: Decision,
    cover: Cover,
    words: ReportWords,
    *,
    language: str,
    day_text: str,
    written_at: datetime,
    paper: Paper = Paper.A4,
) -> Report:
    """The report of a shortlist; `language` is such as "pt_BR", and `words` and `day_text` are in it."""
    places: tuple[Part, ...] = (decision.places,) if decision.places else ()
    sections = [
        Section(words.asked, (Terms(tuple(decision.asked)), *places)),
        *(
            Section(
                group.title,
                tuple(
                    part
                    for entry in group.entries
                    for part in (Subheading(entry.name), Bullets(tuple(Bullet(*reason) for reason in entry.reasons)))
                ),
            )
            for group in decision.groups
        ),
        Section(decision.method_title, tuple(map(Paragraph, decision.method)), slides=False),
        Section(decision.sources_title, (Sources(tuple((one.text, one.url) for one in decision.sources)),)),
    ]
    return Report(
        cover,
        tuple(sections),
        words.labels,
        language.replace("_", "-"),
        day_text,
        written_at,
        paper,
        address=decision.address,
    )

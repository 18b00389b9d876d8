"""Numbers for the sources of a document, in the order that they are cited in."""

from collections.abc import Iterable, Mapping

from glm_playground.catalog import AnyFact, Source
from glm_playground.reports.decision import SourceLine
from glm_playground.ui.shared.facts.fact_view import publisher_name
from glm_playground.ui.shared.i18n import _, day


class Cited:
    """Gives each source that is cited the next number, from 1."""

    def __init__(self, sources: Mapping[str, Source]) -> None:
        self._sources = sources
        self._cited: dict[str, tuple[int, AnyFact]] = {}

    def numbers(self, facts: Iterable[AnyFact]) -> tuple[int, ...]:
        """The numbers of the sources behind facts, each once; an unknown has none."""
        numbers = (self._number(fact.source, fact) for fact in facts if fact.source)
        return tuple(dict.fromkeys(numbers))

    def lines(self) -> list[SourceLine]:
        """The sources in the order of their numbers."""
        return [self._line(source, fact) for source, (_number, fact) in self._cited.items()]

    def _number(self, source: str, fact: AnyFact) -> int:
        return self._cited.setdefault(source, (len(self._cited) + 1, fact))[0]

    def _line(self, source_id: str, fact: AnyFact) -> SourceLine:
        source = self._sources.get(source_id)
        parts = [publisher_name(source) if source else source_id]
        if fact.read:
            parts.append(_("read on {date}").format(date=day(fact.read)))
        if as_of := fact.as_of or (source.as_of if source else None):
            parts.append(_("the document is of {date}").format(date=as_of))
        return SourceLine("; ".join(parts), source.url if source else None)

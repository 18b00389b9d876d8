"""Every source has a date of reading, a date and a licence or why not, and somebody who cites it."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from glm_playground.catalog import load_catalog
from glm_playground.catalog.__main__ import main
from glm_playground.catalog.citations import citations, unused_sources
from glm_playground.catalog.loader import DATA

CATALOG = load_catalog()


@pytest.mark.parametrize("source", list(CATALOG.sources))
def test_a_source_says_when_and_under_what(source: str) -> None:
    entry = CATALOG.sources[source]
    assert entry.read
    assert (entry.as_of is None) == (entry.as_of_unknown is not None)
    assert (entry.licence is None) == (entry.licence_unknown is not None)


def test_every_source_is_cited() -> None:
    assert unused_sources(CATALOG) == ()


def test_every_citation_names_a_known_source() -> None:
    assert {citation.source for citation in citations(CATALOG)} == set(CATALOG.sources)


def test_an_unused_source_is_a_problem(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    fewer = replace(
        CATALOG, discrepancies=tuple(entry for entry in CATALOG.discrepancies if entry.topic != "poisoned data")
    )
    assert unused_sources(fewer) == ("tarpit",)
    monkeypatch.setattr("glm_playground.catalog.__main__.load_catalog", lambda: fewer)
    assert main(["check"]) == 1
    assert "tarpit: a source that nothing cites" in capsys.readouterr().out


# -- what is written for those who edit the files has no place on a page

_FOR_EDITORS = re.compile(
    r"\b(show '|show \"|never derive|do not claim|omit the parameter|read from read at|see \w+\.toml|listed only to)"
    r"|^(use|mark|quote|state|gate|send|accept) ",
    re.IGNORECASE,
)


def _texts_of_pages() -> Iterator[str]:
    for card in CATALOG.cards:
        for _key, fact in card.all_facts():
            yield from (text for text in (fact.why, *(claim.note for claim in fact.claims)) if text)
        for parameter in card.parameters:
            yield parameter.note or ""
    for entry in CATALOG.discrepancies:
        yield entry.reading
    for source in CATALOG.sources.values():
        yield f"read from {source.read_from}"
        yield source.note or ""


def test_no_note_for_editors_is_on_a_page() -> None:
    assert [text for text in _texts_of_pages() if _FOR_EDITORS.search(text)] == []


def test_scores_have_units_and_conditions_in_their_files() -> None:
    for card in CATALOG.cards:
        for score in (*card.scores, *(own for table in card.gateways for own in table.scores)):
            assert score.unit, f"{card.id} {score.benchmark}"
    assert not [path for path in Path(DATA / "models").glob("*.toml") if "#:schema" not in path.read_text()]

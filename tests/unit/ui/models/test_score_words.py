"""Scores in the reader's language: numbers by locale, conditions in words, names as they are."""

from collections.abc import Iterator

import pytest

from glm_playground.catalog import load_catalog
from glm_playground.ui.models.scores import scores_of, scores_table
from glm_playground.ui.shared.i18n import speaking

CATALOG = load_catalog()


@pytest.fixture(params=["en", "pt_BR"])
def table(request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    with speaking(request.param):
        yield request.param, scores_table(scores_of(CATALOG["glm-5.1"]), CATALOG.sources)


def test_a_score_is_written_as_the_language_writes_numbers(table: tuple[str, str]) -> None:
    language, text = table
    score, money = {"en": ("95.3%", "5,634.41"), "pt_BR": ("95,3%", "5.634,41")}[language]
    assert f"| {score} |" in text
    assert money in text
    assert text.count("58.4%" if language == "en" else "58,4%") == 2

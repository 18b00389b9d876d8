"""The examples of docs/facts.md are what the check takes."""

import re
from functools import partial
from pathlib import Path

import pytest
import tomli

from glm_playground.catalog import load_catalog
from glm_playground.catalog.files import read_card, read_sources
from glm_playground.catalog.loader import DATA
from glm_playground.catalog.shorthand import SCORE_UNITS, SETTINGS, FactReader

PAGE = (Path(__file__).parents[3] / "docs" / "facts.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)


def test_the_examples_are_read_without_a_problem() -> None:
    value, scores, source, model = map(tomli.loads, EXAMPLES)
    reading = FactReader({})
    sources = {**load_catalog().sources, **read_sources(source, reading)}
    assert reading.problems == []
    reading = FactReader(sources)
    new = partial(read_card, stem="glm-new")(model, reading)
    read_card({"id": "glm-x", "name": "X", "facts": value, **scores}, reading, "glm-x")
    assert reading.problems == []
    assert new.price("zai").known
    assert new.facts.context_tokens.value == 200_000


def test_the_first_example_is_what_the_file_says() -> None:
    text = (DATA / "models" / "glm-5-turbo.toml").read_text(encoding="utf-8")
    shown = EXAMPLES[0].split("release.why")[0]
    assert shown in text


@pytest.mark.parametrize("word", [*SCORE_UNITS, *SETTINGS, *(path.name for path in DATA.glob("*.toml"))])
def test_each_unit_setting_and_file_is_named(word: str) -> None:
    assert f"`{word}`" in PAGE

"""The skill folder of each model is valid by the Agent Skills specification and holds what is known, no more."""

import io
import json
import re
import zipfile
from pathlib import Path

import pytest
import skills_ref

from glm_playground.catalog import ModelCard, load_catalog
from glm_playground.ui.models.skill import skill_name, skill_of

CATALOG = load_catalog()
FIELDS = {"name", "description", "license", "compatibility", "metadata", "allowed-tools"}


def front_matter(text: str) -> dict[str, str]:
    """The fields of the front matter; YAML as far as these files use it: a plain name, JSON strings, one mapping."""
    assert text.startswith("---\n")
    lines = text.split("---\n")[1].splitlines()
    found = {}
    for line in lines:
        name, _, value = line.partition(":")
        value = value.strip()
        if name != "name" and value:
            value = json.loads(value)
            assert isinstance(value, str)
        if line.startswith("  "):
            assert re.fullmatch(r"  [a-z-]+", name)
        else:
            found[name] = value
    return found


@pytest.mark.parametrize("card", CATALOG.cards, ids=lambda card: card.id)
def test_the_folder_is_valid(card: ModelCard, tmp_path: Path) -> None:
    skill = skill_of(card, CATALOG)
    with zipfile.ZipFile(io.BytesIO(skill.archive())) as archive:
        assert archive.namelist() == [f"{skill.name}/SKILL.md"]
        text = archive.read(f"{skill.name}/SKILL.md").decode()
        archive.extractall(tmp_path)
    assert skills_ref.validate(tmp_path / skill.name) == []
    assert text == skill.text
    fields = front_matter(text)
    assert fields.keys() <= FIELDS
    assert fields["name"] == skill.name
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", skill.name)
    assert len(skill.name) <= 64
    assert 1 <= len(fields["description"]) <= 1024
    assert 1 <= len(fields["compatibility"]) <= 500
    assert len(text.splitlines()) < 500
    assert card.id in fields["description"]


def test_the_archive_is_the_same_every_time() -> None:
    skill = skill_of(CATALOG["glm-5.1"], CATALOG)
    assert skill.archive() == skill.archive()


def test_what_nobody_published_stays_unknown() -> None:
    text = skill_of(CATALOG["glm-5.1"], CATALOG).text
    assert "| RunAPI price, input | unknown |" in text
    assert "| Context | 200,000 tokens | https://runapi.ai/nl/models/glm | 2026-11-23 |" in text


def test_names_are_valid_whatever_the_id() -> None:
    assert skill_name("glm-5.1") == "runapi-glm-5-1"
    assert skill_name("GLM 5.1 (beta)!") == "runapi-glm-5-1-beta"
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", skill_name("x" * 80 + ".y"))
    assert len(skill_name("é." * 80 + "z" * 80)) <= 64

"""The schemas that editors complete the data files by are those of the types, and hold for every file."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import tomli
from jsonschema import Draft7Validator

from glm_playground.catalog.loader import DATA
from glm_playground.catalog.schema import FOLDER, texts

FILES = sorted(DATA.rglob("*.toml"))


def named_schema(path: Path) -> Path:
    first = path.read_text(encoding="utf-8").partition("\n")[0]
    assert first.startswith("#:schema ")
    return (path.parent / first.removeprefix("#:schema ")).resolve()


def content(text: str) -> Any:
    """A TOML text as an editor checks it: a date is a text."""
    return json.loads(json.dumps(tomli.loads(text), default=date.isoformat))


def errors(path: Path, text: str) -> list[str]:
    schema = json.loads(named_schema(path).read_text(encoding="utf-8"))
    return [error.message for error in Draft7Validator(schema).iter_errors(content(text))]


def test_the_stored_schemas_are_those_of_the_types() -> None:
    stored = {path: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")}
    assert stored == texts(), "run python -m glm_playground.catalog schema"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_file_follows_its_schema(path: Path) -> None:
    assert named_schema(path).parent == FOLDER
    assert errors(path, path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("models/glm-5.1.toml", "license = {", "licence = {"),
        ("models/glm-5.1.toml", "context_tokens.value = 200000", 'context_tokens.value = "200K"'),
        ("models/glm-5.1.toml", 'input = "1.40"', "input = 1.4"),
        ("models/glm-5.1.toml", '["SWE-bench Pro", "58.4", "%", "not stated"]', '["SWE-bench Pro", "58.4"]'),
        ("models/glm-5.1.toml", '"58.4", "%", "not stated"]', '"58.4", "EUR", "not stated"]'),
        ("models/glm-5.1.toml", 'id = "glm-5.1"\n', ""),
        ("sources.toml", "read = 2026-11-23\n", ""),
        ("sources.toml", 'kind = "vendor"', 'kind = "rumour"'),
        ("discrepancies.toml", "reading = ", "why = "),
        ("gateways.toml", "base_url", "base_uri"),
        ("parameters.toml", 'type = "float"', 'type = "number"'),
        ("variants.toml", 'input = "2.20"', "input = 2.2"),
        ("tokenizers.toml", "models = [", "model = ["),
    ],
)
def test_an_editor_marks_what_the_check_refuses(file: str, old: str, new: str) -> None:
    path = DATA / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    assert errors(path, text.replace(old, new, 1))

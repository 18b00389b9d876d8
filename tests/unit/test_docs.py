"""The guides name files that exist."""

import re
from pathlib import Path

import pytest

from glm_playground.ui.server.models_api import PATHS

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    "guide", ["docs/architecture.md", "docs/operation.md", "CONTRIBUTING.md", "README.md", "docs/api.md"]
)
def test_every_file_that_a_guide_names_exists(guide: str) -> None:
    text = (ROOT / guide).read_text()
    named = re.findall(r"`(\w[\w./]+(?:\.py|\.md|/))`", text) + re.findall(r"\]\(([\w./]+)\)", text)
    assert named
    places = (ROOT, ROOT / "glm_playground", (ROOT / guide).parent)
    missing = [name for name in named if not any((place / name).exists() for place in places)]
    assert missing == []


@pytest.mark.parametrize("path", PATHS)
def test_each_address_for_other_programs_is_documented(path: str) -> None:
    assert f"| `{path}` |" in (ROOT / "docs" / "api.md").read_text()

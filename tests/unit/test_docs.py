"""The guides name files that exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("guide", ["docs/architecture.md", "docs/operation.md", "CONTRIBUTING.md", "README.md"])
def test_every_file_that_a_guide_names_exists(guide: str) -> None:
    text = (ROOT / guide).read_text()
    named = re.findall(r"`(\w[\w./]+(?:\.py|\.md|/))`", text) + re.findall(r"\]\(([\w./]+)\)", text)
    assert named
    places = (ROOT, ROOT / "glm_playground", (ROOT / guide).parent)
    missing = [name for name in named if not any((place / name).exists() for place in places)]
    assert missing == []

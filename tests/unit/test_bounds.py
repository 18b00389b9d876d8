"""The page that lists what strangers may cost names every limit, with its value, and tests that are there."""

import re
import tomllib
from pathlib import Path

from glm_playground import bounds

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "bounds.md").read_text(encoding="utf-8")
LIMITS = {name: value for name, value in vars(bounds).items() if name.isupper() and not name.startswith("_")}


def test_every_limit_is_listed_by_its_input() -> None:
    by_input = PAGE.partition("## Values")[0]
    assert set(re.findall(r"`([A-Z][A-Z_]+)`", by_input)) == set(LIMITS)


def test_the_values_are_those_of_the_code() -> None:
    listed = dict(re.findall(r"^\| `([A-Z_]+)` \| ([0-9.,]+) \|$", PAGE, re.MULTILINE))
    assert listed == {name: f"{value:,}" for name, value in LIMITS.items()}


def test_the_tests_and_files_it_names_are_there() -> None:
    for path, name in re.findall(r"`(tests/[\w/.]+)::(\w+)`", PAGE):
        assert re.search(rf"(?:def|class) {name}\b", (ROOT / path).read_text(encoding="utf-8")), f"{path}::{name}"
    for path in re.findall(r"`((?:chat|bundles|gateway|service|ui)/[\w/.]+\.py)`", PAGE):
        assert (ROOT / "glm_playground" / path).is_file(), path


def test_every_limit_is_kept_by_code() -> None:
    code = "\n".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "glm_playground").rglob("*.py") if path.name != "bounds.py"
    )
    assert [name for name in LIMITS if f"bounds.{name}" not in code] == []


def test_one_message_of_a_websocket_is_bounded() -> None:
    server = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))["server"]
    assert f"{server['maxMessageSize']} MB" in PAGE

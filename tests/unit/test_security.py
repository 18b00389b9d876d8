"""SECURITY.md names a test for each rule, and each of them exists."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
_TEST = re.compile(r"`(test_\w+)`")


def _rows() -> list[list[str]]:
    lines = (ROOT / "SECURITY.md").read_text().splitlines()
    tables = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]
    return [row for row in tables if set(row[0]) != {"-"} and not row[0].startswith("attack")]


def test_every_row_has_an_attack_a_rule_and_a_test() -> None:
    rows = _rows()
    assert rows
    for row in rows:
        attack, rule, tests = row
        assert attack
        assert rule
        assert _TEST.findall(tests), attack


def test_every_named_test_exists() -> None:
    defined = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^\s*(?:async )?def (test_\w+)\(", path.read_text(), re.MULTILINE)
    }
    named = {name for row in _rows() for name in _TEST.findall(row[2])}
    assert named - defined == set()

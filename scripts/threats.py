"""Runs the tests that SECURITY.md names and writes into it what became of each.

    uv run --all-groups python scripts/threats.py

A test that passed has ✓ behind its name; one that failed, or was skipped here, has that instead. Ends with status 1
where one failed.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).parents[1]
TABLE = ROOT / "SECURITY.md"
_NAMED = re.compile(r"`(test_\w+)`(?: ✓| \([a-z]+\))?")
_CHECKED = re.compile(r"^Last run of all of them: .*$", re.MULTILINE)


def _files(names: set[str]) -> list[str]:
    """The files that define the tests."""
    return [
        str(path.relative_to(ROOT))
        for path in sorted((ROOT / "tests").rglob("test_*.py"))
        if names & set(re.findall(r"def (test_\w+)\(", path.read_text()))
    ]


def _outcomes(names: set[str]) -> dict[str, str]:
    """Passed, failed or skipped, by name: the worst of all its cases."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        chosen = " or ".join(sorted(names))
        command = [sys.executable, "-m", "pytest", "-n", "0", "-m", "slow or not slow", "-k", chosen]
        subprocess.run([*command, f"--junitxml={report}", *_files(names)], cwd=ROOT, check=False)
        cases = ElementTree.parse(report).iter("testcase")
        found: dict[str, list[str]] = {}
        for case in cases:
            found.setdefault(case.get("name", "").partition("[")[0], []).extend(_said(case))
    worst = ("failed", "skipped", "passed")
    return {name: next(one for one in worst if one in said) for name, said in found.items() if name in names}


def _said(case: ElementTree.Element) -> Iterator[str]:
    kinds = {child.tag for child in case}
    yield "failed" if kinds & {"failure", "error"} else "skipped" if "skipped" in kinds else "passed"


def main() -> int:
    """Rewrites the table; with `--help` it says what it does."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    text = TABLE.read_text()
    names = {match[1] for match in _NAMED.finditer(text)}
    outcomes = _outcomes(names)

    def mark(match: re.Match[str]) -> str:
        outcome = outcomes.get(match[1], "missing")
        return f"`{match[1]}` ✓" if outcome == "passed" else f"`{match[1]}` ({outcome})"

    passed = sum(outcome == "passed" for outcome in outcomes.values())
    line = f"Last run of all of them: {datetime.now(UTC):%Y-%m-%d}, {passed} of {len(names)} passed."
    TABLE.write_text(_CHECKED.sub(line, _NAMED.sub(mark, text)))
    print(line)
    return 0 if not {"failed", "missing"} & {outcomes.get(name, "missing") for name in names} else 1


if __name__ == "__main__":
    sys.exit(main())

"""Runs the tests that show what holds with which server, and writes what became of them into docs/servers.md.

    uv run --all-groups python scripts/servers.py

The rows and columns are those of `tests/live/servers/features.py`. Ends with status 1 where a test failed.
"""

import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.live.servers.features import TABLES, Table  # noqa: E402

DOCUMENT = ROOT / "docs" / "servers.md"
FILES = ("tests/live/servers", "tests/live/sandbox/test_clients.py", "tests/live/test_quickstarts.py")
HOLDS, NOTHING, DOCUMENTED = "✓", "", "says so"
_LAST_RUN = re.compile(r"^Last run: .*$", re.MULTILINE)
_WORST = ("failed", "skipped", "passed")


class Report(NamedTuple):
    """What the tests showed."""

    outcomes: dict[tuple[str, str], str]
    """Passed, failed or skipped, by column and feature: the worst of all its tests."""
    versions: dict[str, str]
    """By column."""


def run_tests() -> Report:
    """Runs them, the slow ones included."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-n", "0", "-m", "holds", f"--junitxml={file}", *FILES]
        command += ["-o", "junit_family=xunit1"]
        subprocess.run(command, cwd=ROOT, check=False)
        return read_report(ElementTree.parse(file))


def read_report(report: ElementTree.ElementTree) -> Report:
    """What a report of pytest's in the form of JUnit's says."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    versions: dict[str, str] = {}
    for case in report.iter("testcase"):
        kinds = {child.tag for child in case}
        outcome = "failed" if kinds & {"failure", "error"} else "skipped" if "skipped" in kinds else "passed"
        for noted in case.iter("property"):
            what, _, column = noted.get("name", "").partition(" ")
            value = noted.get("value", "")
            if what == "holds":
                found[column, value].append(outcome)
            elif column.startswith("of "):
                versions[column.removeprefix("of ")] = value
    outcomes = {place: next(one for one in _WORST if one in said) for place, said in found.items()}
    return Report(outcomes, versions)


def written(text: str, report: Report, day: str) -> str:
    """The document's text with its tables and the line of its last run written anew."""
    for table in TABLES:
        begin, end = f"<!-- {table.name} -->\n", f"<!-- end of {table.name} -->"
        before, _, rest = text.partition(begin)
        _, _, after = rest.partition(end)
        text = "".join([before, begin, *_lines(table, report), end, after])
    passed = sum(outcome == "passed" for outcome in report.outcomes.values())
    return _LAST_RUN.sub(f"Last run: {day}, {passed} of {len(report.outcomes)} held.", text)


def _lines(table: Table, report: Report) -> Iterator[str]:
    versions = [f"{column} {report.versions.get(column, '')}".strip() for column in table.columns]
    yield _row(["", *versions, *(f"{column}, from its documents, not run here" for column in table.documented)])
    yield _row(["---"] * (1 + len(table.columns) + len(table.documented)))
    for feature, words in table.rows.items():
        cells = [_cell(report.outcomes.get((column, feature))) for column in table.columns]
        cells += [DOCUMENTED if feature in features else NOTHING for features in table.documented.values()]
        yield _row([words, *cells])


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |\n"


def _cell(outcome: str | None) -> str:
    return HOLDS if outcome == "passed" else outcome or NOTHING


def main() -> int:
    """Rewrites the document."""
    report = run_tests()
    text = written(DOCUMENT.read_text(), report, f"{datetime.now(UTC):%Y-%m-%d}")
    DOCUMENT.write_text(text)
    print(*_LAST_RUN.findall(text))
    return 1 if "failed" in report.outcomes.values() else 0


if __name__ == "__main__":
    sys.exit(main())

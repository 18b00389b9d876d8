"""Checks the catalog's data files: `python -m glm_playground.catalog check [FILE...]`.

Without a FILE, all files that come with the package. A FILE is checked against the `sources.toml` beside it (for a
model: in the folder above), or against the packaged one. Prints "ok FILE: counts" or one line a problem,
"FILE: key: reason", and ends with 1 if there was any problem.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from glm_playground.catalog.card import ModelCard
from glm_playground.catalog.files import FILE_READERS, read_card, read_sources
from glm_playground.catalog.loader import DATA, read_file
from glm_playground.catalog.types import Source


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit status."""
    parser = argparse.ArgumentParser(prog="python -m glm_playground.catalog", description="The catalog's data files.")
    commands = parser.add_subparsers(dest="command", required=True)
    check = commands.add_parser("check", help="check data files, one line a problem")
    check.add_argument("files", nargs="*", type=Path, metavar="FILE", help="files to check; all packaged ones without")
    files: list[Path] = parser.parse_args(arguments).files
    good = [_check(path) for path in files or sorted(DATA.rglob("*.toml"))]
    return 0 if all(good) else 1


def _check(path: Path) -> bool:
    reader = FILE_READERS.get(path.name) or partial(read_card, stem=path.stem)
    found, problems = read_file(path, reader, _sources_for(path))
    for problem in problems:
        print(f"{path}: {problem.key or '-'}: {problem.reason}")
    if not problems:
        print(f"ok {path}: {_counts(found)}")
    return not problems


def _sources_for(path: Path) -> Mapping[str, Source]:
    """The sources a file is checked against: the nearest sources.toml that can be read."""
    for folder in (path.parent, path.parent.parent, DATA):
        if (folder / "sources.toml").is_file():
            return read_file(folder / "sources.toml", read_sources, {})[0] or {}
    return {}


def _counts(found: Any) -> str:
    """How much a good file holds."""
    if isinstance(found, ModelCard):
        facts = [fact for _, fact in found.all_facts()]
        known = sum(fact.known for fact in facts)
        claims = sum(len(fact.claims) for fact in facts)
        gateways = ", ".join(table.id for table in found.gateways) or "no gateway"
        return f"{known} of {len(facts)} facts known, {claims} claims, {len(found.scores)} scores, on {gateways}"
    first = found[0] if isinstance(found, tuple) and found and isinstance(found[0], tuple) else found
    return f"{len(first)} entries"


if __name__ == "__main__":
    sys.exit(main())

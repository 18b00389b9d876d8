"""Keeps the catalog's data files: `python -m glm_playground.catalog check [FILE...]`, `recheck`, `changes`, `schema`.

check [FILE...]        without a FILE, all files that come with the package, that every source is cited, and that the
                       history has every change. A FILE is checked against the `sources.toml` beside it (for a model: in
                       the folder above), or against the packaged one. Prints "ok FILE: counts" or one line a problem,
                       "FILE: key: reason".
recheck SOURCE FILE    looks for the values that cite SOURCE in a saved page of it, and prints those not found
changes [BEFORE]       adds what changed since BEFORE, a commit (HEAD if none is given) or a folder, to `history.toml`
schema                 writes the JSON Schema of each kind of file, and those of the API into `docs/` of a checkout

Each ends with 1 if there was any problem.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

from glm_playground.catalog import history, models_schema
from glm_playground.catalog.card import ModelCard
from glm_playground.catalog.citations import unused_sources
from glm_playground.catalog.earlier import NoEarlierData, data_at
from glm_playground.catalog.files import FILE_READERS, read_card, read_sources
from glm_playground.catalog.loader import DATA, load_catalog, read_file
from glm_playground.catalog.recheck import recheck
from glm_playground.catalog.schema import texts as schema_texts
from glm_playground.catalog.types import Source

_READERS = {**FILE_READERS, history.FILE.name: history.read_history}
DOCS = Path(__file__).parents[2] / "docs"
"""Of a checkout; an installed package has none."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit status."""
    parser = argparse.ArgumentParser(prog="python -m glm_playground.catalog", description="The catalog's data files.")
    commands = parser.add_subparsers(dest="command", required=True)
    check = commands.add_parser("check", help="check data files, one line a problem")
    check.add_argument("files", nargs="*", type=Path, metavar="FILE", help="files to check; all packaged ones without")
    look = commands.add_parser("recheck", help="compare a saved page of a source with the values that cite it")
    look.add_argument("source", metavar="SOURCE", help="id in sources.toml")
    look.add_argument("page", type=Path, metavar="FILE", help="the saved page: HTML, Markdown or text")
    changes = commands.add_parser("changes", help="add what changed to the history")
    changes.add_argument("before", nargs="?", default="HEAD", metavar="BEFORE", help="a commit or a folder; HEAD")
    changes.add_argument("--day", type=date.fromisoformat, help="the day of the changes; today")
    commands.add_parser("schema", help="write the JSON Schema of each kind of file")
    given = parser.parse_args(arguments)
    if given.command == "recheck":
        return _recheck(given.source, given.page)
    if given.command == "changes":
        return _add_changes(given.before, given.day or datetime.now(UTC).date())
    if given.command == "schema":
        return _write_schemas()
    files: list[Path] = given.files
    good = [_check(path) for path in files or sorted(DATA.rglob("*.toml"))]
    return 0 if all(good) and (files or (_all_cited() and _history_is_whole())) else 1


def _all_cited() -> bool:
    unused = unused_sources(load_catalog())
    for source in unused:
        print(f"{DATA / 'sources.toml'}: {source}: a source that nothing cites")
    return not unused


def _history_is_whole() -> bool:
    whole = history.history().digest == history.digest(history.state(load_catalog()))
    if not whole:
        command = "python -m glm_playground.catalog changes"
        print(f"{history.FILE}: digest: facts changed that it does not have: run {command}")
    return whole


def _add_changes(before: str, on: date) -> int:
    now = load_catalog()
    try:
        with nullcontext(Path(before)) if Path(before).is_dir() else data_at(before) as folder:
            earlier = load_catalog(folder)
    except NoEarlierData as error:
        print(f"{before}: {error}")
        return 1
    if bad := (*earlier.rejected, *now.rejected):
        # Without the file all its facts would seem gone.
        print(*bad, sep="\n")
        return 1
    new = history.compared(history.state(earlier), history.state(now), on)
    old, digest = history.history(), history.digest(history.state(now))
    if not new and old.digest != digest:
        print(f"nothing changed since {before}, but the history is of other facts: name the commit before the change")
        return 1
    found = history.History(history.merged(old.changes, new), digest)
    history.FILE.write_text(history.written(found), encoding="utf-8")
    count = f"{len(new)} change" if len(new) == 1 else f"{len(new)} changes"
    print(f"{history.FILE}: {count} since {before}, {len(found.changes)} in all")
    return 0


def _recheck(source: str, page: Path) -> int:
    catalog = load_catalog()
    if source not in catalog.sources:
        print(f"{source}: not in sources.toml")
        return 1
    try:
        text = page.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        print(f"{page}: cannot be read: {error.strerror}")
        return 1
    result = recheck(catalog, source, text)
    for citation in result.missing:
        words = f'quoted "{citation.quote}"' if citation.quote else str(citation.value)
        print(f"not found: {citation.place}: {words}")
    for citation in result.unchecked:
        print(f"no words to look for: {citation.place}: {citation.value}")
    print(f"{source}: {len(result.found)} found, {len(result.missing)} not, {len(result.unchecked)} not looked for")
    return 1 if result.missing else 0


def _write_schemas() -> int:
    written = schema_texts()
    if (DOCS.parent / "pyproject.toml").is_file():
        written[DOCS / "models.schema.json"] = models_schema.schema_text(models_schema.schema())
        written[DOCS / "models.dev.schema.json"] = models_schema.schema_text(models_schema.models_dev_schema())
    for path, text in written.items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        print(path)
    return 0


def _check(path: Path) -> bool:
    reader = _READERS.get(path.name) or partial(read_card, stem=path.stem)
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
    if isinstance(found, history.History):
        return f"{len(found.changes)} changes"
    first = found[0] if isinstance(found, tuple) and found and isinstance(found[0], tuple) else found
    return f"{len(first)} entries"


if __name__ == "__main__":
    sys.exit(main())

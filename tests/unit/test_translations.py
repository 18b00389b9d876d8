"""Every string a user sees has a Brazilian Portuguese translation that keeps its placeholders."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from glm_playground.catalog import load_catalog
from glm_playground.catalog.explanations import explanations
from glm_playground.reports.public_words import PublicWords
from glm_playground.reports.report_words import ReportWords
from glm_playground.reports.sentences import sentences

ROOT = Path(__file__).parents[2]
PORTUGUESE = ROOT / "glm_playground" / "locale" / "pt_BR" / "LC_MESSAGES" / "messages.po"


@cache
def _in_the_code() -> dict[str | tuple[str, ...], str]:
    found: dict[str | tuple[str, ...], str] = {}
    for folder in ("glm_playground", "pages"):
        for name, line, message, _, _ in extract_from_dir(str(ROOT / folder)):
            found.setdefault(message, f"{folder}/{name}:{line}")
    # What this project wrote into the data files is shown in the reader's language too.
    for text in explanations(load_catalog()):
        found.setdefault(text, "the catalog's data")
    # So is what reports say, which stands there in English.
    for text in (*sentences(ReportWords()), *sentences(PublicWords())):
        found.setdefault(text, "the words of reports")
    return found


@pytest.fixture(scope="module")
def portuguese() -> Catalog:
    with PORTUGUESE.open("rb") as file:
        return read_po(file, locale="pt_BR")


def _placeholders(text: str) -> set[str | None]:
    return {field for _, field, _, _ in Formatter().parse(text) if field is not None}


def _translations(message: Message) -> Iterator[str]:
    yield from [message.string] if isinstance(message.string, str) else message.string


def test_every_string_is_translated(portuguese: Catalog) -> None:
    missing = []
    for message_id, place in _in_the_code().items():
        message = portuguese.get(message_id if isinstance(message_id, str) else message_id[0])
        if message is None or message.fuzzy or not all(_translations(message)):
            missing.append(f"{place}: {message_id}")
    assert not missing, "not translated:\n" + "\n".join(missing)


def test_no_string_hides_in_an_f_string() -> None:
    # Babel's extraction does not look into them on every Python.
    hidden = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for folder in ("glm_playground", "pages")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.JoinedStr)
        for call in ast.walk(node)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in {"_", "ngettext"}
    ]
    assert hidden == []


def test_no_translation_is_left_over(portuguese: Catalog) -> None:
    wanted = {message if isinstance(message, str) else message[0] for message in _in_the_code()}
    ids = (message.id if isinstance(message.id, str) else message.id[0] for message in portuguese if message.id)
    assert [message_id for message_id in ids if message_id not in wanted] == []


def test_translations_keep_placeholders_and_markdown(portuguese: Catalog) -> None:
    for message in portuguese:
        if not message.id:
            continue
        original = message.id if isinstance(message.id, str) else message.id[-1]
        for text in _translations(message):
            assert _placeholders(text) == _placeholders(original), text
            assert re.findall(r"[`*\[\]]", text) == re.findall(r"[`*\[\]]", original), text

"""The names and the comments of the code: one meaning a word, in plain English."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "glm_playground"
SOURCES = {path.relative_to(PACKAGE).as_posix(): path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py")}
PHRASES = re.compile(r"^Has |\bwhere there (?:is|are) none\b|\bgoes on\b|\bof ours\b")
"""They read like a translation: "Stores X", "or None", "is running" and "our" do not."""


def remarks(source: str) -> Iterator[str]:
    """Every comment and docstring, of fields too, on one line."""
    for comment in re.finditer(r"^\s*# (.*(?:\n\s*# .*)*)|\s# (.*)$", source, re.MULTILINE):
        yield re.sub(r"\n\s*#", "", comment[1] or comment[2])
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Expr(value=ast.Constant(value=str(text))):
                yield " ".join(text.split())


def test_no_two_modules_define_a_public_class_of_one_name() -> None:
    modules = defaultdict(set)
    for path, source in SOURCES.items():
        for node in ast.parse(source).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                modules[node.name].add(path)
    assert not {name: sorted(found) for name, found in modules.items() if len(found) > 1}


def test_comments_and_docstrings_are_plain_english() -> None:
    # What the command line says of itself are docstrings too.
    told = ((path, text) for path, source in SOURCES.items() if not path.startswith("cli/") for text in remarks(source))
    assert not [(path, text) for path, text in told if PHRASES.search(text)]

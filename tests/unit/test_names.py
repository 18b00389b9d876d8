"""The names of the code: one meaning a word."""

import ast
from collections import defaultdict
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "glm_playground"


def test_no_two_modules_define_a_public_class_of_one_name() -> None:
    modules = defaultdict(set)
    for path in PACKAGE.rglob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                modules[node.name].add(path.relative_to(PACKAGE).as_posix())
    assert not {name: sorted(found) for name, found in modules.items() if len(found) > 1}

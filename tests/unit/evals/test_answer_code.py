"""Which part of an answer is its code, and what its unit tests make of it."""

import pytest

from glm_playground import bounds
from glm_playground.confinement import way
from glm_playground.evals.answer_code import code_of
from glm_playground.evals.grade import Grade, Output, grade
from glm_playground.evals.suite import Check, CheckKind


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("x = 1", "x = 1"),
        ("Here:\n```python\nx = 1\n```\nand\n```py\ny = 2\n```\n", "x = 1\n\ny = 2\n"),
        ("```\nx = 1\n```", "x = 1\n"),
        ("```\n$ run\n```\n```Python3 title=a.py\nx = 1\n```", "x = 1\n"),
        ("```bash\nrun\n```", None),
        ("1. So:\n   ~~~python\n   x = 1\n   ~~~", "x = 1\n"),
        ("````python\ns = '''\n```\n'''\n````", "s = '''\n```\n'''\n"),
        ("```python\nx = 1", "x = 1\n"),
        ("```{python}\nx = 1\n```", "x = 1\n"),
        ("#" * (bounds.CODE_CHARACTERS + 1), None),
    ],
)
def test_the_code_of_an_answer(text: str, code: str | None) -> None:
    found = code_of(text)
    assert (found.strip() if found else found) == (code.strip() if code else code)


@pytest.mark.skipif(way().confiner is None, reason=way().said)
@pytest.mark.parametrize(
    ("text", "negated", "found"),
    [
        ("```python\ndef double(x):\n    return 2 * x\n```", False, Grade.PASSED),
        ("```python\ndef double(x):\n    return x\n```", False, Grade.FAILED),
        ("```python\ndef double(x):\n    return x\n```", True, Grade.PASSED),
        ("```sh\nls\n```", False, Grade.FAILED),
        ("I cannot.", False, Grade.FAILED),
        ("x" * (bounds.CODE_CHARACTERS + 1), False, Grade.UNTOLD),
    ],
)
def test_an_answer_passes_where_its_code_does(text: str, negated: bool, found: Grade) -> None:
    check = Check(kind=CheckKind.PYTHON_TESTS, value="assert double(4) == 8", negated=negated)
    assert grade(check, Output(text)).grade is found

"""The process that checks JSON against JSON Schemas (Draft 2020-12); `schema_pool` starts it, asks it and ends it.

    python -m glm_playground.chat.schema_process DEADLINE_SECONDS

A job is one of `CHECKS` with its arguments, `["answer", ...]`. A pattern may take years and a schema all memory:
nothing here bounds that but the limits of `bounded_process`, which end it.

Only the standard library and jsonschema are imported, so that a new process is ready in 0.2 s and takes 24 MB.
"""

import re
import sys
from collections.abc import Callable
from itertools import islice
from typing import Any

import referencing
import referencing.exceptions
from jsonschema import Draft202012Validator, FormatChecker  # type: ignore[import-untyped]
from jsonschema.exceptions import best_match  # type: ignore[import-untyped]

from glm_playground import bounds
from glm_playground.chat.bounded_process import serve
from glm_playground.chat.strict_json import read_json

MAX_PROBLEMS = bounds.SCHEMA_PROBLEMS
"""Problems that one check tells of."""
MAX_MEMORY = bounds.SCHEMA_MEMORY_BYTES
"""Bytes of address space."""
_MAX_MESSAGE = 300
_FENCE = re.compile(r"\s*(`{3,}[A-Za-z]*)")
_FORMATS = FormatChecker(formats=())

Problem = tuple[str, str]
"""A JSON path, such as `$.items[0]`, and what is wrong there."""


class UnusableError(Exception):
    """The schema cannot be applied: a reference leads nowhere or in a circle, a pattern is no pattern of Python's."""


def check_answer(text: str, schema: Any) -> list[Problem]:
    """Where the answer `text` does not fit; a fence of Markdown around the JSON is a problem, and looked into."""
    problems: list[Problem] = []
    if fence := _FENCE.match(text):
        problems.append(("$", f"the JSON stands in a code fence ({fence[1][:20]})"))
        text = _without_fence(text, fence.end())
    return problems + check_text(text, schema)


def check_text(text: str, schema: Any) -> list[Problem]:
    """Where the JSON in `text` does not fit `schema`.

    Raises:
        UnusableError: it cannot be told.
    """
    try:
        value = read_json(text)
    except ValueError as error:
        return [("$", f"not JSON: {error}")]
    try:
        # An empty registry: no `$ref` is fetched.
        validator = Draft202012Validator(schema, registry=referencing.Registry())
        return [(error.json_path, error.message) for error in islice(validator.iter_errors(value), MAX_PROBLEMS)]
    except referencing.exceptions.Unresolvable as error:
        raise UnusableError(f"the schema has no {error.ref!r}, and nothing is fetched") from None
    except RecursionError:
        raise UnusableError("the schema's references lead in a circle or too deep") from None
    except re.error as error:
        raise UnusableError(f"the pattern {error.pattern!r} is not understood here") from None
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - a `$ref` may lead to what is no schema; then the library raises anything
        raise UnusableError(f"the schema cannot be used ({type(error).__name__})") from None


def check_schemas(schemas: list[Any]) -> list[Any] | None:
    """The first of `schemas` that is no schema: its index and its worst problem; None where all are schemas."""
    validator = Draft202012Validator(Draft202012Validator.META_SCHEMA, format_checker=_FORMATS)
    for index, schema in enumerate(schemas):
        if error := best_match(validator.iter_errors(schema)):
            return [index, error.json_path, error.message]
    return None


def find_pattern(pattern: str, text: str) -> bool:
    """Whether `pattern` is found somewhere in `text`.

    Raises:
        UnusableError: it is no pattern of Python's.
    """
    try:
        return re.search(pattern, text) is not None
    except (re.error, OverflowError, RecursionError) as error:
        raise UnusableError(f"the pattern is not understood: {error}") from None


CHECKS: dict[str, Callable[..., Any]] = {
    "answer": check_answer,
    "text": check_text,
    "schemas": check_schemas,
    "pattern": find_pattern,
}


def _is_pattern(value: object) -> bool:
    r"""Whether `value` may be a pattern; those with ECMA's own signs (`\p{L}`, `\u{1F600}`) are not judged."""
    if not isinstance(value, str) or re.search(r"\\[pPu]\{|\\c[A-Za-z]|\(\?<\w", value):
        return True
    try:
        re.compile(value)
    except (re.error, OverflowError):
        return False
    return True


_FORMATS.checks("regex")(_is_pattern)


def _without_fence(text: str, start: int) -> str:
    """`text` with its fence, which ends at `start`, as spaces: lines and columns stay."""
    content = re.sub(r"\S", " ", text[:start]) + text[start:]
    end = content.rstrip()
    return end.rstrip("`") if end.endswith("```") else content


def _cut(found: Any) -> Any:
    """What was found, its texts without their middle where they are long: they end with what is wrong."""
    if isinstance(found, str):
        return found if len(found) <= _MAX_MESSAGE else f"{found[:149]}…{found[-150:]}"
    return [_cut(one) for one in found] if isinstance(found, list | tuple) else found


def _answer(job: Any) -> dict[str, Any]:
    name, *arguments = job
    try:
        return {"found": _cut(CHECKS[name](*arguments))}
    except UnusableError as error:
        return {"unusable": _cut(str(error))}
    except RecursionError:
        return {"unusable": "the schema is nested too deeply"}


if __name__ == "__main__":
    serve(_answer, deadline_s=float(sys.argv[1]), memory=MAX_MEMORY)

"""Reads JSON Schemas (Draft 2020-12) that people type, and tells whether an answer is the JSON asked for.

Patterns and schemas come from users and models, and nothing bounds what they cost, so each check is made by a process
that is ended at a deadline (`schema_pool`); nothing there fetches a `$ref`. `format` is an annotation, as the draft
has it, and not checked. Each function here waits for such a process, 2 s and rarely more, and none raises.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from glm_playground.chat.schema_pool import Reply, Unchecked, checks
from glm_playground.chat.strict_json import read_json
from glm_playground.gateway.wire import clean_text

_SCHEMAS_A_CHECK = 32
"""32 tools of ten parameters each take 0.3 s."""
_WHY = {
    Unchecked.COSTLY: "the pattern or schema costs more than it may",
    Unchecked.BUSY: "too many other checks are running; try again",
}


class SchemaProblem(NamedTuple):
    """What is wrong with a JSON text, a schema, or the value that should fit it."""

    path: str
    """Where, as a JSON path: `$` is the whole, `$.items[0]` a part."""
    message: str
    """At most 300 characters."""


NO_SCHEMA = SchemaProblem("$", "the text is empty")
"""Nothing is typed yet."""


class SchemaCheck(NamedTuple):
    """What a check found; the text fits where there is neither a problem nor a reason that it was not checked."""

    problems: tuple[SchemaProblem, ...] = ()
    """At most 20."""
    unchecked: Unchecked | None = None
    """Why it was not checked: not the same as a problem."""
    why: str = ""
    """In words, without a full stop."""

    @property
    def fits(self) -> bool:
        """Whether the text was checked and has no problem."""
        return not self.problems and self.unchecked is None


def read_schema(text: str) -> dict[str, Any] | SchemaProblem:
    """The JSON Schema that a user typed, or what is wrong with it as JSON or as a schema of Draft 2020-12."""
    if not text.strip():
        return NO_SCHEMA
    try:
        schema = read_json(text)
    except ValueError as error:
        return _problem("$", f"not JSON: {error}")
    if not isinstance(schema, dict):
        return SchemaProblem("$", "a schema is a JSON object")
    found = check_schemas([schema])
    return schema if found is None else found[1]


def check_schemas(schemas: Sequence[Mapping[str, Any]]) -> tuple[int, SchemaProblem] | None:
    """The index and the worst problem of the first of `schemas` that is no valid schema; None where all are.

    Their `$ref`s are not followed. That a schema could not be checked is a problem, too.
    """
    for start in range(0, len(schemas), _SCHEMAS_A_CHECK):
        reply = checks.ask("schemas", schemas[start : start + _SCHEMAS_A_CHECK])
        if reply.unchecked is not None:
            return start, _problem("$", f"not checked: {_why(reply)}")
        if reply.found is not None:
            index, path, message = reply.found
            return start + index, _problem(path, message)
    return None


def check_json(text: str, schema: Mapping[str, Any] | bool) -> SchemaCheck:
    """Where the JSON in `text` does not fit `schema`."""
    return _check(checks.ask("text", text, schema))


def check_answer(answer: str, response_format: Mapping[str, Any] | None) -> SchemaCheck | None:
    """Where `answer` is not what the request's `response_format` asked for.

    Returns:
        None where no JSON was asked for (no format, type `text`, or a type that is not known). A fence of Markdown
        around the JSON is a problem, and its content is checked all the same; lines and columns count in the answer
        as it is. Where no schema was asked for, any JSON fits.
    """
    kind = response_format.get("type") if response_format else None
    if response_format is None or kind not in ("json_object", "json_schema"):
        return None
    described = response_format.get("json_schema") if kind == "json_schema" else None
    schema = described.get("schema") if isinstance(described, Mapping) else None
    return _check(checks.ask("answer", answer, True if schema is None else schema))


def _check(reply: Reply) -> SchemaCheck:
    if reply.unchecked is not None:
        return SchemaCheck((), reply.unchecked, _why(reply))
    return SchemaCheck(tuple(_problem(path, message) for path, message in reply.found))


def _why(reply: Reply) -> str:
    return _WHY.get(reply.unchecked, clean_text(reply.why)) if reply.unchecked else ""


def _problem(path: str, message: str) -> SchemaProblem:
    return SchemaProblem(clean_text(path), clean_text(message))

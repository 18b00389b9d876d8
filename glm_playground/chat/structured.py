"""Reads JSON and JSON Schemas (Draft 2020-12) that people type, and tells whether an answer is the JSON asked for.

What is read here comes from users and models, so nothing here fetches a `$ref`, and the work is bounded: JSON nests at
most 64 levels, a check ends after half a second of the processor, and the patterns of a schema are searched by
pydantic's engine, whose time is linear in the text, never by Python's `re`, which a pattern such as `(a+)+$` can stop
for hours. That engine knows no look-around and no back-references; a pattern that needs them, or is longer than 500
characters, is reported as not checked. `format` is an annotation, as the draft has it, and not checked.
"""

import json
import math
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple

import jsonschema  # type: ignore[import-untyped]
import referencing
import referencing.exceptions
from pydantic_core import SchemaError, SchemaValidator, core_schema

from glm_playground.gateway.wire import clean_text

MAX_DEPTH = 64
"""Levels that JSON may nest."""
MAX_PROBLEMS = 20
"""Problems with a schema that one check tells of."""
_MAX_DIGITS = 1000
_MAX_PATTERN = 500
_MAX_SEARCHED = 10_000
_MAX_MESSAGE = 300
_CHECK_S = 0.5
_FENCE = re.compile(r"\s*(`{3,}[A-Za-z]*)")

_until: ContextVar[float] = ContextVar("_until", default=math.inf)


class SchemaProblem(NamedTuple):
    """What is wrong with a JSON text, a schema, or the value that should fit it."""

    path: str
    """Where, as a JSON path: `$` is the whole, `$.items[0]` a part."""
    message: str
    """At most 300 characters."""


class _UncheckedError(Exception):
    """A schema asks for what is not checked here."""


def read_json(text: str) -> Any:
    """The value of `text`, read as RFC 8259 has it.

    Raises:
        ValueError: it is no JSON (with line and column), or one that other readers refuse or read otherwise: NaN and
            Infinity, a number beyond a double's range or of over 1000 digits, an object with the same key twice, half
            a surrogate pair, or more than 64 levels.
    """
    try:
        value = json.loads(
            text,
            parse_constant=_refuse_constant,
            parse_float=_read_float,
            parse_int=_read_int,
            object_pairs_hook=_read_object,
        )
        _check_depth(value)
        json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise ValueError(f"{error.msg} (line {error.lineno}, column {error.colno})") from None
    except UnicodeEncodeError:
        raise ValueError("half of a surrogate pair is no character") from None
    except RecursionError:
        raise ValueError(f"nested deeper than {MAX_DEPTH} levels") from None
    return value


def read_schema(text: str) -> dict[str, Any] | SchemaProblem:
    """The JSON Schema that a user typed, or what is wrong with it as JSON or as a schema of Draft 2020-12."""
    try:
        schema = read_json(text)
    except ValueError as error:
        return _problem("$", f"not JSON: {error}")
    if not isinstance(schema, dict):
        return SchemaProblem("$", "a schema is a JSON object")
    return check_schema(schema) or schema


def check_schema(schema: Mapping[str, Any]) -> SchemaProblem | None:
    """The worst of what makes `schema` no valid schema of Draft 2020-12, or None. Its `$ref`s are not followed."""
    validator = _Validator(_Validator.META_SCHEMA, format_checker=_formats)
    try:
        with limited_time():
            error = jsonschema.exceptions.best_match(validator.iter_errors(schema))
    except _UncheckedError as unchecked:
        return _problem("$", str(unchecked))
    except RecursionError:
        return SchemaProblem("$", "the schema is nested too deeply")
    return None if error is None else _problem(error.json_path, error.message)


def check_value(value: Any, schema: Mapping[str, Any] | bool) -> tuple[SchemaProblem, ...]:
    """Where `value`, as `read_json` gives it, does not fit `schema`: at most 20 problems, () when it fits.

    What cannot be checked is a problem as well: a `$ref` that leads out of the schema or nowhere, a pattern that the
    module's docstring excludes, a schema without end, a check that takes too long. Never raises.
    """
    problems: list[SchemaProblem] = []
    try:
        with limited_time():
            _refuse_unevaluated_patterns(schema)
            validator = _Validator(schema, registry=referencing.Registry())
            errors = islice(validator.iter_errors(value), MAX_PROBLEMS)
            problems.extend(_problem(error.json_path, error.message) for error in errors)
    except _UncheckedError as unchecked:
        problems.append(_problem("$", str(unchecked)))
    except RecursionError:
        problems.append(SchemaProblem("$", "not checked: the schema's references lead in a circle or too deep"))
    except Exception as error:  # noqa: BLE001 - a `$ref` may lead to what is no schema; then the library raises anything
        problems.append(_problem("$", f"not checked: the schema cannot be used ({type(error).__name__})"))
    return tuple(problems)


def check_answer(answer: str, response_format: Mapping[str, Any] | None) -> tuple[SchemaProblem, ...] | None:
    """Where `answer` is not what the request's `response_format` asked for. Never raises.

    Returns:
        None where no JSON was asked for (no format, type `text`, or a type that is not known); () where the answer is
        JSON and, with `json_schema`, fits the schema; else the problems. A fence of Markdown around the JSON is one of
        them, and its content is checked all the same. Lines and columns count in the answer as it is.
    """
    kind = response_format.get("type") if response_format else None
    if response_format is None or kind not in ("json_object", "json_schema"):
        return None
    problems = []
    content = answer
    if fence := _FENCE.match(answer):
        problems.append(SchemaProblem("$", f"the JSON stands in a code fence ({fence[1][:20]})"))
        content = _blank_fence(answer, fence.end())
    try:
        value = read_json(content)
    except ValueError as error:
        return (*problems, _problem("$", f"not JSON: {error}"))
    if kind == "json_schema":
        described = response_format.get("json_schema")
        schema = described.get("schema") if isinstance(described, Mapping) else None
        if schema is not None:
            problems += check_value(value, schema)
    return tuple(problems)


@contextmanager
def limited_time(seconds: float = _CHECK_S) -> Iterator[None]:
    """Bounds the checks within to `seconds` of this thread's processor time in all; what is left is not checked."""
    token = _until.set(min(_until.get(), time.thread_time() + seconds))
    try:
        yield
    finally:
        _until.reset(token)


def _problem(path: str, message: str) -> SchemaProblem:
    return SchemaProblem(_cut(path), _cut(message))


def _cut(text: str) -> str:
    """`text` without its middle where it is long: a message begins with the value and ends with what is wrong."""
    text = clean_text(text)
    return text if len(text) <= _MAX_MESSAGE else f"{text[:149]}…{text[-150:]}"


def _blank_fence(answer: str, start: int) -> str:
    """`answer` with its fence, which begins before `start`, as spaces: lines and columns stay."""
    content = re.sub(r"\S", " ", answer[:start]) + answer[start:]
    end = content.rstrip()
    return end.rstrip("`") if end.endswith("```") else content


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _read_float(digits: str) -> float:
    if math.isinf(value := float(digits)):
        raise ValueError(f"{digits[:20]} is beyond a number's range")
    return value


def _read_int(digits: str) -> int:
    if len(digits) > _MAX_DIGITS:
        raise ValueError(f"a number has more than {_MAX_DIGITS} digits")
    return int(digits)


def _read_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for name, item in pairs:
        if name in value:
            raise ValueError(f"the key {name!r} occurs twice")
        value[name] = item
    return value


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [
            child
            for item in level
            if isinstance(item, dict | list)
            for child in (item.values() if isinstance(item, dict) else item)
        ]
        if not level:
            return
    raise ValueError(f"nested deeper than {MAX_DEPTH} levels")


def _check_time() -> None:
    if time.thread_time() > _until.get():
        raise _UncheckedError("not checked to the end: the check takes too long")


@lru_cache(maxsize=16)
def _compiled(pattern: str) -> SchemaValidator | None:
    try:
        return SchemaValidator(core_schema.str_schema(pattern=pattern, regex_engine="rust-regex"))
    except SchemaError:
        return None


def _matches(pattern: str, text: str) -> bool:
    _check_time()
    if len(pattern) > _MAX_PATTERN or len(text) > _MAX_SEARCHED or (engine := _compiled(pattern)) is None:
        raise _UncheckedError(f"not checked: the pattern {pattern!r} or the text to search is beyond what is searched")
    return engine.isinstance_python(text)


def _is_pattern(value: object) -> bool:
    """Whether either engine takes `value` as a pattern; one that is too long to be searched is not tried."""
    if not isinstance(value, str) or len(value) > _MAX_PATTERN or _compiled(value) is not None:
        return True
    try:
        re.compile(value)
    except (re.error, OverflowError, RecursionError):
        return False
    return True


def _refuse_unevaluated_patterns(schema: Mapping[str, Any] | bool) -> None:
    """The library searches the one under the other with `re`."""
    text = json.dumps(schema)
    if '"unevaluatedProperties"' in text and '"patternProperties"' in text:
        raise _UncheckedError("not checked: unevaluatedProperties beside patternProperties")


# Keywords as jsonschema calls them: validator, the keyword's value, the instance, the schema the keyword stands in.


def _reference(validator: Any, ref: str, instance: Any, schema: Any) -> Iterator[Any]:
    try:
        yield from validator._validate_reference(ref=ref, instance=instance)
    except referencing.exceptions.Unresolvable:
        # Not an error of the value's: `not` would turn it into a fit.
        raise _UncheckedError(f"not checked: the schema has no {ref!r}, and nothing is fetched") from None


def _pattern(validator: Any, pattern: str, instance: Any, schema: Any) -> Iterator[Any]:
    if isinstance(instance, str) and not _matches(pattern, instance):
        yield jsonschema.ValidationError(f"{instance!r} does not match {pattern!r}")


def _pattern_properties(validator: Any, patterns: Any, instance: Any, schema: Any) -> Iterator[Any]:
    if isinstance(instance, dict):
        for pattern, part in patterns.items():
            for name, value in instance.items():
                if _matches(pattern, name):
                    yield from validator.descend(value, part, path=name, schema_path=pattern)


def _additional_properties(validator: Any, additional: Any, instance: Any, schema: Any) -> Iterator[Any]:
    if not isinstance(instance, dict):
        return
    named, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    for name, value in instance.items():
        if name in named or any(_matches(pattern, name) for pattern in patterns):
            continue
        if additional is False:
            yield jsonschema.ValidationError(f"Additional properties are not allowed ({name!r} was unexpected)")
        else:
            yield from validator.descend(value, additional, path=name)


def _unique_items(validator: Any, unique: Any, instance: Any, schema: Any) -> Iterator[Any]:
    """The library's own compares every item of a list of objects with every other."""
    if unique and isinstance(instance, list) and len({_hashable(item) for item in instance}) < len(instance):
        yield jsonschema.ValidationError(f"{instance!r} has non-unique elements")


def _hashable(value: Any) -> Any:
    """Equal for what JSON Schema calls equal: 1 and 1.0 are, 1 and true are not."""
    if isinstance(value, dict):
        return frozenset((name, _hashable(item)) for name, item in value.items())
    if isinstance(value, list):
        return tuple(_hashable(item) for item in value)
    return ("bool", value) if isinstance(value, bool) else ("", value)


def _evolve(validator: Any, **changes: Any) -> Any:
    """The validator of a part of the schema, which the library would take from the part's own `$schema`."""
    _check_time()
    return _Validator(
        changes.get("schema", validator.schema),
        format_checker=validator.format_checker,
        _resolver=changes.get("_resolver", validator._resolver),
    )


_Validator: Any = jsonschema.validators.extend(
    jsonschema.Draft202012Validator,
    {
        "$ref": _reference,
        "$dynamicRef": _reference,
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "additionalProperties": _additional_properties,
        "uniqueItems": _unique_items,
    },
)
_Validator.evolve = _evolve

_formats = jsonschema.FormatChecker(formats=())
_formats.checks("regex")(_is_pattern)

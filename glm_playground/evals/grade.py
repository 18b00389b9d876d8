"""Grades an answer by the checks that need nobody else. Code in it runs confined, or it is not run."""

import json
import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple, Self

from pydantic import JsonValue

from glm_playground import bounds
from glm_playground.chat.schema_pool import Unchecked, checks
from glm_playground.chat.strict_json import read_json
from glm_playground.chat.structured import check_json
from glm_playground.chat.tools import tool_calls_of
from glm_playground.confinement import run_tests
from glm_playground.evals.answer_code import code_of
from glm_playground.evals.suite import Check, CheckKind
from glm_playground.gateway import ToolCall
from glm_playground.runs.cost import Cost
from glm_playground.runs.metrics import metrics_of
from glm_playground.runs.run import Outcome, Run
from glm_playground.runs.thinking import answer_of

_MOST_STARTS = 200
"""Places in an answer at which JSON is looked for."""
_NUMBER = re.compile(r"[-+\N{MINUS SIGN}]?\d[\d.,]*(?:[eE][-+]?\d+)?")
_GROUPED = re.compile(r"\d{1,3}(?:[.,]\d{3})+")
_UNTOLD_OUTCOMES = {Outcome.FAILED, Outcome.INTERRUPTED, Outcome.STOPPED, None}


class Grade(StrEnum):
    """What a check makes of an answer."""

    PASSED = "passed"
    FAILED = "failed"
    UNTOLD = "untold"
    """It cannot be told: no answer came, the cost is unknown, the check is not supported here. Not a failure."""

    @property
    def passed(self) -> bool | None:
        """As the verdict counts it; None where it cannot be told."""
        return None if self is Grade.UNTOLD else self is Grade.PASSED


class Graded(NamedTuple):
    """A grade with its reason, in plain English as it stands in exports."""

    check: Check
    grade: Grade
    reason: str = ""


class Output(NamedTuple):
    """What the checks look at."""

    text: str
    """Without the reasoning."""
    tool_calls: tuple[ToolCall, ...] = ()
    cost: Decimal | None = None
    """US dollars; None where it is unknown."""
    latency_ms: float | None = None

    @classmethod
    def of(cls, run: Run, cost: Cost | None) -> Self | None:
        """The answer of an ended run; None where none came, such as of one that failed."""
        if run.outcome in _UNTOLD_OUTCOMES:
            return None
        e2e = metrics_of(run).e2e
        return cls(
            answer_of(run), tool_calls_of(run), cost.amount if cost else None, None if e2e is None else e2e / 1e6
        )


NO_JUDGE = "not graded yet: it takes a judge, and none is named"
JUDGE_WAITS = "no verdict yet: the judge has not answered"


def grade(check: Check, answer: Output) -> Graded:
    """What `check` makes of `answer`; may wait some seconds for a process that tries a pattern or a schema."""
    passed, reason = _found(check, answer)
    if passed is None:
        return Graded(check, Grade.UNTOLD, reason)
    if check.negated:
        return Graded(check, Grade.FAILED if passed else Grade.PASSED, f"{check.kind} holds" if passed else "")
    return Graded(check, Grade.PASSED if passed else Grade.FAILED, "" if passed else reason)


def grade_of(graded: Iterable[Graded]) -> Grade:
    """Of a case: failed where a check failed, untold where one is or there is none, else passed."""
    grades = {one.grade for one in graded}
    return next((one for one in (Grade.FAILED, Grade.UNTOLD, Grade.PASSED) if one in grades), Grade.UNTOLD)


def reasons_of(graded: Iterable[Graded]) -> str:
    """Each check that has something to say, with what it says; empty where none has."""
    return "; ".join(f"{one.check.name}: {one.reason}" for one in graded if one.reason)


Found = tuple[bool | None, str]
"""Whether a check holds, None where it cannot be told, and why it does not."""


def _found(check: Check, answer: Output) -> Found:
    kind, value, text = check.kind, check.value, answer.text
    match kind:
        case CheckKind.EQUALS:
            return _equals(value, text)
        case CheckKind.STARTS_WITH:
            return text.lstrip().startswith(str(value)), f"does not begin with {_short(value)}"
        case CheckKind.REGEX:
            return _pattern(str(value), text)
        case CheckKind.IS_JSON:
            return _is_json(value, text)
        case CheckKind.CONTAINS_JSON:
            return _contains_json(value, text)
        case CheckKind.NUMERIC:
            return _numeric(check, text)
        case CheckKind.TOOL_CALLED:
            return _tool_called(value, answer.tool_calls)
        case CheckKind.COST:
            return _at_most(answer.cost, check.threshold, "the cost is unknown", "US dollars")
        case CheckKind.LATENCY:
            return _at_most(answer.latency_ms, check.threshold, "no time was measured", "ms")
        case CheckKind.PYTHON_TESTS:
            return _python_tests(str(value), text)
        case CheckKind.RUBRIC:
            return None, NO_JUDGE
        case _:
            return _contains(kind, value, text)


def _equals(value: JsonValue, text: str) -> Found:
    if isinstance(value, str):
        return text.strip() == value.strip(), f"is not {_short(value)}"
    try:
        return _same(read_json(text), value), f"is not the JSON {_short(value)}"
    except ValueError as error:
        return False, f"not JSON: {error}"


def _same(one: JsonValue, other: JsonValue) -> bool:
    """Equality of JSON values: 1 is 1.0, and true is not 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(value, other[name]) for name, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return one == other


def _contains(kind: CheckKind, value: JsonValue, text: str) -> Found:
    parts = [str(one) for one in (value if isinstance(value, list) else [value])]
    if kind.startswith("icontains"):
        text, parts = text.casefold(), [part.casefold() for part in parts]
    missing = [part for part in parts if part not in text]
    if kind in (CheckKind.CONTAINS_ANY, CheckKind.ICONTAINS_ANY):
        return len(missing) < len(parts), f"contains none of {_short(parts)}"
    return not missing, f"does not contain {_short(missing[:3] if len(parts) > 1 else parts[0])}"


def _pattern(pattern: str, text: str) -> Found:
    reply = checks.ask("pattern", pattern, text)
    if reply.unchecked is Unchecked.UNUSABLE:
        return None, reply.why
    if reply.unchecked is not None:
        return None, "the pattern takes too long" if reply.unchecked is Unchecked.COSTLY else "too many other checks"
    return bool(reply.found), f"does not match {_short(pattern)}"


def _is_json(schema: JsonValue, text: str) -> Found:
    found = check_json(text, schema if isinstance(schema, dict) else True)
    if found.unchecked is not None:
        return None, found.why
    return found.fits, "; ".join(f"{problem.path}: {problem.message}" for problem in found.problems[:3])


def _contains_json(schema: JsonValue, text: str) -> Found:
    reason = "contains no JSON object or list"
    for part in _json_parts(text):
        passed, reason = _is_json(schema, part)
        if passed or passed is None:
            return passed, reason
    return False, reason


def _json_parts(text: str) -> Iterator[str]:
    decoder = json.JSONDecoder()
    at, tried = 0, 0
    while (found := re.compile(r"[{\[]").search(text, at)) and tried < _MOST_STARTS:
        tried += 1
        try:
            _value, end = decoder.raw_decode(text, found.start())
        except (ValueError, RecursionError):
            at = found.start() + 1
            continue
        yield text[found.start() : end]
        at = end


def _numeric(check: Check, text: str) -> Found:
    numbers = _NUMBER.findall(text)
    if not numbers:
        return False, "holds no number"
    found, expected = number_of(numbers[-1]), float(str(check.value))
    return abs(found - expected) <= check.tolerance + 1e-12 * abs(expected), f"the last number is {numbers[-1]}"


def number_of(text: str) -> float:
    """A number as people write it: `1,234.5` and `1.234,5` are the same; `1,234` alone is a thousand and more."""
    text = text.replace("\N{MINUS SIGN}", "-").rstrip(".,")
    mantissa, e, exponent = text.replace("E", "e").partition("e")
    marks = [char for char in mantissa if char in ".,"]
    decimal = ""
    if len(set(marks)) == 2:
        decimal = marks[-1]
    elif len(marks) == 1 and (marks[0] == "." or not _GROUPED.fullmatch(mantissa.lstrip("+-"))):
        decimal = marks[0]
    plain = "".join("." if char == decimal else char for char in mantissa if char == decimal or char not in ".,")
    head, _point, tail = plain.rpartition(".")
    return float(f"{head.replace('.', '')}.{tail}{e}{exponent}" if _point else f"{plain}{e}{exponent}")


def _tool_called(value: JsonValue, calls: tuple[ToolCall, ...]) -> Found:
    assert isinstance(value, dict)
    name, expected = value.get("name"), value.get("arguments")
    named = [call for call in calls if call.name == name]
    if not named:
        called = ", ".join(call.name for call in calls[:5]) or "none"
        return False, f"does not call {name}, but {called}"
    if not isinstance(expected, dict):
        return True, ""
    for call in named:
        try:
            arguments = read_json(call.arguments)
        except ValueError:
            continue
        if isinstance(arguments, dict) and all(
            key in arguments and _same(arguments[key], one) for key, one in expected.items()
        ):
            return True, ""
    return False, f"calls {name} with {_short(named[0].arguments)}"


def _python_tests(tests: str, text: str) -> Found:
    code = code_of(text)
    if code is None:
        too_long = len(text) > bounds.CODE_CHARACTERS
        return (None, "the answer is longer than is run") if too_long else (False, "holds no Python")
    tested = run_tests(code, tests)
    return tested.passed, tested.reason


def _at_most(found: Decimal | float | None, limit: float | None, unknown: str, unit: str) -> Found:
    if found is None or limit is None:
        return None, unknown
    return found <= Decimal(str(limit)), f"{found:.6g} {unit}, above {limit:g}"


def _short(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return repr(text) if len(text) <= 80 else repr(f"{text[:77]}…")

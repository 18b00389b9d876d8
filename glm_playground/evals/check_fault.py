"""What keeps a check from being made."""

import re

from glm_playground import bounds
from glm_playground.evals.suite import LISTED, Check, CheckKind

_TEXTS = (CheckKind.CONTAINS, CheckKind.ICONTAINS, CheckKind.STARTS_WITH, CheckKind.REGEX, CheckKind.RUBRIC,
          CheckKind.PYTHON_TESTS)  # fmt: skip


def fault_of(check: Check) -> str:
    """What keeps a check from being made, in words; empty where nothing does."""
    value = check.value
    if check.kind in _TEXTS and not isinstance(value, str):
        return f"{check.kind} takes a text"
    if check.kind in LISTED and not (isinstance(value, list) and value):
        return f"{check.kind} takes a list"
    if check.kind is CheckKind.REGEX and isinstance(value, str):
        if len(value) > bounds.PATTERN_CHARACTERS:
            return f"a pattern has at most {bounds.PATTERN_CHARACTERS:,} characters"
        try:
            re.compile(value)
        except (re.error, OverflowError, RecursionError) as error:
            return f"the pattern {value[:80]!r} is not understood: {error}"
    if check.kind in (CheckKind.COST, CheckKind.LATENCY) and check.threshold is None:
        return f"{check.kind} takes a threshold"
    if check.kind is CheckKind.NUMERIC and (isinstance(value, bool) or not isinstance(value, int | float)):
        return "numeric takes a number"
    if check.kind is CheckKind.TOOL_CALLED and not (isinstance(value, dict) and isinstance(value.get("name"), str)):
        return "tool-called takes the name of a tool"
    return ""

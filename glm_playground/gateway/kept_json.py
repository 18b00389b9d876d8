"""A JSON object that came from outside, in a form that any database takes.

Both `tasks` and `callbacks` store what they receive. PostgreSQL refuses NUL, lone surrogates and NaN in JSON; pydantic
would refuse or pass them, never replace them.
"""

import math
from typing import Any

from glm_playground import bounds
from glm_playground.gateway.wire import clean_text

MAX_DEPTH = bounds.JSON_DEPTH
_LONGEST_WORD = 200


def kept_object(value: Any) -> dict[str, Any]:
    """`value` as it is stored: lone surrogates and NUL replaced by U+FFFD, a number that JSON does not have by null.

    Args:
        value: what `json.loads` gave.

    Raises:
        ValueError: it is no object, or more than `MAX_DEPTH` objects and lists lie in each other.
    """
    if not isinstance(value, dict):
        raise ValueError("it is not a JSON object")
    kept: dict[str, Any] = _kept(value, MAX_DEPTH)
    return kept


def kept_word(value: Any) -> str | None:
    """`value` where it is an id or a state: printable text without replaced signs, at most 200; else None."""
    if isinstance(value, str) and 0 < len(value) <= _LONGEST_WORD and value.isprintable() and "\ufffd" not in value:
        return value
    return None


def _kept(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if not isinstance(value, dict | list):
        return value
    if depth == 0:
        raise ValueError("it is nested too deeply")
    if isinstance(value, list):
        return [_kept(item, depth - 1) for item in value]
    return {_text(name): _kept(item, depth - 1) for name, item in value.items()}


def _text(text: str) -> str:
    return clean_text(text).replace("\0", "\ufffd")

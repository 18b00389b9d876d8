"""A JSON object that came from outside, in a form that any database takes.

Both `tasks` and `callbacks` store what they receive. PostgreSQL refuses NUL, lone surrogates and NaN in JSON; pydantic
would refuse or pass them, never replace them.
"""

import math
from typing import Any

from glm_playground.gateway.wire import clean_text

MAX_DEPTH = 64
_LONGEST_WORD = 200


def kept_object(value: Any, *, without: str = "") -> dict[str, Any]:
    """`value` as it is stored: lone surrogates and NUL replaced by U+FFFD, a number that JSON does not have by null.

    Args:
        value: what `json.loads` gave.
        without: a secret that the sender may have sent back; "[key]" replaces it.

    Raises:
        ValueError: it is no object, or more than `MAX_DEPTH` objects and lists lie in each other.
    """
    if not isinstance(value, dict):
        raise ValueError("it is not a JSON object")
    kept: dict[str, Any] = _kept(value, without, MAX_DEPTH)
    return kept


def kept_word(value: Any) -> str | None:
    """`value` where it is an id or a state: printable text without replaced signs, at most 200; else None."""
    if isinstance(value, str) and 0 < len(value) <= _LONGEST_WORD and value.isprintable() and "\ufffd" not in value:
        return value
    return None


def _kept(value: Any, without: str, depth: int) -> Any:
    if isinstance(value, str):
        return _text(value, without)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if not isinstance(value, dict | list):
        return value
    if depth == 0:
        raise ValueError("it is nested too deeply")
    if isinstance(value, list):
        return [_kept(item, without, depth - 1) for item in value]
    return {_text(name, without): _kept(item, without, depth - 1) for name, item in value.items()}


def _text(text: str, without: str) -> str:
    text = clean_text(text).replace("\0", "\ufffd")
    return text.replace(without, "[key]") if without else text

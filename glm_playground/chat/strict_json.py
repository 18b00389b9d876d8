"""Reads JSON as RFC 8259 has it, and refuses what other readers refuse or read otherwise."""

import json
import math
from typing import Any

from glm_playground import bounds

MAX_DEPTH = bounds.JSON_DEPTH
"""Levels that JSON may nest."""
_MAX_DIGITS = 1000


def read_json(text: str) -> Any:
    """The value of `text`.

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
            object_pairs_hook=unique_object,
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


def unique_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object's names and values as a dict.

    Raises:
        ValueError: a name occurs twice.
    """
    value: dict[str, Any] = {}
    for name, item in pairs:
        if name in value:
            raise ValueError(f"the key {name[:80]!r} occurs twice")
        value[name] = item
    return value


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

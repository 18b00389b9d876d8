"""Extra request fields as a user types them: a JSON object that is added to the body."""

import json
import math
from typing import Any, NamedTuple

from glm_playground.gateway.wire import unsendable

RESERVED = frozenset({"messages", "stream", "stream_options", "model"})
"""What the app itself fills in."""


class ExtraProblem(NamedTuple):
    """Why the fields are not sent."""

    reason: str
    """The parser's words; empty where `reserved` or the form is the reason."""
    reserved: tuple[str, ...] = ()


def read_extra(text: str) -> dict[str, Any] | ExtraProblem:
    """The fields in `text`, {} for a blank one, or why they cannot be sent.

    Refused are NaN and numbers too large for a float, lone surrogates, and the fields in `RESERVED`.
    """
    if not text.strip():
        return {}
    try:
        value = json.loads(text, parse_int=_whole)
    except (ValueError, RecursionError) as error:
        return ExtraProblem(str(error))
    if not isinstance(value, dict):
        return ExtraProblem("")
    if why := unsendable(value):
        return ExtraProblem(why)
    if reserved := RESERVED & value.keys():
        return ExtraProblem("", tuple(sorted(reserved)))
    return value


def _whole(text: str) -> int:
    # A preset and a stored workbench hold no larger one.
    if not math.isfinite(float(text)):
        raise ValueError(f"{text[:20]}... is too large a number")
    return int(text)

"""JSON values as literals of Python, JavaScript and JSON, as a person would lay them out.

What fits the line stands on one; what does not has a line for each item. Nothing in a literal is hidden: marks that
turn the direction of text or hide would let a program read otherwise than it runs, so they are escaped.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

_WIDTH = 100
_JAVASCRIPT_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")


def javascript_string(text: str) -> str:
    """`text` as a JSON string, which is a JavaScript string too; what cannot be seen is escaped."""
    return _quoted(text, lambda character: json.dumps(character)[1:-1])


def python_string(text: str) -> str:
    """`text` as a Python string literal; what cannot be seen is escaped."""
    return _quoted(
        text, lambda character: f"\\u{ord(character):04x}" if ord(character) < 0x10000 else f"\\U{ord(character):08x}"
    )


def json_literal(value: Any, *, used: int = 0) -> str:
    """A JSON value as JSON; see `python_literal`."""
    return _literal(value, _JSON, 0, used)


def python_literal(value: Any, *, indent: int = 0, used: int = 0, one_line: bool = True) -> str:
    """A JSON value as a Python expression.

    Args:
        value: what `json.loads` gives; a tuple counts as a list.
        indent: columns its first line is indented by.
        used: columns that are taken on its first line, the indentation among them.
        one_line: whether it may stand on one line, where it fits.

    Raises:
        ValueError: for a number that JSON has not: NaN and the infinities.
        TypeError: for what is no JSON value.
    """
    return _literal(value, _PYTHON, indent, used, one_line)


def javascript_literal(value: Any, *, indent: int = 0, used: int = 0, one_line: bool = True) -> str:
    """A JSON value as a JavaScript expression; see `python_literal`.

    JavaScript itself rounds whole numbers beyond 2**53.
    """
    return _literal(value, _JAVASCRIPT, indent, used, one_line)


class _Notation(NamedTuple):
    """How a language writes what differs between the three."""

    string: Callable[[str], str]
    key: Callable[[str], str]
    words: tuple[str, str, str]
    """None, False and True."""
    indent: int
    padding: str
    """Between the braces and the fields of an object on one line."""
    last_comma: str


def _quoted(text: str, escape: Callable[[str], str]) -> str:
    # JSON's own escapes mean the same in all three languages.
    quoted = json.dumps(text, ensure_ascii=False)
    if quoted.isprintable():
        return quoted
    return "".join(character if character.isprintable() else escape(character) for character in quoted)


def _javascript_key(name: str) -> str:
    # Written plainly it would set the object's prototype, and not be sent.
    if name == "__proto__":
        return '["__proto__"]'
    return name if _JAVASCRIPT_NAME.fullmatch(name) else javascript_string(name)


_JSON = _Notation(javascript_string, javascript_string, ("null", "false", "true"), 2, "", "")
_PYTHON = _Notation(python_string, python_string, ("None", "False", "True"), 4, "", ",")
_JAVASCRIPT = _Notation(javascript_string, _javascript_key, ("null", "false", "true"), 2, " ", ",")


def _literal(value: Any, notation: _Notation, indent: int, used: int, one_line: bool = True) -> str:
    if not value or not isinstance(value, Mapping | list | tuple):
        return _on_one_line(value, notation)
    # A comma may follow.
    if one_line and used + len(line := _on_one_line(value, notation)) < _WIDTH:
        return line
    inner = indent + notation.indent
    if isinstance(value, Mapping):
        opening, closing = "{}"
        pairs = [(f"{notation.key(key)}: ", item) for key, item in value.items()]
    else:
        opening, closing = "[]"
        pairs = [("", item) for item in value]
    lines = [" " * inner + name + _literal(item, notation, inner, inner + len(name)) for name, item in pairs]
    items = ",\n".join(lines) + notation.last_comma
    return f"{opening}\n{items}\n{' ' * indent}{closing}"


def _on_one_line(value: Any, notation: _Notation) -> str:
    if isinstance(value, str):
        return notation.string(value)
    if value is None:
        return notation.words[0]
    if isinstance(value, bool):
        return notation.words[1 + value]
    if isinstance(value, Mapping):
        fields = [f"{notation.key(key)}: {_on_one_line(item, notation)}" for key, item in value.items()]
        return f"{{{notation.padding}{', '.join(fields)}{notation.padding}}}" if fields else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_on_one_line(item, notation) for item in value)}]"
    # A number is written alike in all three, with as many digits as tell it from its neighbours.
    return json.dumps(value, allow_nan=False)

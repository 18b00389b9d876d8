"""Two tools that the app answers itself, so that a tool call can be tried to its end: a calculator and a clock.

The calculator walks Python's own syntax tree. simpleeval would save 20 lines and add names, strings and attributes to
switch off; the limits of size, which keep `9**9**9` from standing still, would stay here.
"""

import ast
import json
import math
import operator
from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from glm_playground.chat.strict_json import read_json
from glm_playground.gateway import ToolCall

MAX_EXPRESSION = 200
"""Characters of an expression."""
_LARGEST = 10**300
_LARGEST_EXPONENT = 1000
_MOST_BITS = 1000
"""Of a power of whole numbers; 10**300 has 997."""
_MOST_DIGITS = 300

Number = int | float

BUILTIN_TOOLS: tuple[dict[str, Any], ...] = (
    {
        "type": "function",
        "function": {
            "name": "calculator",
            "description": "Evaluates an arithmetic expression: + - * / // % ** ( ), sqrt, abs, round, min, max.",
            "parameters": {
                "type": "object",
                "properties": {
                    "expression": {
                        "type": "string",
                        "description": f"At most {MAX_EXPRESSION} characters, for example (2 + 3) * sqrt(16).",
                    }
                },
                "required": ["expression"],
            },
        },
    },
    {
        "type": "function",
        "function": {
            "name": "clock",
            "description": "Tells the current date and time (ISO 8601) in a time zone.",
            "parameters": {
                "type": "object",
                "properties": {
                    "timezone": {
                        "type": "string",
                        "description": "IANA name, for example Asia/Shanghai.",
                        "default": "UTC",
                    }
                },
            },
        },
    },
)
"""The tools, in OpenAI's form."""


def answer_builtin(call: ToolCall, now: datetime) -> str | None:
    """What a tool's message answers to `call`.

    Args:
        call: as the model made it.
        now: the time to tell, with a time zone.

    Returns:
        JSON: `{"result": number}` of the calculator, `{"timezone": ..., "time": ...}` of the clock, or
        `{"error": text}` for the model to read; None where the tool is not one of `BUILTIN_TOOLS`.
    """
    answer_of = _ANSWERS.get(call.name)
    if answer_of is None:
        return None
    try:
        # Models leave the arguments empty where all may be left out.
        arguments = read_json(call.arguments) if call.arguments.strip() else {}
        if not isinstance(arguments, dict):
            raise ValueError("the arguments are no JSON object")
        answer = answer_of(arguments, now)
    except ValueError as error:
        answer = {"error": str(error)}
    return json.dumps(answer, ensure_ascii=False)


def _text(arguments: dict[str, Any], name: str, default: str | None = None) -> str:
    value = arguments.get(name, default)
    if not isinstance(value, str):
        raise ValueError(f"{name} is missing" if value is None else f"{name} is no text")
    return value


def _tell_time(arguments: dict[str, Any], now: datetime) -> dict[str, Any]:
    name = _text(arguments, "timezone", "UTC")
    try:
        zone = ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        raise ValueError(f"no time zone is named {name[:64]!r}") from None
    return {"timezone": name, "time": now.astimezone(zone).isoformat(timespec="seconds")}


def _calculate(arguments: dict[str, Any], now: datetime) -> dict[str, Any]:
    expression = _text(arguments, "expression").strip()
    if len(expression) > MAX_EXPRESSION:
        raise ValueError(f"the expression is longer than {MAX_EXPRESSION} characters")
    try:
        return {"result": _value(ast.parse(expression, mode="eval").body)}
    except (SyntaxError, RecursionError, MemoryError):
        raise ValueError("this is no arithmetic expression") from None
    except ArithmeticError as error:
        raise ValueError("division by zero" if isinstance(error, ZeroDivisionError) else "too large") from None
    except TypeError:
        raise ValueError("a function has the wrong number or kind of arguments") from None


_ANSWERS: dict[str, Callable[[dict[str, Any], datetime], dict[str, Any]]] = {
    "calculator": _calculate,
    "clock": _tell_time,
}


def _value(node: ast.expr) -> Number:
    """The value of a part of an expression; each is bounded, so that no part can take long or much memory."""
    match node:
        case ast.Constant(value=value):
            return _bounded(value)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _value(operand)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return _bounded(_OPERATORS[type(op)](_value(left), _value(right)))
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in _FUNCTIONS:
            return _bounded(_FUNCTIONS[name](*(_value(arg) for arg in args)))
    raise ValueError(f"only numbers, + - * / // % ** ( ) and {', '.join(_FUNCTIONS)} are understood")


def _bounded(value: Any) -> Number:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("not a real number")
    if not abs(value) <= _LARGEST:
        raise ValueError("beyond 10**300")
    return value


def _power(base: Number, exponent: Number) -> Any:
    if abs(exponent) > _LARGEST_EXPONENT:
        raise ValueError(f"an exponent is beyond {_LARGEST_EXPONENT}")
    if isinstance(base, int) and isinstance(exponent, int) and (base.bit_length() - 1) * exponent > _MOST_BITS:
        raise ValueError("beyond 10**300")
    return base**exponent


def _round(value: Number, digits: int = 0) -> Number:
    if abs(digits) > _MOST_DIGITS:
        raise ValueError(f"cannot round to more than {_MOST_DIGITS} digits")
    return round(value, digits) if digits else round(value)


_OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: _power,
}
_FUNCTIONS: dict[str, Callable[..., Any]] = {"sqrt": math.sqrt, "abs": abs, "round": _round, "min": min, "max": max}

"""The `@script` directive: what a request asks of the scripted engine and of the wire.

    @script tokens=200 rate=50 fault=drop@40

stands in the first line of the last user message; the rest of the message is ignored. Keys are read strictly.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Literal, cast, get_args
from urllib.parse import unquote

from glm_playground.sandbox.errors import STATUS_ERRORS, ApiError, ErrorShape

DIRECTIVE = "@script"

FaultName = Literal[
    "truncated_json",
    "glued_json",
    "invalid_utf8",
    "null_content",
    "list_content",
    "long_line",
    "error_midstream",
    "drop",
    "hang",
]


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault at the event that carries token `at`; 0 is before the first token, None in the middle."""

    name: FaultName
    at: int | None = None


@dataclass(frozen=True, slots=True)
class Script:
    """What to say, how fast, and what to do wrong. The defaults do nothing wrong.

    Text: `tokens` made-up ones, or `text`, or neither for the default text; `reasoning` tokens come first, as
    reasoning_content or with `think_tags` as <think> inside the content; `tool_call` adds one in pieces,
    unless the request ends with a tool's result.
    Pace: `rate` tokens a second (0: as fast as possible), after `delay` milliseconds, `bundle` tokens a chunk.
    Wire: `usage` (False: none), `usage_in_finish`, `done` times [DONE], `crlf` line ends, `comments`, `fault`,
    `long_line` bytes. Refusal: `status` with `retry_after` seconds, `error_shape`, `html`, `redirect`; with
    `fail_times` only the first requests that carry the same `key` are refused.
    """

    tokens: int | None = None
    text: str | None = None
    reasoning: int = 0
    think_tags: bool = False
    tool_call: bool = False
    rate: float = 60.0
    delay: int = 0
    bundle: int = 1
    finish: str | None = None
    usage: bool = True
    usage_in_finish: bool = False
    done: int = 1
    crlf: bool = False
    comments: bool = False
    fault: Fault | None = None
    long_line: int = 2_000_000
    status: int | None = None
    retry_after: int | None = None
    error_shape: ErrorShape | None = None
    html: bool = False
    redirect: bool = False
    fail_times: int = 0
    key: str | None = None


def _integer(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
            raise ValueError(f"must be an integer from {least} to {most}")
        return int(text)

    return read


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = -1.0
    if not 0 <= rate <= 1_000_000:
        raise ValueError("must be a number of tokens per second from 0 to 1000000")
    return rate


def _flag(text: str) -> bool:
    if text not in {"0", "1"}:
        raise ValueError("must be 0 or 1")
    return text == "1"


def _word(text: str) -> str:
    if not text.replace("_", "").replace("-", "").isalnum() or len(text) > 80:
        raise ValueError("must be one word of at most 80 letters, digits, - and _")
    return text


def _url_quoted(text: str) -> str:
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise ValueError("must be URL-quoted UTF-8") from None


def _status(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) not in STATUS_ERRORS:
        raise ValueError(f"must be one of {', '.join(map(str, STATUS_ERRORS))}")
    return int(text)


def _shape(text: str) -> ErrorShape:
    return cast(ErrorShape, _integer(1, 3)(text))


def _fault(text: str) -> Fault:
    name, _, at = text.partition("@")
    if name not in get_args(FaultName):
        raise ValueError(f"must be one of {', '.join(get_args(FaultName))}, with @TOKEN or without")
    return Fault(cast(FaultName, name), _integer(0, 1_000_000)(at) if "@" in text else None)


_READERS: dict[str, Callable[[str], object]] = {
    "tokens": _integer(0, 200_000),
    "text": _url_quoted,
    "reasoning": _integer(0, 200_000),
    "think_tags": _flag,
    "tool_call": _flag,
    "rate": _rate,
    "delay": _integer(0, 3_600_000),
    "bundle": _integer(1, 10_000),
    "finish": _word,
    "usage": _flag,
    "usage_in_finish": _flag,
    "done": _integer(0, 2),
    "crlf": _flag,
    "comments": _flag,
    "fault": _fault,
    "long_line": _integer(1000, 16_000_000),
    "status": _status,
    "retry_after": _integer(0, 86_400),
    "error_shape": _shape,
    "html": _flag,
    "redirect": _flag,
    "fail_times": _integer(1, 100),
    "key": _word,
}
assert set(_READERS) == {field.name for field in fields(Script)}


def parse_pairs(words: str) -> dict[str, object]:
    """Read `key=value key=value ...`. Raises ApiError 422 that names the first wrong key."""
    values: dict[str, object] = {}
    for word in words.split():
        name, equals, text = word.partition("=")
        if name not in _READERS or not equals:
            raise ApiError.invalid({DIRECTIVE: [f"unknown key '{name[:40]}'; known are {', '.join(_READERS)}"]})
        if name in values:
            raise ApiError.invalid({DIRECTIVE: [f"key '{name}' is given twice"]})
        try:
            values[name] = _READERS[name](text)
        except ValueError as error:
            raise ApiError.invalid({DIRECTIVE: [f"{name} {error}"]}) from None
    if "long_line" in values:
        values.setdefault("fault", Fault("long_line"))
    return values


def parse_script(message: str, defaults: Mapping[str, object]) -> Script:
    """The script of a user message: the server's defaults, and over them its directive if it has one."""
    first_line = message.split("\n", 1)[0].strip()
    word, _, pairs = first_line.partition(" ")
    values = {**defaults, **(parse_pairs(pairs) if word == DIRECTIVE else {})}
    script = Script(**values)  # type: ignore[arg-type]
    if script.fail_times and script.key is None:
        raise ApiError.invalid({DIRECTIVE: ["fail_times needs a key"]})
    if script.tokens is not None and script.text is not None:
        raise ApiError.invalid({DIRECTIVE: ["tokens and text exclude each other"]})
    return script


def refusal(script: Script) -> ApiError | None:
    """The error a script asks for in place of an answer, apart from `redirect`."""
    if script.status is None and not script.html and not script.fail_times:
        return None
    error = ApiError.of_status(script.status or (502 if script.html else 503))
    error.shape = script.error_shape
    error.html = script.html
    if script.retry_after is not None:
        error.headers = {"Retry-After": str(script.retry_after)}
    return error

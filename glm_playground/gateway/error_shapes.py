"""What an error is: the shapes in which servers say one.

A new shape is a row of `SHAPES` and a row of the test. `error_meanings` says which class an error has.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

Json = Mapping[str, Any]
Fields = dict[str, tuple[str, ...]]

_LONGEST_MESSAGE = 2000
_LONGEST_FIELD = 500
_LONGEST_PLAIN = 300
_DEEPEST = 4
_MOST_FIELDS = 50
# In this order: where an object has several, the first is what is meant for people.
_WORD_KEYS = ("message", "msg", "error_msg", "status_msg", "detail", "error", "errors", "error_description")
# Beside a text under `error`, which then is a code: OAuth's front doors (RFC 6749), Spring, FastAPI's fronts, CouchDB.
_BESIDE_KEYS = ("message", "error_description", "msg", "detail", "description", "reason")
_LESSER_WORD_KEYS = ("description", "title", "reason", "raw")
_CODE_KEYS = ("code", "type", "error_type", "error_code", "errorcode", "status", "status_code", "reason", "__type")
# Said of every error, so they tell nothing.
_EMPTY_CODES = {"", "error", "about:blank", "none", "null"}
_CODE_WORD = re.compile(r"[a-z][a-z0-9]*([_.-][a-z0-9]+)*")
_SUCCESS_CODES = {"", "0", "200", "ok", "success"}


class Told(NamedTuple):
    """An error in the server's own words."""

    message: str
    """Empty where the server said nothing, or said all by field."""
    code: str | None = None
    fields: Mapping[str, tuple[str, ...]] = {}


class Shape(NamedTuple):
    """One way in which servers say an error."""

    servers: str
    """Who sends it."""
    holds: Callable[[Json], bool]
    read: Callable[[Json], Told]
    in_chunk: bool = True
    """Whether it is one also where the status is 200, in an object that has no `choices`."""


def read_error_body(body: bytes, reason: str, status: int | None = None) -> Told:
    """The error in the body of an answer whose status is no success; its message is never empty.

    Args:
        body: JSON in any of `SHAPES`, events of a stream, an HTML page (reduced to its title), or plain text.
        reason: what to say where the body says nothing.
        status: a code that only repeats it is left out.
    """
    text = body.decode(errors="replace").removeprefix("\ufeff").strip()
    try:
        told = _told_of_text(text, status)
    except RecursionError:
        told = Told(text[:_LONGEST_PLAIN])
    message = told.message.strip() or reason.strip() or (f"status {status}" if status else "an error without words")
    return Told(message[:_LONGEST_MESSAGE], told.code, told.fields)


def error_in_chunk(chunk: Json) -> Any:
    """The part of a chunk, or of a whole completion, that says an error; None where it says none."""
    choices = chunk.get("choices")
    if choices and isinstance(choices, list):
        if error := chunk.get("error"):
            return _with_its_code(error, chunk)
        if chunk.get("object") == "error" or _minimax(chunk):
            return chunk
        first = choices[0]
        return first.get("error") or None if isinstance(first, dict) else None
    for shape in SHAPES:
        if shape.in_chunk and shape.holds(chunk):
            error = chunk.get("error")
            return _with_its_code(error, chunk) if error else chunk
    return None


def _with_its_code(error: Any, chunk: Json) -> Any:
    """The error, with what stands beside it where it is a text alone and its code or more words do."""
    told = not isinstance(error, dict) and (_code(chunk) is not None or _words_beside(chunk))
    return chunk if told else error


def read_error_value(value: Any, status: int | None = None) -> Told:
    """The error in a JSON value: a text, an object in any of `SHAPES`, or a list with one."""
    if isinstance(value, list) and len(value) == 1:
        # Google's compatible API wraps the object in a list.
        return read_error_value(value[0], status)
    if isinstance(value, str):
        return Told(value[:_LONGEST_MESSAGE])
    if not isinstance(value, dict):
        return Told(_words(value))
    for shape in SHAPES:
        if shape.holds(value):
            told = shape.read(value)
            code = told.code or _code(value, status)
            return Told(told.message[:_LONGEST_MESSAGE], None if code == str(status) else code, told.fields)
    return Told(_words(value), _code(value, status))


def _told_of_text(text: str, status: int | None) -> Told:
    try:
        value = json.loads(text)
    except ValueError:
        value = _json_of_events(text)
    if isinstance(value, str) and value.lstrip().startswith("{"):
        # JSON in JSON: a gateway that passes another's body on as a text.
        try:
            value = json.loads(value)
        except ValueError:
            return Told(value)
    if value is not None:
        return read_error_value(value, status)
    for tag in ("title", "h1", "pre"):
        found = re.search(rf"<{tag}[^>]*>([^<]{{1,300}})", text, re.IGNORECASE)
        # Express calls its pages only that.
        if found and (words := " ".join(found[1].split())).lower() not in {"", "error"}:
            return Told(words)
    return Told("" if text.startswith("<") or text == "null" else text[:_LONGEST_PLAIN])


def _json_of_events(text: str) -> Any:
    """The first JSON value of a body that is written as a stream of events."""
    for found in re.finditer(r"^(?:data|error):[ \t]*([{\[\"].*)$", text, re.MULTILINE):
        try:
            return json.loads(found[1])
        except ValueError:
            continue
    return None


# What stands in an object --------------------------------------------------------------------------------------------


def _words(value: Any, depth: int = _DEEPEST) -> str:
    """What `value` says to people; compact JSON where nothing in it is known to."""
    found = _said(value, depth)
    if found or value in ({}, [], None):
        return found
    return json.dumps(value, ensure_ascii=False)[:_LONGEST_PLAIN]


def _said(value: Any, depth: int) -> str:
    if isinstance(value, str):
        return value.strip()
    if depth == 0:
        return ""
    if isinstance(value, list):
        return "; ".join(filter(None, (_said(item, depth - 1) for item in value[:_MOST_FIELDS])))
    if isinstance(value, dict):
        lower = {name.lower(): item for name, item in value.items()}
        for key in (*_WORD_KEYS, *_LESSER_WORD_KEYS):
            if key in lower and (found := _said(lower[key], depth - 1)):
                return found
    return ""


def _code(value: Json, status: int | None = None) -> str | None:
    """The code of an object: a word before a number, and no number that is an HTTP status."""
    lower = {name.lower(): item for name, item in value.items()}
    numbers = []
    for key in _CODE_KEYS:
        item = lower.get(key)
        if isinstance(item, bool) or not isinstance(item, str | int):
            continue
        text = str(item)[:_LONGEST_FIELD]
        if text.lower() in _EMPTY_CODES or " " in text:
            continue
        if not re.fullmatch(r"[1-5]\d\d", text):
            return text
        numbers.append(text)
    return next((text for text in numbers if text != str(status)), None)


def _fields_of(value: Any) -> Fields:
    """Messages by field of `{field: [..]}`, of FastAPI's `[{"loc", "msg"}]`, or of `[{"field", "message"}]`."""
    pairs: Iterator[tuple[str, Any]]
    if isinstance(value, dict):
        pairs = ((str(name), item) for name, item in value.items())
    elif isinstance(value, list):
        pairs = ((_place(item), item) for item in value if isinstance(item, dict))
    else:
        return {}
    fields: Fields = {}
    for name, item in pairs:
        if not name:
            continue
        texts = item if isinstance(item, list) else [item]
        said = tuple(_words(text)[:_LONGEST_FIELD] for text in texts[:_MOST_FIELDS])
        fields[name] = fields.get(name, ()) + said
        if len(fields) == _MOST_FIELDS:
            break
    return fields


def _place(problem: Json) -> str:
    """Where a problem is: `loc` without the word that says it is in the body."""
    loc = problem.get("loc", problem.get("field", problem.get("param")))
    if isinstance(loc, list | tuple):
        steps = [str(step) for step in loc]
        return ".".join(steps[1:] if steps[:1] == ["body"] else steps)
    return loc if isinstance(loc, str) else ""


def _is_listed(problems: Any) -> bool:
    """Whether `problems` says all by field."""
    return isinstance(problems, list) and bool(problems) and all(isinstance(p, dict) and _place(p) for p in problems)


# The shapes ----------------------------------------------------------------------------------------------------------


def _read_error_key(value: Json) -> Told:
    error = value["error"]
    fields = _fields_of(value.get("errors"))
    if not isinstance(error, dict):
        message, code = _words(error), _code({name: item for name, item in value.items() if name != "error"})
        more = _words_beside(value)
        if more and _CODE_WORD.fullmatch(message):
            return Told(more, message if code is None or code.isdecimal() else code, fields)
        # Spring's {"status", "error", "message"}: the longer text says more.
        return Told(max(message, more, key=len), code, fields)
    told = _read_named(error)
    code = told.code or _code({name: item for name, item in value.items() if name == "code"})
    return Told(told.message, code, fields or told.fields)


def _words_beside(value: Json) -> str:
    """What is said to people beside an error that is a text alone."""
    lower = {name.lower(): item for name, item in value.items()}
    texts = (lower.get(key) for key in _BESIDE_KEYS)
    return next((text.strip() for text in texts if isinstance(text, str) and text.strip()), "")


def _unwrapped(raw: Any) -> Any:
    """What another server's body, passed on as a text, holds."""
    try:
        return json.loads(raw) if isinstance(raw, str) and raw.lstrip().startswith("{") else raw
    except (ValueError, RecursionError):
        return raw


def _read_detail(value: Json) -> Told:
    detail = value["detail"]
    if _is_listed(detail):
        return Told("", None, _fields_of(detail))
    if isinstance(detail, dict) and isinstance(detail.get("error"), dict):
        return _read_error_key(detail)
    return Told(_words(detail), _code(detail) if isinstance(detail, dict) else None)


def _read_named(value: Json) -> Told:
    message = value.get("message")
    if isinstance(message, dict) and _is_listed(message.get("detail")):
        # Mistral puts FastAPI's list into the message.
        return Told("", _code(value), _fields_of(message["detail"]))
    said = _words(value)
    metadata = value.get("metadata")
    if isinstance(metadata, dict) and (raw := _said(_unwrapped(metadata.get("raw")), _DEEPEST)) and raw != said:
        # OpenRouter passes on what the server behind it said.
        said = f"{said}: {raw}"
    if isinstance(named := value.get("param"), str) and named not in {"", "None"} and named not in said:
        said = f"{said} ({named})"
    details = value.get("details")
    return Told(said, _code(value), _fields_of(details) if _is_listed(details) else {})


def _read_errors(value: Json) -> Told:
    errors = value["errors"]
    if isinstance(errors, dict) or _is_listed(errors):
        return Told(
            _said({name: item for name, item in value.items() if name != "errors"}, 1), None, _fields_of(errors)
        )
    first = errors[0] if isinstance(errors, list) and errors else errors
    return Told(_words(errors), _code(first) if isinstance(first, dict) else None)


def _minimax(value: Json) -> bool:
    answer = value.get("base_resp")
    return isinstance(answer, dict) and str(answer.get("status_code", 0)).lower() not in _SUCCESS_CODES


def _read_minimax(value: Json) -> Told:
    answer = value["base_resp"]
    return Told(_words(answer), str(answer["status_code"])[:_LONGEST_FIELD])


def _has_code_and_words(value: Json) -> bool:
    code = value.get("code", value.get("error_code", value.get("statusCode")))
    if isinstance(code, bool) or not isinstance(code, str | int) or str(code).lower() in _SUCCESS_CODES:
        return False
    return any(isinstance(value.get(key), str | dict) for key in ("message", "msg", "error_msg"))


SHAPES: tuple[Shape, ...] = (
    Shape(
        "OpenAI, RunAPI, LiteLLM, llama.cpp, OpenRouter, Azure, Groq, vLLM from 0.9, Anthropic: an object under error; "
        "RunAPI, Ollama, text-generation-inference, Spring: a text under it; OAuth's front doors: a code "
        "under it, the words under error_description",
        lambda value: bool(value.get("error")) and not (value.get("error") is True and "message" in value),
        _read_error_key,
    ),
    Shape(
        "vLLM before 0.9, SGLang, Mistral: object says error; others: type, status or event does",
        lambda value: (
            "error" in {_word(value.get(key)) for key in ("object", "type", "event")}
            or (_word(value.get("status")) == "error" and "message" in value)
        ),
        _read_named,
    ),
    Shape("MiniMax: base_resp with a status code", _minimax, _read_minimax),
    Shape(
        "Cloudflare, Rails, GraphQL: a list or an object under errors",
        lambda value: bool(value.get("errors")) and isinstance(value.get("errors"), list | dict),
        _read_errors,
    ),
    Shape(
        "FastAPI (vLLM, SGLang, LiteLLM, transformers serve), problem details of RFC 9457",
        lambda value: bool(value.get("detail")) and isinstance(value.get("detail"), str | list | dict),
        _read_detail,
    ),
    Shape(
        "Z.ai, DashScope, SiliconFlow, Baidu, Azure's front: code with message or msg",
        _has_code_and_words,
        _read_named,
    ),
    Shape(
        "Z.ai for an address it does not know: success is false",
        lambda value: value.get("success") is False or value.get("error") is True,
        _read_named,
    ),
    Shape(
        "Kong, AWS, Cohere: a message alone",
        lambda value: any(isinstance(value.get(key), str | dict) for key in ("message", "Message", "msg")),
        _read_named,
        in_chunk=False,
    ),
)
"""Tried in this order; an object may be of several."""


def _word(value: Any) -> str | None:
    return value.lower() if isinstance(value, str) else None

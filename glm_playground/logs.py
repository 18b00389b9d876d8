"""The process's log: lines of text, or JSON on request; with levels, and never with a secret of the settings.

What people write and what models answer is not logged anywhere; that is for whoever writes a line to see to.
"""

import json
import logging
import sys
from collections.abc import Iterable
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, Literal

from glm_playground.spellings import spellings

_OURS = "glm_playground"
_OTHERS = ("streamlit", "uvicorn", "websockets")
_FIELDS = "log_fields"
_CONTROLS = {code: f"\\x{code:02x}" for code in (*range(32), 127, 0x85, 0x2028, 0x2029) if code not in {9, 10}}
_SHORTEST_SECRET = 6
_HIDDEN = "***"


request_id: ContextVar[str] = ContextVar("request_id", default="")
"""Of the web request that is being answered; it stands in each line that is written meanwhile."""


def fields(**values: object) -> dict[str, dict[str, object]]:
    """What is logged beside the words of a line, for `extra=`; None is left out."""
    return {_FIELDS: {name: value for name, value in values.items() if value is not None}}


def configure(format: Literal["text", "json"], level: str, secrets: Iterable[str]) -> None:
    """Writes this process's log to stderr from now on.

    Args:
        format: "json" for one object a line, also of what Streamlit and its server write.
        level: the least severe of our own lines that are written.
        secrets: texts that no line may hold, in whatever spelling.
    """
    spelt = {one for text in secrets if len(text) >= _SHORTEST_SECRET for one in spellings(text)}
    hidden = sorted(spelt, key=len, reverse=True)
    formatter = JsonLines(hidden) if format == "json" else TextLines(hidden)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    ours = logging.getLogger(_OURS)
    ours.handlers, ours.propagate = [handler], False
    ours.setLevel(level.upper())
    logging.root.handlers = [handler]
    for name, logger in logging.root.manager.loggerDict.items():
        if name.split(".")[0] in _OTHERS and isinstance(logger, logging.Logger):
            for other in logger.handlers:
                other.setFormatter(formatter if format == "json" else OthersLines(hidden, other.formatter))


class _Lines(logging.Formatter):
    def __init__(self, secrets: Iterable[str]) -> None:
        super().__init__()
        self._secrets = tuple(secrets)

    def _hide(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, _HIDDEN)
        return text


class TextLines(_Lines):
    """`time level logger: words name=value ...`, then a traceback where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, or lines."""
        more = "".join(f" {name}={_value(value)}" for name, value in _fields_of(record).items())
        head = f"{_time(record)} {record.levelname} {record.name}: "
        parts = [head + " ".join(record.getMessage().splitlines()) + more]
        if record.exc_info:
            parts.append(self.formatException(record.exc_info))
        return self._hide("\n".join(parts)).translate(_CONTROLS)


class OthersLines(_Lines):
    """Lines as `formatter` writes them, without the secrets."""

    def __init__(self, secrets: Iterable[str], formatter: logging.Formatter | None) -> None:
        super().__init__(secrets)
        self._formatter = formatter or logging.Formatter()

    def format(self, record: logging.LogRecord) -> str:
        """The line, or lines."""
        return self._hide(self._formatter.format(record))


class JsonLines(_Lines):
    """One JSON object a line: time, level, logger, message, the fields, and `exception` where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line: dict[str, Any] = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": self._hide(record.getMessage()),
        }
        line |= {
            name: self._hide(value) if isinstance(value, str) else value for name, value in _fields_of(record).items()
        }
        if record.exc_info:
            line["exception"] = self._hide(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=True, default=str)


def _fields_of(record: logging.LogRecord) -> dict[str, Any]:
    found: dict[str, Any] = getattr(record, _FIELDS, {})
    return {**found, "web_request": asked} if (asked := request_id.get()) else found


def _value(value: object) -> str:
    text = str(value)
    return text if text and not set(text) & set(' "=\n\t') else json.dumps(text, ensure_ascii=False)


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")

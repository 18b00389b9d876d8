"""A short cut for the many chunks of a stream that differ in nothing but the text of their delta.

A chunk is some 200 bytes of JSON around a token of 5. Once one was parsed whole, a later payload with the same bytes
before and behind its text is the same JSON with another string, so only that string is parsed. This is exact: if what
stands between is not one JSON string, the payload is parsed whole.
"""

import re

from pydantic_core import from_json

_CONTENT = re.compile(rb'"content":\s*("(?:[^"\\]|\\.)*")', re.DOTALL)


class ChunkTemplate:
    """The bytes around the text of a delta that holds nothing but `content`."""

    __slots__ = ("_cut_end", "_cut_start", "_prefix", "_suffix")

    def __init__(self, prefix: bytes, suffix: bytes) -> None:
        self._prefix = prefix
        self._suffix = suffix
        # The quotes are part of the string to parse and of what is compared.
        self._cut_start = len(prefix) - 1
        self._cut_end = 1 - len(suffix) or None

    @classmethod
    def learn(cls, payload: bytes, content: str) -> "ChunkTemplate | None":
        """The template of `payload`, whose only text delta is `content`; None where it cannot be told apart."""
        found = _CONTENT.search(payload)
        if found is None or payload.count(b'"content"') != 1 or from_json(found[1]) != content:
            return None
        start, end = found.span(1)
        return cls(payload[: start + 1], payload[end - 1 :])

    def as_event(self) -> "ChunkTemplate":
        """The same for a whole event of the stream, as most servers write it: `data: `, the payload, an empty line."""
        return ChunkTemplate(b"data: " + self._prefix, self._suffix + b"\n\n")

    def read(self, payload: bytes) -> str | None:
        """The text of `payload` if it fits the template, else None."""
        if not payload.startswith(self._prefix) or not payload.endswith(self._suffix):
            return None
        try:
            text = from_json(payload[self._cut_start : self._cut_end])
        except ValueError:
            return None
        return text if isinstance(text, str) else None

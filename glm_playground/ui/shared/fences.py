"""Fenced code blocks of Markdown, told line by line (spec.commonmark.org/0.31.2/#fenced-code-blocks)."""

import re
from typing import NamedTuple, Self

# A fence may begin behind the marker of a list item: "- ```python".
_OPENING = re.compile(r"^((?:[ \t]|[-*+][ \t]|\d{1,9}[.)][ \t])*)(`{3,}(?=[^`]*$)|~{3,})[ \t]*(.*)$")


class Fence(NamedTuple):
    """The line that opens a fenced code block."""

    column: int
    marker: str
    info: str

    @classmethod
    def opened_by(cls, line: str) -> Self | None:
        """The fence that `line`, which is outside any fence, opens."""
        found = _OPENING.match(line)
        return cls(len(found[1]), found[2], found[3].strip()) if found else None

    def closed_by(self, line: str) -> bool:
        """Whether `line` is the end of the code block."""
        closing = line.strip()
        indent = len(line) - len(line.lstrip())
        return closing.startswith(self.marker) and not closing.strip(self.marker[0]) and indent < self.column + 4

"""Text that would cost a server or a browser too much as Markdown, and is shown as it is instead.

Signs that open something without closing it are looked at again and again by every Markdown parser (`![![![`, `****`);
quotes and lists within each other make as many boxes; a row of a table is as wide as its widest.
"""

import re

from glm_playground import bounds

_SIGNS = str.maketrans("", "", "[]!*_`<~$@\\")
_MARKERS = re.compile(r"[ \t]{0,99}(?:>|(?:[-*+]|[0-9]{1,9}[.)])(?=[ \t]))")
_DEEP_INDENT = re.compile(rf"^[ \t]{{{4 * bounds.DRAWN_DEPTH},}}(?:>|[-*+][ \t]|[0-9]{{1,9}}[.)][ \t])", re.MULTILINE)


def is_busy(text: str) -> bool:
    """Whether `text`, which is outside of code, is not to be read as Markdown."""
    lines = text.split("\n")
    return (
        len(text) - len(text.translate(_SIGNS)) > bounds.DRAWN_SIGNS
        or max(map(len, lines)) > bounds.DRAWN_LINE_CHARACTERS
        or max(line.count("|") for line in lines) * len(lines) > bounds.DRAWN_CELLS
        or _DEEP_INDENT.search(text) is not None
        or any(_markers(line) > bounds.DRAWN_DEPTH for line in lines)
    )


def _markers(line: str) -> int:
    """How many quotes and lists begin one within the other in a line."""
    count = position = 0
    while count <= bounds.DRAWN_DEPTH and (found := _MARKERS.match(line, position)):
        count += 1
        position = found.end()
    return count

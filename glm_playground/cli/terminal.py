"""Text of others on a terminal, which obeys what it is shown: escapes, other controls, marks that turn the writing."""

import unicodedata

# The joiners that Persian, Indic scripts and emoji are written with; no other character of their category is shown.
_JOINERS = "\u200c\u200d"
_NOT_SHOWN = frozenset({"Cc", "Cf", "Cs", "Co"})
_LONGEST_LINE = 300


def plain(text: str) -> str:
    """`text` with only those characters that can be seen, line ends, tabs and joiners."""
    ends = text.replace("\u2028", "\n").replace("\u2029", "\n")
    return "".join(
        char for char in ends if char in "\n\t" or char in _JOINERS or unicodedata.category(char) not in _NOT_SHOWN
    )


def line(text: str, most: int = _LONGEST_LINE) -> str:
    """`text` as `plain`, in one line of at most about `most` characters."""
    read = text[: 4 * most]
    found = " ".join(plain(read).split())
    return found if len(found) <= most and len(read) == len(text) else f"{found[:most]}..."

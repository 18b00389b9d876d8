"""Text that Markdown shows as it is: Streamlit's, and that of documents.

Its frontend reads CommonMark with tables, footnotes, formulas and directives (`:red[..]`). Then it looks in the text
that is left, where an escape is no longer seen, for emoji codes (`:smile:`), icons, arrows (`->`, `--`, `>=`) and
addresses. An empty directive parts such a sign; it neither shows nor is copied.
"""

import re
from typing import NamedTuple
from unicodedata import category

PART = ":color[]"
"""Parts the text around it."""


class MarkdownDialect(NamedTuple):
    """What a reader of Markdown has beside CommonMark, tables and formulas."""

    part: str
    """Parts the text around it, and does not show."""
    line_break: str
    """Within a heading or a cell."""
    changes_code: bool
    """Whether it looks for icons in code, and loses spaces there."""


STREAMLIT = MarkdownDialect(PART, "&#10;", changes_code=True)
DOCUMENT = MarkdownDialect("<b></b>", "<br>", changes_code=False)
"""GitHub's, editors' and others'. A comment would not do: at the start of a line it makes HTML of the rest of it."""

_ARROW = r"<->|->|<-|--|>=|<=|~="
_SIGN = re.compile(
    rf"(?P<arrow>(?<![^\s\ufeff])(?:{_ARROW})(?![^\s\ufeff]))"
    r"|(?P<code>:)(?=[A-Za-z0-9_+-]{1,99}:|material/)"
    # What would be an address, and is none to our parser.
    r"|(?P<address>(?<=[\w.+-])@(?=[\w-])|(?i:www(?=\.))|(?i:https?:)(?=//))"
    r"|:(?=\S|\Z)|!(?=\[|\Z)|&(?=[#A-Za-z])|[\\`*_{}\[\]<>|~$^]"
    r"|(?P<space>[\n\r]|[^\S \t\n\r]\Z)"
)
_EVERY_SIGN = re.compile(
    rf"(?P<arrow>(?<![^\s\ufeff])(?:{_ARROW})(?![^\s\ufeff]))"
    r"|(?P<code>:)(?=[A-Za-z0-9_+-]{1,99}:|material/)"
    r"|(?P<address>(?<=[\w.+-])@(?=[\w-])|(?i:www(?=\.)))"
    r"|[\\`*_{}\[\]<>()#+\-.!|~$:&\"'^]"
)
_LINE_START = re.compile(rf"(?P<space>\s+)|(?!{_ARROW})(?P<mark>[-+#=])|(?P<number>[0-9]{{1,9}})(?P<point>[.)])")


def escaped(text: str, *, line_start: bool = False, part: str = PART) -> str:
    """`text` as Markdown that shows it.

    Args:
        text: what is to be read; a line's end in it is kept, as white space.
        line_start: whether it may stand at the start of a line, where more signs mean something.
        part: the dialect's.
    """
    begin = ""
    if line_start and (found := _LINE_START.match(text)):
        begin, text = _at_line_start(found), text[found.end() :]
        if found["space"]:
            # A sign behind spaces is at the start of the line as well.
            return begin + escaped(text, line_start=True, part=part)
    return begin + _SIGN.sub(lambda found: _escaped(found, part), text)


def literal(text: str) -> str:
    """`text` so that Markdown shows it as it is, on one line; for words of a gateway inside our own sentences."""
    return _EVERY_SIGN.sub(lambda found: _parted(found, PART), " ".join(text.split()))


def _at_line_start(found: re.Match[str]) -> str:
    if found["space"]:
        return _as_references(found["space"])
    if found["number"]:
        return f"{found['number']}\\{found['point']}"
    return f"\\{found['mark']}"


def _escaped(found: re.Match[str], part: str) -> str:
    return _as_references(found[0]) if found["space"] else _parted(found, part)


def _parted(found: re.Match[str], part: str) -> str:
    if found["code"]:
        return f"\\:{part}"
    if found["address"]:
        return found[0].replace(":", "\\:") + part
    if found["arrow"]:
        return part.join(f"\\{sign}" for sign in found[0])
    return f"\\{found[0]}"


def _as_references(characters: str) -> str:
    # There are no references to other control characters.
    return "".join(
        f"&#{ord(character)};" if character in "\t\n\r" or category(character) != "Cc" else character
        for character in characters
    )

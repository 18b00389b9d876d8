"""The tokens of one paragraph as Markdown that Streamlit's frontend, or another reader, draws to the same text."""

import re
from collections.abc import Callable, Sequence
from enum import Enum, auto
from typing import NamedTuple
from unicodedata import category

from markdown_it.token import Token

from glm_playground.markdown.signs import STREAMLIT, MarkdownDialect, escaped

# What the frontend changes in code too is parted there: it has no icons in mind, and in a cell no escaped bar.
_UNTRUE = re.compile(r"(?<=:material)(?=/)")
_UNTRUE_IN_CELLS = re.compile(rf"{_UNTRUE.pattern}|(?<=\\)(?=\|)")
_IN_ADDRESS = re.compile(r"[\\<>&|\s]|:(?=material/)")
_TICKS = re.compile("`+")

DrawnFormula = Callable[[str], bool]
"""Whether one more formula is drawn, by what it says."""


class Place(Enum):
    """Where inline text stands."""

    PARAGRAPH = auto()
    HEADING = auto()
    CELL = auto()


class _Run(NamedTuple):
    """Signs that begin or end emphasis."""

    signs: str
    opens: bool


class InlineMarkdown:
    """Writes the tokens of one paragraph, heading or cell.

    Emphasis is the hard part: whether `**` opens or closes depends on the characters beside it, and the frontend does
    not know the rules for CJK. So runs wait in `_runs` until what follows is known, and an empty directive is put
    beside a run where it would not do. Within emphasis `_` takes the place of `*`; what is deeper is not emphasized.
    """

    def __init__(self, place: Place, draws: DrawnFormula, dialect: MarkdownDialect = STREAMLIT) -> None:
        self._place = place
        self._dialect = dialect
        self._draws = draws
        self._parts: list[str] = []
        self._last = ""
        self._line_start = place is Place.PARAGRAPH
        self._runs: list[_Run] = []
        self._open: list[str] = []

    def written(self, tokens: Sequence[Token]) -> str:
        """`tokens` as Markdown; a paragraph has a line for each of its lines."""
        for token in tokens:
            self._write(token)
        self._put_runs("")
        return "".join(self._parts)

    def code(self, content: str) -> str:
        """A line of code as a span."""
        self._put_code(content)
        return "".join(self._parts)

    def _write(self, token: Token) -> None:
        match token.type:
            case "text":
                self._put(self._escaped(token.content))
            case "hardbreak" if self._place is Place.PARAGRAPH:
                self._put("\\\n")
                self._line_start = True
            case "hardbreak":
                self._put(self._dialect.line_break)
            case "code_inline":
                self._put_code(token.content)
            case "math_inline" | "math_display":
                self._put_formula(token)
            case "link_open":
                self._put("[")
                self._open.append(f"](<{_address(str(token.attrs['href']))}>)")
            case "link_close":
                self._put(self._open.pop())
            case "em_open" | "strong_open" | "s_open":
                self._open_emphasis(token.type)
            case "em_close" | "strong_close" | "s_close":
                if signs := self._open.pop():
                    self._runs.append(_Run(signs, opens=False))
            case _:
                self._put(escaped(token.content, part=self._dialect.part))

    def _escaped(self, text: str) -> str:
        return escaped(text, line_start=self._line_start, part=self._dialect.part)

    def _open_emphasis(self, kind: str) -> None:
        wanted = ["~~"] if kind == "s_open" else ["*", "_"] if kind == "em_open" else ["**", "__"]
        taken = {signs[:1] for signs in self._open}
        signs = next((signs for signs in wanted if signs[0] not in taken), "")
        self._open.append(signs)
        if signs:
            self._runs.append(_Run(signs, opens=True))

    def _put_code(self, content: str) -> None:
        in_cell = self._place is Place.CELL
        untrue = _UNTRUE_IN_CELLS if in_cell else _UNTRUE
        for part in untrue.split(content.replace("\n", " ")):
            if part:
                self._put(_code_span(part.replace("|", "\\|") if in_cell else part))

    def _put_formula(self, token: Token) -> None:
        formula = " ".join(token.content.split())
        if not self._draws(token.content):
            self._put(self._escaped(token.meta["source"].replace("\n", " ")))
            return
        if self._place is Place.CELL:
            formula = formula.replace("\\|", "\\Vert ").replace("|", "\\vert ").strip()
        fence = "$$" if "$" in formula or token.type == "math_display" else "$"
        if formula[0] == "$" or formula[-1] == "$":
            formula = f" {formula} "
        self._put(f"{fence}{formula}{fence}")

    def _put(self, raw: str) -> None:
        if not raw:
            return
        self._put_runs(raw[0])
        # Two code spans, or two formulas; and a formula is none before a digit.
        if (self._last in {"`", "$"} and raw[0] == self._last) or (self._last == "$" and raw[0].isdecimal()):
            self._append(self._dialect.part)
        self._append(raw)

    def _put_runs(self, following: str) -> None:
        """Writes the runs that wait, before a character or the end."""
        runs, self._runs = self._runs, []
        for number, run in enumerate(runs):
            after = runs[number + 1].signs[0] if number + 1 < len(runs) else following
            if run.opens:
                if not _may_open(run.signs, self._last, after):
                    self._append(self._dialect.part)
                self._append(run.signs)
            else:
                if self._last.isspace():
                    self._append(self._dialect.part)
                self._append(run.signs)
                if not _may_close(run.signs, self._parts[-2][-1], after):
                    self._append(self._dialect.part)

    def _append(self, raw: str) -> None:
        self._parts.append(raw)
        self._last = raw[-1]
        self._line_start = False


def _may_open(signs: str, before: str, after: str) -> bool:
    if before == signs[0]:
        return False
    if signs[0] == "_":
        return not _may_be_word(before)
    return not _may_be_word(before) or not _may_be_sign(after)


def _may_close(signs: str, before: str, after: str) -> bool:
    if after == signs[0]:
        return False
    if signs[0] == "_":
        return not _may_be_word(after)
    return not _may_be_word(after) or not _may_be_sign(before)


def _may_be_word(character: str) -> bool:
    """Whether the frontend may take `character` for a letter; it sees half of what is beyond 16 bits."""
    return bool(character) and (character > "\uffff" or not (character.isspace() or category(character)[0] in "PS"))


def _may_be_sign(character: str) -> bool:
    return character > "\uffff" or category(character)[0] in "PSZ" if character else False


def _code_span(content: str) -> str:
    ticks = "`" * (1 + max(map(len, _TICKS.findall(content)), default=0))
    padded = content[:1] == "`" or content[-1:] == "`" or (content[:1] == content[-1:] == " " and content.strip())
    return f"{ticks} {content} {ticks}" if padded else f"{ticks}{content}{ticks}"


def _address(url: str) -> str:
    return _IN_ADDRESS.sub(lambda found: f"&#{ord(found[0])};", url)

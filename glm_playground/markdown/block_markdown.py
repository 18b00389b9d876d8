"""The tokens of a text as Markdown that Streamlit's frontend, or another reader, draws to the same blocks."""

import re
from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

from markdown_it.token import Token

from glm_playground import bounds
from glm_playground.markdown.formulas import FormulaBudget
from glm_playground.markdown.inline_markdown import InlineMarkdown, Place
from glm_playground.markdown.signs import STREAMLIT, MarkdownDialect, escaped

_SHOWN_HEADING = {"h1": "####", "h2": "####", "h3": "#####", "h4": "######", "h5": "######", "h6": "######"}
_ALIGNMENT = {"text-align:left": ":--", "text-align:center": ":-:", "text-align:right": "--:"}
_LANGUAGE = re.compile(r"[\w+#.-]{1,40}")
# Streamlit would draw these; a diagram of untrusted text stays text, and a formula is drawn elsewhere or not at all.
_DRAWN_LANGUAGES = frozenset({"mermaid", "math"})
_TICKS = re.compile("`{3,}")
# What Streamlit changes in code that is part of Markdown: icons, and lines of nothing but spaces.
_CHANGED_IN_CODE = re.compile(r":material/|^[ \t]+$", re.MULTILINE)
_INTERRUPTS = re.compile(r"(?:[-+*]|1[.)]) ")


class CodeBlock(NamedTuple):
    """A block of code that is drawn by itself."""

    text: str
    language: str | None


class _Block(NamedTuple):
    kind: str
    lines: list[str]
    code: CodeBlock | None = None


class BlockMarkdown:
    """Writes the tokens of a text, from the first to the last."""

    def __init__(self, tokens: Iterable[Token], dialect: MarkdownDialect = STREAMLIT) -> None:
        self._tokens = iter(tokens)
        self._dialect = dialect
        self._formulas = FormulaBudget()
        self._lists = self._depth = 0

    def elements(self) -> tuple[str | CodeBlock, ...]:
        """Markdown and code, one below the other."""
        found: list[str | CodeBlock] = []
        lines: list[str] = []
        for block in self._blocks(None):
            if block.code and self._dialect.changes_code and _CHANGED_IN_CODE.search(block.code.text):
                found += ["\n".join(lines), block.code] if lines else [block.code]
                lines = []
            else:
                lines += ["", *block.lines] if lines else block.lines
        return (*found, "\n".join(lines)) if lines else tuple(found)

    def text(self) -> str:
        """All of it as one text, for a dialect that does not change code."""
        return "\n\n".join("\n".join(block.lines) for block in self._blocks(None))

    def _blocks(self, closing: str | None) -> list[_Block]:
        """The blocks up to the token `closing`."""
        found: list[_Block] = []
        marker = ""
        for token in self._tokens:
            if token.type == closing:
                break
            block = self._block(token, marker)
            marker = block.kind if block.kind in "-+*.)" else ""
            found.append(block)
        return found

    def _block(self, token: Token, marker_above: str) -> _Block:
        match token.type:
            case "paragraph_open":
                kind = "line" if token.hidden else "paragraph"
                return _Block(kind, self._inline(Place.PARAGRAPH).split("\n"))
            case "heading_open":
                return _Block("heading", [f"{_SHOWN_HEADING[token.tag]} {self._inline(Place.HEADING)}".rstrip()])
            case "bullet_list_open":
                # Never `- - -`, which would be a rule, and never the marker of the list above.
                marker = "-*"[self._lists % 2] if not marker_above else "-+"[marker_above != "+"]
                return _Block(marker, self._items("bullet_list_close", marker))
            case "ordered_list_open":
                marker = ")" if marker_above == "." else "."
                return _Block(marker, self._items("ordered_list_close", marker, int(token.attrs.get("start", 1))))
            case "blockquote_open":
                self._depth += 1
                lines = _joined(self._blocks("blockquote_close"))
                self._depth -= 1
                return _Block("quote", [f"> {line}".rstrip() if not line else f"> {line}" for line in lines or [""]])
            case "table_open":
                return _Block("table", self._table())
            case "fence" | "code_block":
                return self._code(token)
            case "math_block":
                return self._formula(token.content, token.meta["source"])
            case "hr":
                return _Block("rule", ["___"])
        return _Block("paragraph", [self._escaped(line) for line in token.content.split("\n")])

    def _escaped(self, line: str) -> str:
        return escaped(line, line_start=True, part=self._dialect.part)

    def _inline(self, place: Place) -> str:
        """What is inside a token that is open; reads its end as well."""
        inner = next(self._tokens)
        next(self._tokens)
        return InlineMarkdown(place, self._formulas.draws, self._dialect).written(inner.children or [])

    def _items(self, closing: str, marker: str, number: int | None = None) -> list[str]:
        self._lists += 1
        self._depth += 1
        items: list[list[str]] = []
        loose = False
        for token in self._tokens:
            if token.type == closing:
                break
            blocks = self._blocks("list_item_close")
            loose = loose or any(block.kind == "paragraph" for block in blocks)
            lines = _joined(blocks) or [""]
            if "done" in token.meta:
                lines[0] = f"[{'x' if token.meta['done'] else ' '}] {lines[0]}"
            begin = marker if number is None else f"{min(number + len(items), 999_999_999)}{marker}"
            items.append(_indented(lines, begin))
        self._lists -= 1
        self._depth -= 1
        apart = [""] if loose else []
        return [line for number, item in enumerate(items) for line in ([*apart, *item] if number else item)]

    def _table(self) -> list[str]:
        rows: list[list[str]] = []
        alignment: list[str] = []
        for token in self._tokens:
            if token.type == "table_close":
                break
            if token.type == "tr_open":
                rows.append([])
            elif token.type in {"th_open", "td_open"}:
                if len(rows) == 1:
                    alignment.append(_ALIGNMENT.get(str(token.attrs.get("style")), "---"))
                rows[-1].append(self._inline(Place.CELL))
        return [f"| {' | '.join(cells)} |" for cells in (rows[0], alignment, *rows[1:])]

    def _code(self, token: Token) -> _Block:
        text = token.content.removesuffix("\n")
        if _language(token.info) == "math" and text.strip() and len(text) < bounds.FORMULA_CHARACTERS:
            return self._formula(text, text)
        language = shown_language(token.info) if len(text) <= bounds.DRAWN_CODE_CHARACTERS else "text"
        if self._dialect.changes_code and self._depth and ":material/" in text:
            # Within a list or a quote it cannot be drawn by itself; in spans it stays what it is.
            spans = [InlineMarkdown(Place.PARAGRAPH, self._formulas.draws).code(line) for line in text.split("\n")]
            return _Block("paragraph", "\\\n".join(spans).split("\n"))
        # An empty line at the start is not shown, unless there are two.
        lines = [*([""] if text.startswith("\n") else []), *text.split("\n")]
        return _Block("code", _fenced(lines, language), CodeBlock(text, language or None))

    def _formula(self, formula: str, source: str) -> _Block:
        if self._formulas.draws(formula):
            return _Block("formula", ["$$", *formula.split("\n"), "$$"])
        return _Block("code", _fenced(source.split("\n"), "text"))


def shown_language(info: str) -> str:
    """What code is coloured as, by what stands behind the fence that opens it; empty for nothing."""
    language = _language(info)
    return "text" if language.lower() in _DRAWN_LANGUAGES else language


def _language(info: str) -> str:
    found = _LANGUAGE.match(info.strip())
    return found[0] if found else ""


def _joined(blocks: list[_Block]) -> list[str]:
    """The lines of blocks; no line is between that of a tight list and a list that may interrupt it."""
    lines = list(blocks[0].lines) if blocks else []
    for above, below in pairwise(blocks):
        near = above.kind == "line" and _INTERRUPTS.match(below.lines[0])
        lines += below.lines if near else ["", *below.lines]
    return lines


def _indented(lines: list[str], marker: str) -> list[str]:
    indent = " " * (len(marker) + 1)
    return [f"{marker} {lines[0]}".rstrip(), *(indent + line if line else "" for line in lines[1:])]


def _fenced(lines: list[str], language: str) -> list[str]:
    longest = max((len(ticks) for line in lines for ticks in _TICKS.findall(line)), default=2)
    fence = "`" * (longest + 1)
    return [f"{fence}{language}", *lines, fence]

"""Tables as GitHub reads them, but that a bar within a formula is the formula's where the row has too many cells.

Models write `| $|x|$ |`, and GitHub would take the rest of the row away.
"""

import re

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_block.table import escapedSplit, table

from glm_playground.markdown.dollars import is_formula

_BAR = "\ue07c"
"""Stands for a bar while the cells are told apart."""
_DELIMITERS = re.compile(r"[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*")
_FORMULA = re.compile(r"(?<!\\)\$(?P<dollars>[^$`]{1,1000})\$|(?<!\\)\\\((?P<brackets>(?:[^\\`]|\\[^()`]){1,1000})\\\)")
_BARE_BAR = re.compile(r"(?<!\\)\|")


def table_rule(md: MarkdownIt) -> None:
    """Adds the rule to `md`."""
    md.block.ruler.at("table", _table, {"alt": ["paragraph", "reference"]})


def _table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    if start + 1 >= end or not _DELIMITERS.fullmatch(_line(state, start + 1)):
        return table(state, start, end, silent)
    source, before = state.src, len(state.tokens)
    state.src = _with_bars_kept(state, start, end)
    found = table(state, start, end, silent)
    if state.src is not source:
        state.src = source
        for token in state.tokens[before:]:
            token.content = token.content.replace(_BAR, "|")
    return found


def _with_bars_kept(state: StateBlock, start: int, end: int) -> str:
    """The source with `_BAR` in the place of bars within formulas, in rows of a table that need it."""
    columns = _cells(_line(state, start + 1))
    parts, place = [], 0
    for line in range(start, end):
        row = _line(state, line)
        if not row.strip():
            break
        if _cells(row) > columns and _BAR not in row:
            kept = _FORMULA.sub(_kept, row)
            if _cells(kept) == columns:
                begin = state.bMarks[line] + state.tShift[line]
                parts += [state.src[place:begin], kept]
                place = begin + len(row)
    return "".join([*parts, state.src[place:]]) if parts else state.src


def _kept(found: re.Match[str]) -> str:
    if (content := found["dollars"]) is not None:
        around = found.string[max(0, found.start() - 1) : found.start()], found.string[found.end() : found.end() + 1]
        if not is_formula(content, *around):
            return found[0]
    return _BARE_BAR.sub(_BAR, found[0])


def _cells(row: str) -> int:
    cells = [cell.strip() for cell in escapedSplit(row.strip())]
    return len(cells) - (cells[0] == "") - (len(cells) > 1 and cells[-1] == "")


def _line(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]]

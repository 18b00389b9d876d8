r"""Formulas of Markdown: `$..$`, `$$..$$`, `\(..\)`, `\[..\]`, `\begin{..}..\end{..}`, as rules of markdown-it.

Tokens: `math_inline`; `math_display` within a paragraph; `math_block` for lines of its own. `content` is the formula,
`meta["source"]` what was written.
"""

import re
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline

from glm_playground.markdown.dollars import is_formula

LONGEST_FORMULA = 4_000
GROWING = "growing"
"""In the environment of the parser: a formula that is not closed yet is one, because the text still grows."""

_ENVIRONMENT = re.compile(r"\\begin\{([A-Za-z]{1,20}\*?)\}")
_ESCAPED = re.compile(r"\\.", re.DOTALL)


def math_syntax(md: MarkdownIt) -> None:
    """Adds the rules to `md`."""
    md.inline.ruler.before("escape", "math_brackets", _brackets)
    md.inline.ruler.before("escape", "math_dollars", _dollars)
    md.block.ruler.before("fence", "math_block", _block, {"alt": ["paragraph", "blockquote", "list"]})


class _Signs(NamedTuple):
    """What a formula stands between."""

    opening: str
    closing: str
    kind: str
    most: int
    """Characters of the formula."""


_DOLLAR = _Signs("$", "$", "math_inline", 1_000)
_DOLLARS = _Signs("$$", "$$", "math_display", LONGEST_FORMULA)
_BRACKETS = {
    "\\(": _Signs("\\(", "\\)", "math_inline", 1_000),
    "\\[": _Signs("\\[", "\\]", "math_display", LONGEST_FORMULA),
}


def _brackets(state: StateInline, silent: bool) -> bool:
    signs = _BRACKETS.get(state.src[state.pos : state.pos + 2])
    return signs is not None and _take(state, silent, signs)


def _dollars(state: StateInline, silent: bool) -> bool:
    src, pos = state.src, state.pos
    if src[pos] != "$":
        return False
    end = pos
    while end < state.posMax and src[end] == "$":
        end += 1
    if end - pos == 2 and _take(state, silent, _DOLLARS):
        return True
    if end - pos == 1 and (closing := _closing(state, end, _DOLLAR)) >= 0:
        before = src[pos - 1] if pos else ""
        after = src[closing + 1] if closing + 1 < state.posMax else ""
        content = src[end:closing]
        if after != "$" and "\n" not in content and is_formula(content, before, after):
            return _push(state, silent, _DOLLAR, closing)
    if not silent:
        state.pending += src[pos:end]
    state.pos = end
    return True


def _take(state: StateInline, silent: bool, signs: _Signs) -> bool:
    end = _closing(state, state.pos + 2, signs)
    content = state.src[state.pos + 2 : end]
    if end < 0 or not content.strip() or "`" in content or signs.opening in content.replace("\\\\", ""):
        return False
    return _push(state, silent, signs, end)


def _closing(state: StateInline, start: int, signs: _Signs) -> int:
    """Where a formula that begins at `start` ends; -1 where it does not."""
    last = min(state.posMax, start + signs.most + len(signs.closing))
    position = start
    while position < last:
        if state.src.startswith(signs.closing, position):
            return position if position + len(signs.closing) <= last else -1
        position += 2 if state.src[position] == "\\" else 1
    return -1


def _push(state: StateInline, silent: bool, signs: _Signs, end: int) -> bool:
    behind = end + len(signs.closing)
    if not silent:
        token = state.push(signs.kind, "math", 0)
        token.content = state.src[state.pos + len(signs.opening) : end].strip()
        token.meta = {"source": state.src[state.pos : behind]}
    state.pos = behind
    return True


def _block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    if state.is_code_block(start):
        return False
    first = _line(state, start)
    environment = _ENVIRONMENT.match(first)
    if environment:
        opening, closing = "", f"\\end{{{environment[1]}}}"
    elif first.startswith(("$$", "\\[")) and not first.startswith("$$$"):
        opening, closing = first[:2], "$$" if first[0] == "$" else "\\]"
    else:
        return False
    last = _last_line(state, start, end, closing)
    if last is None:
        return False
    if silent:
        return True
    lines = [_line(state, line) for line in range(start, last)]
    source = "\n".join(lines)
    content = source.removeprefix(opening)
    if not environment:
        content = content.rstrip().removesuffix(closing)
    token = state.push("math_block", "math", 0)
    token.content = "\n".join(line for line in content.split("\n") if line.strip())
    token.meta = {"source": source}
    token.map = [start, last]
    token.block = True
    state.line = last
    return True


def _last_line(state: StateBlock, start: int, end: int, closing: str) -> int | None:
    """The line behind a formula; None where it does not end as one has to, or begins once more."""
    opening = "\\begin" + closing[4:] if closing.startswith("\\end") else _line(state, start)[:2]
    length, line, filled = 0, start, False
    body = _line(state, start)[len(opening) :]
    while True:
        place = _ESCAPED.sub(lambda found: found[0] if found[0] == closing else "  ", body).find(closing)
        if closing.startswith("\\end"):
            place = body.find(closing)
        if place >= 0:
            filled = filled or bool(body[:place].strip())
            return line + 1 if filled and not body[place + len(closing) :].strip() else None
        filled = filled or bool(body.strip())
        length += len(body) + 1
        line += 1
        if length > LONGEST_FORMULA:
            return None
        if line >= end:
            return line if GROWING in state.env and state.level == 0 else None
        body = _line(state, line)
        begins_again = opening != closing and body.startswith(opening)
        if begins_again or (state.sCount[line] < state.blkIndent and not state.isEmpty(line)):
            return None


def _line(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]]

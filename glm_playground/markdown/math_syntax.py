r"""Formulas of Markdown: `$..$`, `$$..$$`, `\(..\)`, `\[..\]`, `\begin{..}..\end{..}`, as rules of markdown-it.

Tokens: `math_inline`; `math_display` within a paragraph; `math_block` for lines of its own. `content` is the formula,
`meta["source"]` what was written.
"""

import re

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline

from glm_playground.markdown.dollars import is_formula

LONGEST_FORMULA = 4_000
GROWING = "growing"
"""In the environment of the parser: a formula that is not closed yet is one, because the text still grows."""

_LONGEST_INLINE = 1_000
_ENVIRONMENT = re.compile(r"\\begin\{([A-Za-z]{1,20}\*?)\}")
_ESCAPED = re.compile(r"\\.", re.DOTALL)


def math_syntax(md: MarkdownIt) -> None:
    """Adds the rules to `md`."""
    md.inline.ruler.before("escape", "math_brackets", _brackets)
    md.inline.ruler.before("escape", "math_dollars", _dollars)
    md.block.ruler.before("fence", "math_block", _block, {"alt": ["paragraph", "blockquote", "list"]})


def _brackets(state: StateInline, silent: bool) -> bool:
    opening = state.src[state.pos : state.pos + 2]
    if opening == "\\(":
        return _take(state, silent, "math_inline", opening, "\\)", _LONGEST_INLINE)
    if opening == "\\[":
        return _take(state, silent, "math_display", opening, "\\]", LONGEST_FORMULA)
    return False


def _dollars(state: StateInline, silent: bool) -> bool:
    src, pos = state.src, state.pos
    if src[pos] != "$":
        return False
    end = pos
    while end < state.posMax and src[end] == "$":
        end += 1
    if end - pos == 2 and _take(state, silent, "math_display", "$$", "$$", LONGEST_FORMULA):
        return True
    if end - pos == 1 and (closing := _closing(state, end, "$", _LONGEST_INLINE)) >= 0:
        before = src[pos - 1] if pos else ""
        after = src[closing + 1] if closing + 1 < state.posMax else ""
        content = src[end:closing]
        if after != "$" and "\n" not in content and is_formula(content, before, after):
            return _push(state, silent, "math_inline", end, closing, "$")
    if not silent:
        state.pending += src[pos:end]
    state.pos = end
    return True


def _take(state: StateInline, silent: bool, kind: str, opening: str, closing: str, most: int) -> bool:
    start = state.pos + 2
    end = _closing(state, start, closing, most)
    if end < 0 or not state.src[start:end].strip() or "`" in state.src[start:end]:
        return False
    return opening not in state.src[start:end].replace("\\\\", "") and _push(state, silent, kind, start, end, closing)


def _closing(state: StateInline, start: int, closing: str, most: int) -> int:
    """Where a formula that begins at `start` ends; -1 where it does not."""
    last = min(state.posMax, start + most + len(closing))
    position = start
    while position < last:
        if state.src.startswith(closing, position):
            return position if position + len(closing) <= last else -1
        position += 2 if state.src[position] == "\\" else 1
    return -1


def _push(state: StateInline, silent: bool, kind: str, start: int, end: int, closing: str) -> bool:
    if not silent:
        token = state.push(kind, "math", 0)
        token.content = state.src[start:end].strip()
        token.meta = {"source": state.src[state.pos : end + len(closing)]}
    state.pos = end + len(closing)
    return True


def _block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    if state.is_code_block(start):
        return False
    first = _line(state, start)
    environment = _ENVIRONMENT.match(first)
    if environment:
        opening, closing, body = "", f"\\end{{{environment[1]}}}", first[environment.end() :]
    elif first.startswith(("$$", "\\[")) and not first.startswith("$$$"):
        opening, closing, body = first[:2], "$$" if first[0] == "$" else "\\]", first[2:]
    else:
        return False
    last = _last_line(state, start, end, body, closing)
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


def _last_line(state: StateBlock, start: int, end: int, body: str, closing: str) -> int | None:
    """The line behind a formula whose first one goes on with `body`; None where it does not end as one has to."""
    length, line, filled = 0, start, False
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
        if state.sCount[line] < state.blkIndent and not state.isEmpty(line):
            return None
        body = _line(state, line)


def _line(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]]

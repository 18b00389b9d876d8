"""A model's text as tokens of markdown-it: the one judge of what is code, math, a table, emphasis, a link or text.

CommonMark with tables, `~~strikethrough~~`, task lists, CJK emphasis, formulas, and bare addresses as links. It differs where the text is a
stranger's and comes piece by piece:

- A line's end is kept, and `<br>` is one.
- HTML is text. An image is a link to it; a link that does not show where it leads has its host behind it; an address
  that is neither of the web nor of mail makes no link.
- There are no references (`[a]: https://..`): the definition may come long after its use is drawn.
- What costs too much as Markdown is code (`busy_text`).
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from linkify_it import LinkifyIt
from linkify_it.main import Match
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from glm_playground.markdown.busy_text import is_busy
from glm_playground.markdown.emphasis import CjkInline
from glm_playground.markdown.links import host, names
from glm_playground.markdown.math_syntax import GROWING, math_syntax

_LINE_BREAK = re.compile(r"<br\s{0,9}/?>", re.IGNORECASE)
_TASK = re.compile(r"\[([ xX])\] +")
_CODE = frozenset({"fence", "code_block", "math_block", "hr"})


class Block(NamedTuple):
    """A block of the first level, by its lines in the text."""

    kind: str
    first: int
    last: int
    """The line behind it."""


def parse(text: str) -> list[Token]:
    """The tokens of `text`, as markdown-it has them; see the module for what is different."""
    return _PARSER.parse(text)


def blocks_of(text: str) -> list[Block]:
    """The blocks of a text that still grows: all but the last stay as they are, whatever whole lines follow."""
    env = {GROWING: True}
    tokens = _BLOCKS.parse(text, env)
    return [Block(token.type.removesuffix("_open"), *token.map) for token in tokens if token.map and not token.level and token.nesting >= 0]


def _parser() -> MarkdownIt:
    md = MarkdownIt("commonmark", {"linkify": True}).enable(["table", "strikethrough"]).disable("reference")
    md.inline.__class__ = CjkInline
    md.inline.ruler.enable("linkify")
    md.validateLink = lambda url: host(url) is not None  # type: ignore[method-assign]
    md.normalizeLink = md.normalizeLinkText = lambda url: url  # type: ignore[method-assign]
    md.linkify = _Addresses()
    md.use(math_syntax)
    md.core.ruler.after("block", "costly_text", _costly_text)
    md.core.ruler.after("costly_text", "html_blocks", _html_blocks)
    md.core.ruler.after("inline", "lines_and_links", _lines_and_links)
    md.core.ruler.push("tasks", _tasks)
    return md


class _Addresses:
    """Where a bare address ends: at the latest at a sign of CJK text."""

    _END = re.compile(r"[\s\u3000-\u303f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65“”‘’…—]")

    def __init__(self) -> None:
        self._found = LinkifyIt()

    def match_at_start(self, text: str) -> Match | None:
        end = self._END.search(text)
        return self._found.match_at_start(text[: end.start()] if end else text)


def _costly_text(state: StateCore) -> None:
    """Makes code of neighbours that would cost too much as Markdown; what is code already is not looked at."""
    lines = state.src.split("\n")
    tokens: list[Token] = []
    run: list[Token] = []

    def end_run() -> None:
        maps = [token.map for token in run if token.map]
        if maps and is_busy(text := "\n".join(lines[maps[0][0] : max(last for _first, last in maps)])):
            tokens.append(_code(text.rstrip("\n") + "\n", "text", [maps[0][0], maps[-1][1]]))
        else:
            tokens.extend(run)
        run.clear()

    for token in state.tokens:
        if token.level == 0 and token.type in _CODE:
            end_run()
            tokens.append(token)
        else:
            run.append(token)
    end_run()
    state.tokens = tokens


def _html_blocks(state: StateCore) -> None:
    """Makes text of one line of HTML, and code of more."""
    tokens: list[Token] = []
    for token in state.tokens:
        if token.type != "html_block":
            tokens.append(token)
        elif "\n" in token.content.strip():
            tokens.append(_code(token.content.rstrip("\n") + "\n", "html", token.map, token.level))
        elif not _LINE_BREAK.fullmatch(token.content.strip()):
            tokens += _paragraph(token.content.strip(), token)
    state.tokens = tokens


def _code(text: str, language: str, lines: list[int] | None, level: int = 0) -> Token:
    return Token("fence", "code", 0, content=text, info=language, markup="```", map=lines, level=level, block=True)


def _paragraph(text: str, like: Token) -> list[Token]:
    inner = Token("inline", "", 0, content="", map=like.map, level=like.level + 1, block=True)
    inner.children = [Token("text", "", 0, content=text)]
    return [
        Token("paragraph_open", "p", 1, map=like.map, level=like.level, block=True),
        inner,
        Token("paragraph_close", "p", -1, level=like.level, block=True),
    ]


def _lines_and_links(state: StateCore) -> None:
    for token in state.tokens:
        if token.children:
            token.children = list(_shown_links(_without_outer_lines(list(_shown_lines(token.children)))))


def _without_outer_lines(tokens: list[Token]) -> list[Token]:
    shown = [number for number, token in enumerate(tokens) if token.type != "hardbreak"]
    return tokens[shown[0] : shown[-1] + 1] if shown else []


def _shown_lines(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        if token.type == "softbreak" or (token.type == "html_inline" and _LINE_BREAK.fullmatch(token.content)):
            yield Token("hardbreak", "br", 0)
        elif token.type == "html_inline":
            yield _text(token.content)
        else:
            yield token


def _shown_links(tokens: list[Token]) -> Iterator[Token]:
    """Links with their host behind them, and images as such links."""
    opened: Token | None = None
    label = ""
    for token in tokens:
        if token.type == "image":
            alternative = _words(token.children or [])
            if opened:
                label += alternative
                yield _text(alternative)
            else:
                link = Token("link_open", "a", 1, attrs={"href": token.attrs["src"]})
                yield from (link, _text(alternative), *_link_end(link, alternative))
            continue
        if token.type == "link_close" and opened:
            yield from _link_end(opened, label)
            opened = None
            continue
        if token.type == "link_open":
            opened, label = token, ""
        elif opened:
            label += "\n" if token.type == "hardbreak" else token.content
        yield token


def _link_end(link: Token, label: str) -> Iterator[Token]:
    leads_to = host(str(link.attrs["href"])) or ""
    if not label.strip():
        yield _text(leads_to)
    yield Token("link_close", "a", -1)
    if label.strip() and not names(label, leads_to):
        yield _text(f" ({leads_to})")


def _words(tokens: list[Token]) -> str:
    return "".join(" " if token.type in {"softbreak", "hardbreak"} else token.content or _words(token.children or []) for token in tokens)


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)


def _tasks(state: StateCore) -> None:
    """Marks the items of task lists: `meta["done"]` of a `list_item_open`."""
    for item, paragraph, inline in zip(state.tokens, state.tokens[1:], state.tokens[2:], strict=False):
        if item.type != "list_item_open" or paragraph.type != "paragraph_open" or not inline.children:
            continue
        first = inline.children[0]
        if first.type == "text" and (found := _TASK.match(first.content)) and (
            found.end() < len(first.content) or len(inline.children) > 1
        ):
            item.meta = {"done": found[1] != " "}
            first.content = first.content[found.end() :]


_PARSER = _parser()
_BLOCKS = _parser().disable(["costly_text", "html_blocks", "inline", "linkify", "lines_and_links", "text_join", "tasks"])

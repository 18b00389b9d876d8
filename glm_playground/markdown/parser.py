"""A model's text as tokens of markdown-it: the one judge of what is code, math, a table, emphasis, a link or text.

CommonMark with tables, `~~strikethrough~~`, task lists, CJK emphasis, formulas, and bare addresses as links. It differs
where the text is a stranger's and comes piece by piece:

- A line's end is kept, and `<br>` is one.
- HTML is text. An image is a link to it; a link that does not show where it leads has its host behind it; an address
  that is neither of the web nor of mail makes no link.
- There are no references (`[a]: https://..`): the definition may come long after its use is drawn.
- A heading without a word is none: a text that ends in `## ` has not begun it yet.
- What costs too much as Markdown is code (`busy_text`).
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore, block, normalize
from markdown_it.token import Token

from glm_playground.markdown.busy_text import is_busy
from glm_playground.markdown.emphasis import CjkInline
from glm_playground.markdown.links import host, names
from glm_playground.markdown.math_syntax import GROWING, math_syntax
from glm_playground.markdown.tables import table_rule

_LINE_BREAK = re.compile(r"<br\s{0,9}/?>", re.IGNORECASE)
_TASK = re.compile(r"\[([ xX])\] +")
_CODE = frozenset({"fence", "code_block", "math_block", "hr", "html_block"})


class Block(NamedTuple):
    """A block of the first level, of which the text within is not read yet."""

    kind: str
    first: int
    """The line that it begins with, as are `items` of a list."""
    items: list[int]
    tokens: list[Token]
    source: str


def blocks_of(text: str, *, growing: bool = False) -> list[Block]:
    """The blocks of a text.

    Args:
        text: Markdown.
        growing: whether more follows. All blocks but the last stay as they are then, whatever whole lines come.
    """
    state = StateCore(text, PARSER, {GROWING: True} if growing else {})
    normalize(state)
    block(state)
    lines = state.src.split("\n")
    found: list[Block] = []
    for token in state.tokens:
        if token.level == 0 and token.nesting >= 0:
            first, last = token.map or (0, 0)
            found.append(Block(token.type.removesuffix("_open"), first, [], [], "\n".join(lines[first:last])))
        elif token.level == 1 and token.type == "list_item_open" and token.map:
            found[-1].items.append(token.map[0])
        found[-1].tokens.append(token)
    return found


def tokens_of(blocks: Iterable[Block]) -> list[Token]:
    """The tokens of blocks, with all that is within."""
    state = StateCore("", PARSER, {})
    for one in blocks:
        state.tokens += _costly(one) if one.kind not in _CODE and is_busy(one.source) else one.tokens
    for rule in PARSER.core.ruler.getRules(""):
        rule(state)
    return state.tokens


def parse(text: str) -> list[Token]:
    """The tokens of `text`, as markdown-it has them; see the module for what is different."""
    return tokens_of(blocks_of(text))


def _parser() -> MarkdownIt:
    md = (
        MarkdownIt("commonmark", {"linkify": True, "xhtmlOut": False})
        .enable(["table", "strikethrough"])
        .disable("reference")
    )
    md.inline.__class__ = CjkInline
    md.inline.ruler.enable("linkify")
    md.validateLink = lambda url: host(url) is not None  # type: ignore[method-assign]
    md.normalizeLink = lambda url: url  # type: ignore[method-assign]
    md.normalizeLinkText = lambda link: link  # type: ignore[method-assign]
    md.linkify = _Addresses(md.linkify)
    md.use(math_syntax)
    md.use(table_rule)
    md.core.ruler.disable(["normalize", "block"])
    md.core.ruler.before("inline", "html_blocks", _html_blocks)
    md.core.ruler.after("inline", "lines_and_links", _lines_and_links)
    md.core.ruler.push("tasks", _tasks)
    md.core.ruler.push("empty_headings", _empty_headings)
    return md


class _Addresses:
    """Where a bare address ends: at the latest at a sign of CJK text."""

    _END = re.compile(r"[\s\u3000-\u303f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65“”‘’…—]")

    def __init__(self, addresses: Any) -> None:
        self._addresses = addresses

    def match_at_start(self, text: str) -> Any:
        end = self._END.search(text)
        return self._addresses.match_at_start(text[: end.start()] if end else text)


def _costly(block: Block) -> list[Token]:
    return [_code(block.source.rstrip("\n") + "\n", "text", None)]


def _empty_headings(state: StateCore) -> None:
    """Takes headings out in which there is nothing to read."""
    kept: list[Token] = []
    for token in state.tokens:
        if token.type == "heading_close" and kept[-2].type == "heading_open" and not kept[-1].content.strip():
            del kept[-2:]
        else:
            kept.append(token)
    state.tokens = kept


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
    return "".join(
        " " if token.type in {"softbreak", "hardbreak"} else token.content or _words(token.children or [])
        for token in tokens
    )


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)


def _tasks(state: StateCore) -> None:
    """Marks the items of task lists: `meta["done"]` of a `list_item_open`."""
    tokens = state.tokens
    for place, item in enumerate(tokens):
        if item.type != "list_item_open" or tokens[place + 1].type != "paragraph_open":
            continue
        words = tokens[place + 2].children or []
        found = _TASK.match(words[0].content) if words and words[0].type == "text" else None
        if found and (found.end() < len(words[0].content) or len(words) > 1):
            item.meta = {"done": found[1] != " "}
            words[0].content = words[0].content[found.end() :]


PARSER = _parser()

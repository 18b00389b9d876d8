"""A model's text as a tree of blocks, for formats that have no HTML: what is a heading, a list, a table, code.

The same parser decides as for HTML (`markdown.html`). Formulas are their source. A link is its text with the address
behind it, and leads nowhere: only addresses of the web are written.
"""

from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import urlsplit

from markdown_it.token import Token

from glm_playground.markdown.links import host
from glm_playground.markdown.parser import parse


class Span(NamedTuple):
    """Text within a line; "\\n" ends a line."""

    text: str
    bold: bool = False
    italic: bool = False
    struck: bool = False
    code: bool = False


Spans = tuple[Span, ...]


class Heading(NamedTuple):
    """A heading of a level from 1 to 6."""

    level: int
    spans: Spans


class Text(NamedTuple):
    """A paragraph."""

    spans: Spans


class Code(NamedTuple):
    """Lines that are shown as they are."""

    text: str


class Item(NamedTuple):
    """An item of a list; its mark is a number with a point, a box of a task, or "" for a bullet."""

    mark: str
    blocks: "tuple[Block, ...]"


class Listing(NamedTuple):
    """A list."""

    items: tuple[Item, ...]


class Quote(NamedTuple):
    """A quote."""

    blocks: "tuple[Block, ...]"


class Grid(NamedTuple):
    """A table, whose first row is its head."""

    rows: tuple[tuple[Spans, ...], ...]


class Rule(NamedTuple):
    """A line across the page."""


Block = Heading | Text | Code | Listing | Quote | Grid | Rule


def blocks(text: str) -> tuple[Block, ...]:
    """The blocks of a text in Markdown."""
    return _blocks(iter(parse(text)), "")


def plain(spans: Spans) -> str:
    """The text of `spans`, without its emphasis."""
    return "".join(span.text for span in spans)


def _blocks(tokens: Iterator[Token], closing: str) -> tuple[Block, ...]:
    """The blocks until the token `closing`."""
    found: list[Block] = []
    for token in tokens:
        match token.type:
            case _ if token.type == closing:
                break
            case "heading_open":
                found.append(Heading(int(token.tag[1]), _spans(next(tokens))))
            case "paragraph_open":
                found.append(Text(_spans(next(tokens))))
            case "fence" | "code_block":
                found.append(Code(token.content.removesuffix("\n")))
            case "math_block":
                found.append(Code(str(token.meta["source"])))
            case "bullet_list_open" | "ordered_list_open":
                found.append(_listing(tokens, token))
            case "blockquote_open":
                found.append(Quote(_blocks(tokens, "blockquote_close")))
            case "table_open":
                found.append(_grid(tokens))
            case "hr":
                found.append(Rule())
            case _:
                pass
    return tuple(found)


def _listing(tokens: Iterator[Token], opening: Token) -> Listing:
    closing = opening.type.replace("_open", "_close")
    number = int(opening.attrs.get("start", 1)) if opening.type == "ordered_list_open" else None
    items: list[Item] = []
    for token in tokens:
        if token.type == closing:
            break
        if token.type == "list_item_open":
            mark = "" if number is None else f"{number + len(items)}."
            done = token.meta.get("done")
            box = "" if done is None else "☑" if done else "☐"
            items.append(Item(f"{mark} {box}".strip(), _blocks(tokens, "list_item_close")))
    return Listing(tuple(items))


def _grid(tokens: Iterator[Token]) -> Grid:
    rows: list[list[Spans]] = []
    for token in tokens:
        if token.type == "table_close":
            break
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline":
            rows[-1].append(_spans(token))
    return Grid(tuple(map(tuple, rows)))


def _spans(inline: Token) -> Spans:
    found: list[Span] = []
    bold = italic = struck = 0
    address = ""
    behind = ""
    label: list[str] = []
    for token in inline.children or ():
        match token.type:
            case "strong_open" | "strong_close":
                bold += token.nesting
            case "em_open" | "em_close":
                italic += token.nesting
            case "s_open" | "s_close":
                struck += token.nesting
            case "link_open":
                address, label = str(token.attrs["href"]), []
            case "link_close":
                found.append(Span(_address_behind("".join(label), address)))
                # The host that the parser puts behind a link gives way to the whole address.
                behind = f" ({host(address)})"
            case "hardbreak" | "softbreak":
                found.append(Span("\n"))
            case _:
                source = token.meta.get("source") if token.type.startswith("math") else None
                is_code = token.type == "code_inline" or source is not None
                text, behind = (source or token.content).removeprefix(behind), ""
                found.append(Span(text, bold > 0, italic > 0, struck > 0, is_code))
                label.append(token.content)
    return tuple(span for span in found if span.text)


def _address_behind(label: str, address: str) -> str:
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"}:
        return f" ({parts.path})" if parts.path not in label else ""
    return "" if label.strip() in {address, address.removeprefix(f"{parts.scheme}://")} else f" ({address})"

"""Our own Markdown as HTML that the server writes.

The browser takes some 4 ms for each Markdown element, most of it for the parser, and next to nothing for HTML. So what
stands on a page many times over, such as the cards of the models, is drawn as HTML.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from html import escape
from typing import Literal

import streamlit as st
from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from glm_playground.ui.shared.page.navigation import app_path

_DIRECTIVE = re.compile(r":([a-z]+(?:-[a-z]+)?)\[")
_KEPT = 1_000


def draw_text(text: str, width: Literal["stretch", "content"] = "stretch") -> None:
    """Draws our own Markdown."""
    st.html(own_html(text), width=width)


def page_link(address: str, label: str, style: Literal["open", "try"] | None = None) -> str:
    """A link to a page as HTML: its address below the app's, such as "/?id=glm-5.1"."""
    classes = f"to-page {style}" if style else "to-page"
    return f'<a class="{classes}" href="{escape(app_path() + address)}">{escape(label)}</a>'


@lru_cache(maxsize=_KEPT)
def own_html(text: str) -> str:
    """Our own Markdown as HTML, with Streamlit's directives: `:small[..]` is a span of the class "small".

    HTML in it is text, and images are not drawn. Links lead to a new tab.
    """
    html: str = _PARSER.render(text)
    return html


def _parser() -> MarkdownIt:
    md = MarkdownIt("commonmark", {"html": False}).enable("table").disable(["image", "html_inline", "html_block"])
    md.inline.ruler.before("link", "directive", _directive)
    md.add_render_rule("link_open", _link_open)
    return md


def _directive(state: StateInline, silent: bool) -> bool:
    """Reads `:name[text]`; without a text nothing is drawn."""
    found = _DIRECTIVE.match(state.src, state.pos, state.posMax)
    if not found:
        return False
    start = found.end() - 1
    end = state.md.helpers.parseLinkLabel(state, start)
    if end < 0:
        return False
    if not silent and end > start + 1:
        last = state.posMax
        token = state.push("span_open", "span", 1)
        # A style is two words, "gray-badge", where it has a box.
        token.attrs = {"class": found[1].replace("-", " ")}
        state.pos, state.posMax = start + 1, end
        state.md.inline.tokenize(state)
        state.push("span_close", "span", -1)
        state.posMax = last
    state.pos = end + 1
    return True


def _link_open(renderer: object, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
    tokens[idx].attrs |= {"target": "_blank", "rel": "noopener noreferrer"}
    return str(_PARSER.renderer.renderToken(tokens, idx, options, env))  # type: ignore[attr-defined]


_PARSER = _parser()

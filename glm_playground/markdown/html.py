"""A model's text as HTML for a page that loads nothing: no HTML of its own, no images; formulas as their source."""

from collections.abc import Sequence

from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup

from glm_playground.markdown.parser import PARSER, parse

_HEADINGS = {"h1": "h5", "h2": "h5"}


def to_html(text: str) -> Markup:
    """`text` as HTML, with headings of the fifth and sixth level."""
    tokens = parse(text)
    for token in tokens:
        if token.type.startswith("heading_"):
            token.tag = _HEADINGS.get(token.tag, "h6")
    # All that a token holds is escaped by the renderer.
    return Markup(_RENDERER.render(tokens, PARSER.options, {}))  # noqa: S704


class _Renderer(RendererHTML):
    def math_inline(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return f"<code>{escapeHtml(tokens[idx].meta['source'])}</code>"

    math_display = math_inline

    def math_block(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return f"<pre><code>{escapeHtml(tokens[idx].meta['source'])}</code></pre>\n"

    def link_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return f'<a href="{escapeHtml(str(tokens[idx].attrs["href"]))}" rel="noopener noreferrer">'

    def list_item_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        done = tokens[idx].meta.get("done")
        return "<li>" if done is None else f"<li>[{'x' if done else ' '}] "


_RENDERER = _Renderer()

"""A model's answer as what Streamlit draws; the stored text is never altered.

`glm_playground.markdown.parser` says what the text means, and it is written anew as Markdown that the frontend draws to
the same: what is text is escaped, what is code stays as it is. The answer is untrusted. No image is fetched, every link
shows its host, a diagram is code, and a formula that would stop the browser is shown as its source.
"""

from collections import OrderedDict
from contextlib import suppress

from glm_playground import bounds
from glm_playground.markdown.block_markdown import BlockMarkdown, CodeBlock
from glm_playground.markdown.parser import blocks_of, parse, tokens_of
from glm_playground.markdown.signs import literal
from glm_playground.ui.shared.text.pieces import Piece

__all__ = ["code_span", "elements", "literal", "piece_elements"]


def elements(text: str) -> tuple[str | CodeBlock, ...]:
    """What is drawn of `text`, one below the other: Markdown for `st.markdown`, or code for `st.code`."""
    return BlockMarkdown(parse(text)).elements()


_kept: OrderedDict[str, tuple[str | CodeBlock, ...]] = OrderedDict()


def piece_elements(piece: Piece) -> tuple[str | CodeBlock, ...]:
    """`elements` of a piece that will not change, kept for the next time that it is drawn."""
    found = _kept.pop(piece.text, None)
    if found is None:
        found = BlockMarkdown(tokens_of(piece.blocks or blocks_of(piece.text))).elements()
        if len(_kept) >= bounds.DRAWN_PIECES_KEPT:
            # Another thread may have been there.
            with suppress(KeyError):
                _kept.popitem(last=False)
    _kept[piece.text] = found
    return found


def code_span(text: str) -> str:
    """`text`, such as a server's id, as a code span on one line, in a table too; it may hold anything."""
    return "`" + " ".join(text.split()).replace("`", "'").replace("|", "¦") + "`"

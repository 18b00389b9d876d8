"""A model's text as part of a Markdown document: no HTML of its own, no images, headings below the document's."""

from glm_playground.markdown.block_markdown import BlockMarkdown
from glm_playground.markdown.parser import parse
from glm_playground.markdown.signs import DOCUMENT


def to_document(text: str) -> str:
    """`text` written anew as Markdown, with headings of the fourth level and below; what is code stays as it is."""
    return BlockMarkdown(parse(text), DOCUMENT).text()

"""The Python in an answer: what its unit tests are run on."""

from markdown_it import MarkdownIt

from glm_playground import bounds

_PYTHON = {"python", "py", "python3", "py3"}
_blocks = MarkdownIt("commonmark").disable("inline")


def code_of(text: str) -> str | None:
    """The fenced blocks marked as Python, one after the other; else those without a language; else the whole answer.

    None where blocks are there and all in other languages, or where the answer is longer than is read.
    """
    if len(text) > bounds.CODE_CHARACTERS:
        return None
    fences = [(token.info.strip().casefold(), token.content) for token in _blocks.parse(text) if token.type == "fence"]
    if not fences:
        return text
    marked = [content for info, content in fences if info and info.split()[0].strip("{}.") in _PYTHON]
    chosen = marked or [content for info, content in fences if not info]
    return "\n".join(chosen) if chosen else None

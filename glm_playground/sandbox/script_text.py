"""Deterministic text that reads like Markdown prose, token by token, about 5.3 characters a token."""

import re
from collections.abc import Iterator

DEFAULT_TEXT = (
    "This is **scripted text** of the sandbox, not an answer of GLM. No model reads your prompt here: the sandbox "
    "streams these fixed words so that you can try the playground without a key.\n\n"
    "What is real about it:\n\n"
    "- the request and the stream, event by event\n"
    "- the times that are measured\n"
    "- the token counts, which are counts of these words\n\n"
    "The prices are play money. To ask a GLM model, set a RunAPI key and send the prompt again.\n"
)

_PROSE = (
    "the model reads each token and writes one more after it so a long answer takes time while short ones end soon "
    "every number here has a source and a date because people compare costs before they choose which variant to run "
    "some lanes stream faster than others when load is low but quality still needs a careful look at real prompts"
)
_VOCABULARY = _PROSE.split()

_CODE = "```python\ndef total(prices, tokens):\n    return sum(p * t for p, t in zip(prices, tokens))\n```\n\n"

_PIECE = re.compile(r"\s*\S+\s*|\s+")


def pieces(text: str) -> list[str]:
    """Split a text into word-like tokens that join to it again."""
    return _PIECE.findall(text)


class _Words:
    """An endless, fixed order of words: a linear congruential generator over the vocabulary."""

    def __init__(self, seed: int) -> None:
        self._state = seed

    def take(self, count: int) -> list[str]:
        words = []
        for _ in range(count):
            self._state = (1_103_515_245 * self._state + 12_345) % 2**31
            words.append(_VOCABULARY[(self._state >> 8) % len(_VOCABULARY)])
        return words


def _sentence(words: list[str], end: str) -> list[str]:
    return [words[0].capitalize() + " ", *(word + " " for word in words[1:-1]), words[-1] + end]


def _sections() -> Iterator[list[str]]:
    words = _Words(seed=1)
    number = 0
    while True:
        number += 1
        section = ["## ", "Section ", f"{number}: ", *_sentence(words.take(4), "\n\n")]
        for length in (12, 17, 9):
            section += _sentence(words.take(length), ". ")
        section += _sentence(words.take(14), ".\n\n")
        for _ in range(4):
            section += ["- ", *_sentence(words.take(7), "\n")]
        section += ["\n", *pieces(_CODE)]
        for length in (15, 11):
            section += _sentence(words.take(length), ". ")
        section += _sentence(words.take(13), ".\n\n")
        yield section


class _Growing:
    """The text made so far, so that a long answer is made once in a process."""

    def __init__(self) -> None:
        self._sections = _sections()
        self._tokens: list[str] = []

    def first(self, count: int) -> list[str]:
        while len(self._tokens) < count:
            self._tokens += next(self._sections)
        return self._tokens[:count]


_markdown = _Growing()


def markdown_tokens(count: int) -> list[str]:
    """The first `count` tokens of the text, the same in every process."""
    return _markdown.first(count)


def reasoning_tokens(count: int) -> list[str]:
    """`count` tokens of plain prose, the same in every process."""
    return [word + " " for word in _Words(seed=2).take(count)]

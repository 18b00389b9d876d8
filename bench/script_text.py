"""The scripted answer: deterministic Markdown of 5.3 characters a token, between two markers of its own."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

# The lengths that tokens take in turn: 53 characters in ten tokens.
_LENGTHS = (4, 6, 5, 7, 3, 5, 6, 5, 7, 5)
_VOCABULARY = (
    "model answer latency token stream window context budget prompt reply figure source method median request "
    "gateway price output reading longer after between careful several measured reported under without because"
)
_WORDS = _VOCABULARY.split()
_DIRECTIVE = re.compile(r"(\w+)=(\S+)")


@dataclass(frozen=True, slots=True)
class Script:
    """What one request asks of the gateway.

    ``rate`` is tokens a second, 0 as fast as they can be written; ``delay`` milliseconds before the first token;
    ``line`` asks for one line without an end in place of Markdown; with ``waits`` the gateway sends no more than its
    reader takes, as servers do.
    """

    tokens: int = 200
    rate: float = 0.0
    delay: float = 0.0
    nonce: str = "none"
    line: bool = False
    waits: bool = False

    @classmethod
    def parse(cls, prompt: str) -> Script:
        """Read ``@script tokens=4000 rate=0 delay=0 nonce=abc``, each part optional, from a prompt's first line."""
        first, _, _ = prompt.partition("\n")
        if not first.startswith("@script"):
            return cls()
        given = dict(_DIRECTIVE.findall(first))
        return cls(
            tokens=int(given.get("tokens", cls().tokens)),
            rate=float(given.get("rate", 0)),
            delay=float(given.get("delay", 0)),
            nonce=given.get("nonce", "none"),
            line="line" in given,
            waits="waits" in given,
        )

    def prompt(self) -> str:
        """The directive that asks for this script."""
        more = (" line=1" if self.line else "") + (" waits=1" if self.waits else "")
        return f"@script tokens={self.tokens} rate={self.rate:g} delay={self.delay:g} nonce={self.nonce}{more}"

    @property
    def beginning(self) -> str:
        """The text at the answer's beginning; it is one token."""
        return f"BEGIN-{self.nonce}"

    @property
    def marker(self) -> str:
        """The text at the answer's end; it is one token."""
        return f"END-{self.nonce}"

    def pieces(self) -> list[str]:
        """The answer's tokens in order, the markers first and last; with two tokens at least."""
        apart = " " if self.line else "\n\n"
        return [self.beginning + apart, *_body(self.tokens - 2, self.line), apart + self.marker]


@lru_cache(maxsize=8)
def _body(tokens: int, line: bool) -> tuple[str, ...]:
    lengths = list(itertools.islice(itertools.cycle(_LENGTHS), tokens))
    wanted, parts, size = sum(lengths), [], 0
    for block in _blocks():
        parts.append(block.replace("\n", " ") if line else block)
        size += len(block)
        if size >= wanted:
            break
    text, pieces, start = "".join(parts), [], 0
    for length in lengths:
        pieces.append(text[start : start + length])
        start += length
    return tuple(pieces)


def _blocks() -> Iterator[str]:
    """Sections without end, no two alike: a heading, a paragraph, a list, a paragraph, a code fence."""
    for number in itertools.count(1):
        words = itertools.cycle(_WORDS[number % len(_WORDS) :] + _WORDS[: number % len(_WORDS)])
        yield f"## Section {number}\n\n{_paragraph(words, number, 4)}\n\n"
        yield "".join(f"- **item {number}.{item}** {' '.join(itertools.islice(words, 9))}\n" for item in range(1, 5))
        yield f"\n{_paragraph(words, number, 3)}\n\n"
        lines = (f"    total_{line} = measure({number}, {line})  # {next(words)} {next(words)}" for line in range(5))
        yield f"```python\ndef section_{number}():\n" + "\n".join(lines) + "\n```\n\n"


def _paragraph(words: Iterator[str], number: int, sentences: int) -> str:
    return " ".join(f"In {number}.{n} the {' '.join(itertools.islice(words, 11))}." for n in range(1, sentences + 1))

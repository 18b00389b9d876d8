"""Emphasis next to Chinese, Japanese and Korean, which have no spaces between words.

CommonMark lets `**` open or close next to punctuation only where a space or punctuation is on the other side. Beside a
CJK character it may always (github.com/tats-u/markdown-cjk-friendly); elsewhere nothing changes.
"""

from collections.abc import MutableMapping
from functools import lru_cache
from typing import Any
from unicodedata import category, east_asian_width

from markdown_it import MarkdownIt
from markdown_it.common.utils import isMdAsciiPunct, isPunctChar, isWhiteSpace
from markdown_it.parser_inline import ParserInline
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Scanned
from markdown_it.token import Token

_SPACE, _PUNCTUATION, _CJK, _OTHER = range(4)


class CjkInline(ParserInline):
    """markdown-it's inline parser with CJK emphasis."""

    def parse(self, src: str, md: MarkdownIt, env: MutableMapping[str, Any], tokens: list[Token]) -> list[Token]:
        state = _State(src, md, env, tokens)
        self.tokenize(state)
        for rule in self.ruler2.getRules(""):
            rule(state)
        return state.tokens


class _State(StateInline):
    def scanDelims(self, start: int, canSplitWord: bool) -> Scanned:
        end = start
        while end < self.posMax and self.src[end] == self.src[start]:
            end += 1
        before = _kind(self.src[start - 1]) if start else _SPACE
        after = _kind(self.src[end]) if end < self.posMax else _SPACE
        opens = after != _SPACE and (after != _PUNCTUATION or before != _OTHER)
        closes = before != _SPACE and (before != _PUNCTUATION or after != _OTHER)
        if canSplitWord:
            return Scanned(opens, closes, end - start)
        return Scanned(
            opens and (not closes or before == _PUNCTUATION),
            closes and (not opens or after == _PUNCTUATION),
            end - start,
        )


@lru_cache(maxsize=4096)
def _kind(character: str) -> int:
    if isWhiteSpace(ord(character)):
        return _SPACE
    # Emoji are as wide, and count as punctuation.
    wide = east_asian_width(character) in "WFH"
    if wide and not (category(character) == "So" and character >= "\U0001f000"):
        return _CJK
    return _PUNCTUATION if isMdAsciiPunct(ord(character)) or isPunctChar(character) else _OTHER

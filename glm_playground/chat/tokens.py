"""Estimates how many tokens a text has, before a gateway has counted it."""

import re
from collections.abc import Iterable

from glm_playground.gateway import Message

ESTIMATE_SOURCE = "https://docs.z.ai/guides/overview/concept-param"
"""Z.ai's rule of thumb: a token is about 0.75 English words or 1.5 Chinese characters."""

_WORDS_PER_TOKEN = 0.75
_CHINESE_CHARACTERS_PER_TOKEN = 1.5
# Not of the rule: text without spaces, such as base64 or code, has no words to count.
_CHARACTERS_PER_TOKEN = 5
TOKENS_PER_MESSAGE = 3

_CHINESE = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff]")


def estimate_tokens(text: str) -> int:
    """About how many tokens `text` has, by Z.ai's rule of thumb."""
    rest, chinese = (text, 0) if text.isascii() else _CHINESE.subn(" ", text)
    words = len(rest.split())
    visible = len(rest) - rest.count(" ")
    return round(
        max(words / _WORDS_PER_TOKEN, visible / _CHARACTERS_PER_TOKEN) + chinese / _CHINESE_CHARACTERS_PER_TOKEN
    )


def estimate_prompt_tokens(messages: Iterable[Message]) -> int:
    """About how many tokens a prompt has, with the few that mark each message."""
    return sum(estimate_tokens(message.content) + TOKENS_PER_MESSAGE for message in messages)

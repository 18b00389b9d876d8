"""Estimates how many tokens a text has, before a gateway has counted it or where none did."""

import json
import re
from collections.abc import Iterable
from typing import NamedTuple
from weakref import WeakKeyDictionary

from glm_playground.gateway import ChatRequest, Message

# Z.ai's rule of thumb, from docs.z.ai/guides/overview/concept-param: a token is about 0.75 English words or 1.5 Chinese
# characters.
_WORDS_PER_TOKEN = 0.75
_CHINESE_CHARACTERS_PER_TOKEN = 1.5
# Not of the rule: text without spaces, such as base64 or code, has no words to count.
_CHARACTERS_PER_TOKEN = 5
_TOKENS_PER_MESSAGE = 3
# What a chat template may write around a message: its role, marks, a line for tools.
_MOST_TOKENS_PER_MESSAGE = 20
# From Glm4vImageProcessor and smart_resize of Hugging Face's transformers (models/glm4v/image_processing_glm4v.py, read
# 2026-11-26): at most 28 * 28 * 15,000 pixels, of which 28 * 28 make a token. It counts an image as two frames, which
# halves that, and servers may set a smaller size; GLM-5.3-Flash's own is not published. So it is a bound, no estimate.
_MOST_TOKENS_PER_IMAGE = 15_000

_CHINESE = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff]")


def estimate_tokens(text: str) -> int:
    """About how many tokens `text` has, by Z.ai's rule of thumb."""
    rest, chinese = (text, 0) if text.isascii() else _CHINESE.subn(" ", text)
    words = len(rest.split())
    visible = len(rest) - rest.count(" ")
    return round(
        max(words / _WORDS_PER_TOKEN, visible / _CHARACTERS_PER_TOKEN) + chinese / _CHINESE_CHARACTERS_PER_TOKEN
    )


class _Size(NamedTuple):
    """Of a message."""

    tokens: int
    """Estimated, with the few that mark it."""
    most: int
    """A bound."""


_SIZES: WeakKeyDictionary[Message, _Size] = WeakKeyDictionary()


def _size(message: Message) -> _Size:
    """Counted once: a page asks at every click, and conversations and files are long."""
    found = _SIZES.get(message)
    if found is None:
        texts = _texts(message)
        estimated = sum(map(estimate_tokens, texts)) + _TOKENS_PER_MESSAGE
        around = _MOST_TOKENS_PER_MESSAGE * (1 + len(texts))
        found = _SIZES[message] = _Size(estimated, sum(map(_bytes, texts)) + around)
    return found


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "replace"))


def estimate_prompt_tokens(messages: Iterable[Message]) -> int:
    """About how many tokens messages have, with the few that mark each."""
    return sum(_size(message).tokens for message in messages)


def estimate_request_tokens(request: ChatRequest) -> int:
    """About how many tokens of input `request` has: messages, tools, the schema of the answer, further fields.

    Images are not counted: no rule says how many tokens a model makes of one.
    """
    return estimate_prompt_tokens(request.messages) + sum(map(estimate_tokens, _definitions(request)))


def most_request_tokens(request: ChatRequest) -> int:
    """A bound on the tokens of input: a tokenizer over bytes makes at most one of each byte, GLM 15,000 of an image."""
    messages = sum(_size(message).most for message in request.messages)
    definitions = sum(_bytes(text) + _MOST_TOKENS_PER_MESSAGE for text in _definitions(request))
    return messages + definitions + _MOST_TOKENS_PER_IMAGE * image_count(request)


def image_count(request: ChatRequest) -> int:
    """How many images `request` holds."""
    return sum(len(message.images) for message in request.messages)


def _texts(message: Message) -> list[str]:
    reasoning = [message.reasoning_content] if message.reasoning_content else []
    return [message.content, *reasoning, *(f"{call.name} {call.arguments}" for call in message.tool_calls)]


def _definitions(request: ChatRequest) -> list[str]:
    """What a server may write into the prompt beside the messages, as JSON."""
    values = [*request.tools, request.response_format, *request.extra.values()]
    return [
        json.dumps(value, ensure_ascii=False)
        for value in values
        if isinstance(value, dict | list | str) and len(value) > 0
    ]

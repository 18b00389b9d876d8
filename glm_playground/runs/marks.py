"""The mark against prompt caches in front of a request whose times are compared, such as `[530909f5] `.

A stored request keeps it, since it was sent; who shows a prompt takes it from `prompt_of` or through `unmarked`.
"""

import re
from collections.abc import Sequence

from glm_playground.gateway import ChatRequest, Message

_MARK = re.compile(r"^\[[0-9a-f]{8}\] ")


def marked(messages: Sequence[Message], nonce: str) -> tuple[Message, ...]:
    """`messages` with the mark before the first of them.

    Args:
        messages: at least one.
        nonce: 8 hexadecimal digits in lower case, as `secrets.token_hex(4)` gives.
    """
    first, *rest = messages
    return (first.model_copy(update={"content": f"[{nonce}] {first.content}"}), *rest)


def unmarked(text: str) -> str:
    """The text of a prompt without the mark; any other text as it is."""
    return _MARK.sub("", text)


def is_marked(request: ChatRequest) -> bool:
    """Whether `request` was asked with a mark, as those are that are asked one by one."""
    return bool(request.messages and _MARK.match(request.messages[0].content))


def unmarked_request(request: ChatRequest) -> ChatRequest:
    """`request` without the mark: repeats of one request are equal."""
    if not is_marked(request):
        return request
    first, *rest = request.messages
    messages = (first.model_copy(update={"content": unmarked(first.content)}), *rest)
    return request.model_copy(update={"messages": messages})


def prompt_of(request: ChatRequest) -> str:
    """The text of the last message as it is shown, without the mark; empty if there is no message."""
    messages = unmarked_request(request).messages
    return messages[-1].content if messages else ""

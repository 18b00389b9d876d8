"""The chunk that nearly every one is: some text of the answer or of the reasoning, and nothing else.

Read in one step into declared types, it costs half of what reading any JSON does (`python -m bench.client`). Whatever
does not fit is read by `chunks`, which would give the same for these.
"""

from typing import Literal

from msgspec import MsgspecError, Struct
from msgspec.json import Decoder

from glm_playground.gateway.wire import EventKind


class _Delta(Struct, forbid_unknown_fields=True):
    content: str | None = None
    reasoning_content: str | None = None
    role: str | None = None
    tool_calls: None = None
    function_call: None = None
    refusal: None = None


class _Choice(Struct):
    delta: _Delta
    index: int | None = None
    finish_reason: Literal[""] | None = None
    message: None = None
    usage: None = None
    error: None = None


class _Chunk(Struct, forbid_unknown_fields=True):
    choices: tuple[_Choice]
    id: str | None = None
    object: Literal["chat.completion.chunk"] | None = None
    created: int | float | None = None
    model: str | None = None
    system_fingerprint: str | None = None
    service_tier: str | None = None
    usage: None = None
    error: None = None


_decode = Decoder(_Chunk).decode


def read_plain_chunk(payload: bytes, index: object) -> tuple[EventKind, str] | None:
    """The kind and the text of a plain chunk of the choice `index`; None for any other."""
    try:
        (choice,) = _decode(payload).choices
    except (MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    if choice.index != index:
        return None
    delta = choice.delta
    if not delta.reasoning_content:
        return (EventKind.CONTENT, delta.content) if delta.content else None
    return None if delta.content else (EventKind.REASONING, delta.reasoning_content)

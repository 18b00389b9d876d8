"""The bytes of an answer: server-sent events, the whole completion, and the faults in both."""

import json
from dataclasses import dataclass, replace
from json.encoder import encode_basestring
from typing import Any

from glm_playground.sandbox.errors import ApiError
from glm_playground.sandbox.generation import Delta, Finish, GeneratedAnswer, TokenCounts
from glm_playground.sandbox.script import FaultName, Script

ENDING_FAULTS: frozenset[FaultName] = frozenset({"error_midstream", "drop", "hang"})
"""Faults after which no token follows; the others change one event."""


def dumps(value: object) -> bytes:
    """Compact JSON in UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


@dataclass(frozen=True, slots=True)
class Head:
    """The fields each chunk of one answer repeats."""

    id: str
    created: int
    model: str
    system_fingerprint: str


class StreamEncoder:
    """Encodes one stream, each event a `data:` block of its own."""

    def __init__(self, head: Head, script: Script) -> None:
        self._head = head
        self._script = script
        self._eol = b"\r\n" if script.crlf else b"\n"
        marker = "\x00"
        template = self._event(self._chunk([_choice({"content": marker})]))
        before, after = template.split(encode_basestring(marker).encode())
        self._before, self._after = before, after

    def role(self) -> bytes:
        """The first event, which carries only the role."""
        return self._event(self._chunk([_choice({"role": "assistant", "content": ""})]))

    def comment(self) -> bytes:
        """A comment, which a client must skip."""
        return b": keep-alive" + self._eol * 2

    def delta(self, delta: Delta) -> bytes:
        """The event of one delta."""
        if delta.content:
            return self._before + encode_basestring(delta.content).encode() + self._after
        return self._event(self._chunk([_choice(_fields(delta))]))

    def faulty(self, delta: Delta, fault: FaultName) -> bytes:
        """The event of one delta, with a fault that is not an ending one."""
        chunk = self._chunk([_choice(_fields(delta))])
        if fault == "truncated_json":
            line = b"data: " + dumps(chunk)
            return line[: len(line) // 2] + self._eol * 2
        if fault == "glued_json":
            halves = (dumps(self._chunk([_choice(_fields(half))])) for half in _halves(delta))
            return b"data: " + b"".join(halves) + self._eol * 2
        if fault == "invalid_utf8":
            return self._event(chunk).replace(b'"},"finish_reason"', b'\xff\xfe"},"finish_reason"')
        if fault == "null_content":
            return self._event(self._chunk([_choice({"content": None})])) + self.delta(delta)
        if fault == "list_content":
            parts = {name: _as_parts(value) for name, value in _fields(delta).items()}
            return self._event(self._chunk([_choice(parts)]))
        if fault == "long_line":
            padded = {**chunk, "padding": ""}
            padded["padding"] = "x" * (self._script.long_line - len(b"data: " + dumps(padded)))
            return self._event(padded)
        raise ValueError(f"{fault} ends a stream")

    def error(self, error: ApiError) -> bytes:
        """An error object in the middle of the stream."""
        return self._event(_in_stream(error).body())

    def tail(self, finish: Finish, include_usage: bool) -> bytes:
        """The events after the last delta: finish_reason, usage, [DONE]."""
        script = self._script
        closing = self._chunk([{**_choice({"content": ""}), "finish_reason": finish.finish_reason}])
        if script.usage_in_finish:
            closing["usage"] = finish.usage.to_json()
        events = self._event(closing)
        if include_usage and script.usage and not script.usage_in_finish:
            events += self._event({**self._chunk([]), "usage": finish.usage.to_json()})
        return events + (b"data: [DONE]" + self._eol * 2) * script.done

    def _chunk(self, choices: list[dict[str, Any]]) -> dict[str, Any]:
        head = self._head
        return {
            "id": head.id,
            "object": "chat.completion.chunk",
            "created": head.created,
            "model": head.model,
            "system_fingerprint": head.system_fingerprint,
            "choices": choices,
        }

    def _event(self, value: object) -> bytes:
        return b"data: " + dumps(value) + self._eol * 2


def completion(head: Head, answer: GeneratedAnswer, finish_reason: str, usage: TokenCounts | None) -> dict[str, Any]:
    """The body of an answer that is not streamed."""
    body: dict[str, Any] = {
        "id": head.id,
        "object": "chat.completion",
        "created": head.created,
        "model": head.model,
        "system_fingerprint": head.system_fingerprint,
        "choices": [{"index": 0, "message": answer.message(), "finish_reason": finish_reason}],
    }
    if usage is not None:
        body["usage"] = usage.to_json()
    return body


def faulty_completion(body: dict[str, Any], fault: FaultName, long_line: int) -> bytes:
    """The bytes of a whole answer with a fault that is neither `drop` nor `hang`."""
    message = body["choices"][0]["message"]
    if fault == "truncated_json":
        data = dumps(body)
        return data[: len(data) // 2]
    if fault == "glued_json":
        return dumps(body) * 2
    if fault == "invalid_utf8":
        return dumps(body).replace(b'"content":"', b'"content":"\xff\xfe')
    if fault == "null_content":
        message["content"] = None
    elif fault == "list_content":
        message["content"] = _as_parts(message["content"])
    elif fault == "long_line":
        body["padding"] = "x" * long_line
    elif fault == "error_midstream":
        return dumps(_in_stream(ApiError.of_status(500)).body())
    return dumps(body)


def _choice(delta: dict[str, Any]) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "finish_reason": None}


def _fields(delta: Delta) -> dict[str, Any]:
    if delta.tool_call is not None:
        return {"tool_calls": [delta.tool_call]}
    return {"reasoning_content": delta.reasoning} if delta.reasoning else {"content": delta.content}


def _halves(delta: Delta) -> tuple[Delta, Delta]:
    content, reasoning = len(delta.content) // 2, len(delta.reasoning) // 2
    return (
        replace(delta, content=delta.content[:content], reasoning=delta.reasoning[:reasoning]),
        Delta(content=delta.content[content:], reasoning=delta.reasoning[reasoning:], tokens=0),
    )


def _as_parts(value: Any) -> Any:
    return [{"type": "text", "text": value}] if isinstance(value, str) else value


def _in_stream(error: ApiError) -> ApiError:
    """The same error in the shape that errors inside a stream have."""
    return replace(error, shape=3)

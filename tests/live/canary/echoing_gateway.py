"""A gateway, of plain HTTP or behind a proxy by TLS, that repeats the key it was asked with wherever it can."""

import html
import json
import re
import socket
import ssl
from collections.abc import Callable
from urllib.parse import quote

from tests.certificates import Certificate
from tests.loopback import Asked, RawServer, answer, content, read_request, stream

_END = ({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}, b"[DONE]")


def _in_pieces(key: str, size: int) -> list[str]:
    text = f"You asked me with {key}, thank you."
    return [text[start : start + size] for start in range(0, len(text), size)]


def _delta(**fields: object) -> dict[str, object]:
    return {"choices": [{"index": 0, "delta": fields}]}


def _tool_calls(key: str) -> list[dict[str, object]]:
    first = {"index": 0, "id": key, "type": "function", "function": {"name": "", "arguments": ""}}
    pieces = [{"index": 0, "function": {"name": piece}} for piece in _in_pieces(key, 5)]
    pieces += [{"index": 0, "function": {"arguments": piece}} for piece in _in_pieces(json.dumps({key: key}), 3)]
    return [_delta(tool_calls=[piece]) for piece in (first, *pieces)]


def _error(key: str) -> dict[str, object]:
    return {"error": {"message": f"bad {key}", "type": key, "code": key, "param": key, key: [key]}}


def _odd(key: str) -> bytes:
    """Lines of a stream that are no chunks."""
    return f": {key}\nevent: {key}\nid: {key}\ndata: not JSON {key}\n\nretry: {key}\n{key}\n\n".encode()


def _all_over(key: str) -> dict[str, object]:
    usage = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3, key: key, "cost": key, "x": {key: [key]}}
    chunk = {
        "id": key,
        "model": key,
        "system_fingerprint": key,
        "object": key,
        "usage": usage,
        key: key,
        "timings": {key: 1},
    }
    return chunk | {"choices": [_all_over_choice(key)]}


def _all_over_choice(key: str) -> dict[str, object]:
    return {"index": 0, "delta": {"content": "a", "role": key}, "finish_reason": key, key: key}


FAULTS: dict[str, Callable[[str], bytes]] = {
    "whole": lambda key: stream(content(f"It is {key}."), *_END),
    "letters": lambda key: stream(*map(content, _in_pieces(key, 1)), *_END),
    "pieces": lambda key: stream(*map(content, _in_pieces(key, 7)), *_END),
    "nothing-else": lambda key: stream(content(key), *_END),
    "reasoning": lambda key: stream(
        *(_delta(reasoning_content=piece) for piece in _in_pieces(key, 2)), content("a"), *_END
    ),
    "both": lambda key: stream(*(_delta(reasoning_content=key[at], content=key[at]) for at in range(len(key))), *_END),
    "cut": lambda key: stream(*map(content, key[: len(key) * 3 // 4])),
    "escaped": lambda key: stream(
        content(f"{quote(key, safe='')} {json.dumps(key)} {html.escape(key)} {html.escape(key, quote=False)}"), *_END
    ),
    "tool-calls": lambda key: stream(*_tool_calls(key), *_END),
    "page-in-it": lambda key: stream(content(f"```html\n<!DOCTYPE html><html><body>{key}</body></html>\n```"), *_END),
    # A judge's word, on a rubric as on a pair; a candidate says it, too.
    "judgement": lambda key: stream(content(json.dumps({"better": 1, "pass": True, "reason": key})), *_END),
    "all-over": lambda key: stream(_all_over(key), *_END),
    "odd-lines": lambda key: stream(content("a")) + _odd(key) + b"data: [DONE]\n\n",
    "midstream": lambda key: stream(content("a"), _error(key)),
    "headers": lambda key: stream(
        content("a"),
        *_END,
        **dict.fromkeys(
            ("x_request_id", "x_runapi_task_id", "x_sandbox_served_by", "x_litellm_model_id", "openai_processing_ms"),
            key,
        ),
        set_cookie=f"key={key}",
        server=key,
    ),
    "not-streamed": lambda key: answer(
        200, {"id": key, "model": key, "choices": [{"message": {"content": f"a {key}", "reasoning_content": key}}]}
    ),
    "no-chat": lambda key: answer(200, {key: key}),
    "page": lambda key: answer(
        502,
        f"<title>{html.escape(key)}</title><h1>{html.escape(key, quote=False)}</h1>".encode(),
        content_type="text/html",
    ),
    "page-200": lambda key: answer(200, f"<title>{key}</title>".encode(), content_type="text/html"),
    "plain": lambda key: answer(400, f"no {key}".encode(), content_type="text/plain"),
    "redirect": lambda key: answer(307, b"", location=f"http://127.0.0.1:9/{quote(key)}?key={quote(key)}"),
    "phrase": lambda key: f"HTTP/1.1 418 {key}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".encode(),
    "no-http": lambda key: f"{key}\r\n\r\n".encode(),
    "bad-header": lambda key: f"HTTP/1.1 200 OK\r\n{key} {key}\r\n\r\n".encode(),
    **{
        f"status-{status}": lambda key, status=status: answer(  # type: ignore[misc]
            status, _error(key), x_request_id=key, retry_after=key, www_authenticate=f"Bearer {key}"
        )
        for status in (400, 401, 402, 403, 404, 413, 422, 429, 500)
    },
}
"""What it answers to a prompt that names one of them, by the key that it was asked with."""


class EchoingGateway(RawServer):
    """Answers until it is left.

    Args:
        certificate: with it, it is a proxy that answers in the place of the hosts it is asked for.

    Attributes:
        keys: those it was asked with.
    """

    def __init__(self, certificate: Certificate | None = None) -> None:
        self.keys: set[str] = set()
        self._tls: ssl.SSLContext | None = None
        if certificate:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(certificate.chain, certificate.key)
        super().__init__(self._answer)

    def _answer(self, connection: socket.socket) -> None:
        asked = read_request(connection)
        if asked.method == "CONNECT" and self._tls:
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            with self._tls.wrap_socket(connection, server_side=True) as inner:
                self._say(inner, read_request(inner))
        else:
            self._say(connection, asked)

    def _say(self, connection: socket.socket, asked: Asked) -> None:
        key = asked.headers.get("authorization", "").removeprefix("Bearer ")
        self.keys.add(key)
        said = _said(asked, key)
        # A few bytes at a time, so that the key is cut wherever it can be.
        for start in range(0, len(said), 11):
            connection.sendall(said[start : start + 11])


def _said(asked: Asked, key: str) -> bytes:
    if asked.path.endswith("/chat/completions"):
        body = json.loads(asked.body)
        named = re.search(r"fault ([\w-]+)", json.dumps(body["messages"][-1]))
        unnamed = "tool-calls" if "tools" in body else "whole"
        return FAULTS[named[1] if named else unnamed](key)
    if asked.path.endswith("/models"):
        rows = [{"id": "glm-5.1", "owned_by": key, "created": 1}, {"id": f"glm-{key}", "owned_by": key}]
        return answer(200, {"data": rows, key: key}, etag=key)
    if asked.path.endswith("/balance"):
        return answer(200, {"balance_cents": 100, "sandbox": {"exact_balance_usd": key}, key: key})
    if "/tasks/" in asked.path:
        return answer(200, {"id": key, "status": key, "error": key, "usage": {"cost": 0.1, key: key}, key: [key]})
    return answer(404, _error(key))

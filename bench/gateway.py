"""A scripted OpenAI-compatible gateway for the benchmarks: streams what the prompt's first line asks for.

    python -m bench.gateway [--port 0]

Prints ``listening PORT``. Answers POST /v1/chat/completions (streamed or whole), GET /v1/models, GET /log and DELETE
/log; anything else is 404. The log has one entry a chat request, with times in ``time.perf_counter_ns()``, which on
Linux all processes share: ``received``; ``first`` and ``last``, when that content token was handed to the socket;
``closed``, when the client closed the connection before the answer was complete. It does not wait for a slow reader
unless the script says so: what the kernel does not take is kept, so that ``last`` is the gateway's own end. Written on
bare asyncio to cost little.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from bench.script_text import Script

# Tokens written between two looks at the sockets when a script has no rate.
_BURST = 64
# Bytes that wait for a slow reader, where the gateway waits for it too.
_MOST_UNSENT = 64 * 1024
_LOOKS_EVERY_SECONDS = 0.001
_MODELS = ("glm-5.1", "glm-4.5-air")


@dataclass(slots=True)
class Entry:
    """What the log says about one chat request; times in ns, None where it did not happen."""

    nonce: str
    model: str
    tokens: int
    received: int
    answer_bytes: int = 0
    first: int | None = None
    last: int | None = None
    closed: int | None = None


class Connection(asyncio.Protocol):
    """One HTTP/1.1 connection; requests on it are answered one after another."""

    def __init__(self, log: list[Entry]) -> None:
        self.log = log
        self.received = bytearray()
        self.answering: asyncio.Task[None] | None = None
        self.entry: Entry | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.set_write_buffer_limits(high=1 << 30)

    def eof_received(self) -> None:
        self._note_closed()

    def connection_lost(self, exc: Exception | None) -> None:
        self._note_closed()
        if self.answering is not None:
            self.answering.cancel()

    def _note_closed(self) -> None:
        if self.entry is not None and self.entry.closed is None:
            self.entry.closed = time.perf_counter_ns()

    def data_received(self, data: bytes) -> None:
        self.received += data
        head, found, rest = self.received.partition(b"\r\n\r\n")
        if not found:
            return
        request_line, *headers = head.decode("latin-1").split("\r\n")
        length = next((int(h.split(":")[1]) for h in headers if h.lower().startswith("content-length:")), 0)
        if len(rest) < length:
            return
        self.received = bytearray(rest[length:])
        method, path, _ = request_line.split(" ", 2)
        self._answer(method, path.partition("?")[0], bytes(rest[:length]))

    def _answer(self, method: str, path: str, body: bytes) -> None:
        match method, path:
            case "POST", "/v1/chat/completions":
                self._chat(json.loads(body), time.perf_counter_ns())
            case "GET", "/v1/models":
                listed = [{"id": model, "object": "model", "created": 0, "owned_by": "bench"} for model in _MODELS]
                self._json({"object": "list", "data": listed})
            case "GET", "/log":
                self._json({"requests": [asdict(entry) for entry in self.log]})
            case "DELETE", "/log":
                self.log.clear()
                self._json({})
            case _:
                self._json(
                    {"error": {"message": "not found", "type": "not_found", "code": "not_found"}}, "404 Not Found"
                )

    def _json(self, value: Any, status: str = "200 OK") -> None:
        body = json.dumps(value).encode()
        head = f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        self.transport.write(head.encode() + body)

    def _chat(self, request: dict[str, Any], received: int) -> None:
        script = Script.parse(_last_prompt(request["messages"]))
        pieces = script.pieces()
        entry = Entry(script.nonce, request["model"], script.tokens, received)
        entry.answer_bytes = len("".join(pieces).encode())
        self.log.append(entry)
        usage = {"prompt_tokens": 8, "completion_tokens": len(pieces), "total_tokens": 8 + len(pieces)}
        if not request.get("stream"):
            message = {"role": "assistant", "content": "".join(pieces)}
            choice = {"index": 0, "message": message, "finish_reason": "stop"}
            self._json(_envelope(entry, "chat.completion", choices=[choice], usage=usage))
            return
        self.entry = entry
        self.answering = asyncio.create_task(self._stream(script, pieces, entry, usage))

    async def _stream(self, script: Script, pieces: list[str], entry: Entry, usage: dict[str, int]) -> None:
        write = self.transport.write
        write(
            b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-cache\r\n"
            b"x-request-id: bench\r\ntransfer-encoding: chunked\r\n\r\n"
        )
        start = time.perf_counter() + script.delay / 1000
        await asyncio.sleep(script.delay / 1000)
        write(_event(_chunk(entry, {"role": "assistant", "content": ""})))
        events = _content_events(entry, pieces)
        if script.waits:
            # The kernel would take megabytes more.
            connection: socket.socket = self.transport.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _MOST_UNSENT)
        for index, event in enumerate(events):
            if script.rate:
                await asyncio.sleep(start + index / script.rate - time.perf_counter())
            elif index % _BURST == 0:
                await asyncio.sleep(0)
                while script.waits and self.transport.get_write_buffer_size() > _MOST_UNSENT:
                    await asyncio.sleep(_LOOKS_EVERY_SECONDS)
            write(event)
            if index == 0:
                entry.first = time.perf_counter_ns()
        entry.last = time.perf_counter_ns()
        write(_event(_chunk(entry, {}, "stop")))
        write(_event(json.dumps(_envelope(entry, "chat.completion.chunk", choices=[], usage=usage))))
        write(_event("[DONE]") + b"0\r\n\r\n")
        self.entry = None


def _last_prompt(messages: list[dict[str, Any]]) -> str:
    content = next(message["content"] for message in reversed(messages) if message["role"] == "user")
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)


def _envelope(entry: Entry, kind: str, **rest: Any) -> dict[str, Any]:
    return {"id": f"chatcmpl-{entry.nonce}", "object": kind, "created": 1795392000, "model": entry.model, **rest}


def _chunk(entry: Entry, delta: dict[str, str], finish_reason: str | None = None) -> str:
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    return json.dumps(_envelope(entry, "chat.completion.chunk", choices=[choice]))


def _event(data: str) -> bytes:
    """A server-sent event as one HTTP chunk."""
    event = f"data: {data}\n\n".encode()
    return b"%x\r\n%s\r\n" % (len(event), event)


def _content_events(entry: Entry, pieces: list[str]) -> Iterator[bytes]:
    """Each made as it is sent: made beforehand, those of a long answer would keep its first token back."""
    before, after = _chunk(entry, {"content": "\0"}).split(json.dumps("\0"))
    return (_event(before + json.dumps(piece) + after) for piece in pieces)


async def serve(port: int) -> None:
    """Serve on the loopback interface until cancelled."""
    log: list[Entry] = []
    server = await asyncio.get_running_loop().create_server(lambda: Connection(log), "127.0.0.1", port)
    sys.stdout.write(f"listening {server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    asyncio.run(serve(parser.parse_args().port))

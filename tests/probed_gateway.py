"""A gateway on loopback that does what probes ask for, or lies in chosen respects."""

import json
import socket
import threading
from collections.abc import Collection
from itertools import count
from typing import Any

from glm_playground.evals.probe_suite import CODE, FEW_TOKENS, STOP_WORD, TOOL_NAME
from tests.loopback import RawServer, answer, read_request, stream

REFUSES = "refuses "
"""With the name of a field behind it: a request with that field is answered with 400."""
LIES = {
    "streams": "one piece",
    "usage": "no usage",
    "json-mode": "text",
    "json-schema": "other keys",
    "tool": "no call",
    "tool-schema": "no call with a schema",
    "stop": "goes on",
    "max-tokens": "too long",
    "seed": "ignores the seed",
    "thinking-off": "thinks",
}
"""By probe, the lie that it finds."""


class ProbedGateway(RawServer):
    """Answers chats; `lies` names what it does wrong, and may be changed.

    Attributes:
        bodies: of the chats so far.
    """

    def __init__(self, lies: Collection[str] = (), *, context: int = 10**9) -> None:
        self.lies = set(lies)
        self.context = context
        self.bodies: list[dict[str, Any]] = []
        self._number = count(1)
        self._left = threading.Event()
        super().__init__(self._serve)

    def _serve(self, connection: socket.socket) -> None:
        asked = read_request(connection)
        if not asked.path.endswith("/chat/completions"):
            connection.sendall(answer(404, {"error": {"message": "no such path"}}))
            return
        body = json.loads(asked.body)
        self.bodies.append(body)
        tokens = len(body["messages"][-1]["content"].split())
        refused = [name for name in body if REFUSES + name in self.lies]
        if refused:
            said = {"message": f"unsupported parameter: {refused[0]}", "code": "unsupported_parameter"}
            connection.sendall(answer(400, {"error": said}))
        elif tokens > self.context:
            said = {"message": "maximum context length exceeded", "code": "context_length_exceeded"}
            connection.sendall(answer(400, {"error": said}))
        else:
            first, event, rest = self._streamed(body, tokens).partition(b"data: ")
            piece, end, others = rest.partition(b"\n\n")
            connection.sendall(first + event + piece + end)
            # As a model writes: what follows does not come in the same packet.
            self._left.wait(0.02)
            connection.sendall(others)

    def _streamed(self, body: dict[str, Any], tokens: int) -> bytes:
        deltas, finish = self._deltas(body)
        if "thinks" in self.lies:
            deltas = [{"reasoning_content": "Let me think."}, *deltas]
            deltas = deltas if "too long" in self.lies else deltas[: body["max_tokens"]]
        if "one piece" in self.lies and all("content" in delta for delta in deltas):
            deltas = [{"content": "".join(delta["content"] for delta in deltas)}]
        chunks: list[object] = [{"choices": [{"index": 0, "delta": delta}]} for delta in deltas]
        chunks.append({"choices": [{"index": 0, "delta": {}, "finish_reason": finish}]})
        if "no usage" not in self.lies:
            read = tokens // 4 if "cuts the prompt" in self.lies else tokens
            chunks.append({"choices": [], "usage": {"prompt_tokens": read, "completion_tokens": len(deltas)}})
        return stream(*chunks, b"[DONE]")

    def _deltas(self, body: dict[str, Any]) -> tuple[list[dict[str, Any]], str]:
        prompt, wanted = body["messages"][-1]["content"], body.get("response_format")
        if body.get("tools"):
            if ("no call with a schema" if wanted else "no call") not in self.lies:
                function = {"name": TOOL_NAME, "arguments": '{"city": "Recife"}'}
                call = {"index": 0, "id": "call_1", "type": "function", "function": function}
                return [{"tool_calls": [call]}], "tool_calls"
            return _words("It is 30 degrees."), "stop"
        if wanted and wanted["type"] == "json_schema":
            text = '{"weather": "wet"}' if "other keys" in self.lies else '{"verdict_code": 3, "season": "wet"}'
            return _words(text), "stop"
        if wanted:
            return _words("Lima is lovely!" if "text" in self.lies else '{"capital": "Lima"}'), "stop"
        if "stop" in body:
            text = "alpha\nbeta\ngamma\ndelta\nepsilon"
            return _words(text if "goes on" in self.lies else text.split(STOP_WORD)[0]), "stop"
        if "Invent" in prompt:
            seed = None if "ignores the seed" in self.lies else body.get("seed")
            return _words(f"Villa {seed or f'number {next(self._number)}'}, founded 1204"), "stop"
        if "The code is" in prompt:
            return _words(CODE), "stop"
        if body["max_tokens"] == FEW_TOKENS:
            if "too long" in self.lies:
                return _words(" ".join(["one"] * 50)), "stop"
            return _words(" ".join(["one"] * FEW_TOKENS)), "length"
        return _words("one two three four five six seven eight nine ten eleven twelve thirteen fourteen"), "stop"


def _words(text: str) -> list[dict[str, Any]]:
    return [{"content": word} for word in text.replace(" ", " \0").split("\0")]

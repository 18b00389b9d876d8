"""What is asked of the sandbox, and what it answers, as it stands on the wire."""

import json
import time
from typing import Any

import httpx


def body_of(prompt: str, stream: bool = True, **fields: Any) -> dict[str, Any]:
    options = {"stream_options": {"include_usage": True}} if stream else {}
    messages = [{"role": "user", "content": prompt}]
    return {"model": "glm-5.1", "messages": messages, "stream": stream, **options, **fields}


def ask(client: httpx.Client, prompt: str, stream: bool = True, **fields: Any) -> httpx.Response:
    return client.post("/v1/chat/completions", json=body_of(prompt, stream, **fields))


def blocks(response: httpx.Response) -> list[bytes]:
    return [block for block in response.content.split(b"\n\n") if block]


def chunks(response: httpx.Response) -> list[dict[str, Any]]:
    return [json.loads(block.removeprefix(b"data: ")) for block in blocks(response) if block != b"data: [DONE]"]


def text_of(parsed: list[dict[str, Any]], field: str = "content") -> str:
    return "".join(chunk["choices"][0]["delta"].get(field) or "" for chunk in parsed if chunk["choices"])


def logged(client: httpx.Client, until: str = "ended_ns") -> dict[str, Any]:
    """The newest entry of the log, once `until` has been stamped."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        requests = client.get("/sandbox/log").json()["requests"]
        chats: list[dict[str, Any]] = [entry for entry in requests if entry["path"] == "/v1/chat/completions"]
        if chats and chats[-1][until] is not None:
            return chats[-1]
    raise AssertionError(f"no request with {until} in the log")

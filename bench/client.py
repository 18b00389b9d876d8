"""How fast the client reads: chunks a second parsed and recorded, beside the raw bytes and the `openai` package.

    uv run python -m bench.client [--chunks 40000] [--repeats 5]

The gateway is a process of its own that sends prepared bytes, each event in an HTTP chunk of its own, as a server does
that flushes every token.
"""

import argparse
import asyncio
import gc
import json
import multiprocessing
import re
import socket
import statistics
import time
from collections.abc import Awaitable, Callable
from multiprocessing.connection import Connection

import httpx
import uvloop
from openai import AsyncOpenAI
from pydantic import SecretStr

from glm_playground.gateway import ChatRequest, Gateway, Message, connection_pool
from glm_playground.runs.engine import Engine

_WORDS = ("alpha ", "beta ", "gamma,", "delta\n", "the ", "of ")
_LIMIT_RATE, _LIMIT_RAW, _LIMIT_OPENAI = 40_000, 1.6, 4.0


def _prepared_answer(chunks: int) -> bytes:
    head = {
        "id": "chatcmpl-1234567890abcdef",
        "object": "chat.completion.chunk",
        "created": 1760000000,
        "model": "glm-5.1",
    }
    events = [
        head | {"choices": [{"index": 0, "delta": {"content": _WORDS[i % 6]}, "finish_reason": None}]}
        for i in range(chunks)
    ]
    events.append(head | {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    events.append(
        head | {"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": chunks, "total_tokens": chunks + 9}}
    )
    payloads = [b"data: " + json.dumps(event).encode() + b"\n\n" for event in events] + [b"data: [DONE]\n\n"]
    return b"".join(b"%x\r\n%b\r\n" % (len(payload), payload) for payload in payloads) + b"0\r\n\r\n"


def _serve(port: Connection, chunks: int) -> None:
    body = _prepared_answer(chunks)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                if length := re.search(rb"content-length: (\d+)", head, re.IGNORECASE):
                    await reader.readexactly(int(length[1]))
                writer.write(
                    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
                )
                for start in range(0, len(body), 16_384):
                    writer.write(body[start : start + 16_384])
                    await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def main() -> None:
        listener = socket.create_server(("127.0.0.1", 0))
        server = await asyncio.start_server(answer, sock=listener)
        port.send(listener.getsockname()[1])
        await server.serve_forever()

    asyncio.run(main())


async def _raw(http: httpx.AsyncClient, root: str) -> int:
    count = 0
    async with http.stream("POST", f"{root}/chat/completions", json={}) as response:
        async for _ in response.aiter_raw():
            count += 1
    return count


async def _recorded(engine: Engine, root: str) -> int:
    run = engine.start(
        ChatRequest(model="glm-5.1", messages=(Message(role="user", content="go"),)),
        Gateway("bench", root, key=SecretStr("sk-bench-1234567890abcdef")),
    )
    while not run.ended:
        await asyncio.to_thread(engine.wait_changed, run, len(run.events), pause=0.2)
    assert run.usage
    return run.usage.completion_tokens or 0


async def _openai(client: AsyncOpenAI) -> int:
    stream = await client.chat.completions.create(
        model="glm-5.1", messages=[{"role": "user", "content": "go"}], stream=True
    )
    return len([chunk.choices[0].delta.content async for chunk in stream if chunk.choices])


async def _measure(root: str, chunks: int, repeats: int) -> dict[str, list[float]]:
    http = connection_pool(connect_timeout=5, read_timeout=60)
    engine = Engine()
    client = AsyncOpenAI(base_url=root, api_key="bench")
    ways: dict[str, Callable[[], Awaitable[int]]] = {
        "raw bytes": lambda: _raw(http, root),
        "recorded run": lambda: _recorded(engine, root),
        "openai package": lambda: _openai(client),
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    for repeat in range(repeats + 1):
        for name, way in ways.items():
            start = time.perf_counter()
            count = await way()
            assert count >= chunks, (name, count)
            if repeat:  # the first round warms up
                times[name].append(time.perf_counter() - start)
    await http.aclose()
    await client.close()
    engine.close()
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chunks", type=int, default=40_000)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    mine, theirs = multiprocessing.Pipe()
    server = multiprocessing.Process(target=_serve, args=(theirs, options.chunks), daemon=True)
    server.start()
    # As the app does after its imports (`ui.server`); else the collector walks through them again and again.
    gc.freeze()
    try:
        root = f"http://127.0.0.1:{mine.recv()}/v1"
        times = uvloop.run(_measure(root, options.chunks, options.repeats))
    finally:
        server.terminate()
    raw, recorded, openai = (times[name] for name in ("raw bytes", "recorded run", "openai package"))
    for name, values in times.items():
        seconds = statistics.median(values)
        print(f"{name:15} {seconds:7.3f} s  {options.chunks / seconds:10,.0f} chunks/s")
    # Each round is compared with itself: what else the machine does changes from round to round.
    print(f"recorded: {options.chunks / statistics.median(recorded):,.0f} chunks/s (limit {_LIMIT_RATE:,})")
    print(f"recorded / raw: {_ratio(recorded, raw):.2f} (limit {_LIMIT_RAW})")
    print(f"openai / recorded: {_ratio(openai, recorded):.1f} (limit {_LIMIT_OPENAI})")


def _ratio(times: list[float], others: list[float]) -> float:
    return statistics.median(time / other for time, other in zip(times, others, strict=True))


if __name__ == "__main__":
    main()

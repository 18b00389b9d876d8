"""The stand-in model: SmolLM2-135M-Instruct on llama.cpp, inside this process."""

import asyncio
import os
import threading
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import xllamacpp  # type: ignore[import-untyped]

from glm_playground.sandbox.chat_request import ReceivedChat
from glm_playground.sandbox.engines import EngineIdentity
from glm_playground.sandbox.errors import ApiError
from glm_playground.sandbox.generation import Burst, Delta, Finish, TokenCounts
from glm_playground.sandbox.script import Script
from glm_playground.sandbox.weights import find_weights

MODEL = "SmolLM2-135M-Instruct"
CONTEXT_TOKENS = 8192
DEFAULT_MAX_TOKENS = 1024
"""Given to a request that sets no max_tokens: so small a model may otherwise ramble until its context is full."""

_PARALLEL = 4
_SHARED_CACHE_TOKENS = 2 * CONTEXT_TOKENS
_BATCH_TOKENS = 128
_PASSED_ON = ("temperature", "top_p", "seed", "stop")


def _parameters(key: str) -> Any:
    params = xllamacpp.CommonParams()
    params.model.path = str(find_weights())
    # One cache for all requests: half the memory of four full contexts, and a long chat still has its 8192 tokens.
    params.n_ctx = _SHARED_CACHE_TOKENS
    params.kv_unified = True
    params.n_parallel = _PARALLEL
    params.cache_ram_mib = 0
    # Small batches: a long prompt lets the other requests on, and can be stopped, several times a second.
    params.n_batch = params.n_ubatch = _BATCH_TOKENS
    params.warmup = False
    params.fit_params = False
    params.verbosity = 0
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    # llama.cpp's threads spin while they wait for each other: with as many as there are cores, a busy neighbour (the
    # app that draws the answer) makes them many times slower. So one core stays free, also while prompts are read.
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = max(1, min(4, cores - 1))
    # The library always opens a listener of its own; nobody is to use it.
    params.hostnames = ["127.0.0.1"]
    params.api_keys = [key]
    params.n_threads_http = 1
    params.endpoint_slots = False
    params.ui = False
    return params


class StandinEngine:
    """Answers with the stand-in model. Four requests run at once, the rest wait in order.

    Loading takes about half a second and raises what the library raises where it cannot.
    """

    def __init__(self, private_key: str) -> None:
        self._server = xllamacpp.Server(_parameters(private_key))
        self._threads = ThreadPoolExecutor(_PARALLEL, thread_name_prefix="standin")

    @property
    def identity(self) -> EngineIdentity:
        """Who answers: the stand-in."""
        return EngineIdentity("standin", MODEL, f"{MODEL} (stand-in, not GLM)", "sandbox-standin-smollm2-135m")

    def script_for(self, request: ReceivedChat) -> Script:
        """Nothing: the stand-in takes no directives."""
        del request
        return Script()

    async def generate(self, request: ReceivedChat, script: Script) -> AsyncGenerator[Burst | Finish, None]:
        """The model's answer. Raises ApiError 400 where the prompt is longer than the context."""
        del script
        loop = asyncio.get_running_loop()
        chunks: asyncio.Queue[dict[str, Any] | Exception | None] = asyncio.Queue()
        stop = threading.Event()

        def post(item: dict[str, Any] | Exception | None) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(chunks.put_nowait, item)

        work = self._threads.submit(self._complete, _body(request), post, stop)
        try:
            finish_reason = "stop"
            while (chunk := await chunks.get()) is not None:
                if isinstance(chunk, Exception) or "error" in chunk:
                    raise _as_api_error(chunk)
                if chunk["choices"]:
                    choice = chunk["choices"][0]
                    finish_reason = choice["finish_reason"] or finish_reason
                    content = choice["delta"].get("content")
                    yield [Delta(content=content)] if content else []
                if "usage" in chunk:
                    yield Finish(finish_reason, _usage(chunk["usage"]))
        finally:
            stop.set()
            work.cancel()

    def _complete(
        self,
        body: dict[str, Any],
        post: Callable[[dict[str, Any] | Exception | None], None],
        stop: threading.Event,
    ) -> None:
        """Run one request on a worker thread; the library lets the interpreter go while it computes."""

        def on_chunk(chunk: dict[str, Any]) -> bool:
            post(chunk)
            return stop.is_set()

        try:
            if not stop.is_set():
                self._server.handle_chat_completions(body, on_chunk)
        except (ValueError, RuntimeError) as error:
            post(error)
        finally:
            post(None)


def _body(request: ReceivedChat) -> dict[str, Any]:
    body: dict[str, Any] = {
        # The model's template knows `system` only.
        "messages": [
            {"role": "system" if message.role == "developer" else message.role, "content": message.text}
            for message in request.messages
        ],
        "max_tokens": request.most_tokens or DEFAULT_MAX_TOKENS,
        "stream": True,
        "stream_options": {"include_usage": True},
        # Chunks that come while the prompt is read are where a request can be stopped before its first token.
        "return_progress": True,
    }
    body |= {name: value for name in _PASSED_ON if (value := getattr(request, name)) is not None}
    if request.response_format is not None:
        body["response_format"] = request.response_format.model_dump()
    return body


def _usage(usage: dict[str, Any]) -> TokenCounts:
    cached = usage.get("prompt_tokens_details", {}).get("cached_tokens", 0)
    return TokenCounts(usage["prompt_tokens"], usage["completion_tokens"], cached_tokens=cached)


def _as_api_error(problem: dict[str, Any] | Exception) -> ApiError:
    if isinstance(problem, ValueError):
        return ApiError(400, "invalid_request", f"The stand-in model cannot do this: {problem}")
    if isinstance(problem, Exception):
        return ApiError.of_status(500)
    error = problem["error"]
    if error.get("type") == "exceed_context_size_error":
        return ApiError(
            400,
            "model_limit_exceeded",
            f"The prompt has {error['n_prompt_tokens']} tokens; the stand-in model takes {error['n_ctx']}.",
        )
    if error.get("code") == 400:
        return ApiError(400, "invalid_request", str(error.get("message")))
    return ApiError.of_status(500)

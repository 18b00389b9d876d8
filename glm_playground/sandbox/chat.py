"""POST /v1/chat/completions: from the body to the last byte, and what it costs."""

import asyncio
import contextlib
import time
import uuid
from collections.abc import AsyncGenerator, Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope, Send

from glm_playground.sandbox.accounts import Account
from glm_playground.sandbox.body import read_json
from glm_playground.sandbox.chat_request import ReceivedChat, parse_chat_request
from glm_playground.sandbox.engines import TextEngine
from glm_playground.sandbox.errors import ApiError
from glm_playground.sandbox.gate import check_key, entry_of
from glm_playground.sandbox.generation import Burst, Finish, GeneratedAnswer
from glm_playground.sandbox.log import LogEntry
from glm_playground.sandbox.prices import cost_usd
from glm_playground.sandbox.script import FaultName, Script
from glm_playground.sandbox.sse import ENDING_FAULTS, Head, StreamEncoder, completion, dumps, faulty_completion
from glm_playground.sandbox.tasks import TaskStore

if TYPE_CHECKING:
    from glm_playground.sandbox.callbacks import CallbackSender

NOT_CHARGED = frozenset({"network_error", "sensitive"})
"""finish_reasons of a generation that failed, which costs nothing."""

_COMMENT_EVERY_DELTAS = 10
_Generation = AsyncGenerator[Burst | Finish, None]


@dataclass(frozen=True, slots=True)
class ChatEndpoint:
    """The ASGI application behind the chat route."""

    engine: TextEngine
    account: Account
    tasks: TaskStore
    key: str
    callbacks: "CallbackSender | None" = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one chat request; a client that leaves stops its generation. Raises ApiError for the app to render."""
        http_request = Request(scope, receive)
        entry = entry_of(scope)
        check_key(http_request, self.key)
        try:
            body, size = await read_json(http_request)
        except ClientDisconnect:
            entry.closed_by_client()
            return
        entry.keep_body(body, size)
        request = parse_chat_request(body)
        entry.model = request.model
        callback_url = self._callback_url(request)
        request = request.model_copy(update={"callback_url": None})
        script = self.engine.script_for(request)
        if self.account.balance_usd <= 0:
            raise ApiError.of_status(402)
        run = _Run(self, request, script, entry, send, callback_url=callback_url)
        await _unless_closed(run.answer(), receive, run)

    def _callback_url(self, request: ReceivedChat) -> str | None:
        if request.callback_url is None:
            return None
        if self.callbacks is None:
            message = "callback_url: this sandbox was started without a callback secret, so it sends no callbacks."
            raise ApiError(400, "invalid_request", message)
        return self.callbacks.checked(request.callback_url)


class _Run:
    """One chat request on its way to an answer."""

    def __init__(
        self,
        endpoint: ChatEndpoint,
        request: ReceivedChat,
        script: Script,
        entry: LogEntry,
        send: Send,
        *,
        callback_url: str | None,
    ) -> None:
        self._endpoint = endpoint
        self._request = request
        self._script = script
        self._entry = entry
        self._send = send
        self._callback_url = callback_url
        self._ended = False
        self._task_id = f"task_{uuid.uuid4().hex}"
        identity = endpoint.engine.identity
        self._head = Head(f"chatcmpl-{self._task_id}", int(time.time()), request.model, identity.fingerprint)
        self._answer = GeneratedAnswer()
        self._headers_sent = False
        self.answered = False
        entry.task_id = self._task_id
        endpoint.tasks.put(self._task_id, "processing", {"model": request.model})

    def closed_by_client(self) -> None:
        """The connection is gone; after the answer's last byte that is nothing to note."""
        if not self.answered:
            self._entry.closed_by_client()

    async def answer(self) -> None:
        """Generate and write the answer. Raises ApiError where nothing has been written yet."""
        generation = self._endpoint.engine.generate(self._request, self._script)
        try:
            async with contextlib.aclosing(generation):
                # The first item says the request is accepted; until then an error still has its own status.
                await anext(generation)
                if self._request.stream:
                    await self._stream(generation)
                else:
                    await self._whole(generation)
        except ApiError as error:
            self._store_failure(error.message)
            if not self._headers_sent:
                raise
            encoder = StreamEncoder(self._head, self._script)
            await self._write(encoder.error(error), last=True)
        except asyncio.CancelledError:
            self._store_failure("The client closed the connection.")
            raise

    async def _stream(self, generation: _Generation) -> None:
        encoder = StreamEncoder(self._head, self._script)
        fault, at = self._fault()
        await self._start("text/event-stream; charset=utf-8")
        await self._write(encoder.role())
        if fault in ENDING_FAULTS and at == 0:
            await self._end_early(fault, encoder)
            return
        sent = 0
        count = 0
        async for item in generation:
            if isinstance(item, Finish):
                self._settle(item)
                self.answered = True
                await self._write(encoder.tail(item, self._request.include_usage), last=True)
                return
            data = bytearray()
            before = sent
            for delta in item:
                hit = fault is not None and sent < at <= sent + delta.tokens
                if hit and fault in ENDING_FAULTS:
                    await self._write_tokens(bytes(data), sent - before)
                    await self._end_early(fault, encoder)
                    return
                if self._script.comments and count % _COMMENT_EVERY_DELTAS == 0:
                    data += encoder.comment()
                data += encoder.faulty(delta, fault) if hit and fault else encoder.delta(delta)
                self._answer.add(delta)
                sent += delta.tokens
                count += 1
            await self._write_tokens(bytes(data), sent - before)

    async def _whole(self, generation: _Generation) -> None:
        tokens = 0
        finish: Finish | None = None
        async for item in generation:
            if isinstance(item, Finish):
                finish = item
            else:
                for delta in item:
                    self._answer.add(delta)
                    tokens += delta.tokens
        assert finish is not None, "a generation ends with its Finish"
        usage = finish.usage if self._script.usage else None
        body = completion(self._head, self._answer, finish.finish_reason, usage)
        fault, _ = self._fault()
        if fault == "hang":
            await asyncio.Event().wait()
        data = faulty_completion(body, fault, self._script.long_line) if fault else dumps(body)
        if fault == "drop":
            await self._start("application/json", length=len(data))
            await self._write(data[: len(data) // 2])
            self._store_failure("The connection was dropped.")
            return
        if fault == "error_midstream":
            self._store_failure("The model stopped in the middle of the answer.")
        else:
            self._settle(finish)
        self.answered = True
        await self._start("application/json", length=len(data))
        await self._write(data, last=True)
        self._entry.tokens_written(tokens)

    def _fault(self) -> tuple[FaultName | None, int]:
        """The fault and its token; one that changes an event needs an event, so it is never before the first."""
        fault = self._script.fault
        if fault is None:
            return None, 0
        least = 0 if fault.name in ENDING_FAULTS else 1
        return fault.name, max(least, fault.at or 0)

    async def _end_early(self, fault: FaultName | None, encoder: StreamEncoder) -> None:
        if fault == "hang":
            await asyncio.Event().wait()
        self._store_failure("The model stopped in the middle of the answer.")
        if fault == "error_midstream":
            self.answered = True
            error = ApiError(500, "server_error", "The model stopped in the middle of the answer.")
            await self._write(encoder.error(error), last=True)
        # `drop`: the server closes a connection whose response is not complete.

    def _settle(self, finish: Finish) -> None:
        """Charge and store a finished generation, before its end is written: a client may ask right after."""
        cost = cost_usd(self._request.model, finish.usage)
        charged = finish.finish_reason not in NOT_CHARGED
        if charged:
            self._endpoint.account.charge(cost)
        response: dict[str, Any] = completion(self._head, self._answer, finish.finish_reason, finish.usage)
        response["usage"]["cost"] = float(cost) if charged else 0.0
        if not charged:
            response["error"] = f"The generation ended with {finish.finish_reason}."
        self._store_end("completed" if charged else "failed", response)

    def _store_failure(self, message: str) -> None:
        # 0 is what it cost: nothing is taken from the balance for a run that failed.
        self._store_end("failed", {"model": self._request.model, "error": message, "usage": {"cost": 0.0}})

    def _store_end(self, status: str, response: dict[str, Any]) -> None:
        """Store the task's end and tell of it, once: a client that leaves after the last token changes neither."""
        if self._ended:
            return
        self._ended = True
        stored = self._endpoint.tasks.put(self._task_id, status, response)
        if self._callback_url is not None and self._endpoint.callbacks is not None:
            self._endpoint.callbacks.send(self._callback_url, stored)

    async def _start(self, content_type: str, length: int | None = None) -> None:
        self._headers_sent = True
        headers = [(b"content-type", content_type.encode()), (b"cache-control", b"no-store")]
        if length is not None:
            headers.append((b"content-length", str(length).encode()))
        if self._request.not_honoured:
            ignored = ", ".join(self._request.not_honoured).encode("ascii", "replace")[:500]
            headers.append((b"x-sandbox-ignored", ignored))
        await self._send({"type": "http.response.start", "status": 200, "headers": headers})

    async def _write(self, data: bytes, last: bool = False) -> None:
        await self._send({"type": "http.response.body", "body": data, "more_body": not last})

    async def _write_tokens(self, data: bytes, tokens: int) -> None:
        if tokens:
            await self._write(data)
            self._entry.tokens_written(tokens)


async def _unless_closed(answer: Coroutine[Any, Any, None], receive: Receive, run: _Run) -> None:
    """Await the answer, and cancel it the moment the client closes the connection."""

    async def watch() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        run.closed_by_client()

    work = asyncio.create_task(answer)
    watcher = asyncio.create_task(watch())
    try:
        await asyncio.wait({work, watcher}, return_when=asyncio.FIRST_COMPLETED)
        if run.answered:
            await work
    finally:
        work.cancel()
        watcher.cancel()
        await asyncio.gather(work, watcher, return_exceptions=True)
    if not work.cancelled():
        work.result()

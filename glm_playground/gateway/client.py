"""Asks one gateway: chat with and without streaming, models, prices.

Requests follow RunAPI's documentation: `Authorization: Bearer`, an optional `X-Client-Request-Id` that is echoed and
stored, `X-RunAPI-Task-Id` and `x-request-id` in the answer.
"""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache
from time import perf_counter_ns
from typing import Any, NamedTuple

import httpx
from pydantic import SecretStr

from glm_playground import bounds
from glm_playground.gateway import errors
from glm_playground.gateway.bodies import (
    MAX_BODY_BYTES,
    MAX_ERROR_BYTES,
    read_completion,
    read_retry_after,
    read_up_to,
)
from glm_playground.gateway.endpoint import Gateway
from glm_playground.gateway.error_meanings import error_class
from glm_playground.gateway.error_shapes import read_error_body
from glm_playground.gateway.errors import GatewayError
from glm_playground.gateway.listing import next_page, read_listing, rows_of
from glm_playground.gateway.pool import PROXY_EXTENSION, ConnectionPool, forget_connection, leave
from glm_playground.gateway.redaction import RedactedEvents, Redaction
from glm_playground.gateway.stream import (
    TAIL_S,
    ChatStream,
    redacted_identity,
    redacted_told,
    response_ids,
    stream_failed,
)
from glm_playground.gateway.wire import ChatCompletion, ChatRequest, Event, EventKind, Identity, ModelListing
from glm_playground.network import shown_proxy

_MAX_RETRIES = 2
_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 5.0
_LONGEST_RETRY_AFTER_S = 30.0


@dataclass(frozen=True)
class Attempt:
    """A request that was refused before anything was charged and will be sent again."""

    error: GatewayError
    pause: float
    """Seconds until the next try."""


class JsonAnswer(NamedTuple):
    """A JSON value, the `ETag` it came with, and how many bytes it had."""

    value: Any
    etag: str | None
    size: int


@lru_cache(maxsize=64)
def _url(text: str) -> httpx.URL:
    """An address of a gateway, read once: each request needs two, and httpx takes 30 us to read one."""
    return httpx.URL(text)


class _Credentials(httpx.Auth):
    """Adds a gateway's key and headers to requests to its own origin and to no other."""

    def __init__(self, gateway: Gateway) -> None:
        self._headers = [(header.name, header.value) for header in gateway.headers]
        if gateway.key:
            self._headers.append(("Authorization", SecretStr(f"Bearer {gateway.key.get_secret_value()}")))
        self._origin = _url(gateway.origin)

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        url = request.url
        if (url.scheme, url.host, url.port) == (self._origin.scheme, self._origin.host, self._origin.port):
            for name, value in self._headers:
                request.headers[name] = value.get_secret_value()
        yield request


class _Receipt:
    """How far a request came: when it was written, and whether no connection was made for it.

    It is written behind the connection's making, which with many at once takes as long as a token. httpcore tells of
    both (https://www.encode.io/httpcore/extensions/#trace); with a transport that does not, it is written at once.
    """

    def __init__(self) -> None:
        self.at_ns = perf_counter_ns()
        self.written = False
        self.unconnected = False

    async def note(self, name: str, info: dict[str, Any]) -> None:
        if name.endswith(".send_request_headers.started"):
            # The CONNECT that a proxy is asked with is not the request.
            if info["request"].method != b"CONNECT":
                self.written = True
                self.at_ns = perf_counter_ns()
        elif name.endswith(".connect_tcp.failed"):
            self.unconnected = True


class GatewayClient:
    """A gateway's face over a shared connection pool; cheap to make, one for each gateway.

    Args:
        http: the pool, from `connection_pool`.
        gateway: whom to ask.
        sleep: waits between tries; a test may pass its own.
        tail: seconds that a stream may go on without anything of the answer once that said why it ended.
    """

    def __init__(
        self,
        http: ConnectionPool,
        gateway: Gateway,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        tail: float = TAIL_S,
    ) -> None:
        self.gateway = gateway
        self._http = http
        self._sleep = sleep
        self._tail = tail
        self._auth = _Credentials(gateway)
        self._redaction = Redaction(gateway.key, [header.value for header in gateway.headers if header.secret])

    @asynccontextmanager
    async def stream(
        self,
        request: ChatRequest,
        *,
        client_request_id: str | None = None,
        on_attempt: Callable[[Attempt], None] = lambda attempt: None,
        repeat: bool = True,
    ) -> AsyncIterator[ChatStream]:
        """Sends `request` and gives the answer to read; leaving the block closes the connection.

        Sent once, unless the gateway refused it before anything was charged (connection refused, 429, 503): then at
        most twice again, `Retry-After` first, else 0.5 s doubling with jitter; `on_attempt` is told of each.

        Args:
            request: what to send.
            client_request_id: `X-Client-Request-Id`; printable ASCII, at most 512 characters.
            on_attempt: called before each pause.
            repeat: whether it is sent again at all.

        Raises:
            GatewayError: of the tree in `errors`.
        """
        retries = _MAX_RETRIES if repeat else 0
        response, t0_ns = await self._send_chat(request, client_request_id, on_attempt, retries)
        try:
            yield ChatStream(response, response_ids(response, self._redaction), t0_ns, self._redaction, tail=self._tail)
        finally:
            await leave(response)

    async def chat(self, request: ChatRequest, *, client_request_id: str | None = None) -> ChatCompletion:
        """The whole answer to `request`, sent without streaming; retried as `stream` is.

        Raises:
            GatewayError: of the tree in `errors`.
        """
        whole = request.model_copy(update={"stream": False})
        response, t0_ns = await self._send_chat(whole, client_request_id, lambda attempt: None)
        try:
            completion = read_completion(await self._body(response), perf_counter_ns() - t0_ns)
        finally:
            await leave(response)
        ids = response_ids(response, self._redaction)
        if completion is None:
            raise errors.ResponseUnreadable(
                "the answer is not a chat completion", request_id=ids.request_id, task_id=ids.task_id
            )
        if completion.events[-1].kind is EventKind.ERROR:
            raise stream_failed(completion.events[-1], ids, self._redaction)
        events: list[Event] = []
        redacted = RedactedEvents(events, self._redaction)
        redacted.fresh.extend(completion.events)
        redacted.end()
        return ChatCompletion(tuple(events), redacted_identity(completion.identity, self._redaction) or Identity())

    async def models(self) -> tuple[ModelListing, ...]:
        """The models the gateway lists for this key; of a list in pages, those before one that cannot be read.

        Raises:
            GatewayError: of the tree in `errors`.
        """
        address = f"{self.gateway.api_root}/models"
        url, found, size = address, dict[str, ModelListing](), 0
        for _ in range(bounds.LISTING_PAGES):
            try:
                listing = await self._get_json(url)
                rows = rows_of(listing.value)
                if rows is None:
                    raise errors.ResponseUnreadable("the answer is not a list of models")
            except GatewayError:
                if found:
                    break
                raise
            new = {model.id: model for row in rows if (model := read_listing(row)) and model.id not in found}
            found |= new
            size += listing.size
            if not new or size >= bounds.LISTING_BYTES or (page := next_page(listing.value)) is None:
                break
            url = f"{address}?{page}"
        return tuple(found.values())

    async def get_json(self, url: str) -> Any:
        """The JSON value at `url` of this gateway.

        Raises:
            GatewayError: of the tree in `errors`.
        """
        return (await self._get_json(url)).value

    async def _get_json(self, url: str) -> JsonAnswer:
        answer = await self.get_json_if_changed(url, None)
        if answer is None:
            raise errors.ResponseUnreadable("the answer says that nothing changed, but nothing was read before")
        return answer

    async def get_json_if_changed(self, url: str, etag: str | None) -> JsonAnswer | None:
        """The JSON value at `url` with its `ETag`; None where the gateway says that `etag` still holds (304).

        Raises:
            GatewayError: of the tree in `errors`.
        """
        headers = {"Accept": "application/json"} | ({"If-None-Match": etag} if etag else {})
        try:
            response = await self._get(url, headers)
        except errors.RedirectRefused as error:
            if etag and error.status == 304:
                return None
            raise
        try:
            body = await self._body(response)
            value = self._redaction.value(json.loads(body))
        except (ValueError, RecursionError):
            raise errors.ResponseUnreadable("the answer is not JSON") from None
        finally:
            await leave(response)
        return JsonAnswer(value, response.headers.get("etag"), len(body))

    async def _get(self, url: str, headers: dict[str, str]) -> httpx.Response:
        try:
            response, _ = await self._send(self._http.build_request("GET", url, headers=headers))
        except errors.RequestUnanswered:
            # The server had closed a kept connection; a question may be asked again.
            response, _ = await self._send(self._http.build_request("GET", url, headers=headers))
        return response

    async def _send_chat(
        self,
        request: ChatRequest,
        client_request_id: str | None,
        on_attempt: Callable[[Attempt], None],
        retries: int = _MAX_RETRIES,
    ) -> tuple[httpx.Response, int]:
        """The response, and `perf_counter_ns()` just before the request it answers was written: its t0."""
        headers = {
            "Content-Type": "application/json",
            "Accept": "text/event-stream" if request.stream else "application/json",
        }
        if request.stream:
            # A compressed stream waits in the proxy that compresses it until there is enough.
            headers["Accept-Encoding"] = "identity"
        if client_request_id:
            headers["X-Client-Request-Id"] = client_request_id
        content = request.encoded()
        for tried in range(retries + 1):
            asked = self._http.build_request("POST", _url(self.gateway.chat_url), headers=headers, content=content)
            try:
                return await self._send(asked)
            except GatewayError as error:
                pause = _pause(error, tried) if tried < retries else None
                if pause is None:
                    raise
                on_attempt(Attempt(error, pause))
                await self._sleep(pause)
        raise AssertionError("the last try returns or raises")

    async def _send(self, request: httpx.Request) -> tuple[httpx.Response, int]:
        """The response to `request`, with its body still to be read, and when the request was written.

        Raises:
            GatewayError: nothing was reached, nothing came back, or the status is no success.
        """
        progress = _Receipt()
        request.extensions = {**request.extensions, "trace": progress.note}
        try:
            response = await self._http.send(request, auth=self._auth, stream=True, follow_redirects=False)
        except httpx.HTTPError as error:
            raise self._unsent(error, request, progress) from None
        if response.is_success:
            return response, progress.at_ns
        try:
            body = await read_up_to(response, MAX_ERROR_BYTES)
        except httpx.HTTPError:
            body = b""
        finally:
            if response.is_error:
                await forget_connection(response)
            await leave(response)
        raise self._response_error(response, body)

    def _unsent(self, error: httpx.HTTPError, request: httpx.Request, progress: _Receipt) -> GatewayError:
        """What became of a request without an answer: it was not sent, or nobody knows."""
        words = self._redaction.text(str(error) or type(error).__name__)
        proxy = request.extensions.get(PROXY_EXTENSION)
        if isinstance(error, httpx.ReadTimeout):
            return errors.StreamSilent("no answer within the read timeout")
        if progress.written:
            return errors.RequestUnanswered(words)
        if proxy and progress.unconnected:
            return errors.ProxyUnreachable(f"{shown_proxy(proxy)}: {words}")
        if isinstance(error, httpx.ProxyError):
            return errors.ProxyRefused(f"{words} ({shown_proxy(proxy)})" if proxy else words)
        if isinstance(error, httpx.ConnectTimeout):
            return errors.ConnectTimeout("no connection in the time allowed")
        if isinstance(error, httpx.ConnectError) and _was_refused(error):
            return errors.ConnectionRefused(words)
        return errors.ConnectionFailed(words)

    async def _body(self, response: httpx.Response) -> bytes:
        try:
            return await read_up_to(response, MAX_BODY_BYTES)
        except httpx.ReadTimeout:
            raise errors.StreamSilent("no data for longer than the read timeout") from None
        except httpx.HTTPError as error:
            raise errors.StreamBroken(self._redaction.text(str(error) or type(error).__name__)) from None

    def _response_error(self, response: httpx.Response, body: bytes) -> GatewayError:
        # Once before anything is cut off, and once more for a key that JSON had spelt with escapes.
        body = self._redaction.text(body.decode(errors="replace")).encode()
        status = response.status_code
        reason = self._redaction.text(response.reason_phrase)
        told = redacted_told(read_error_body(body, reason, status), self._redaction)
        ids = response_ids(response, self._redaction)
        # Nobody but a proxy asks to authenticate as to a proxy.
        kind = errors.ProxyRefused if status == 407 else error_class(status, told)
        return kind(
            told.message,
            status=status,
            code=told.code,
            fields=told.fields,
            request_id=ids.request_id,
            task_id=ids.task_id,
            retry_after=read_retry_after(response.headers.get("retry-after")),
        )


def _was_refused(error: BaseException | None) -> bool:
    """Whether every address of the host refused the connection."""
    while error is not None:
        if isinstance(error, ConnectionRefusedError):
            return True
        if isinstance(error, BaseExceptionGroup):
            return all(map(_was_refused, error.exceptions))
        error = error.__cause__ or error.__context__
    return False


def _pause(error: GatewayError, tried: int) -> float | None:
    """Seconds to wait before the next try; None to give up."""
    if not error.safe_to_repeat:
        return None
    if error.retry_after is not None:
        return error.retry_after if error.retry_after <= _LONGEST_RETRY_AFTER_S else None
    return min(_FIRST_PAUSE_S * 2.0**tried, _LONGEST_PAUSE_S) * random.uniform(0.75, 1.25)  # noqa: S311 - jitter

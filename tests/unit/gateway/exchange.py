"""One exchange with a server, as the app has it: what is asked, and what came of it."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

from glm_playground.gateway import (
    Attempt,
    ChatRequest,
    Event,
    EventKind,
    Gateway,
    GatewayClient,
    GatewayError,
    Identity,
    Message,
    ResponseIds,
    connection_pool,
    errors,
)

T = TypeVar("T")
PLAIN = ChatRequest(model="glm-5.1", messages=(Message(role="user", content="hi"),))

CLASSES = {
    400: errors.RequestRejected,
    401: errors.AuthenticationFailed,
    402: errors.CreditsExhausted,
    403: errors.PermissionDenied,
    404: errors.ModelNotFound,
    408: errors.GatewayTimeout,
    409: errors.RequestConflict,
    410: errors.ModelRetired,
    413: errors.PayloadRejected,
    415: errors.PayloadRejected,
    422: errors.RequestRejected,
    429: errors.RateLimited,
    500: errors.ServerFailed,
    502: errors.ServerFailed,
    503: errors.ServiceUnavailable,
    504: errors.GatewayTimeout,
    529: errors.Overloaded,
}
"""Of what kind the error of each status is."""


@dataclass
class Told:
    """What came of one streamed request."""

    events: list[Event] = field(default_factory=list)
    error: GatewayError | None = None
    attempts: list[Attempt] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    ids: ResponseIds | None = None
    identity: Identity | None = None

    @property
    def text(self) -> str:
        return self.of(EventKind.CONTENT)

    def of(self, kind: EventKind) -> str:
        return "".join(event.text for event in self.events if event.kind is kind)

    @property
    def kinds(self) -> list[EventKind]:
        return [event.kind for event in self.events]


def asked(gateway: Gateway, question: Callable[[GatewayClient], Awaitable[T]], **pool: float) -> T:
    async def go() -> T:
        http = connection_pool(**({"connect_timeout": 5, "read_timeout": 10} | pool))
        try:
            return await question(GatewayClient(http, gateway))
        finally:
            await http.aclose()

    return asyncio.run(go())


def streamed(gateway: Gateway, request: ChatRequest, *, tail: float = 0.1, **pool: float) -> Told:
    """`request` sent without waiting between tries."""
    told = Told()

    async def no_pause(seconds: float) -> None:
        told.pauses.append(seconds)

    async def go() -> None:
        http = connection_pool(**({"connect_timeout": 5, "read_timeout": 10} | pool))
        client = GatewayClient(http, gateway, sleep=no_pause, tail=tail)
        try:
            async with client.stream(request, client_request_id=told.id, on_attempt=told.attempts.append) as answering:
                told.ids = answering.ids
                try:
                    await answering.read_into(told.events)
                finally:
                    told.identity = answering.identity
        except GatewayError as error:
            told.error = error
        finally:
            await http.aclose()

    asyncio.run(go())
    return told

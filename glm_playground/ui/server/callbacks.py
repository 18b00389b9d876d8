"""Takes the gateway's callbacks: `POST /callbacks/runapi`, checked by their signature and kept.

What can be refused by its headers is, before a body is read. The rest of a body has a deadline, and no more than
`MAX_AT_ONCE` callbacks are taken at once: whoever sends half of many holds up neither the pages nor the true ones for
long.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from anyio import CapacityLimiter, to_thread
from pydantic import SecretStr
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from glm_playground import bounds
from glm_playground.gateway.callbacks import MAX_CALLBACK_BYTES, CallbackError, check_headers, verify
from glm_playground.gateway.redaction import Redaction
from glm_playground.ledger.errors import LedgerError
from glm_playground.ledger.values import Callback
from glm_playground.ui.server.body import read_body
from glm_playground.ui.server.refusal import RefusalResponse

PATH = "/callbacks/runapi"
RETRY_AFTER_S = 30
MAX_AT_ONCE = bounds.CALLBACKS
BODY_DEADLINE_S = bounds.CALLBACK_S
_THREADS = 4

Store = Callable[[Callback], bool]
"""Keeps a callback; False where one with its id is kept already. Raises LedgerError."""


def callback_route(
    secret: Callable[[], SecretStr | None],
    store: Store,
    path: str = PATH,
    *,
    key: Callable[[], SecretStr | None] = lambda: None,
) -> Route:
    """The route that takes callbacks.

    It answers in JSON and says nothing back that was sent: 200 for a callback that is kept, now or before; 404 where no
    secret is configured; 401 and 400 as `gateway.callbacks` says; 408 for a body that does not come in time; 413 above
    1 MB; 503 with Retry-After where it cannot be kept or too many come at once, so that the gateway sends it again.

    Args:
        secret: the gateway's secret in base64; None where callbacks are not taken.
        store: called in a thread, with checked callbacks only.
        path: where it stands, with the path that the app is served under.
        key: the gateway's, which is not kept where a callback repeats it.
    """
    # It takes every method itself: those it left out would go to Streamlit, which answers with its page.
    return Route(path, _CallbackEndpoint(secret, store, key), name="callbacks")


@dataclass(slots=True)
class _CallbackEndpoint:
    secret: Callable[[], SecretStr | None]
    store: Store
    key: Callable[[], SecretStr | None]
    taken: int = 0
    """How many are being read or stored."""
    threads: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(_THREADS))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            response = await self._answer(Request(scope, receive))
        except ClientDisconnect:
            return
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if request.method != "POST":
            return RefusalResponse(405, "callbacks are sent by POST", Allow="POST")
        secret = self.secret()
        if secret is None:
            return RefusalResponse(404, "no secret for callbacks is configured")
        try:
            check_headers(request.headers, datetime.now(UTC))
        except CallbackError as error:
            return RefusalResponse(error.status, str(error))
        if self.taken >= MAX_AT_ONCE:
            return RefusalResponse(503, "too many callbacks come at once", **{"Retry-After": str(RETRY_AFTER_S)})
        self.taken += 1
        try:
            return await self._take(request, secret)
        finally:
            self.taken -= 1

    async def _take(self, request: Request, secret: SecretStr) -> Response:
        try:
            async with asyncio.timeout(BODY_DEADLINE_S):
                body = await read_body(request, MAX_CALLBACK_BYTES)
        except TimeoutError:
            return RefusalResponse(408, f"a callback is sent within {BODY_DEADLINE_S:.0f} s")
        if body is None:
            return RefusalResponse(413, f"a callback has at most {MAX_CALLBACK_BYTES} bytes")
        try:
            # In a thread from here on: a large body and a slow database must not hold up the server's loop. In one of
            # its own, since the others serve the pages.
            stored = await to_thread.run_sync(self._keep, request.headers, body, secret, limiter=self.threads)
        except CallbackError as error:
            return RefusalResponse(error.status, str(error))
        except LedgerError:
            return RefusalResponse(503, "it cannot be kept at the moment", **{"Retry-After": str(RETRY_AFTER_S)})
        return JSONResponse({"stored": stored})

    def _keep(self, headers: Headers, body: bytes, secret: SecretStr) -> bool:
        now = datetime.now(UTC)
        signed = verify(headers, body, secret, now).without(Redaction(self.key())).without(Redaction(secret))
        return self.store(
            Callback(
                id=signed.id,
                sent_at=signed.sent_at,
                received_at=now,
                task_id=signed.task_id,
                status=signed.status,
                body=signed.body,
            )
        )

"""What every request passes: its ids, who answers, the log, and the key."""

import hmac
import uuid

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from glm_playground.sandbox.engines import EngineIdentity
from glm_playground.sandbox.errors import ApiError
from glm_playground.sandbox.log import LogEntry, RequestLog

_ENTRY = "sandbox.entry"
_UNLOGGED = ("/healthz", "/sandbox/log")


def entry_of(scope: Scope) -> LogEntry:
    """The log entry of a request, whether or not the log keeps it."""
    entry = scope[_ENTRY]
    assert isinstance(entry, LogEntry)
    return entry


def check_key(request: Request, key: str) -> None:
    """Raises ApiError 401 unless the request carries the key."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    # Compared as bytes, since compare_digest refuses strings that are not ASCII.
    if scheme.lower() != "bearer" or not hmac.compare_digest(token.strip().encode(), key.encode()):
        raise ApiError.of_status(401)


class Gate:
    """ASGI middleware that gives each request its ids and stamps each response with who answered."""

    def __init__(self, app: ASGIApp, identity: EngineIdentity, log: RequestLog | None) -> None:
        self._app = app
        self._log = log
        self._stamps = {"X-Sandbox-Engine": identity.engine, "X-Sandbox-Served-By": identity.served_by}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        entry = LogEntry(f"req_{uuid.uuid4().hex}", scope["method"], scope["path"])
        entry.authorization_sent = "authorization" in headers
        scope[_ENTRY] = entry
        if self._log is not None and scope["path"] not in _UNLOGGED:
            self._log.add(entry)

        async def stamped(message: Message) -> None:
            if message["type"] == "http.response.start":
                entry.status = message["status"]
                self._stamp(MutableHeaders(scope=message), entry)
            await send(message)

        client_request_id = headers.get("x-client-request-id")
        try:
            if client_request_id is not None and not _is_request_id(client_request_id):
                problem = "must be printable ASCII of at most 512 characters"
                await ApiError.invalid({"X-Client-Request-Id": [problem]}).response()(scope, receive, stamped)
            else:
                entry.client_request_id = client_request_id
                await self._app(scope, receive, stamped)
        finally:
            entry.end()

    def _stamp(self, headers: MutableHeaders, entry: LogEntry) -> None:
        headers.update(self._stamps)
        headers["x-request-id"] = entry.request_id
        if entry.task_id is not None:
            headers["X-RunAPI-Task-Id"] = entry.task_id
        if entry.client_request_id is not None:
            headers["X-Client-Request-Id"] = entry.client_request_id


def _is_request_id(text: str) -> bool:
    return 0 < len(text) <= 512 and text.isascii() and text.isprintable()

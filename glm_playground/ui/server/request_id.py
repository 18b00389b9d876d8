"""An id for each web request, in the log and in what is refused, so that one leads to the other.

A proxy that is trusted may give it in `X-Request-ID`; nobody else may, since it stands in the log.
"""

import logging
import re
import secrets
from time import perf_counter

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from glm_playground import logs

HEADER = "X-Request-ID"
_FORM = re.compile(r"[A-Za-z0-9._-]{8,64}")
_SEGMENTS, _LONGEST_PATH = 2, 100
_log = logging.getLogger(__name__)


class RequestId:
    """Gives each request to `app` its id, says it in the response, and writes a line: what was refused at `info`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        found = _given(scope) or secrets.token_hex(8)
        began = perf_counter()
        status: int | None = None

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = found
            await send(message)

        before = logs.request_id.set(found)
        try:
            await self._app(scope, receive, send_with_id)
        finally:
            level = logging.INFO if status is not None and status >= 400 else logging.DEBUG
            if _log.isEnabledFor(level):
                seconds = round(perf_counter() - began, 3)
                more = logs.fields(method=scope.get("method"), path=_path(scope), status=status, seconds=seconds)
                _log.log(level, "web request ended", extra=more)
            logs.request_id.reset(before)


def _path(scope: Scope) -> str:
    """What of the path says which route it is: ids of sessions and names of files stand behind that."""
    return "/".join(scope["path"].split("/")[: _SEGMENTS + 1])[:_LONGEST_PATH]


def _given(scope: Scope) -> str | None:
    """The id that a trusted proxy gave, where it has the form of one."""
    given = Headers(scope=scope).getlist(HEADER)
    return given[0] if len(given) == 1 and _FORM.fullmatch(given[0]) and _is_by_proxy(scope) else None


def _is_by_proxy(scope: Scope) -> bool:
    """Whether uvicorn believed the sender (FORWARDED_ALLOW_IPS): then the client is whom it named, of whom no port is
    known."""
    _host, port = scope.get("client") or ("", None)
    return port == 0 and "x-forwarded-for" in Headers(scope=scope)

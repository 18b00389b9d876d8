"""Who may ask from a browser: pages of the app itself, not those of other sites.

Browsers name the page that asks in `Origin`, for every websocket and for every request that changes something; no page
can forge it. A request without one comes from no page, but from a program, which could send any: it is let through, and
has nobody's cookie. Refused here, a foreign page never reaches Streamlit, which would ask an outside address for the
server's own.
"""

import logging
from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from glm_playground.addresses import normal_origin
from glm_playground.network import is_loopback
from glm_playground.ui.server.refusal import RefusalResponse

_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
_MOST_LOGGED = 100
_UNKNOWN_NAME = (
    "This server listens on this computer only, and is not known by the name you asked for.\n"
    "If that is right, its operator names it in GLM_PLAYGROUND_ORIGINS, such as https://glm.example.org.\n"
)
_log = logging.getLogger(__name__)


class Origins:
    """The app's own origins.

    Args:
        named: by the operator, as `addresses.normal_origin` gives them; with none, whatever host a request was sent to.
        local: whether the server is for this computer only. Then a host of another name is not the app's, unless it was
            named: a foreign site can have its name lead here.
    """

    def __init__(self, named: Collection[str], *, local: bool) -> None:
        self._named = frozenset(named)
        self._local = local

    def has(self, origin: str, host: str) -> bool:
        """Whether a page of `origin` is the app's, where it was asked by the name `host` (the header `Host`)."""
        try:
            normal = normal_origin(origin)
            # The scheme does not count: behind a proxy that ends TLS, the server may not know it.
            asked = normal_origin(f"{urlsplit(normal).scheme}://{host}")
        except ValueError:
            return False
        return normal in self._named or (normal == asked and self._may_be_asked_as(host))

    def _may_be_asked_as(self, host: str) -> bool:
        return not (self._local or self._named) or is_loopback(_name(host))

    def lacks_name(self, host: str) -> bool:
        """Whether no page that was loaded by the name `host` can be the app's."""
        return self._local and not self._named and not is_loopback(_name(host))


def _name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


class OwnOrigins:
    """Lets pages of the app alone ask `app`, and tells Streamlit's own check so."""

    def __init__(self, app: ASGIApp, origins: Origins) -> None:
        self._app = app
        self._origins = origins
        self._logged: set[tuple[str, str]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        headers = MutableHeaders(scope=scope)
        origin, host = _only(headers, "origin"), _only(headers, "host") or ""
        if scope["type"] == "http" and scope["method"] in _SAFE_METHODS:
            if "text/html" in headers.get("accept", "") and self._origins.lacks_name(host):
                # The page would be loaded, and wait for its websocket for ever.
                await PlainTextResponse(_UNKNOWN_NAME, 403)(scope, receive, send)
                return
        elif origin is not None:
            if not self._origins.has(origin, host):
                self._log_refusal(origin, host)
                await _refuse(scope, receive, send)
                return
            # Streamlit takes what comes from the host that was asked; for all else it asks an outside address.
            headers["host"] = urlsplit(origin).netloc
        await self._app(scope, receive, send)

    def _log_refusal(self, origin: str, host: str) -> None:
        seen = origin[:100], host[:100]
        if seen not in self._logged and len(self._logged) < _MOST_LOGGED:
            self._logged.add(seen)
            _log.warning(
                "A page of %r asked %r and was refused. If that is the app's own address, set GLM_PLAYGROUND_ORIGINS.",
                *seen,
            )


def _only(headers: MutableHeaders, name: str) -> str | None:
    """The header's value; none where it is missing, empty where it came twice."""
    found = headers.getlist(name)
    return found[0] if len(found) == 1 else "" if found else None


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        await RefusalResponse(403, "a page of another site may not ask this")(scope, receive, send)
    else:
        await receive()
        await send({"type": "websocket.close", "code": 1008})

"""HTML pages that a model wrote, for the frames that show them: `GET /model-page/{id}`.

A frame whose content is given in the page (`srcdoc`) gets the page's origin from Streamlit, and with it its cookies and
its session. So each comes from here, with a policy of its own: an origin that is nobody's, nothing from any network, no
scripts unless the reader asked for them. The policy is the response's and holds however the address is opened.

A page is its owner's and is kept for a time only, in this process: who shows it says so again at each drawing.
"""

import hmac
import re
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from glm_playground import bounds
from glm_playground.gateway.wire import clean_text
from glm_playground.ui.server.owner_cookie import OWNER_HEADER

PATH = "/model-page"
_POLICY = (
    "sandbox{flags}; default-src 'none'; style-src 'unsafe-inline'; img-src data:{scripts}; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
_FEATURES = (
    "accelerometer",
    "autoplay",
    "bluetooth",
    "camera",
    "clipboard-read",
    "clipboard-write",
    "display-capture",
    "fullscreen",
    "geolocation",
    "gyroscope",
    "hid",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "publickey-credentials-get",
    "screen-wake-lock",
    "serial",
    "usb",
    "web-share",
    "xr-spatial-tracking",
)


# No policy governs `<link rel="preconnect">` and its like, which open a connection to whatever address the page names.
# All else that the element does the policy forbids, so nothing is lost without it.
_LINK = re.compile(rb"<(?=link[\s/>])", re.IGNORECASE)


def page_policy(*, scripts: bool) -> str:
    """The Content-Security-Policy of a page."""
    return _POLICY.format(
        flags=" allow-scripts" if scripts else "", scripts="; script-src 'unsafe-inline'" if scripts else ""
    )


@dataclass(frozen=True)
class _ModelPage:
    owner: str
    content: bytes
    scripts: bool
    until: float


class ModelPages:
    """The pages that are shown, for any thread; bounded by owner, in all, and in time.

    Args:
        now: seconds of a clock that never goes back.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        # An id is a page's own, so that a frame that is drawn again is not loaded again.
        self._secret = secrets.token_bytes(32)
        self._lock = threading.Lock()
        self._pages: OrderedDict[str, _ModelPage] = OrderedDict()

    def show(self, owner: str, html: str, *, scripts: bool = False) -> str:
        """Keeps a page for `owner` from now on; its id.

        Raises:
            ValueError: it has more than `bounds.MODEL_PAGE_BYTES`, or nobody owns it.
        """
        content = _content(html)
        if not owner or len(content) > bounds.MODEL_PAGE_BYTES:
            raise ValueError("a page is somebody's, and has a largest size")
        id = self._id(owner, content, scripts=scripts)
        with self._lock:
            self._pages[id] = _ModelPage(owner, content, scripts, self._now() + bounds.MODEL_PAGE_S)
            self._pages.move_to_end(id)
            self._make_room(owner)
        return id

    def find(self, owner: str, id: str) -> tuple[bytes, bool] | None:
        """A page of `owner`, and whether its scripts run; None if it is missing, or was removed."""
        with self._lock:
            self._forget(lambda page: page.until <= self._now())
            page = self._pages.get(id)
            return (page.content, page.scripts) if page and owner and hmac.compare_digest(page.owner, owner) else None

    def hide(self, owner: str, html: str) -> None:
        """Takes a page away, with and without its scripts."""
        content = _content(html)
        with self._lock:
            for scripts in (False, True):
                self._pages.pop(self._id(owner, content, scripts=scripts), None)

    def hide_all(self, owner: str) -> None:
        """Takes all pages of `owner` away."""
        with self._lock:
            self._forget(lambda page: page.owner == owner)

    def _id(self, owner: str, content: bytes, *, scripts: bool) -> str:
        return hmac.digest(self._secret, f"{owner} {scripts} ".encode() + content, "sha256").hex()

    def _make_room(self, owner: str) -> None:
        """Lets the oldest go: of this owner, then of whoever has most, so that nobody takes another's room."""
        self._forget(lambda page: page.until <= self._now())
        while len(self._of(owner)) > bounds.MODEL_PAGES_BY_ONE:
            del self._pages[self._of(owner)[0]]
        while sum(len(page.content) for page in self._pages.values()) > bounds.MODEL_PAGES_BYTES:
            owners = {page.owner for page in self._pages.values()}
            most = max(owners, key=lambda one: sum(len(self._pages[id].content) for id in self._of(one)))
            del self._pages[self._of(most)[0]]

    def _of(self, owner: str) -> list[str]:
        return [id for id, page in self._pages.items() if page.owner == owner]

    def _forget(self, which: Callable[[_ModelPage], bool]) -> None:
        for id in [id for id, page in self._pages.items() if which(page)]:
            del self._pages[id]


def _content(html: str) -> bytes:
    return _LINK.sub(b"<no-", clean_text(html).encode())


model_pages = ModelPages()
"""The process's own."""


def model_page_route(base: str = "", pages: ModelPages = model_pages) -> Route:
    """The route that answers with a page to the browser of its owner, and 404 to every other.

    Args:
        base: the path that the app is served under, such as "/glm" or "".
        pages: what is shown.
    """
    # It takes every method itself: those it left out would go to Streamlit, which answers with its page.
    return Route(f"{base}{PATH}/{{id}}", _Endpoint(pages), name="model page")


class _Endpoint:
    def __init__(self, pages: ModelPages) -> None:
        self._pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._answer(Request(scope, receive))(scope, receive, send)

    def _answer(self, request: Request) -> Response:
        if request.method not in {"GET", "HEAD"}:
            return JSONResponse({"error": "only GET is answered"}, 405, {"Allow": "GET, HEAD"})
        found = self._pages.find(request.headers.get(OWNER_HEADER, ""), request.path_params["id"])
        if found is None:
            return JSONResponse({"error": "there is no such page, or no longer"}, 404, {"Cache-Control": "no-store"})
        content, scripts = found
        headers = {
            "Content-Security-Policy": page_policy(scripts=scripts),
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
            "X-DNS-Prefetch-Control": "off",
            # In Chromium it also ends WebRTC and the connections that no other policy governs.
            "Connection-Allowlist": "()",
            "Permissions-Policy": ", ".join(f"{feature}=()" for feature in _FEATURES),
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
        }
        return Response(content, 200, headers, "text/html; charset=utf-8")

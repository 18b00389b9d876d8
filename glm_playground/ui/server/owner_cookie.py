"""The cookie by which a browser keeps its own history, and the header by which the rest of the app learns whose it is.

The cookie holds a random value, the time, and a signature over both. The ledger knows the value's hash only: the owner.
Its name tells the secret that signed it, since a browser sends its cookies to every port of a host: two apps there do
not replace each other's. Version 0.1 wrote the value alone (`UNSIGNED`), which counts where the ledger knows its owner,
and is then signed; it stays in the browser for an app of that version.

The middleware tells what stands behind it the owner in the header `OWNER_HEADER`, which nobody can send from outside.
Streamlit is told to trust it: a session belongs to the owner whose connection began it, and whoever comes back to it as
another gets a new one (`server.trustedUserHeaders`).
"""

import hashlib
import re
import secrets
from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from itsdangerous import BadSignature, TimestampSigner
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config

from glm_playground import bounds

UNSIGNED = "glm_playground_owner"
HOST_PREFIX = "__Host-"
"""Begins its name where it is for a whole host by TLS: browsers then let no other host and no plain page set it."""
OWNER_HEADER = "x-glm-playground-owner"
OWNER_KEY = "glm_playground_owner"
"""Where Streamlit puts the header in `st.user`."""

_KEPT_FOR = timedelta(days=400)
"""The longest that browsers keep a cookie: developer.chrome.com/blog/cookie-max-age-expires."""
_RENEWED_AFTER = timedelta(days=1)
_LONGEST = bounds.COOKIE_CHARACTERS
_MOST_READ = bounds.COOKIES
"""Of each name. A browser sends one or two: of this path, and of the whole host."""
_VALUE = re.compile(r"[A-Za-z0-9_-]{43}")


class OwnerUnknown(Exception):
    """The ledger cannot say at the moment whether it knows an owner."""


KnowsOwner = Callable[[str], Awaitable[bool]]
"""Whether something is stored for an owner. Raises OwnerUnknown."""


def owner_of_browser(value: str) -> str:
    """The owner that a cookie's value, without its signature, stands for."""
    return hashlib.sha256(f"browser {value}".encode()).hexdigest()[:32]


class Signed(NamedTuple):
    """A cookie whose signature is right."""

    value: str
    at: datetime


class Signer:
    """Signs values and reads what was signed.

    Args:
        secrets: the one that signs first; all of them are taken.
    """

    def __init__(self, secrets: Sequence[str]) -> None:
        # The library signs with the last.
        self._signer = TimestampSigner([*reversed(secrets)], salt=UNSIGNED, digest_method=hashlib.sha256)
        self.names = tuple(_name(secret) for secret in secrets)
        """Of the cookies that may be read, the one to write first."""

    def sign(self, value: str) -> str:
        """The cookie's text for `value`."""
        return self._signer.sign(value).decode()

    def read(self, text: str) -> Signed | None:
        """What `text` holds; None where it was not signed here, or too long ago."""
        if len(text) > _LONGEST or not text.isascii():
            return None
        try:
            value, at = self._signer.unsign(text, return_timestamp=True)
        except BadSignature:
            return None
        # A time to come is taken: the clocks of two servers are never quite the same.
        found = value.decode()
        return Signed(found, at) if _VALUE.fullmatch(found) and datetime.now(UTC) - at <= _KEPT_FOR else None


def _name(secret: str) -> str:
    return f"{UNSIGNED}_{hashlib.sha256(f'{UNSIGNED} {secret}'.encode()).hexdigest()[:8]}"


class _Identity(NamedTuple):
    """Whose a request is, and the value to write into a new cookie, if one is to be written."""

    owner: str
    write: str | None


class OwnerCookie:
    """Reads each request's cookie, tells `app` the owner, and gives a browser its cookie with the page.

    Args:
        signer: with the operator's secrets.
        knows_owner: of the ledger.
        revoked: owners whose cookies are taken no more.
        path: under which the app is, such as `/glm`; `/` for a whole host.
    """

    def __init__(
        self, app: ASGIApp, signer: Signer, knows_owner: KnowsOwner, revoked: Collection[str] = (), path: str = "/"
    ) -> None:
        self._app = app
        self._signer = signer
        self._knows_owner = knows_owner
        self._revoked = frozenset(revoked)
        self._path = path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        headers = MutableHeaders(scope=scope)
        del headers[OWNER_HEADER]
        page = scope["type"] == "http" and scope["method"] == "GET" and "text/html" in headers.get("accept", "")
        identity = await self._identify(headers, asks_ledger=page or scope["type"] == "websocket")
        headers[OWNER_HEADER] = identity.owner
        if scope["type"] == "websocket":
            trust_owner_header()
        elif page and identity.write:
            send = self._with_cookie(send, identity.write, https=scope.get("scheme") == "https")
        await self._app(scope, receive, send)

    async def _identify(self, headers: Headers, *, asks_ledger: bool) -> _Identity:
        cookies = _Cookies(headers)
        for text in cookies.named(*(prefix + name for name in self._signer.names for prefix in (HOST_PREFIX, ""))):
            if (signed := self._signer.read(text)) and not self._is_revoked(signed.value):
                old = datetime.now(UTC) - signed.at > _RENEWED_AFTER
                return _Identity(owner_of_browser(signed.value), signed.value if old else None)
        if asks_ledger:
            try:
                for value in cookies.named(UNSIGNED):
                    if not _VALUE.fullmatch(value) or self._is_revoked(value):
                        continue
                    if await self._knows_owner(owner_of_browser(value)):
                        return _Identity(owner_of_browser(value), value)
            except OwnerUnknown:
                # It is left in the browser until the ledger can say.
                return _Identity(_nobody(), None)
        # What comes without a cookie is nobody's, and nobody comes back to it: not even with its session's id.
        return _Identity(_nobody(), secrets.token_urlsafe(32))

    def _is_revoked(self, value: str) -> bool:
        return owner_of_browser(value) in self._revoked

    def _with_cookie(self, send: Send, value: str, *, https: bool) -> Send:
        async def send_with_cookie(message: Message) -> None:
            # 304 as well: a browser that lost its cookie may still have the page.
            if message["type"] == "http.response.start" and message["status"] in {200, 304}:
                headers = MutableHeaders(scope=message)
                if "no-store" in headers.get("cache-control", ""):
                    # No page of the app, but one that was shared: its reader has no history here.
                    await send(message)
                    return
                headers.append("set-cookie", self._cookie(value, https=https))
                # No cache on the way may give one browser's cookie to another.
                headers["cache-control"] = "private, no-cache"
            await send(message)

        return send_with_cookie

    def _cookie(self, value: str, *, https: bool) -> str:
        name = self._signer.names[0]
        if https and self._path == "/":
            name = HOST_PREFIX + name
        seconds = int(_KEPT_FOR.total_seconds())
        text = f"{name}={self._signer.sign(value)}; Max-Age={seconds}; Path={self._path}; HttpOnly; SameSite=Lax"
        return f"{text}; Secure" if https else text


def trust_owner_header() -> None:
    """Makes Streamlit bind sessions to the header, beside those that the operator trusts.

    Asked for each connection, since Streamlit reads its settings anew when their file changes.
    """
    trusted = config.get_option("server.trustedUserHeaders")
    if trusted.get(OWNER_HEADER) != OWNER_KEY:
        config.set_option("server.trustedUserHeaders", {**trusted, OWNER_HEADER: OWNER_KEY})


def _nobody() -> str:
    return hashlib.sha256(f"session {secrets.token_urlsafe(32)}".encode()).hexdigest()[:32]


class _Cookies:
    """A request's cookies as they were sent: the same name may come twice, with the longer path first."""

    def __init__(self, headers: Headers) -> None:
        pairs = [pair.strip().partition("=") for header in headers.getlist("cookie") for pair in header.split(";")]
        self._pairs = [(name, value) for name, _, value in pairs]

    def named(self, *names: str) -> list[str]:
        """The values of those so called, in the order of `names`."""
        return [value for name in names for value in self._of(name)]

    def _of(self, name: str) -> list[str]:
        return [value for found, value in self._pairs if found == name][:_MOST_READ]

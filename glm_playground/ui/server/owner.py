"""Whose runs a session may see: those of its browser, or of the person who is logged in.

A browser gets a cookie with a random value, which no script of a page can read. The ledger knows the value's hash only.
"""

import hashlib
import secrets
from http.cookies import CookieError, SimpleCookie

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "glm_playground_owner"
_FORM_LENGTH = 43
_KEPT_FOR_S = 400 * 24 * 3600
"""The longest that browsers keep a cookie: developer.chrome.com/blog/cookie-max-age-expires."""
_SESSION_OWNER = "session_owner"


def owner() -> str:
    """The owner of this session's runs, by which every look-up filters.

    Asked many times a run, and the same for the whole session: logging in or out begins another.
    """
    found: str | None = st.session_state.get(_SESSION_OWNER)
    if found is None:
        found = st.session_state[_SESSION_OWNER] = _find_owner()
    return found


def _find_owner() -> str:
    user = st.user.to_dict() if getattr(st.user, "is_logged_in", False) else {}
    if subject := user.get("sub"):
        return _hashed(f"user {user.get('iss', '')} {subject}")
    if _is_value(value := str(st.context.cookies.get(COOKIE, ""))):
        return owner_of_browser(value)
    # Without a cookie, runs belong to the session alone.
    return _hashed(f"session {secrets.token_urlsafe(32)}")


def owner_of_browser(value: str) -> str:
    """The owner that a cookie's value stands for."""
    return _hashed(f"browser {value}")


class OwnerCookie:
    """Gives each browser its cookie with the first page it loads."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or _is_value(_cookie_of(Headers(scope=scope).get("cookie", ""))):
            await self._app(scope, receive, send)
            return

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get("content-type", "").startswith("text/html"):
                    headers.append("set-cookie", _new_cookie(https=scope.get("scheme") == "https"))
            await send(message)

        await self._app(scope, receive, send_with_cookie)


def _new_cookie(*, https: bool) -> str:
    value = f"{COOKIE}={secrets.token_urlsafe(32)}; Max-Age={_KEPT_FOR_S}; Path=/; HttpOnly; SameSite=Lax"
    return f"{value}; Secure" if https else value


def _cookie_of(header: str) -> str:
    try:
        found = SimpleCookie(header).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""


def _is_value(text: str) -> bool:
    return len(text) == _FORM_LENGTH and text.replace("-", "").replace("_", "").isalnum()


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]

"""Opening Streamlit's websocket as its frontend does: XSRF cookie, subprotocols, Origin and language."""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Mapping
from http.cookies import SimpleCookie
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from glm_playground.ui.server.owner_cookie import UNSIGNED, owner_of_browser

_XSRF_COOKIE = "_streamlit_xsrf"


def first_cookies(base_url: str, tls: ssl.SSLContext | None = None) -> dict[str, str]:
    """The cookies that a browser gets from the page and from the health check before it opens the websocket."""
    url = urlsplit(base_url)
    host = url.hostname or ""
    plain, by_tls = http.client.HTTPConnection, http.client.HTTPSConnection
    connection = by_tls(host, url.port, timeout=10, context=tls) if tls else plain(host, url.port, timeout=10)
    try:
        cookies = SimpleCookie()
        for path in ("/", "/_stcore/health"):
            connection.request("GET", f"{url.path}{path}", headers={"Accept": "text/html,*/*"})
            response = connection.getresponse()
            response.read()
            for header in response.headers.get_all("Set-Cookie", []):
                cookies.load(header)
        return {name: morsel.value for name, morsel in cookies.items()}
    finally:
        connection.close()


async def open_stream(
    base_url: str, cookies: dict[str, str], language: str, session_id: str, tls: ssl.SSLContext | None = None
) -> ClientConnection:
    """Connect to ``/_stcore/stream``.

    The subprotocols carry, by position, the protocol's name, the XSRF token and, for a tab that comes back, its id.
    """
    url = urlsplit(base_url)
    tokens = ["streamlit", cookies.get(_XSRF_COOKIE, "PLACEHOLDER_AUTH_TOKEN")]
    if session_id:
        tokens.append(session_id)
    headers = {"Accept-Language": language}
    if cookies:
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
    return await connect(
        f"{'wss' if tls else 'ws'}://{url.netloc}{url.path}/_stcore/stream",
        origin=Origin(f"{url.scheme}://{url.netloc}"),
        subprotocols=[Subprotocol(token) for token in tokens],
        additional_headers=headers,
        user_agent_header="Mozilla/5.0 (browser session of the tests)",
        compression=None,
        max_size=None,
        ping_interval=None,
        proxy=None,
        ssl=tls,
    )


def owner_cookie(cookies: Mapping[str, str]) -> tuple[str, str]:
    """Name and text of the cookie that says whose the browser's runs are."""
    (name,) = (name for name in cookies if name.startswith(UNSIGNED))
    return name, cookies[name]


def owner_in(cookies: Mapping[str, str]) -> str:
    """The owner whom the ledger knows the browser by."""
    return owner_of_browser(owner_cookie(cookies)[1].split(".")[0])

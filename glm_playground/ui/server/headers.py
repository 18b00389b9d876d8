"""Security headers on every response, as ASGI middleware.

The policy lets the page load from its own server only, so that a model's answer can fetch nothing: no remote image,
no remote script. Frames show what this server has; what a model wrote comes with a policy of its own
(`model_pages`), which stays. The inline scripts of the first page, those that say its language, and the one that
follows an answer on the stage are named by their hashes.
"""

import base64
import hashlib

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from glm_playground.ui.server import document_language, stage_script
from glm_playground.ui.server.first_page import inline_scripts


def _inline_script_hashes() -> str:
    scripts = (*inline_scripts(), *document_language.SCRIPTS.values(), stage_script.SCRIPT)
    digests = (base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts)
    return " ".join(f"'sha256-{digest}'" for digest in digests)


def content_security_policy() -> str:
    """The policy's text."""
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self' {_inline_script_hashes()}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self' data:",
            "worker-src 'self' blob:",
            "frame-src 'self'",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


class SecurityHeaders:
    """Adds the headers to every HTTP response of `app`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._headers = {
            "Content-Security-Policy": content_security_policy(),
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    # Streamlit sends none of them; a route that does needs another.
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)

"""What is the operator's and not every visitor's: the balance of the server's key, and the process's figures."""

import streamlit as st
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit import config
from streamlit.url_util import make_url_path

from glm_playground.network import is_loopback
from glm_playground.settings import ENVIRONMENT_NAMES, EVERYBODY, settings
from glm_playground.ui.server.refusal import RefusalResponse

_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")


def listens_locally() -> bool:
    """Whether only this computer reaches the server's port."""
    address = config.get_option("server.address")
    return bool(address) and is_loopback(address) and address not in {"0.0.0.0", "::"}  # noqa: S104


def is_operator() -> bool:
    """Whether this session may see what is the operator's; the setting `operators` says who."""
    named = settings().operators
    if named is None:
        # A server that was given a name is reached through a proxy: by others, too.
        forwarded = any(name in st.context.headers for name in _FORWARDED)
        return listens_locally() and not settings().origins and not forwarded
    if EVERYBODY in named:
        return True
    user = st.user.to_dict()
    if not user.get("is_logged_in"):
        return False
    known = {str(user.get("sub", ""))}
    if user.get("email_verified", True):
        known.add(str(user.get("email", "")).lower())
    return any(name in known or name.lower() in known for name in named)


def why_no_code() -> str:
    """Why code in answers is not run for who uses this server, in plain English as grades say it; empty where it is."""
    setting, name = settings().run_code, ENVIRONMENT_NAMES["run_code"]
    if setting == "off":
        return f"the operator has no code run here ({name}=off)"
    if setting == "auto" and (settings().origins or not listens_locally()):
        return f"no code is run where others reach the app, too, unless the operator sets {name}=on"
    return ""


class LocalFigures:
    """Answers for the process's figures (`/_stcore/metrics`) to programs of this computer alone."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._path = make_url_path(config.get_option("server.baseUrlPath") or "", "_stcore/metrics")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == self._path and not _is_local(scope):
            await RefusalResponse(403, "these figures are for this computer only")(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _is_local(scope: Scope) -> bool:
    headers = Headers(scope=scope)
    host, _port = scope.get("client") or ("", 0)
    return is_loopback(host) and not any(name in headers for name in _FORWARDED)

"""Addresses as an operator writes them: of a server, and of the pages that browsers see."""

import re
from urllib.parse import SplitResult, urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}


def http_url(url: str) -> str:
    """An address of a server, without a `/` at its end.

    Raises:
        ValueError: it is none, or carries what a server's address must not; the text is not in the message.
    """
    try:
        parts: SplitResult = urlsplit(url)
        _ = parts.port
    except ValueError:
        # Python's own words quote the value, which may hold a key.
        raise ValueError("its host or port is not one; expected an address such as https://runapi.ai") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("expected an address such as https://runapi.ai")
    if parts.username or parts.password:
        raise ValueError("an address must not carry a user name or a password; the key has a place of its own")
    if parts.query or parts.fragment:
        raise ValueError("an address must not carry a query or a fragment")
    return url.rstrip("/")


def normal_origin(text: str) -> str:
    """An origin as browsers write it, `https://host` or `http://host:8501`: lower case, without a default port.

    Raises:
        ValueError: it is none; the text is not in the message.
    """
    wrong = "expected origins such as https://glm.example.org, without a path"
    if not re.fullmatch(r"[!-~]+", text):
        raise ValueError(wrong)
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ValueError(wrong) from None
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname or parts.path or set("?#@*\\") & set(text):
        raise ValueError(wrong)
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    shown_port = "" if port in (None, _DEFAULT_PORTS[parts.scheme]) else f":{port}"
    return f"{parts.scheme}://{host}{shown_port}"

"""Where others reach what is public: the operator's address, else the one in this browser."""

from urllib.parse import urlsplit

import streamlit as st

from glm_playground.network import is_loopback
from glm_playground.settings import settings
from glm_playground.ui.server.first_page import PAGES


def public_address(path: str) -> str:
    """The address of one of our routes, such as `/public/link/...`, for people elsewhere."""
    return f"{settings().public_address or _seen_here()}{path}"


def is_for_this_computer(address: str) -> bool:
    """Whether nobody on another computer reaches it."""
    return is_loopback(urlsplit(address).hostname or "localhost")


def _seen_here() -> str:
    """The app's root as this browser sees it, below the path of a proxy too."""
    parts = urlsplit(st.context.url or "")
    above, _slash, last = parts.path.rstrip("/").rpartition("/")
    root = above if last in PAGES else parts.path.rstrip("/")
    return f"{parts.scheme}://{parts.netloc}{root}" if parts.netloc else ""

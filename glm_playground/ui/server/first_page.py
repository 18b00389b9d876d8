"""The HTML page that a browser loads first: Streamlit's own, with what its script otherwise has to find out.

At a page's address Streamlit's script asks for the server below that address first, waits, and then asks for it at the
root, before it opens the connection that the page comes through. Said beforehand, it connects at once. What is said is
the setting for hosts of Streamlit apps, `window.__streamlit` (`streamlit/frontend`, `StreamlitConfig`). The app's own
style is there too: as an element of each page it would be drawn again and again.
"""

import json
import re
from functools import cache
from pathlib import Path

import streamlit as st
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

PAGES = ("choose", "compare", "playground", "history", "present")
"""Last parts of the addresses of the pages; the models' page has none."""

_STATIC = Path(st.__file__).parent / "static"
_STYLE = Path(__file__).with_name("first_page.css")


@cache
def first_page() -> str:
    """The page's text."""
    page = (_STATIC / "index.html").read_text(encoding="utf-8")
    style = _STYLE.read_text(encoding="utf-8")
    return page.replace("<head>", f"<head>\n    <script>{_server_script()}</script>\n    <style>{style}</style>", 1)


def inline_scripts() -> list[str]:
    """The scripts in the page, by which a policy may name them."""
    return re.findall(r"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", first_page(), re.DOTALL)


def first_page_routes(base_path: str) -> list[Route]:
    """Serves the page at the address of each page, below the server's base path, such as "/some/where" or ""."""
    return [Route(path, _answer) for path in (base_path or "/", *(f"{base_path}/{page}" for page in PAGES))]


def _answer(_request: Request) -> HTMLResponse:
    return HTMLResponse(first_page(), headers={"Cache-Control": "no-cache"})


def _server_script() -> str:
    # A proxy may serve the app below a path that the app does not know, so the browser's address is the one to go by.
    base = f'location.origin+location.pathname.replace(/\\/({"|".join(PAGES)})?\\/?$/,"")'
    # Nobody may frame the app, so no other origin has a say.
    host = json.dumps({"useExternalAuthToken": False})[:-1] + ', "allowedOrigins": [location.origin]}'
    return f"window.__streamlit={{BACKEND_BASE_URL:{base},HOST_CONFIG:{host}}}"

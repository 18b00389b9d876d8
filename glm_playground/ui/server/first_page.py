"""The HTML page that a browser loads first: Streamlit's own, with what its script otherwise has to find out.

At a page's address Streamlit's script asks for the server below that address first, waits, and then asks for it at the
root, before it opens the connection that the page comes through. Said beforehand, it connects at once. What is said is
the setting for hosts of Streamlit apps, `window.__streamlit` (`streamlit/frontend`, `StreamlitConfig`). The app's own
style is there too: as an element of each page it would be drawn again and again.

Streamlit's script fetches the code of a kind of element, such as a button, when the first one is drawn, and gains
nothing by having it beforehand (`python -m bench.pages_usable`). The code that colours code takes some 0.3 s to begin,
in which the page stands still: where answers come it does so while there is nothing else to do.

A link of the class "to-page" in our own HTML leads to another page of the app as Streamlit's own links do, without
loading it anew. A cell of the comparison (`ui/compare/html_table.py`) is one to the claims of its fact and its model.
"""

import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path, PurePosixPath
from urllib.parse import quote

import streamlit as st
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from glm_playground.ui.server.alternates import with_alternates
from glm_playground.ui.server.document_language import html_tag

PAGES = ("choose", "compare", "playground", "history", "evaluate", "vote", "present")
"""Last parts of the addresses of the pages; the models' page has none."""

_LATER_MS = 1500
_LATER = dict.fromkeys(("playground", "history"), ("StreamlitSyntaxHighlighter",))
_LAST_PART = rf"/\/({'|'.join(PAGES)})?\/?$/"
# To Streamlit a page that is gone to is one that the browser's history went to; loading it anew would take a second.
_LINKS_SCRIPT = """
const claims = (cell) => {
  if (!cell || getSelection().toString()) return;
  const row = cell.parentElement.cells[0], head = cell.closest("table").tHead.rows[0].cells[cell.cellIndex];
  const [fact, model] = row.dataset.model ? [head, row] : [row, head];
  return `${fact.querySelector("a").href}&of=${encodeURIComponent(model.dataset.model)}`;
};
addEventListener("click", (event) => {
  const target = event.target.closest?.("a.to-page")?.href || claims(event.target.closest?.(".comparison td"));
  if (!target || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  history.pushState(null, "", target);
  dispatchEvent(new PopStateEvent("popstate"));
})"""
_STATIC = Path(st.__file__).parent / "static"
_STYLE = Path(__file__).with_name("first_page.css")


@cache
def first_page(language: str = "en") -> str:
    """The page's text; `language` is that of what will be drawn in it."""
    page = (_STATIC / "index.html").read_text(encoding="utf-8")
    script = f"{_server_script()};{_elements_script()};{_LINKS_SCRIPT}"
    style = _STYLE.read_text(encoding="utf-8")
    page = page.replace('<html lang="en">', html_tag(language), 1)
    return page.replace("<head>", f"<head>\n    <script>{script}</script>\n    <style>{style}</style>", 1)


def inline_scripts() -> list[str]:
    """The scripts in the page, by which a policy may name them."""
    return re.findall(r"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", first_page(), re.DOTALL)


def first_page_routes(base_path: str, language_of: Callable[[str], str]) -> list[Route]:
    """Serves the page at the address of each page.

    Args:
        base_path: of the server, such as "/some/where" or "".
        language_of: what a session begins in whose browser sends this `Accept-Language`.
    """

    def answer(request: Request) -> HTMLResponse:
        page = first_page(language_of(request.headers.get("Accept-Language", "")))
        page = with_alternates(page, quote(request.url.path), PAGES)
        return HTMLResponse(page, headers={"Cache-Control": "no-cache", "Vary": "Accept-Language"})

    return [Route(path, answer) for path in (base_path or "/", *(f"{base_path}/{page}" for page in PAGES))]


def _server_script() -> str:
    # A proxy may serve the app below a path that the app does not know, so the browser's address is the one to go by.
    base = f'location.origin+location.pathname.replace({_LAST_PART},"")'
    # Nobody may frame the app, so no other origin has a say.
    host = json.dumps({"useExternalAuthToken": False})[:-1] + ', "allowedOrigins": [location.origin]}'
    return f"window.__streamlit={{BACKEND_BASE_URL:{base},HOST_CONFIG:{host}}}"


def _elements_script() -> str:
    files = json.dumps({page: [f"./{file}" for file in _element_files(names)] for page, names in _LATER.items()})
    # The page is loaded once Streamlit's script has asked for its connection. What cannot be had now is fetched when it
    # is drawn, as ever. Safari has no idle callbacks; there all of it is.
    page = f'(location.pathname.match({_LAST_PART})||[])[1]||""'
    fetch = f"()=>{{for(const file of ({files})[{page}]||[])import(file).catch(()=>{{}})}}"
    return f'addEventListener("load",()=>setTimeout(()=>window.requestIdleCallback?.({fetch}),{_LATER_MS}))'


def _element_files(names: tuple[str, ...]) -> list[str]:
    """The files with the code of kinds of elements, of those that this version of Streamlit has."""
    entries = json.loads((_STATIC / "manifest.json").read_text(encoding="utf-8")).values()
    scripts = (PurePosixPath(entry["file"]) for entry in entries if entry["file"].endswith(".js"))
    return [str(script) for script in scripts if script.name.partition(".")[0] in names]

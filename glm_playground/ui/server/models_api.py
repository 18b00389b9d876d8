"""The catalogue for other programs: `/api/models.json` and its like, from memory, each with an ETag (docs/api.md)."""

import gzip
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from functools import cached_property, lru_cache, partial
from html import escape
from typing import Any, NamedTuple

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from glm_playground import bounds
from glm_playground.catalog import Catalog, ModelCard
from glm_playground.catalog.changes_feed import changes_feed
from glm_playground.catalog.history import history
from glm_playground.catalog.models_json import model_of_all, models_dev_json, models_json
from glm_playground.catalog.models_markdown import llms_txt, model_markdown
from glm_playground.catalog.models_schema import schema

_MAX_AGE_S = 300
_REFUSED = re.compile(r"q\s*=\s*0(\.0*)?")
_PACKING = 6
"""9 takes many times as long for a twentieth of the size."""
_JSON, _SCHEMA, _MARKDOWN = "application/json", "application/schema+json", "text/markdown; charset=utf-8"
_TEXT = "text/plain; charset=utf-8"
_ATOM = "application/atom+xml; charset=utf-8"
PATHS = (
    "/api/models.json",
    "/api/models.schema.json",
    "/api/models/{id}.json",
    "/api/changes.atom",
    "/api.json",
    "/models/{id}.md",
    "/llms.txt",
)
_Writer = tuple[str, Callable[[], str]]
"""The media type of a document, and what writes it."""
# Stands for the address that a document is asked at; none of its characters means anything in Markdown or XML.
_ROOT = "address-of-this-app"


class _Document(NamedTuple):
    """What is answered."""

    body: bytes
    packed: bytes
    """The same with gzip, which takes longer than all else that an answer takes."""
    tag: str
    media_type: str

    @classmethod
    def of(cls, text: str, media_type: str) -> "_Document":
        body = text.encode()
        return cls(body, gzip.compress(body, _PACKING, mtime=0), hashlib.sha256(body).hexdigest()[:32], media_type)

    @property
    def rooted(self) -> bool:
        """Whether it names the address it is asked at."""
        return self.media_type in {_ATOM, _TEXT}

    def answer(self, request: Request, headers: Mapping[str, str]) -> Response:
        """The document, or that it did not change."""
        packs = _takes_gzip(request.headers.get("accept-encoding", ""))
        tag = f'"{self.tag}-gzip"' if packs else f'"{self.tag}"'
        headers = {**headers, "ETag": tag, "Vary": "Accept-Encoding"}
        asked = {one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")}
        if asked & {tag, "*"}:
            return Response(None, 304, headers)
        if packs:
            return Response(self.packed, 200, {**headers, "Content-Encoding": "gzip"}, self.media_type)
        return Response(self.body, 200, headers, self.media_type)


def _takes_gzip(accepted: str) -> bool:
    """Whether an `Accept-Encoding` names gzip, and not to say that it must not be used."""
    for one in accepted.lower().split(","):
        coding, *parameters = (part.strip() for part in one.split(";"))
        if coding == "gzip":
            return not any(_REFUSED.fullmatch(parameter) for parameter in parameters)
    return False


@lru_cache(maxsize=2 * bounds.API_ROOTS)
def _at(root: str, document: _Document) -> _Document:
    """The document as it is to be read at that address."""
    address = escape(root) if document.media_type == _ATOM else root
    return _Document.of(document.body.decode().replace(_ROOT, address), document.media_type)


def models_routes(catalog: Callable[[], Catalog], base: str = "") -> list[Route]:
    """The routes. They answer GET and HEAD to anybody: what they say is published.

    Args:
        catalog: gives the catalogue; asked at the first request, since to load it takes a moment.
        base: the path that the app is served under, such as `/glm`.
    """
    endpoint = _ModelsEndpoint(catalog, base)
    # It takes every method itself: those it left out would go to Streamlit, which answers with its page.
    return [Route(f"{base}{path}", endpoint) for path in PATHS]


class _ModelsEndpoint:
    def __init__(self, catalog: Callable[[], Catalog], base: str) -> None:
        self._catalog = catalog
        self._base = base
        self._documents: dict[str, _Document] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._answer(Request(scope, receive))
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        headers = {"Access-Control-Allow-Origin": "*", "Cache-Control": f"public, max-age={_MAX_AGE_S}"}
        if request.method not in {"GET", "HEAD"}:
            return JSONResponse({"error": "only GET is answered"}, 405, {"Allow": "GET, HEAD"})
        path = request.url.path.removeprefix(request.scope.get("root_path", "")).removeprefix(self._base)
        # To write one takes a moment, and so does to pack it, which the server's loop has not.
        found = self._documents.get(path) or await run_in_threadpool(self._write, path)
        if found is None:
            return JSONResponse({"error": "no model has this id"}, 404, headers)
        if found.rooted:
            found = await run_in_threadpool(_at, str(request.base_url).rstrip("/") + self._base, found)
        return found.answer(request, headers)

    @cached_property
    def _writers(self) -> dict[str, _Writer]:
        return _writers(self._catalog())

    def _write(self, path: str) -> _Document | None:
        """The document at that path, written at the first request, or None."""
        if path not in self._writers:
            return None
        media_type, text = self._writers[path]
        found = self._documents[path] = _Document.of(text(), media_type)
        return found


def _writers(catalog: Catalog) -> dict[str, _Writer]:
    """What writes each document, by its path."""
    writers: dict[str, _Writer] = {
        "/api/models.json": (_JSON, lambda: _json(models_json(catalog))),
        "/api.json": (_JSON, lambda: _json(models_dev_json(catalog))),
        "/api/models.schema.json": (_SCHEMA, lambda: _json(schema())),
        "/api/changes.atom": (_ATOM, lambda: changes_feed(catalog, history().changes, _ROOT)),
        "/llms.txt": (_TEXT, lambda: llms_txt(catalog, _ROOT)),
    }
    for card in catalog.cards:
        writers[f"/api/models/{card.id}.json"] = (_JSON, partial(_model_json, catalog, card))
        writers[f"/models/{card.id}.md"] = (_MARKDOWN, partial(model_markdown, catalog, card))
    return writers


def _model_json(catalog: Catalog, card: ModelCard) -> str:
    return _json(model_of_all(catalog, card))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

"""Uploads: each into a session of the browser that sends it, with bounds on size, number, time and memory.

Streamlit itself takes a file for any session whose id is known, and keeps each until it is taken away or the session
ends. Here older files make room for a new one: those that a page still needs are younger and far smaller than what a
session may keep.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.routing import compile_path
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config
from streamlit.runtime import Runtime
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.url_util import make_url_path

from glm_playground.ui.server.owner_cookie import OWNER_HEADER
from glm_playground.ui.server.refusal import Refusal

_MB = 1024 * 1024
MAX_SESSION_BYTES = 64 * _MB
MAX_BYTES = 128 * _MB
"""Of all sessions together."""
MAX_SESSION_UPLOADS = 12
"""At once: as many files as a prompt takes, and some."""
MAX_UPLOADS = 48
SILENCE_S = 15.0
"""Between two pieces of a file."""
DEADLINE_S = 600.0


class KeptFiles:
    """How much each session keeps, with what is on its way."""

    def __init__(self, files: MemoryUploadedFileManager) -> None:
        self._files = files
        self._coming: Counter[str] = Counter()
        self._uploads: Counter[str] = Counter()

    @contextmanager
    def room(self, session: str, size: int) -> Iterator[Refusal | None]:
        """Room for `size` more bytes of `session` while they come, or why there is none."""
        if self._uploads[session] >= MAX_SESSION_UPLOADS or self._uploads.total() >= MAX_UPLOADS:
            yield Refusal(503, "too many files are sent at once")
        elif not self._make_room(session, size):
            yield Refusal(503, "there is no room for the file at the moment")
        else:
            self._coming[session] += size
            self._uploads[session] += 1
            try:
                yield None
            finally:
                self._coming = +(self._coming - Counter({session: size}))
                self._uploads = +(self._uploads - Counter({session: 1}))

    def drop(self, session: str, file: str) -> None:
        """Takes a file away."""
        self._files.remove_file(session, file)

    def _make_room(self, session: str, size: int) -> bool:
        while self._kept(session) + self._coming[session] + size > MAX_SESSION_BYTES:
            if not self._drop_oldest(session):
                return False
        while self._kept_in_all() + self._coming.total() + size > MAX_BYTES:
            # Whoever keeps most makes room: one visitor with many files does not keep the others from theirs.
            if not self._drop_oldest(max(self._sessions(), key=self._kept, default="")):
                return False
        return True

    def _sessions(self) -> list[str]:
        return list(self._files.file_storage)

    def _kept(self, session: str) -> int:
        return sum(len(file.data) for file in list(self._files.file_storage.get(session, {}).values()))

    def _kept_in_all(self) -> int:
        return sum(self._kept(session) for session in self._sessions())

    def _drop_oldest(self, session: str) -> bool:
        oldest = next(iter(list(self._files.file_storage.get(session, {}))), None)
        if oldest is None:
            return False
        self._files.remove_file(session, oldest)
        return True


class OwnUploads:
    """Lets uploads and their deletion through to `app` where they are the session's own, and within the bounds."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        base = config.get_option("server.baseUrlPath") or ""
        self._path, _, _ = compile_path(make_url_path(base, "_stcore/upload_file/{session}/{file}"))
        self._kept: KeptFiles | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = self._path.match(scope["path"]) if scope["type"] == "http" else None
        if found is None or scope["method"] in {"GET", "HEAD", "OPTIONS"}:
            await self._app(scope, receive, send)
            return
        session, file = found["session"], found["file"]
        if not _is_own(session, Headers(scope=scope)):
            why = "the session is not this browser's, or has ended; load the page again"
            await Refusal(403, why)(scope, receive, send)
        elif scope["method"] == "PUT":
            await self._put(session, file, scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _put(self, session: str, file: str, scope: Scope, receive: Receive, send: Send) -> None:
        size = _declared(Headers(scope=scope))
        if size is None:
            await Refusal(411, "the file's length must be declared")(scope, receive, send)
            return
        if size > config.get_option("server.maxUploadSize") * _MB:
            await Refusal(413, "the file is too large")(scope, receive, send)
            return
        kept = self._files()
        with kept.room(session, size) as full:
            if full:
                await full(scope, receive, send)
                return
            await _take(self._app, scope, receive, send)
            if Runtime.instance().get_client(session) is None:
                # Its session went meanwhile, and would never take it away.
                kept.drop(session, file)

    def _files(self) -> KeptFiles:
        if self._kept is None:
            files = Runtime.instance().uploaded_file_mgr
            if not isinstance(files, MemoryUploadedFileManager):
                raise TypeError("uploads are not kept in memory")
            self._kept = KeptFiles(files)
        return self._kept


async def _take(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    async def receive_in_time() -> Message:
        async with asyncio.timeout(SILENCE_S):
            return await receive()

    try:
        async with asyncio.timeout(DEADLINE_S):
            await app(scope, receive_in_time, send)
    except ClientDisconnect:
        return
    except TimeoutError:
        # Streamlit answers once it has the whole file, so nothing was answered yet.
        await Refusal(408, "the file did not come in time")(scope, receive, send)


def _declared(headers: Headers) -> int | None:
    text = headers.get("content-length", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None


def _is_own(session: str, headers: Headers) -> bool:
    """Whether `session` is open in the browser that asks."""
    owner = headers.get(OWNER_HEADER)
    client = Runtime.instance().get_client(session)
    context = client.client_context if client else None
    return bool(owner) and context is not None and dict(context.headers).get(OWNER_HEADER) == owner

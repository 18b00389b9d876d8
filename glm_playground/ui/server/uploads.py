"""Uploads: each into a session of the browser that sends it, with bounds on size, number, time and memory.

Streamlit itself takes a file for any session whose id is known, and keeps each until it is taken away or the session
ends. Here older files make room for a new one: those that a page still needs are younger, and far smaller than what a
session may keep.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.routing import compile_path
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config
from streamlit.runtime import Runtime
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.url_util import make_url_path

from glm_playground import bounds
from glm_playground.ui.server.owner_cookie import OWNER_HEADER
from glm_playground.ui.server.refusal import RefusalResponse

_MB = 1024 * 1024
MAX_SESSION_BYTES = bounds.UPLOADED_BYTES_A_SESSION
MAX_BYTES = bounds.UPLOADED_BYTES
"""Of all sessions together."""
EACH_FILE_BYTES = bounds.UPLOADED_FILE_LEAST_BYTES
"""What a file takes beside its content: many empty ones are bounded, too."""
MAX_SESSION_UPLOADS = bounds.UPLOADS_A_SESSION
"""At once: as many files as a prompt takes, and some."""
MAX_UPLOADS = bounds.UPLOADS
SILENCE_S = bounds.UPLOAD_SILENCE_S
"""Between two pieces of a file."""
DEADLINE_S = bounds.UPLOAD_S


@dataclass(eq=False)
class Coming:
    """A file on its way into a session."""

    session: str
    size: int
    give_up: Callable[[], None]
    """Ends it, where others need its place."""


class KeptFiles:
    """What the sessions keep, and what is on its way to them.

    Within a session the oldest files make room. In all, whoever has most makes room, so that one visitor keeps nobody
    from sending a file: neither with many files nor with many that never come.
    """

    def __init__(self, files: MemoryUploadedFileManager) -> None:
        self._files = files
        self._coming: list[Coming] = []

    @contextmanager
    def room(self, coming: Coming) -> Iterator[RefusalResponse | None]:
        """Room for a file while it comes, or why its session can have none."""
        mine = [other for other in self._coming if other.session == coming.session]
        if len(mine) >= MAX_SESSION_UPLOADS or _bytes(mine) + coming.size > MAX_SESSION_BYTES:
            yield RefusalResponse(503, "too many files are sent at once")
            return
        while self._kept(coming.session) + _bytes(mine) + coming.size > MAX_SESSION_BYTES:
            self._drop_oldest(coming.session)
        while len(self._coming) >= MAX_UPLOADS:
            self._give_up(self._coming[0])
        while self._kept_in_all() + _bytes(self._coming) + coming.size > MAX_BYTES:
            if not self._drop_oldest(max(self._sessions(), key=self._kept, default="")):
                self._give_up(max(self._coming, key=self._coming_with))
        self._coming.append(coming)
        try:
            yield None
        finally:
            if coming in self._coming:
                self._coming.remove(coming)

    def drop(self, session: str, file: str) -> None:
        """Takes a file away."""
        self._files.remove_file(session, file)

    def _give_up(self, coming: Coming) -> None:
        self._coming.remove(coming)
        coming.give_up()

    def _coming_with(self, coming: Coming) -> int:
        return _bytes([other for other in self._coming if other.session == coming.session])

    def _sessions(self) -> list[str]:
        return list(self._files.file_storage)

    def _kept(self, session: str) -> int:
        kept = list(self._files.file_storage.get(session, {}).values())
        return sum(len(file.data) + len(file.name) + EACH_FILE_BYTES for file in kept)

    def _kept_in_all(self) -> int:
        return sum(self._kept(session) for session in self._sessions())

    def _drop_oldest(self, session: str) -> bool:
        oldest = next(iter(list(self._files.file_storage.get(session, {}))), None)
        if oldest is None:
            return False
        self._files.remove_file(session, oldest)
        return True


def _bytes(coming: list[Coming]) -> int:
    return sum(one.size for one in coming)


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
            await RefusalResponse(403, why)(scope, receive, send)
        elif scope["method"] == "PUT":
            await self._put(session, file, scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _put(self, session: str, file: str, scope: Scope, receive: Receive, send: Send) -> None:
        size = _declared(Headers(scope=scope))
        if size is None:
            await RefusalResponse(411, "the file's length must be declared")(scope, receive, send)
            return
        if size > config.get_option("server.maxUploadSize") * _MB:
            await RefusalResponse(413, "the file is too large")(scope, receive, send)
            return
        kept = self._files()
        deadline = asyncio.timeout(DEADLINE_S)
        refusal = None
        with kept.room(Coming(session, size, partial(_end, deadline))) as full:
            if full:
                refusal = full
            elif not await _comes(self._app, scope, receive, send, deadline):
                refusal = RefusalResponse(408, "the file did not come in time")
            elif Runtime.instance().get_client(session) is None:
                # Its session went meanwhile, and would never take it away.
                kept.drop(session, file)
        if refusal:
            await refusal(scope, receive, send)

    def _files(self) -> KeptFiles:
        if self._kept is None:
            files = Runtime.instance().uploaded_file_mgr
            if not isinstance(files, MemoryUploadedFileManager):
                raise TypeError("uploads are not kept in memory")
            self._kept = KeptFiles(files)
        return self._kept


async def _comes(app: ASGIApp, scope: Scope, receive: Receive, send: Send, deadline: asyncio.Timeout) -> bool:
    """Whether the file came in time, or its sender left; where not, nothing was answered yet."""

    async def receive_in_time() -> Message:
        async with asyncio.timeout(SILENCE_S):
            return await receive()

    try:
        # Streamlit answers once it has the whole file.
        async with deadline:
            await app(scope, receive_in_time, send)
    except TimeoutError:
        return False
    except ClientDisconnect:
        return True
    return True


def _end(deadline: asyncio.Timeout) -> None:
    if not deadline.expired():
        deadline.reschedule(asyncio.get_running_loop().time())


def _declared(headers: Headers) -> int | None:
    text = headers.get("content-length", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None


def _is_own(session: str, headers: Headers) -> bool:
    """Whether `session` is open in the browser that asks."""
    owner = headers.get(OWNER_HEADER)
    client = Runtime.instance().get_client(session)
    context = client.client_context if client else None
    return bool(owner) and context is not None and dict(context.headers).get(OWNER_HEADER) == owner

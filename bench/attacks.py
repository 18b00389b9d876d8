"""What one hostile visitor does, for `bench.hostile`: each an act that is done again and again."""

from __future__ import annotations

import asyncio
import json
import random
import socket
import string
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from urllib.parse import urlsplit

import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin, Subprotocol

from bench.measures import nonce
from bench.pages import APP
from bench.script_text import Script
from glm_playground.bundles.bundle import Bundle, RecordedRun, write_bundle
from glm_playground.gateway import ChatRequest, Event, EventKind, Message
from glm_playground.gateway.callbacks import ID_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER
from glm_playground.runs.run import Outcome, Run, Server
from tests.live.app_process import AppProcess
from tests.live.browser_session import BrowserSession

_PATIENCE_SECONDS = 120.0
_SHOWN_FOR_SECONDS = 0.5
_PATTERN = "(((a{0,30}){0,30}){0,30}){0,3}z"
_MB = 1024 * 1024
_TABS, _LANES, _REPEATS = 12, 6, 5
_HALVES = 300

Attack = Callable[[AppProcess], Awaitable[None]]
"""One act of the hostile visitor."""


def _bundle(answer: str, lanes: int = 1, **request: object) -> bytes:
    runs = tuple(
        RecordedRun(
            Run(
                uuid.uuid4().hex,
                ChatRequest(model="glm-5.1", messages=(Message(role="user", content="hello"),), **request),  # type: ignore[arg-type]
                Server("RunAPI", "https://runapi.ai"),
                datetime.now(UTC),
                events=[Event(1_000_000, EventKind.CONTENT, answer)],
                outcome=Outcome.COMPLETED,
                ended_ns=2_000_000,
            ),
            lane=lane,
        )
        for lane in range(lanes)
    )
    return write_bundle(Bundle("hostile", datetime.now(UTC), runs))


async def _upload(tab: BrowserSession, data: bytes) -> None:
    """Choose a file in the tab's only place for one."""
    widget = await tab.wait_for_widget("file_uploader", "bundle_file", _PATIENCE_SECONDS)
    file_id = uuid.uuid4().hex
    path = f"/_stcore/upload_file/{tab.session_id}/{file_id}"
    async with httpx.AsyncClient(base_url=tab.base_url, cookies=tab.cookies, trust_env=False) as client:
        await client.get("/_stcore/host-config")
        headers = {"X-Xsrftoken": client.cookies.get("_streamlit_xsrf") or ""}
        sent = await client.put(path, files={"file": ("a.glmrun", data)}, headers=headers, timeout=_PATIENCE_SECONDS)
        sent.raise_for_status()
    urls = {"file_id": file_id, "upload_url": path, "delete_url": path}
    await tab.set_value(widget, {"file_id": file_id, "name": "a.glmrun", "size": len(data), "file_urls": urls})
    await tab.wait_finished(_PATIENCE_SECONDS)


def _opens(data: bytes, *, tabs: int = 1, show: bool = False) -> Attack:
    """Opens a bundle in so many tabs; with `show`, "Open as it was"."""

    async def one(app: AppProcess) -> None:
        async with BrowserSession(app.base_url, path="/history", language="en-US") as tab:
            await tab.run(_PATIENCE_SECONDS)
            views = await tab.wait_for_widget("button_group", "history_view", _PATIENCE_SECONDS)
            await tab.set_value(views, ["Open a bundle"])
            await tab.wait_finished(_PATIENCE_SECONDS)
            await _upload(tab, data)
            if show:
                await tab.click(await tab.wait_for_widget("button", "bundle_show", _PATIENCE_SECONDS))
                await tab.wait_finished(_PATIENCE_SECONDS)
            await asyncio.sleep(_SHOWN_FOR_SECONDS)

    async def act(app: AppProcess) -> None:
        await asyncio.gather(*(one(app) for _tab in range(tabs)))

    return act


async def _long_prompt(app: AppProcess) -> None:
    """Sends 2 MB of `![`, and clicks a few times."""
    async with APP.tab(app) as tab:
        await tab.submit_chat("![" * 1_000_000, await APP.open(tab))
        for _click in range(3):
            await tab.run(_PATIENCE_SECONDS)


async def _large_uploads(app: AppProcess) -> None:
    """Sends four files of 150 MB into a session of its own, as far as they are taken."""
    async with BrowserSession(app.base_url) as tab:
        await tab.run(_PATIENCE_SECONDS)
        async with httpx.AsyncClient(base_url=app.base_url, trust_env=False, timeout=_PATIENCE_SECONDS) as client:
            headers = {
                "Cookie": "; ".join(f"{name}={value}" for name, value in tab.cookies.items()),
                "X-Xsrftoken": tab.cookies.get("_streamlit_xsrf", ""),
                "Origin": app.base_url,
                "Content-Type": "multipart/form-data; boundary=b",
            }
            for number in range(4):
                # The server closes the connection where it takes no more.
                with suppress(httpx.TransportError):
                    url = f"/_stcore/upload_file/{tab.session_id}/{number}"
                    await client.put(url, headers=headers, content=_file(150))


async def _file(megabytes: int) -> AsyncIterator[bytes]:
    yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
    for _number in range(megabytes):
        yield b"x" * _MB
    yield b"\r\n--b--\r\n"


async def _many_tabs(app: AppProcess) -> None:
    """Asks six lanes five times each in twelve tabs of one browser."""
    query = "&".join([*(f"lane={model}" for model in ("glm-5.1", "glm-5", "glm-4.7", "glm-4.6", "glm-4.5", "glm-5.2"))])
    async with BrowserSession(app.base_url, "/playground", query_string=f"{query}&repeats={_REPEATS}") as first:
        await APP.open(first)

        async def one() -> None:
            async with BrowserSession(
                app.base_url, "/playground", query_string=f"{query}&repeats={_REPEATS}", cookies=first.cookies
            ) as tab:
                chat = await APP.open(tab)
                await tab.submit_chat(Script(20, 20.0, nonce=nonce()).prompt(), chat)
                await tab.wait_finished(_PATIENCE_SECONDS)

        await asyncio.gather(*(one() for _tab in range(_TABS)))


async def _foreign_pages(app: AppProcess) -> None:
    """Opens ten websockets as a page of another site would."""
    url = urlsplit(app.base_url)

    async def one() -> None:
        try:
            async with connect(
                f"ws://{url.netloc}/_stcore/stream",
                origin=Origin("http://evil.example"),
                subprotocols=[Subprotocol("streamlit")],
                proxy=None,
            ):
                pass
        except InvalidStatus:
            return

    await asyncio.gather(*(one() for _socket in range(10)))
    await asyncio.sleep(_SHOWN_FOR_SECONDS)


async def _half_sent(app: AppProcess) -> None:
    """Begins 300 callbacks and sends half of each."""
    url = urlsplit(app.base_url)
    head = (
        f"POST /callbacks/runapi HTTP/1.1\r\nhost: {url.netloc}\r\ncontent-length: 1000\r\n"
        f"{ID_HEADER}: a\r\n{TIMESTAMP_HEADER}: {int(time.time())}\r\n{SIGNATURE_HEADER}: {'a' * 43}=\r\n\r\n{{"
    )

    def begin(stack: ExitStack) -> None:
        for _number in range(_HALVES):
            connection = stack.enter_context(socket.create_connection((url.hostname or "", url.port or 80), 10))
            connection.sendall(head.encode())

    with ExitStack() as stack:
        await asyncio.to_thread(begin, stack)
        await asyncio.sleep(2)


def attacks() -> dict[str, Attack]:
    """Each by its name."""
    # As tightly packed as a bundle may be, and four bytes a character once read.
    letters = random.Random(1).choices(string.ascii_letters, k=270_000)
    large = "\U0001f600" + "".join(letters[:250_000]) + "".join(letters[250_000:]) * 250
    schema = {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "string", "pattern": _PATTERN}}}
    return {
        "a pattern in a bundle": _opens(_bundle(json.dumps("a" * 9_998), response_format=schema), show=True),
        "a large bundle, three tabs": _opens(_bundle(large, lanes=3), tabs=3),
        "1 MB of signs as an answer": _opens(_bundle("![" * 500_000), show=True),
        "2 MB of signs as a prompt": _long_prompt,
        "72 KB of formulas as an answer": _opens(_bundle("$\\def\\a{\\a\\a}\\a$\n\n" * 4_000), show=True),
        "four uploads of 150 MB": _large_uploads,
        "12 tabs x 6 lanes x 5 repeats": _many_tabs,
        "websockets of a foreign page": _foreign_pages,
        "300 half-sent callbacks": _half_sent,
    }

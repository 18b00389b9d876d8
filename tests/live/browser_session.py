"""A browser tab without a browser: speaks Streamlit's websocket protocol as its frontend does, on one asyncio loop.

    async with BrowserSession("http://127.0.0.1:8501", path="/playground", language="en-US") as tab:
        await tab.run()
        await tab.submit_chat("Hello")
        await tab.wait_for(lambda: "answer" in tab.text)
        await tab.click(tab.find_button("stop"))
        await tab.wait_finished()

``run`` waits for its script run; what else makes a run start (a click, a value, a page) only asks for it, and
``wait_finished`` waits for the latest one asked for. Times are ``time.perf_counter_ns()``, which on Linux all processes
share; byte counts are websocket payload, uncompressed. With ``keep_tree = False`` the deltas are not applied any more,
only counted and searched for the texts given to ``look_for``, which is what a load test wants; the next ``run`` with it
on draws anew.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Self

from streamlit.proto.AppPage_pb2 import AppPage
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.NewSession_pb2 import CustomThemeConfig
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from glm_playground.ui.playground.panel import Panel
from tests.live.message_cache import MessageCache
from tests.live.screen import Screen
from tests.live.stream_socket import first_cookies, open_stream
from tests.live.widget_state import TRIGGERS, Widget


class BrowserSession(Screen):
    """One tab at ``base_url`` + ``path``; connects on entering the context, asks for nothing until told."""

    def __init__(
        self,
        base_url: str,
        path: str = "/",
        *,
        query_string: str = "",
        language: str = "en-US",
        timezone: str = "UTC",
        cookies: dict[str, str] | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__()
        self.base_url = base_url.rstrip("/")
        self.path = path
        self.query_string = query_string
        self.language = language
        self.timezone = timezone
        self.tls = tls  # for an address that begins with https
        self.keep_tree = True
        self.session_id = ""
        self.pages_drawn = 0  # runs of a page's whole script, fragments apart
        self.page_script_hash = ""
        self.theme = CustomThemeConfig()  # of the app's settings
        self.pages: list[AppPage] = []
        self.page_not_found = False  # whether the path is no page of the app, and the default page is shown
        self.compile_error: str | None = None
        self.running = False
        self.messages_received = 0
        self.bytes_received = 0
        self.arrivals: list[tuple[int, int]] = []  # of each message: when (ns) and how long (bytes)
        self.cookies = dict(cookies or {})  # of the browser; those of another tab make it the same browser
        self._socket: ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()
        self._awaited_fragment: str | None = None  # "" is the whole script, None that no run asked for is outstanding
        self._run_id = ""
        self._main_script_hash = ""
        self._values: dict[str, WidgetState] = {}
        self._auto_reruns: dict[str, asyncio.Task[None]] = {}
        self._cache = MessageCache()
        self._sought: dict[str, bytes] = {}
        self._seen: dict[str, int] = {}

    async def __aenter__(self) -> Self:
        await self.connect()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    # -- the connection

    async def connect(self) -> None:
        """Open the websocket, as the same session where there was one before."""
        if not self.cookies:
            self.cookies = await asyncio.to_thread(first_cookies, self.base_url, self.tls)
        self._socket = await open_stream(self.base_url, self.cookies, self.language, self.session_id, self.tls)
        self._reader = asyncio.create_task(self._read(self._socket))

    async def reconnect(self) -> None:
        """Come back after a lost connection; asks for a run only where the frontend does: if one was going on."""
        await self.connect()
        if not self.session_id or self.running or self._awaited_fragment is not None or self._auto_reruns:
            await self.rerun()

    async def drop(self) -> None:
        """Cut the TCP connection without a word, as a lost network does."""
        assert self._socket is not None
        self._socket.transport.abort()
        await self._end_reader()

    async def close(self) -> None:
        """Close the websocket properly, as a closed tab does."""
        for task in self._auto_reruns.values():
            task.cancel()
        if self._socket is not None:
            await self._socket.close()
            await self._end_reader()

    async def _end_reader(self) -> None:
        if self._reader is not None:
            with suppress(ConnectionClosed):
                await self._reader
        self._socket = self._reader = None

    # -- asking for runs

    async def run(self, timeout: float = 10.0) -> None:
        """Run the page's script and wait until it has ended."""
        await self.rerun()
        await self.wait_finished(timeout)

    async def rerun(self) -> None:
        """Ask for a run of the whole script, as a page load or the R key does."""
        await self._ask()

    async def click(self, widget: Widget) -> None:
        """Press a button; a disabled one cannot be pressed."""
        await self.set_value(widget, True)

    async def submit_chat(self, text: str, widget: Widget | None = None) -> None:
        """Send a text by the chat input, by default the page's only one, waited for where it is drawn anew."""
        await self.set_value(widget or await self.wait_for_widget("chat_input"), text)

    async def set_value(self, widget: Widget, value: Any) -> None:
        """Change a widget as a person would; in a form it is only kept for the form's submit button."""
        if widget.disabled:
            raise ValueError(f"{widget.kind} {widget.key or widget.label!r} is disabled")
        self._values[widget.id] = widget.state(value)
        if widget.starts_run:
            await self._ask(fragment_id=widget.fragment_id)
        if widget.kind in TRIGGERS:
            del self._values[widget.id]

    async def open(self, key: str) -> None:
        """Open a popover, the fold of a request, or by its button what stands beside the chat, and wait for it."""
        if key.startswith("settings-") or key in list(Panel):
            await self.click(self.find_button(key if key.startswith("settings-") else f"{key}-button"))
        else:
            kind = "expandable" if key.startswith("request-") else "popover"
            await self.set_value(self.find_widget(kind, key), True)
        await self.wait_finished()

    async def go_to(self, url_pathname: str, query_string: str = "") -> None:
        """Choose a page in the navigation, where its query string starts empty, or by a link that has one."""
        page = next((page for page in self.pages if page.url_pathname == url_pathname.strip("/")), None)
        if page is None:
            raise LookupError(f"no page {url_pathname!r} among {[page.url_pathname for page in self.pages]}")
        self._cancel_auto_reruns()
        self.query_string = query_string
        shared = {widget.id for widget in self.widgets() if widget.script_hash == self._main_script_hash}
        self._values = {id_: state for id_, state in self._values.items() if id_ in shared}
        await self._ask(page_script_hash=page.page_script_hash)

    async def stop_script(self) -> None:
        """Streamlit's own Stop in the toolbar: ends the script at its next ``st`` call."""
        await self._send(BackMsg(stop_script=True))

    async def _ask(self, *, fragment_id: str = "", page_script_hash: str = "", is_auto: bool = False) -> None:
        page_hash = page_script_hash or self.page_script_hash
        state = ClientState(
            query_string=self.query_string,
            page_script_hash=page_hash,
            page_name="" if page_hash else self.path.strip("/"),
            fragment_id=fragment_id,
            is_auto_rerun=is_auto,
            cached_message_hashes=self._cache.hashes(),
        )
        state.widget_states.widgets.extend(self._values.values())
        context = state.context_info
        context.timezone, context.timezone_offset, context.locale = self.timezone, 0, self.language
        context.url, context.is_embedded, context.color_scheme = self.base_url + self.path, False, "light"
        if not is_auto:
            self._awaited_fragment = fragment_id
        await self._send(BackMsg(rerun_script=state))

    async def _send(self, message: BackMsg) -> None:
        if self._socket is None:
            raise ConnectionError("the tab is not connected")
        await self._socket.send(message.SerializeToString())

    # -- waiting

    @property
    def finished(self) -> bool:
        """Whether no run is going on and none that was asked for is still to start."""
        return self._awaited_fragment is None and not self.running

    async def wait_finished(self, timeout: float = 10.0) -> None:
        """Wait until the run last asked for, and what it chained to, has ended."""
        await self.wait_for(lambda: self.finished, timeout)

    async def wait_for(self, predicate: Callable[[], bool], timeout: float = 10.0) -> None:
        """Wait until a condition holds, looked at after each message.

        Raises:
            TimeoutError: with the text then on the screen.
            ConnectionError: when the connection ends first.
        """
        try:
            async with asyncio.timeout(timeout):
                while not predicate():
                    if self._reader is None or self._reader.done():
                        await self._fail()
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise TimeoutError(f"not within {timeout} s; the page shows:\n{self.text[-2000:]}") from None

    async def wait_for_widget(self, kind: str, name: str | None = None, timeout: float = 10.0) -> Widget:
        """Wait until exactly one such widget is on the page and can be used; see ``find_widget``."""
        found: list[Widget] = []

        def look() -> bool:
            with suppress(LookupError):
                found[:] = [self.find_widget(kind, name)]
            return bool(found) and not found[0].disabled

        await self.wait_for(look, timeout)
        return found[0]

    async def _fail(self) -> None:
        try:
            if self._reader is not None:
                await self._reader  # raises what ended it
        except ConnectionClosed as closed:
            raise ConnectionError(f"the connection has ended: {closed}") from closed
        raise ConnectionError("the tab is not connected")

    def look_for(self, text: str) -> None:
        """Note from now on when ``text`` first comes in; it must lie in one piece within one message."""
        self._seen.pop(text, None)
        self._sought[text] = text.encode()

    def seen_at(self, text: str) -> int | None:
        """When a text given to ``look_for`` first came in (ns), or None."""
        return self._seen.get(text)

    async def wait_seen(self, text: str, timeout: float = 10.0) -> int:
        """Wait for a text given to ``look_for``; returns when it came in (ns)."""
        await self.wait_for(lambda: text in self._seen, timeout)
        return self._seen[text]

    # -- what the server sends

    async def _read(self, socket: ClientConnection) -> None:
        try:
            while True:
                frame = await socket.recv(decode=False)
                now = time.perf_counter_ns()
                self.messages_received += 1
                self.bytes_received += len(frame)
                self.arrivals.append((now, len(frame)))
                for text in [text for text, needle in self._sought.items() if needle in frame]:
                    self._seen[text] = now
                    del self._sought[text]
                if self._handle(ForwardMsg.FromString(frame)) or self._seen:
                    self._changed.set()
        finally:
            self._changed.set()

    def _handle(self, message: ForwardMsg) -> bool:
        """Apply a message; False for a delta that only counts."""
        if not self.keep_tree and message.WhichOneof("type") in ("delta", "ref_hash"):
            return False
        message = self._cache.resolve(message)
        match message.WhichOneof("type"):
            case "delta":
                self.tree.apply(message.delta, message.metadata, self._run_id)
                self._adopt_value(message)
            case "new_session":
                self._start_run(message)
            case "script_finished":
                self._finish_run(message)
            case "navigation":
                self.pages = list(message.navigation.app_pages)
                self.page_script_hash = message.navigation.page_script_hash
                page = next(page for page in self.pages if page.page_script_hash == self.page_script_hash)
                self.path = "/" if page.is_default else f"/{page.url_pathname}"
            case "page_not_found":
                self.page_not_found = True
                self.page_script_hash = self._main_script_hash
            case "page_info_changed":
                self.query_string = message.page_info_changed.query_string
            case "session_event" if message.session_event.HasField("script_compilation_exception"):
                self.compile_error = message.session_event.script_compilation_exception.message
            case "auto_rerun":
                self._start_auto_rerun(message.auto_rerun.fragment_id, message.auto_rerun.interval)
            case "stop_auto_rerun":
                for fragment_id in message.stop_auto_rerun.fragment_ids:
                    self._cancel_auto_rerun(fragment_id)
        return True

    def _start_run(self, message: ForwardMsg) -> None:
        new, run = message.new_session, message.metadata.run
        self.session_id = new.initialize.session_id
        self.theme = new.custom_theme
        self._main_script_hash = new.main_script_hash
        self._run_id = run.script_run_id
        self.running = True
        if self._awaited_fragment == "" or self._awaited_fragment in run.fragment_ids:
            self._awaited_fragment = None
        if not run.fragment_ids:
            self.pages_drawn += 1
            self._cancel_auto_reruns()
        if new.page_script_hash == self.page_script_hash:
            self.tree.clear_transients(run.fragment_ids)
        else:
            self.tree.keep_only_script(new.main_script_hash)
        self.page_script_hash = new.page_script_hash

    def _finish_run(self, message: ForwardMsg) -> None:
        status, run = message.script_finished, message.metadata.run
        if status == ForwardMsg.FINISHED_EARLY_FOR_RERUN:
            return
        self.running = False
        if status == ForwardMsg.FINISHED_WITH_COMPILE_ERROR or not self.keep_tree:
            return
        if run.fragment_ids or run.script_run_id == self._run_id:
            self.tree.clear_stale(run.script_run_id, run.fragment_ids)
        present = {widget.id for widget in self.widgets()}
        self._values = {id_: state for id_, state in self._values.items() if id_ in present}
        self._cache.end_run()

    def _adopt_value(self, message: ForwardMsg) -> None:
        """Forget our value of a widget where the script has set its own."""
        element = message.delta.new_element
        kind = element.WhichOneof("type")
        if kind and self._values and getattr(getattr(element, kind), "set_value", False):
            self._values.pop(getattr(element, kind).id, None)

    def _start_auto_rerun(self, fragment_id: str, interval: float) -> None:
        self._cancel_auto_rerun(fragment_id)

        async def repeat() -> None:
            while True:
                await asyncio.sleep(interval)
                with suppress(ConnectionError, ConnectionClosed):
                    await self._ask(fragment_id=fragment_id, is_auto=True)

        self._auto_reruns[fragment_id] = asyncio.create_task(repeat())

    def _cancel_auto_rerun(self, fragment_id: str) -> None:
        if task := self._auto_reruns.pop(fragment_id, None):
            task.cancel()

    def _cancel_auto_reruns(self) -> None:
        for fragment_id in list(self._auto_reruns):
            self._cancel_auto_rerun(fragment_id)

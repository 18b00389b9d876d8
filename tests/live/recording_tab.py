"""A tab that keeps all that the server sends, opens all there is to open, and takes every file there is to take."""

import asyncio
import re
from contextlib import suppress
from typing import Any

import httpx
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from glm_playground.ui.playground.panel import Panel
from tests.live.browser_session import BrowserSession
from tests.live.widget_state import Widget

_ROUNDS = 6
_WITHIN_S = 60
# Of known lengths: what comes behind a text in a message may be a letter.
_ADDRESS = re.compile(rb"/(?:model-page/[0-9a-f]{64}|public/link/[\w-]{43}|public/vote/[\w-]{22})")


class RecordingTab(BrowserSession):
    """A tab with all that came, and how many bytes the files of each button had, by its label."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.received = bytearray()
        """The messages."""
        self.answers: list[bytes] = []
        """Heads and contents of files and pages, each by itself."""
        self.files: dict[str, int] = {}
        self.followed: set[str] = set()
        """The addresses of pages, in frames and for anybody, that were met and taken."""
        self._addresses: dict[str, str] = {}
        self._client = httpx.Client(verify=self.tls or False, trust_env=False, timeout=_WITHIN_S)

    def _handle(self, message: ForwardMsg) -> bool:
        self.received += message.SerializeToString() + b"\n"
        said = message.backend_operation_response
        if message.WhichOneof("type") == "backend_operation_response":
            self._addresses[said.request_id] = said.deferred_file.url or f"! {said.error_msg}"
        return super()._handle(message)

    async def look_everywhere(self, *buttons: str) -> None:
        """Looks at the page as it is, at what opens beside it, and behind each tab."""
        await self.look(*buttons)
        for panel in Panel:
            for opens in self._buttons(f"{panel}-button"):
                await self._use([opens], set())
                await self.look(*buttons)
                await self._use([opens], set())
        for tabs in self.widgets("tab_container"):
            for label in self._tab_labels(tabs.id):
                await self.set_value(tabs, label)
                await self.wait_finished(_WITHIN_S)
                await self.look(*buttons)
        for views in (one for one in self.widgets("button_group") if (one.key or "").endswith("_view")):
            for name in self._view_names(views.id):
                await self.set_value(views, [name])
                await self.wait_finished(_WITHIN_S)
                await self.look(*buttons)

    def _tab_labels(self, id_: str) -> list[str]:
        nodes = [node for node in self.tree.nodes("tab_container") if node.block and node.block.tab_container.id == id_]
        return [child.block.tab.label for node in nodes for child in node.children if child.block]

    def _view_names(self, id_: str) -> list[str]:
        groups = (node.element.button_group for node in self.tree.nodes("button_group") if node.element)
        return [option.content for group in groups if group.id == id_ for option in group.options]

    async def look(self, *buttons: str) -> None:
        """Opens what is folded, presses the buttons whose keys begin so, and takes the files, as the page is now."""
        used: set[str] = set()
        for _ in range(_ROUNDS):
            closed = [one for kind in ("expandable", "popover") for one in self.widgets(kind)]
            if not await self._use([*closed, *self._buttons(*buttons)], used):
                break
        await self.take_files()
        await self.follow()

    async def press(self, *names: str) -> None:
        """Presses the buttons whose keys begin so, where they are there."""
        await self._use(self._buttons(*names), set())

    def _buttons(self, *names: str) -> list[Widget]:
        there = [one for one in self.widgets("button") if one.key and one.key.startswith(names)] if names else []
        return [one for one in there if not one.disabled]

    async def _use(self, widgets: list[Widget], used: set[str]) -> bool:
        """Opens or presses those that were not used yet, by one run of the script; whether there were any."""
        new = [one for one in widgets if one.id not in used]
        used |= {one.id for one in new}
        for widget in new:
            self._values[widget.id] = widget.state(True)
        if new:
            await self.run(_WITHIN_S)
        for widget in new:
            if widget.kind == "button":
                self._values.pop(widget.id, None)
        return bool(new)

    async def take_files(self) -> None:
        """Takes the file of each button, as a click of it does."""
        for button in self.widgets("download_button"):
            answer = await asyncio.to_thread(self._get, await self.file_address(button))
            assert answer.status_code == 200, f"{button.label}: {answer.status_code}"
            self._keep(answer)
            self.files[button.label] = self.files.get(button.label, 0) + len(answer.content)

    async def follow(self) -> None:
        """Opens each page that the addresses met since the last time lead to."""
        for address in sorted({found.decode() for found in _ADDRESS.findall(self.received)} - self.followed):
            self.followed.add(address)
            answer = await asyncio.to_thread(self._get, address)
            assert answer.status_code == 200, f"{address}: {answer.status_code}"
            self._keep(answer)

    def _keep(self, answer: httpx.Response) -> None:
        self.answers += [repr(answer.headers.multi_items()).encode(), answer.content]

    def pop(self) -> list[bytes]:
        """All that came since the last time."""
        came = [bytes(self.received), *self.answers]
        self.received.clear()
        self.answers.clear()
        return came

    async def file_address(self, button: Widget) -> str:
        """Where the file of a button is; it is made where it was not yet."""
        asked = button.proto.deferred_file_id
        if not asked:
            return str(button.proto.url)
        message = BackMsg()
        request = message.backend_operation_request
        request.request_id, request.session_id, request.deferred_file.file_id = asked, self.session_id, asked
        self._addresses.pop(asked, None)
        await self._send(message)
        await self.wait_for(lambda: asked in self._addresses, _WITHIN_S)
        assert self._addresses[asked].startswith("/"), self._addresses[asked]
        return self._addresses[asked]

    def _get(self, path: str) -> httpx.Response:
        root = httpx.URL(self.base_url).copy_with(path="/")
        return self._client.get(root.join(path), headers={"Cookie": _cookie_text(self.cookies)})

    async def close(self) -> None:
        """Closes it; what was received stays."""
        self._client.close()
        with suppress(ConnectionError):
            await super().close()


def _cookie_text(cookies: dict[str, str]) -> str:
    return "; ".join(f"{name}={value}" for name, value in cookies.items())

"""A tab that keeps all that the server sends, opens all there is to open, and takes every file there is to take."""

import asyncio
from contextlib import suppress
from typing import Any

import httpx
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.live.browser_session import BrowserSession
from tests.live.widget_state import Widget

_ROUNDS = 4


class RecordingTab(BrowserSession):
    """A tab with all that came, and how many bytes the files of each button had, by its label."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.received = bytearray()
        self.files: dict[str, int] = {}
        self._addresses: dict[str, str] = {}

    def _handle(self, message: ForwardMsg) -> bool:
        self.received += message.SerializeToString() + b"\n"
        said = message.backend_operation_response
        if message.WhichOneof("type") == "backend_operation_response":
            self._addresses[said.request_id] = said.deferred_file.url or f"! {said.error_msg}"
        return super()._handle(message)

    async def look_everywhere(self, *buttons: str) -> None:
        """Opens what is folded, takes the files and presses the buttons whose keys begin so, behind each tab."""
        await self._look(buttons)
        for tabs in self.widgets("tab_container"):
            for label in self._tab_labels(tabs.id):
                await self.set_value(tabs, label)
                await self.wait_finished(20)
                await self._look(buttons)
        for views in (one for one in self.widgets("button_group") if (one.key or "").endswith("_view")):
            for name in self._view_names(views.id):
                await self.set_value(views, [name])
                await self.wait_finished(20)
                await self._look(buttons)

    def _tab_labels(self, id_: str) -> list[str]:
        nodes = [node for node in self.tree.nodes("tab_container") if node.block and node.block.tab_container.id == id_]
        return [child.block.tab.label for node in nodes for child in node.children if child.block]

    def _view_names(self, id_: str) -> list[str]:
        groups = (node.element.button_group for node in self.tree.nodes("button_group") if node.element)
        return [option.content for group in groups if group.id == id_ for option in group.options]

    async def _look(self, buttons: tuple[str, ...]) -> None:
        opened: set[str] = set()
        for _ in range(_ROUNDS):
            closed = [one for kind in ("expandable", "popover") for one in self.widgets(kind) if one.id not in opened]
            for widget in closed:
                opened.add(widget.id)
                if any(one.id == widget.id for one in self.widgets(widget.kind)):
                    await self.set_value(widget, True)
                    await self.wait_finished(20)
        await self.take_files()
        await self.press(*buttons)

    async def press(self, *names: str) -> None:
        """Presses the buttons whose keys begin so, where they are there."""
        for button in [one for one in self.widgets("button") if one.key and one.key.startswith(names)]:
            if not button.disabled:
                await self.click(button)
                await self.wait_finished(20)

    async def take_files(self) -> None:
        """Takes the file of each button, as a click of it does."""
        for button in self.widgets("download_button"):
            answer = await asyncio.to_thread(self._get, await self.file_address(button))
            assert answer.status_code == 200, f"{button.label}: {answer.status_code}"
            self.received += repr(answer.headers.multi_items()).encode() + answer.content
            self.files[button.label] = self.files.get(button.label, 0) + len(answer.content)

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
        await self.wait_for(lambda: asked in self._addresses, 20)
        assert self._addresses[asked].startswith("/"), self._addresses[asked]
        return self._addresses[asked]

    def _get(self, path: str) -> httpx.Response:
        root = httpx.URL(self.base_url).copy_with(path="/")
        return httpx.get(root.join(path), cookies=self.cookies, trust_env=False, timeout=20)

    async def close(self) -> None:
        """Closes it; what was received stays."""
        with suppress(ConnectionError):
            await super().close()

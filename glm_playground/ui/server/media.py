"""Files that a page offers or shows (`/media/...`), each for those whose pages it was sent to.

Streamlit names a file by a hash of its content and gives it to whoever knows the name, which stands in the access logs
of proxies. Here the names are read from what is sent to each browser, and a browser gets no others.
"""

import re
from collections import OrderedDict
from collections.abc import Iterator

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.routing import compile_path
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.url_util import make_url_path

from glm_playground import bounds
from glm_playground.ui.server.owner_cookie import OWNER_HEADER

_MARK = b"/media/"
_ADDRESS = re.compile(r"/media/([0-9a-f]{16,128})(?:\.\w*)?")


class OwnMedia:
    """Lets a request for a file through to `app` where its name was sent to the browser that asks."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        base = config.get_option("server.baseUrlPath") or ""
        self._path, _, _ = compile_path(make_url_path(base, "media/{file}"))
        self._sent: OrderedDict[str, OrderedDict[str, None]] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            send = self._noting(send, Headers(scope=scope).get(OWNER_HEADER, ""))
        elif scope["type"] == "http" and (found := self._path.match(scope["path"])):
            owner, name = Headers(scope=scope).get(OWNER_HEADER, ""), found["file"].partition(".")[0]
            if name not in self._sent.get(owner, ()):
                # The same as where there is no such file.
                await PlainTextResponse("File not found", 404)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _noting(self, send: Send, owner: str) -> Send:
        async def send_noting(message: Message) -> None:
            data = message.get("bytes")
            if data and _MARK in data:
                for name in _names(ForwardMsg.FromString(data)):
                    self._note(owner, name)
            await send(message)

        return send_noting

    def _note(self, owner: str, name: str) -> None:
        names = self._sent.setdefault(owner, OrderedDict())
        names[name] = None
        names.move_to_end(name)
        self._sent.move_to_end(owner)
        if len(names) > bounds.MEDIA_FILES:
            names.popitem(last=False)
        if len(self._sent) > bounds.MEDIA_OWNERS:
            self._sent.popitem(last=False)


def _names(message: ForwardMsg) -> Iterator[str]:
    """The names of files that the page is to load or to offer: not those that somebody wrote into a text."""
    element = message.delta.new_element
    addresses = (
        message.page_config_changed.favicon,
        message.logo.image,
        message.backend_operation_response.deferred_file.url,
        element.download_button.url,
        element.audio.url,
        element.video.url,
        *(image.url for image in element.imgs.imgs),
    )
    for address in addresses:
        if found := _ADDRESS.fullmatch(address):
            yield found[1]

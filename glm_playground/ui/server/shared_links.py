"""Pages that somebody shared: `GET /public/link/{secret}`, to whoever knows the address, until it ends.

What never was, has ended, was taken back, or is not allowed any more is the same page with the same status.
"""

import re
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from glm_playground.ledger import Ledger
from glm_playground.ui.server.public_door import ROOT, Away, PublicDoor, public_response

PATH = f"{ROOT}/link"
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")


def shared_link_route(
    base: str, door: PublicDoor, ledger: Callable[[], Ledger], *, allowed: Callable[[], bool]
) -> Route:
    """The route.

    Args:
        base: the path that the app is served under, such as `/glm`.
        door: of the pages for anybody.
        ledger: that the pages are stored in; raises LedgerError.
        allowed: whether the operator allows links.
    """
    # It takes every method itself: those it left out would go to Streamlit, which answers with its page.
    return Route(f"{base}{PATH}/{{secret:path}}", _Endpoint(door, ledger, allowed), name="shared link")


class _Endpoint:
    def __init__(self, door: PublicDoor, ledger: Callable[[], Ledger], allowed: Callable[[], bool]) -> None:
        self._door = door
        self._ledger = ledger
        self._allowed = allowed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        await self._door.answer(request, await self._answer(request), send)

    async def _answer(self, request: Request) -> Response:
        if request.method not in {"GET", "HEAD"}:
            return JSONResponse({"error": "only GET is answered"}, 405, {"Allow": "GET, HEAD"})
        if not self._door.takes(request):
            return await self._door.busy(self._door.words(request))
        secret: str = request.path_params["secret"]
        if not self._allowed() or not _SECRET.fullmatch(secret):
            return await self._door.gone(request)
        try:
            page = await self._door.ask(lambda: self._ledger().links.read(secret, counts=request.method == "GET"))
        except Away:
            return await self._door.away(self._door.words(request))
        return await self._door.gone(request) if page is None else public_response(page.encode())

"""What stands before every request, from the outside in."""

from anyio import CapacityLimiter, fail_after, to_thread
from starlette.middleware import Middleware
from streamlit import config
from streamlit.url_util import make_url_path

from glm_playground.ledger import LedgerError
from glm_playground.service import storage
from glm_playground.settings import settings
from glm_playground.ui.server.answers import BoundedAnswers
from glm_playground.ui.server.cookie_secret import cookie_secrets
from glm_playground.ui.server.headers import SecurityHeaders
from glm_playground.ui.server.media import OwnMedia
from glm_playground.ui.server.operator import LocalFigures, listens_locally
from glm_playground.ui.server.origin import Origins, OwnOrigins
from glm_playground.ui.server.owner_cookie import OwnerCookie, OwnerUnknown, Signer
from glm_playground.ui.server.request_id import RequestId
from glm_playground.ui.server.unread_body import ClosedAfterUnreadBody
from glm_playground.ui.server.uploads import OwnUploads

_LOOK_UP_S = 2.0
_looking_up = CapacityLimiter(2)
"""A slow database must not take the threads that serve the page."""


def doors() -> list[Middleware]:
    """The middleware of the app, as the settings have it."""
    return [
        Middleware(RequestId),
        Middleware(SecurityHeaders),
        Middleware(BoundedAnswers),
        Middleware(ClosedAfterUnreadBody),
        Middleware(OwnOrigins, Origins(settings().origins, local=listens_locally())),
        Middleware(LocalFigures),
        Middleware(
            OwnerCookie,
            Signer(cookie_secrets(settings())),
            _knows_owner,
            revoked=settings().revoked_owners,
            path=base_path() or "/",
        ),
        Middleware(OwnUploads),
        Middleware(OwnMedia),
    ]


def base_path() -> str:
    """The path that the app and its own routes are served under (`server.baseUrlPath`), such as `/glm`; else empty."""
    return make_url_path(config.get_option("server.baseUrlPath") or "", "").rstrip("/")


async def _knows_owner(owner: str) -> bool:
    try:
        with fail_after(_LOOK_UP_S):
            return await to_thread.run_sync(storage.knows_owner, owner, limiter=_looking_up, abandon_on_cancel=True)
    except (LedgerError, TimeoutError):
        raise OwnerUnknown from None

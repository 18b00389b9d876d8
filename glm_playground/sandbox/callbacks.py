"""Sending callbacks: the stored task, signed as RunAPI signs, to a program on the same machine."""

import asyncio
import uuid
from datetime import UTC, datetime

import httpx
from pydantic import SecretStr

from glm_playground.gateway.callbacks import callback_key, sign
from glm_playground.sandbox.errors import ApiError

TIMEOUT_SECONDS = 10.0
PAUSES_SECONDS = (0.5, 1.0)
"""Before the second and the third try; there is no fourth."""

_LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})


class CallbackSender:
    """Sends callbacks in the background; those that wait when the sandbox ends are lost.

    Raises ValueError where the secret is not base64.
    """

    def __init__(self, secret: SecretStr) -> None:
        callback_key(secret)
        self._secret = secret
        self._sending: set[asyncio.Task[None]] = set()
        # No proxy of the environment stands between the sandbox and its own machine.
        self._http = httpx.AsyncClient(timeout=TIMEOUT_SECONDS, trust_env=False, follow_redirects=False)

    def checked(self, address: str) -> str:
        """The address in its usual form. Raises ApiError 400 unless it is http on loopback: nothing goes further."""
        try:
            url = httpx.URL(address)
        except (httpx.InvalidURL, ValueError):
            raise _refused("is not an address") from None
        if url.scheme != "http" or url.host not in _LOOPBACK_HOSTS or url.userinfo:
            raise _refused("must be an http address of 127.0.0.1, localhost or [::1]")
        if url.port is not None and not 0 < url.port < 2**16:
            raise _refused("names a port that is none")
        return str(url)

    def send(self, address: str, body: bytes) -> None:
        """Begin to send `body`, and return at once."""
        task = asyncio.create_task(self._deliver(address, body))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _deliver(self, address: str, body: bytes) -> None:
        """Send until an answer is 2xx, three times at most, each time under the same id."""
        callback_id = f"callback_{uuid.uuid4().hex}"
        for pause in (*PAUSES_SECONDS, None):
            if await self._taken(address, callback_id, body) or pause is None:
                return
            await asyncio.sleep(pause)

    async def _taken(self, address: str, callback_id: str, body: bytes) -> bool:
        headers = sign(callback_id, body, self._secret, datetime.now(UTC)) | {"Content-Type": "application/json"}
        try:
            async with (
                asyncio.timeout(TIMEOUT_SECONDS),
                self._http.stream("POST", address, content=body, headers=headers) as response,
            ):
                return response.is_success
        except (httpx.HTTPError, TimeoutError):
            return False


def _refused(why: str) -> ApiError:
    return ApiError(400, "invalid_request", f"callback_url {why}.")

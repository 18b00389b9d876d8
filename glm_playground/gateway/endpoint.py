"""The server that is asked, as a value."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple
from urllib.parse import urlsplit

from pydantic import SecretStr

from glm_playground.gateway.wire import ThinkingSwitch

# A version anywhere in the path: /v1, /v1/openai (DeepInfra), /v1beta/openai (Google), /api/paas/v4 (Z.ai).
_VERSION = re.compile(r"/v\d+(?:alpha|beta)?\d*(?=/|$)")
# Compatible interfaces whose path has no version.
_UNVERSIONED = re.compile(r"/(?:compat|openai|openai-compatible)$")
_PASTED = re.compile(r"/(?:chat/completions|models)$")


def api_root_of(base_url: str) -> str:
    """The address that `/chat/completions` is appended to, from one that a person wrote.

    An address with a version in its path, or of a known interface without one, is used as it is written. One that was
    pasted with `/chat/completions` is used as it stands before that. To every other `/v1` is added.
    """
    base = base_url.rstrip("/")
    pasted = _PASTED.sub("", base)
    if pasted != base:
        return pasted.rstrip("/")
    path = urlsplit(base).path
    return base if _VERSION.search(path) or _UNVERSIONED.search(path) else f"{base}/v1"


class OfferedModel(NamedTuple):
    """A model as the operator describes it; None where nothing is said. Prices in US dollars per 1M tokens."""

    id: str
    context_tokens: int | None = None
    max_output_tokens: int | None = None
    input: Decimal | None = None
    output: Decimal | None = None
    cache_read: Decimal | None = None
    images: bool | None = None
    """Whether it takes images."""


class ExtraHeader(NamedTuple):
    """A header that is sent with each request to the gateway."""

    name: str
    value: SecretStr
    secret: bool = False
    """True where the value came from the environment: it is taken out of all that the gateway sends back."""


@dataclass(frozen=True)
class Gateway:
    """The server that is asked: an address, and the key that belongs to it."""

    name: str
    base_url: str
    """With or without its version path: https://runapi.ai, https://runapi.ai/v1, https://api.z.ai/api/paas/v4."""
    key: SecretStr | None = None
    stand_in: str | None = None
    """The model that answers in place of every GLM, where this is the sandbox."""
    private: bool = False
    """True where the key is one user's own: nothing that was asked with it is shown to others."""
    failed_not_charged: bool = False
    """True where its published policy is that failed generations are not charged (RunAPI's model pages say so)."""
    settles: bool = False
    """True where the cost in an answer's usage is what the gateway charges; else it is its estimate."""
    seller: str = ""
    """Id of the catalog's gateway whose published prices and limits hold: runapi, zai, or none."""
    thinking: ThinkingSwitch = ThinkingSwitch.TYPE
    headers: tuple[ExtraHeader, ...] = ()
    models: tuple[OfferedModel, ...] = ()
    """What the operator says of models; the gateway may have others."""
    prices_as_of: date | None = None
    """The day of the prices in `models`."""
    has_prices: bool | None = None
    """Whether it has RunAPI's price list; None where nobody knows."""
    has_balance: bool | None = None
    """Whether it has RunAPI's balance; None where nobody knows."""
    has_tasks: bool | None = None
    """Whether it has RunAPI's tasks; None where nobody knows."""

    def model(self, id: str) -> OfferedModel | None:
        """What the operator says of the model; None where nothing."""
        return next((model for model in self.models if model.id == id), None)

    @property
    def secrets(self) -> tuple[SecretStr, ...]:
        """The key, and what else must not be shown."""
        secret = tuple(header.value for header in self.headers if header.secret)
        return (self.key, *secret) if self.key else secret

    @property
    def api_root(self) -> str:
        """The address that `/chat/completions` is appended to."""
        return api_root_of(self.base_url)

    @property
    def chat_url(self) -> str:
        """The address that a chat request is really sent to."""
        return f"{self.api_root}/chat/completions"

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        parts = urlsplit(self.base_url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def site(self) -> str:
        """The address that RunAPI's own paths (`/api/v1/...`) are appended to."""
        return re.sub(r"/v\d+$", "", _PASTED.sub("", self.base_url.rstrip("/")))

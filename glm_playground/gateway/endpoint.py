"""The server that is asked, as a value."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from pydantic import SecretStr

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

"""The server that is asked, as a value."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from pydantic import SecretStr


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

    @property
    def api_root(self) -> str:
        """The address that `/chat/completions` is appended to; `/v1` is added where no version is in the path."""
        base = self.base_url.rstrip("/")
        return base if re.search(r"/v\d+$", base) else f"{base}/v1"

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        parts = urlsplit(self.base_url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def site(self) -> str:
        """The address that RunAPI's own paths (`/api/v1/...`) are appended to."""
        return re.sub(r"/v\d+$", "", self.base_url.rstrip("/"))

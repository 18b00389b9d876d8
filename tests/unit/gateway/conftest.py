"""One TLS context for every pool of a file of tests."""

from collections.abc import Iterator

import httpx
import pytest


@pytest.fixture(autouse=True, scope="module")
def one_tls_context() -> Iterator[None]:
    """The same TLS context for every pool of this file: to make one takes longer than most tests."""
    context = httpx.create_ssl_context()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(httpx, "create_ssl_context", lambda: context)
        yield

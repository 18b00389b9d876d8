"""The receiver that callbacks are sent to."""

from collections.abc import Iterator

import pytest

from tests.live.sandbox.callback_receiver import SECRET, Kept, Receiver


@pytest.fixture(scope="module")
def receiver() -> Iterator[tuple[Receiver, Kept]]:
    kept = Kept()
    with Receiver(kept) as server:
        yield server, kept


@pytest.fixture
def kept(receiver: tuple[Receiver, Kept]) -> Kept:
    """What the receiver keeps: nothing yet."""
    fresh = receiver[1]
    fresh.callbacks.clear()
    fresh.secret, fresh.problem, fresh.thread = SECRET, None, ""
    return fresh


@pytest.fixture
def url(receiver: tuple[Receiver, Kept], kept: Kept) -> str:
    return receiver[0].url

"""A gateway's list of models, in every shape and length that servers send."""

import itertools
import socket

import pytest

from glm_playground import bounds
from glm_playground.gateway import Gateway
from tests.loopback import CannedServer, answer
from tests.unit.gateway.exchange import asked

PAGE = {"data": [{"id": "a"}, {"id": "b"}], "has_more": True, "last_id": "b"}


def listed(server: CannedServer) -> list[str]:
    return [model.id for model in asked(Gateway("x", server.url), lambda client: client.models())]


@pytest.mark.parametrize(
    "second",
    [
        answer(500, {"error": "x"}),
        answer(404, b""),
        answer(200, b"<html>Sign in</html>"),
        answer(200, {"object": "error"}),
        answer(200, [{"id": None}]),
        b"",
    ],
)
def test_a_page_that_cannot_be_read_leaves_those_before(second: bytes) -> None:
    with CannedServer(answer(200, PAGE), second) as server:
        assert listed(server) == ["a", "b"]


class _Endless:
    """A list whose every page says that there is another."""

    def __init__(self) -> None:
        self._numbers = itertools.count()

    def __call__(self, connection: socket.socket) -> None:
        name = f"m{next(self._numbers)}"
        connection.sendall(answer(200, {"data": [{"id": name}], "has_more": True, "last_id": name}))


def test_a_list_without_end_is_read_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    with CannedServer(_Endless()) as server:
        assert len(listed(server)) == bounds.LISTING_PAGES
    monkeypatch.setattr(bounds, "LISTING_BYTES", 100)
    with CannedServer(_Endless()) as server:
        assert len(listed(server)) == 2

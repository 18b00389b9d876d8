"""A gateway's list of models, in every shape and length that servers send."""

import itertools
import socket

import pytest

from glm_playground import bounds
from glm_playground.gateway import Gateway, GatewayError, errors
from glm_playground.sandbox.prices import PLAY_PRICES
from tests.loopback import CannedServer, answer
from tests.unit.gateway.exchange import asked

PAGE = {"data": [{"id": "a"}, {"id": "b"}], "has_more": True, "last_id": "b"}


def listed(server: CannedServer) -> list[str]:
    return [model.id for model in asked(Gateway("x", server.url), lambda client: client.models())]


def test_the_models(gateway: Gateway) -> None:
    models = asked(gateway, lambda client: client.models())
    assert [model.id for model in models] == list(PLAY_PRICES)
    assert models[0].owned_by == "sandbox"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"data": [{"id": "a", "created": "1", "owned_by": 7}, {"id": 5}, None, [], {}]}, ["a"]),
        ({"object": "list", "data": ["a", "b"]}, ["a", "b"]),
        # Together
        ([{"id": "a", "object": "model"}, {"id": "b"}], ["a", "b"]),
        # Cohere, Google
        (
            {"models": [{"name": "command-r", "context_length": 9}, {"name": "models/gemini"}]},
            ["command-r", "models/gemini"],
        ),
        # llama.cpp
        ({"models": [{"name": "m.gguf", "model": "m.gguf"}], "object": "list", "data": [{"id": "m"}]}, ["m"]),
        # Ollama without a model
        ({"object": "list", "data": None}, []),
        ({"data": []}, []),
        (
            {"data": [{"id": "z-ai/glm 4.6 (free)"}, {"id": "模型-1:latest"}, {"id": " "}, {"id": ""}]},
            ["z-ai/glm 4.6 (free)", "模型-1:latest"],
        ),
        ({"data": [{"id": "a\ud800"}, {"id": "b\nc"}, {"id": "d\u202e"}, {"id": "e" * 201}]}, []),
        ({"data": [{"id": "a"}, {"id": "a", "owned_by": "second"}]}, ["a"]),
        ({"data": [{"id": f"m{number}"} for number in range(10_000)]}, [f"m{number}" for number in range(10_000)]),
    ],
)
def test_a_list_of_models_in_any_shape(said: object, expected: list[str]) -> None:
    with CannedServer(answer(200, said)) as server:
        models = asked(Gateway("x", server.url), lambda client: client.models())
    assert [model.id for model in models] == expected


def test_a_list_in_pages_is_read_to_its_end() -> None:
    first = {"data": [{"id": "a"}, {"id": "b c"}], "has_more": True, "first_id": "a", "last_id": "b c"}
    with CannedServer(answer(200, first), answer(200, {"data": [{"id": "d"}], "has_more": False})) as server:
        models = asked(Gateway("x", server.url), lambda client: client.models())
    assert [model.id for model in models] == ["a", "b c", "d"]
    assert [request.path for request in server.asked] == ["/v1/models", "/v1/models?after_id=b%20c"]


def test_a_list_that_says_the_same_page_again_is_read_once() -> None:
    page = {"data": [{"id": "a"}], "has_more": True, "last_id": "a"}
    with CannedServer(answer(200, page)) as server:
        assert len(asked(Gateway("x", server.url), lambda client: client.models())) == 1
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (answer(200, {"data": {}}), errors.ResponseUnreadable),
        (answer(200, {"object": "error"}), errors.ResponseUnreadable),
        (answer(200, b"<html>Sign in</html>"), errors.ResponseUnreadable),
        (answer(401, {"error": {"message": "key?"}}), errors.AuthenticationFailed),
        (answer(404, {"detail": "Not Found"}), errors.PathNotFound),
    ],
)
def test_what_is_no_list_of_models(said: bytes, expected: type[GatewayError]) -> None:
    with CannedServer(said) as server, pytest.raises(expected):
        asked(Gateway("x", server.url), lambda client: client.models())


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

"""Answers whose status is no success: what kind of error each is."""

import socket

import pytest

from glm_playground.gateway import Gateway, GatewayError, errors
from glm_playground.sandbox.errors import STATUS_ERRORS
from tests.asking import ask_for
from tests.loopback import CannedServer, answer
from tests.unit.gateway.exchange import CLASSES, PLAIN, streamed


class TestStatuses:
    @pytest.mark.parametrize("shape", [1, 2, 3])
    @pytest.mark.parametrize("status", CLASSES)
    def test_each_status_in_each_shape_has_its_class(self, gateway: Gateway, status: int, shape: int) -> None:
        error = streamed(gateway, ask_for(f"status={status} error_shape={shape}")).error
        code, message = STATUS_ERRORS[status]
        assert error is not None
        assert (type(error), error.status, error.message) == (CLASSES[status], status, message)
        assert error.code == (code if shape != 2 else None)
        assert error.fields == ({"base": (message,)} if shape == 2 else {})
        assert error.request_id
        assert error.request_id.startswith("req_")
        assert error.task_id
        assert error.task_id.startswith("task_")

    @pytest.mark.parametrize(
        ("body", "status", "expected", "message", "code"),
        [
            ({"code": "1211", "message": "no such model"}, 400, errors.ModelNotFound, "no such model", "1211"),
            ({"error": {"code": "1113", "message": "m"}}, 429, errors.CreditsExhausted, "m", "1113"),
            ({"error": "m", "code": "model_limit_exceeded"}, 400, errors.LimitExceeded, "m", "model_limit_exceeded"),
            ({"error": {"message": "m", "code": 7}}, 400, errors.RequestRejected, "m", "7"),
            ({"error": {"message": "m", "type": "t"}}, 418, errors.RequestRejected, "m", "t"),
            ({"error": {"detail": "m"}}, 500, errors.ServerFailed, "m", None),
            (b"<html><TITLE>\n 502 Bad\tGateway</TITLE>body", 502, errors.ServerFailed, "502 Bad Gateway", None),
            (b"<html>nothing to tell", 599, errors.ServerFailed, "Said", None),
            (b"plain words", 500, errors.ServerFailed, "plain words", None),
            ([], 500, errors.ServerFailed, "Said", None),
            (b"[" * 10_000, 500, errors.ServerFailed, "[" * 300, None),
        ],
    )
    def test_bodies_the_sandbox_does_not_send(
        self, body: object, status: int, expected: type[GatewayError], message: str, code: str | None
    ) -> None:
        with CannedServer(answer(status, body)) as server:
            error = streamed(Gateway("x", server.url), PLAIN).error
        assert error is not None
        assert (type(error), error.status, error.message, error.code) == (expected, status, message, code)

    def test_a_proxys_page_is_reduced_to_its_title(self, gateway: Gateway) -> None:
        error = streamed(gateway, ask_for("html=1")).error
        assert isinstance(error, errors.ServerFailed)
        assert error.message == "502 Bad Gateway"

    def test_a_refused_capability_is_told_apart(self, gateway: Gateway) -> None:
        request = ask_for("tokens=3", thinking=True).model_copy(update={"model": "glm-5.2"})
        error = streamed(gateway, request).error
        assert isinstance(error, errors.CapabilityUnsupported)
        assert error.code == "unsupported_model_capability"

    def test_messages_by_field_are_kept(self, gateway: Gateway) -> None:
        error = streamed(gateway, ask_for("tokens=3", temperature=1.5)).error
        assert isinstance(error, errors.RequestRejected)
        assert list(error.fields) == ["temperature"]

    def test_a_body_without_end_is_not_read_to_its_end(self) -> None:
        def endless(connection: socket.socket) -> None:
            connection.sendall(b"HTTP/1.1 500 Said\r\n\r\n")
            while True:
                connection.sendall(b"x" * 65_536)

        with CannedServer(endless) as server:
            error = streamed(Gateway("x", server.url), PLAIN).error
        assert isinstance(error, errors.ServerFailed)

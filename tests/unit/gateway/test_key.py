"""The key: whom it is sent to, and that nothing repeats it."""

import logging
import traceback
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import SecretStr

from glm_playground.gateway import Gateway, GatewayClient, connection_pool, errors
from tests.asking import ask_for
from tests.loopback import CannedServer, answer, content, stream
from tests.unit.gateway.exchange import PLAIN, asked, streamed

KEY = "sk-never-to-be-seen-7c1f"


class TestKey:
    def test_a_redirect_is_refused_and_the_key_stays(self) -> None:
        with CannedServer(answer(200, {"data": []})) as other:
            moved = answer(307, b"", location=f"{other.url}/v1/chat/completions")
            with CannedServer(moved) as server:
                gateway = Gateway("x", server.url, key=SecretStr(KEY))
                error = streamed(gateway, PLAIN).error
                with pytest.raises(errors.RedirectRefused):
                    asked(gateway, lambda client: client.models())
                assert server.asked[0].headers["authorization"] == f"Bearer {KEY}"
        assert isinstance(error, errors.RedirectRefused)
        assert error.status == 307
        assert other.asked == []

    def test_the_sandboxs_redirect_is_not_followed(self, gateway: Gateway, logged: Callable[..., Any]) -> None:
        told = streamed(gateway, ask_for("redirect=1"))
        assert isinstance(told.error, errors.RedirectRefused)
        assert [entry["path"] for entry in logged(told.id)] == ["/v1/chat/completions"]

    def test_the_key_goes_to_its_own_origin_only(self) -> None:
        listing = answer(200, {"data": []})
        with CannedServer(listing) as server, CannedServer(listing) as other:
            for url in (f"{other.url}/v1/models", f"{server.url}/v1/models"):
                gateway = Gateway("x", server.url, key=SecretStr(KEY))
                asked(gateway, lambda client, url=url: client.get_json(url))
        assert "authorization" not in other.asked[0].headers
        assert server.asked[0].headers["authorization"] == f"Bearer {KEY}"

    def test_without_a_key_none_is_sent(self) -> None:
        with CannedServer(answer(200, {"data": []})) as server:
            asked(Gateway("x", server.url), lambda client: client.models())
        assert "authorization" not in server.asked[0].headers

    @pytest.mark.parametrize(
        "said",
        [
            answer(401, {"error": f"wrong key {KEY}", "code": KEY}),
            answer(401, {"error": {"message": f"wrong key {KEY}", "code": f"bad:{KEY}"}}),
            answer(422, {"error": "m", "errors": {KEY: [f"of {KEY}"]}}),
            answer(400, {"code": KEY, "message": f"Bearer {KEY}"}),
            answer(500, f"<title>{KEY}</title>".encode()),
            answer(500, f"{'x' * 270} Bearer {KEY}".encode()),
            answer(500, {"error": f"{'x' * 1980} {KEY}"}),
            answer(500, b'{"error": "\\u0073' + KEY[1:].encode() + b'"}'),
            answer(200, {"error": {"message": f"wrong key {KEY}", "code": KEY}}),
            stream(content("a"), {"error": {"message": f"wrong key {KEY}", "code": KEY}}),
            stream(content("a"), {"error": f"wrong key {KEY}"}),
        ],
    )
    def test_a_server_that_echoes_the_key_is_not_repeated(self, said: bytes) -> None:
        with CannedServer(said) as server:
            told = streamed(Gateway("x", server.url, key=SecretStr(KEY)), PLAIN)
        assert told.error is not None
        seen = repr((vars(told.error), str(told.error), repr(told.error), told.events))
        assert KEY[:12] not in seen
        assert "[key]" in seen or "xxxx" in seen

    def test_the_key_is_in_nothing_that_is_printed_or_logged(
        self, gateway: Gateway, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        key = gateway.key
        assert key
        client = GatewayClient(connection_pool(connect_timeout=1, read_timeout=1), gateway)
        told = streamed(gateway, ask_for("status=401"))
        assert told.error
        printed = "".join(traceback.format_exception(told.error)) + repr((gateway, client, told)) + str(vars(client))
        assert key.get_secret_value() not in printed + caplog.text
        assert "receive_response_headers" in caplog.text

    def test_a_proxy_of_the_environment_is_not_between_the_app_and_loopback(
        self, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with CannedServer(answer(418)) as proxy:
            for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
                monkeypatch.setenv(name, proxy.url)
            monkeypatch.delenv("NO_PROXY", raising=False)
            monkeypatch.delenv("no_proxy", raising=False)
            assert asked(gateway, lambda client: client.models())
        assert proxy.asked == []

"""Live facts: the price list is kept by its ETag, and a bad one leaves what was read before."""

import asyncio
from decimal import Decimal

import httpx
import pytest
from pydantic import SecretStr

from glm_playground.gateway import Gateway, GatewayClient, GatewayError
from glm_playground.gateway.errors import NotFound, ResponseUnreadable
from glm_playground.gateway.live import LivePrices, read_models, read_prices

GATEWAY = Gateway("RunAPI", "https://gateway.test", key=SecretStr("test-key"), seller="runapi")
ROW = {
    "model": "glm-5.1",
    "action": "chat_completion",
    "currency": "USD",
    "input_price_per_1m_cents": 90,
    "output_price_per_1m_cents": 300,
}


class Server:
    """Answers each request with the next of its responses and keeps what it was asked."""

    def __init__(self, *responses: httpx.Response) -> None:
        self.asked: list[httpx.Request] = []
        self._responses = list(responses)

    def read(self, last: LivePrices | None = None) -> LivePrices:
        return asyncio.run(self._read(last))

    async def _read(self, last: LivePrices | None) -> LivePrices:
        async with httpx.AsyncClient(transport=httpx.MockTransport(self._answer)) as http:
            return await read_prices(GatewayClient(http, GATEWAY), last)

    async def models(self) -> frozenset[str]:
        async with httpx.AsyncClient(transport=httpx.MockTransport(self._answer)) as http:
            return (await read_models(GatewayClient(http, GATEWAY))).ids

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return self._responses.pop(0)


def listing(*rows: object, **headers: str) -> httpx.Response:
    return httpx.Response(200, json={"as_of": "2026-11-23T10:00:00Z", "price_schedules": list(rows)}, headers=headers)


def test_the_etag_is_sent_and_304_keeps_the_list() -> None:
    server = Server(listing(ROW, ETag='"one"'), httpx.Response(304))
    first = server.read()
    assert first.prices.schedules["glm-5.1"].input == Decimal("0.90")
    again = server.read(first)
    assert "if-none-match" not in server.asked[0].headers
    assert server.asked[1].headers["if-none-match"] == '"one"'
    assert again.prices == first.prices
    assert again.read_at >= first.read_at


def test_without_an_etag_it_is_asked_in_full() -> None:
    server = Server(listing(ROW), listing(ROW))
    server.read(server.read())
    assert "if-none-match" not in server.asked[1].headers


def test_a_304_that_answers_no_etag_is_an_error() -> None:
    with pytest.raises(GatewayError):
        Server(httpx.Response(304)).read()


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"price_schedules": "none"}, "no price_schedules"),
        ({"price_schedules": [{**ROW, "currency": "EUR"}]}, "EUR"),
        ({"price_schedules": [{"currency": "USD"}]}, "without a model"),
    ],
)
def test_a_bad_list_leaves_the_one_before_and_says_why(body: object, reason: str) -> None:
    server = Server(listing(ROW, ETag='"one"'), httpx.Response(200, json=body, headers={"ETag": '"two"'}))
    first = server.read()
    second = server.read(first)
    assert second.prices.schedules == first.prices.schedules
    assert second.read_at == first.read_at
    assert any(reason in text for text in second.prices.ignored)
    assert second.etag is None


def test_what_is_no_json_is_refused() -> None:
    with pytest.raises(ResponseUnreadable):
        Server(httpx.Response(200, text="<html>")).read()
    with pytest.raises(NotFound):
        Server(httpx.Response(404, json={"error": "no such page"})).read()


def test_models() -> None:
    server = Server(httpx.Response(200, json={"data": [{"id": "glm-5.1"}, {"id": 5}, "x"]}))
    assert asyncio.run(server.models()) == {"glm-5.1", "x"}

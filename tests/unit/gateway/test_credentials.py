"""Each gateway's key and headers go to its own origin, and come back from nowhere."""

import asyncio
import json
from datetime import date

import pytest

from glm_playground.gateway import ChatRequest, Gateway, GatewayClient, GatewayError, Message
from glm_playground.gateway.gateways import read_gateways
from glm_playground.gateway.pool import connection_pool
from glm_playground.gateway.wire import EventKind
from glm_playground.runs.engine import Engine
from tests.loopback import CannedServer, answer, content, stream

ONE, TWO, TOKEN = "key-of-one-1234567890", "key-of-two-0987654321", "token-of-two-abcdef123456"
ASKED = ChatRequest(model="m", messages=(Message(role="user", content="Hi"),))
WHOLE = stream(content("Hi"), b"[DONE]")


def gateways(one: str, two: str) -> tuple[Gateway, ...]:
    text = f"""
[[gateway]]
name = "One"
address = "{one}"
key_env = "ONE"
[[gateway]]
name = "Two"
address = "{two}"
key_env = "TWO"
headers = {{ X-Token = {{ env = "TOKEN" }}, X-Team = "research" }}
"""
    environment = {"ONE": ONE, "TWO": TWO, "TOKEN": TOKEN}
    return read_gateways(text.encode(), environment, date(2026, 11, 1)).all


def test_each_of_two_gateways_sees_only_its_own(engine: Engine) -> None:
    with CannedServer(WHOLE) as one, CannedServer(WHOLE) as two:
        runs = [engine.start(ASKED, gateway) for gateway in gateways(one.url, two.url) * 3]
        for run in runs:
            assert engine.wait_end([run], timeout=10)
        for server, own, others in ((one, [ONE], [TWO, TOKEN]), (two, [TWO, TOKEN], [ONE])):
            assert len(server.asked) == 3
            for asked in server.asked:
                seen = json.dumps([asked.path, asked.headers, asked.body.decode()])
                assert all(secret in seen for secret in own)
                assert not any(secret in seen for secret in others)
        assert two.asked[0].headers["x-team"] == "research"
        assert "x-team" not in one.asked[0].headers


def test_neither_follows_an_address_elsewhere() -> None:
    with CannedServer(WHOLE) as one, CannedServer(answer(302, location=f"{one.url}/v1/models")) as two:
        _first, second = gateways(one.url, two.url)

        async def ask() -> None:
            async with connection_pool(connect_timeout=5, read_timeout=5) as http:
                client = GatewayClient(http, second)
                with pytest.raises(GatewayError):
                    await client.models()
                # A page of another origin, which nothing asks for today, would be asked without them.
                with pytest.raises(GatewayError):
                    await client.get_json(f"{one.url}/elsewhere")

        asyncio.run(ask())
        assert [asked.path for asked in one.asked] == ["/elsewhere"]
        assert not {"authorization", "x-token", "x-team"} & one.asked[0].headers.keys()


@pytest.mark.parametrize("cut", [1, 4, 9, 20])
def test_a_header_of_the_environment_is_taken_out_of_the_answer_like_the_key(engine: Engine, cut: int) -> None:
    said = f"a {TOKEN} b {TWO} c"
    pieces = [content(said[at : at + cut]) for at in range(0, len(said), cut)]
    with CannedServer(stream(*pieces, b"[DONE]")) as server:
        _one, two = gateways("http://unused.test", server.url)
        run = engine.start(ASKED, two)
        assert engine.wait_end([run], timeout=10)
    assert run.content == "a [key] b [key] c"
    assert [event.kind for event in run.events].count(EventKind.DONE) == 1
    assert TOKEN not in repr(run.events)


def test_it_is_taken_out_of_errors(engine: Engine) -> None:
    with CannedServer(answer(400, {"error": {"message": f"bad {TOKEN}", "code": TWO}})) as server:
        _one, two = gateways("http://unused.test", server.url)
        run = engine.start(ASKED, two)
        assert engine.wait_end([run], timeout=10)
    assert run.error is not None
    assert (run.error.message, run.error.code) == ("bad [key]", "[key]")

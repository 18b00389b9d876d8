"""Tasks and the balance, from servers on loopback that say right and wrong things."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TypeVar

import httpx
import pytest
from pydantic import SecretStr

from glm_playground.gateway import Gateway, GatewayClient, GatewayError, connection_pool, errors
from glm_playground.gateway.account import read_balance
from glm_playground.gateway.tasks import MAX_TASK_BYTES, read_task
from tests.asking import ask_for
from tests.loopback import CannedServer, answer

T = TypeVar("T")
KEY = "sk-never-to-be-seen-7c1f"


@pytest.fixture(autouse=True, scope="module")
def one_tls_context() -> Iterator[None]:
    """The same TLS context for every pool of this file: to make one takes longer than most tests."""
    context = httpx.create_ssl_context()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(httpx, "create_ssl_context", lambda: context)
        yield


def asked(gateway: Gateway, question: Callable[[GatewayClient], Awaitable[T]]) -> T:
    async def go() -> T:
        http = connection_pool(connect_timeout=5, read_timeout=10)
        try:
            return await question(GatewayClient(http, gateway))
        finally:
            await http.aclose()

    return asyncio.run(go())


def told(body: object, question: Callable[[GatewayClient], Awaitable[T]], status: int = 200) -> T:
    """What `question` makes of a server that says `body`."""
    with CannedServer(answer(status, body)) as server:
        return asked(Gateway("g", f"{server.url}/v1", key=SecretStr(KEY)), question)


async def task_1(client: GatewayClient) -> object:
    return await read_task(client, "task_1")


class TestTasks:
    def test_a_finished_run_is_found_with_what_it_took_from_the_balance(self, gateway: Gateway) -> None:
        async def run(client: GatewayClient) -> tuple[Decimal, Decimal, Decimal | None, str | None]:
            before = await read_balance(client)
            async with client.stream(ask_for("tokens=1000")) as answering:
                await answering.read_into([])
                task_id = answering.ids.task_id or ""
            after = await read_balance(client)
            task = await read_task(client, task_id)
            assert task.body["id"] == task.task_id == task_id
            return before.amount, after.amount, task.cost, task.status

        before, after, cost, status = asked(gateway, run)
        assert before - after == cost
        assert before > after
        assert status == "completed"

    def test_a_failed_run_cost_nothing_and_the_sandbox_says_so(self, gateway: Gateway) -> None:
        async def run(client: GatewayClient) -> tuple[Decimal | None, str | None, Decimal]:
            before = await read_balance(client)
            with pytest.raises(errors.ServerFailed) as caught:
                await client.chat(ask_for("status=500"))
            task = await read_task(client, caught.value.task_id or "")
            return task.cost, task.status, before.amount - (await read_balance(client)).amount

        assert asked(gateway, run) == (Decimal(0), "failed", Decimal(0))

    def test_an_unknown_task_is_not_found(self, gateway: Gateway) -> None:
        with pytest.raises(errors.NotFound) as caught:
            asked(gateway, task_1)
        assert caught.value.status == 404

    @pytest.mark.parametrize(
        ("usage", "cost"),
        [
            ({"cost": 0.0021}, Decimal("0.0021")),
            ({"cost": 1e-7}, Decimal("0.0000001")),
            ({"cost": 3}, Decimal(3)),
            ({"cost": 0}, Decimal(0)),
            ({"cost": True}, None),
            ({"cost": -0.1}, None),
            ({"cost": float("nan")}, None),
            ({"cost": float("inf")}, None),
            ({"cost": 1e300}, None),
            ({"cost": "0.1"}, Decimal("0.1")),
            ({"cost": "$0.1"}, None),
            ({}, None),
            ([], None),
            (None, None),
        ],
    )
    def test_the_cost_is_what_the_gateway_states(self, usage: object, cost: Decimal | None) -> None:
        task = told({"status": "completed", "usage": usage}, lambda client: read_task(client, "task_1"))
        assert task.cost == cost
        assert task.status == "completed"
        assert abs(datetime.now(UTC) - task.read_at) < timedelta(seconds=10)

    @pytest.mark.parametrize(
        ("task_id", "path"),
        [
            ("task_1", "/api/v1/tasks/task_1"),
            ("a/b", "/api/v1/tasks/a%2Fb"),
            ("../../v1/models", "/api/v1/tasks/..%2F..%2Fv1%2Fmodels"),
            ("a?b=c#d%2e", "/api/v1/tasks/a%3Fb%3Dc%23d%252e"),
        ],
    )
    def test_an_id_stays_one_part_of_the_path(self, task_id: str, path: str) -> None:
        with CannedServer(answer(200, {})) as server:
            asked(Gateway("g", server.url, key=SecretStr(KEY)), lambda client: read_task(client, task_id))
            assert [request.path for request in server.asked] == [path]
            assert server.asked[0].headers["authorization"] == f"Bearer {KEY}"

    @pytest.mark.parametrize("task_id", ["", ".", "..", "a b", "a\nb", "caf\xe9", "a" * 201])
    def test_what_is_no_id_is_not_asked_for(self, task_id: str) -> None:
        with CannedServer(answer(200, {})) as server:
            with pytest.raises(GatewayError, match="not the id"):
                asked(Gateway("g", server.url), lambda client: read_task(client, task_id))
            assert server.asked == []

    @pytest.mark.parametrize(
        "body",
        [
            [],
            "text",
            b"<html>",
            b"",
            b'{"a": ' + b"[" * 1000 + b"]" * 1000 + b"}",
            b"[" * 100_000,
            {"text": "x" * MAX_TASK_BYTES},
        ],
        ids=["list", "text", "page", "nothing", "deep", "deeper", "large"],
    )
    def test_what_is_no_task_is_unreadable(self, body: object) -> None:
        with pytest.raises(errors.ResponseUnreadable):
            told(body, task_1)

    def test_a_key_that_is_sent_back_is_not_kept(self) -> None:
        task = told({"echo": [f"Bearer {KEY}"], KEY: 1}, lambda client: read_task(client, "task_1"))
        assert task.body == {"echo": ["Bearer [key]"], "[key]": 1}


class TestBalance:
    def test_cents_are_dollars(self) -> None:
        body = {"balance_cents": 1234, "spent_cents_today": 5, "spent_cents_total": -1, "paid_balance_cents": 0}
        found = told(body, read_balance)
        assert found[:3] == (Decimal("12.34"), Decimal("0.05"), Decimal("-0.01"))
        assert abs(datetime.now(UTC) - found.read_at) < timedelta(seconds=10)

    @pytest.mark.parametrize(
        ("sandbox", "amount"),
        [
            ({"exact_balance_usd": "12.3399979"}, "12.3399979"),
            ({"exact_balance_usd": "-0.0000021"}, "-0.0000021"),
            ({"exact_balance_usd": "NaN"}, "12.34"),
            ({"exact_balance_usd": "1e99"}, "12.34"),
            ({"exact_balance_usd": "much"}, "12.34"),
            ({"exact_balance_usd": "1" * 41}, "12.34"),
            ({"exact_balance_usd": 12.3}, "12.34"),
            ({}, "12.34"),
            ([], "12.34"),
        ],
    )
    def test_the_sandbox_says_it_with_every_digit(self, sandbox: object, amount: str) -> None:
        found = told({"balance_cents": 1234, "sandbox": sandbox}, read_balance)
        assert str(found.amount) == amount
        assert found.spent_today is None

    @pytest.mark.parametrize(
        "body",
        [[], {}, *({"balance_cents": cents} for cents in (True, 1.5, "1", None, 10**30))],
    )
    def test_what_is_no_balance_is_unreadable(self, body: object) -> None:
        with pytest.raises(errors.ResponseUnreadable):
            told(body, read_balance)

    def test_a_wrong_key_is_refused(self, gateway: Gateway) -> None:
        with pytest.raises(errors.AuthenticationFailed):
            asked(Gateway("g", gateway.base_url, key=SecretStr("wrong")), read_balance)

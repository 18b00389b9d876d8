"""Which models a gateway offers, which limits and prices hold there, and what it refused."""

from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from pydantic import SecretStr

from glm_playground import bounds
from glm_playground.gateway import ChatRequest, Gateway, Gateways, Message, PriceList, PriceSchedule
from glm_playground.gateway.endpoint import OfferedModel
from glm_playground.gateway.errors import NotFound
from glm_playground.gateway.listing import read_listing
from glm_playground.gateway.live import LiveModels, LivePrices
from glm_playground.runs.cost import TokenClass
from glm_playground.runs.run import Outcome, Run, RunError, Server
from glm_playground.service import dialects, runtime
from glm_playground.service.limits import limits_of
from glm_playground.service.models import first_model, gateway_for, models_at

RUNAPI = Gateway("RunAPI", "https://runapi.ai", SecretStr("k"), seller="runapi")
ZAI = Gateway("Z.ai", "https://api.z.ai/api/paas/v4", seller="zai")
VLLM = Gateway(
    "vLLM",
    "http://vllm.test",
    models=(OfferedModel("glm-5.1", 50_000, 4000, Decimal(1), Decimal(2)), OfferedModel("own")),
    prices_as_of=date(2026, 11, 1),
    has_prices=False,
)
NOW = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _nothing_known() -> Iterator[None]:
    yield
    runtime._prices.clear()
    runtime._models.clear()
    dialects.forget()


def answered(value: Any) -> Any:
    future: Future[Any] = Future()
    if isinstance(value, Exception):
        future.set_exception(value)
    else:
        future.set_result(value)
    return runtime._Asked(future, None)


def lists(gateway: Gateway, *rows: dict[str, Any]) -> None:
    models = {model.id: model for row in rows if (model := read_listing(row))}
    runtime._models[runtime._place(gateway)] = answered(LiveModels(models, NOW))


def prices(gateway: Gateway, **rates: int) -> None:
    schedule = PriceSchedule("glm-5.1", Decimal(rates["input"]), Decimal(rates["output"]), None, "")
    listed = LivePrices(PriceList({"glm-5.1": schedule}, ()), None, NOW)
    runtime._prices[runtime._place(gateway)] = answered(listed)


def test_what_a_server_lists_comes_first() -> None:
    assert models_at(VLLM)[:2] == ["glm-5.1", "own"]
    lists(VLLM, {"id": "served"}, {"id": "glm-5.1"}, {"id": "GLM 4.6 联网"}, {"id": "a @ b"}, {"id": "x" * 300})
    assert models_at(VLLM)[:4] == ["glm-5.1", "served", "GLM 4.6 联网", "own"]
    assert "glm-4.5-air" in models_at(VLLM)
    assert not {"a @ b", "x" * 300} & set(models_at(VLLM))


def test_a_long_list_is_offered_in_part() -> None:
    before = len(models_at(RUNAPI))
    lists(RUNAPI, *({"id": f"m{number}"} for number in range(5000)))
    assert len(models_at(RUNAPI)) == before + bounds.LISTED_MODELS


def test_a_model_is_asked_of_the_gateway_that_has_it() -> None:
    gateways = Gateways((ZAI, RUNAPI, VLLM))
    assert gateway_for(gateways, "own") is VLLM
    assert gateway_for(gateways, "glm-4.5") is RUNAPI
    lists(ZAI, {"id": "glm-4.5"})
    assert gateway_for(gateways, "glm-4.5") is ZAI


@pytest.mark.parametrize(
    ("row", "context", "output"),
    [
        ({"max_model_len": 32768}, 32768, None),
        ({"meta": {"n_ctx": 8192, "n_ctx_train": 131072}}, 8192, None),
        ({"context_length": 1000, "top_provider": {"max_completion_tokens": 100}}, 1000, 100),
        ({"context_window": 131072, "max_completion_tokens": 65536}, 131072, 65536),
        ({"context_size": 9, "max_output_tokens": 8}, 9, 8),
        ({"max_input_tokens": 2048, "max_output_tokens": 512}, 2048, 512),
        ({"loaded_context_length": 4096, "max_context_length": 131072}, 4096, None),
        ({"max_model_len": None, "context_length": 7}, 7, None),
        ({"max_model_len": "32768"}, 32768, None),
        ({"context_window": 131072.0, "max_tokens": 8192}, 131072, 8192),
        ({"inputTokenLimit": 1048576, "outputTokenLimit": 65536}, 1048576, 65536),
        ({"metadata": {"context_length": 9, "max_tokens": 4}}, 9, 4),
        ({"max_model_len": 0, "context_length": 9.5, "meta": {"n_ctx": 4096}}, 4096, None),
        ({"max_model_len": "32k"}, None, None),
        ({"max_model_len": -1, "meta": []}, None, None),
        ({"max_model_len": True}, None, None),
        ({"max_model_len": 10**30}, None, None),
    ],
)
def test_limits_in_the_places_of_servers(row: dict[str, Any], context: int | None, output: int | None) -> None:
    found = read_listing({"id": "m", **row})
    assert found
    assert (found.context_tokens, found.max_output_tokens) == (context, output)


def test_the_smaller_of_what_the_server_and_the_operator_say_binds() -> None:
    lists(VLLM, {"id": "glm-5.1", "max_model_len": 32768})
    found = limits_of(VLLM, "glm-5.1")
    assert (found.most_context, found.most_output, found.glm_ranges) == (32768, 4000, False)


def test_the_catalogs_limits_bind_at_the_seller_only() -> None:
    seller, stranger = limits_of(RUNAPI, "glm-5.1"), limits_of(VLLM, "glm-5")
    assert seller.most_context
    assert seller.glm_ranges
    assert stranger.context_tokens
    assert (stranger.most_context, stranger.most_output) == (None, None)
    assert limits_of(VLLM, "own").context_tokens is None


def test_prices_go_from_the_live_list_to_the_file_to_the_sellers_own() -> None:
    def output(gateway: Gateway, model: str = "glm-5.1") -> tuple[Decimal, str] | None:
        found = runtime.price_of(gateway, model)
        return (found.per_million[TokenClass.OUTPUT], found.source) if found else None

    zai, runapi = output(ZAI), output(RUNAPI)
    assert zai is not None
    assert zai[0] == Decimal("4.40")
    assert runapi != zai
    assert output(VLLM) == (Decimal(2), "the operator's file")
    # Nobody's price is taken for another's.
    assert output(VLLM, "glm-5") is None
    assert output(replace(VLLM, models=())) is None
    filed = replace(RUNAPI, models=VLLM.models, prices_as_of=VLLM.prices_as_of)
    assert output(filed) == (Decimal(2), "the operator's file")
    prices(filed, input=5, output=7)
    assert output(filed) == (Decimal(7), "https://runapi.ai/api/v1/price_schedules")


def test_what_nobody_said_is_offered_until_the_server_lacks_runapis_price_list() -> None:
    unknown = Gateway("127.0.0.1", "http://127.0.0.1:1")
    assert runtime.may_have_balance(unknown)
    runtime._prices[runtime._place(unknown)] = answered(NotFound("no", status=404))
    assert not runtime.may_have_balance(unknown)
    assert not runtime.may_have_tasks(unknown)
    assert runtime.may_have_tasks(replace(unknown, has_tasks=True))
    prices(unknown, input=1, output=1)
    assert runtime.may_have_balance(unknown)


def refused(words: str, kind: str = "RequestRejected", gateway: Gateway = VLLM) -> Run:
    request = ChatRequest(
        model="m",
        temperature=0.5,
        messages=(Message(role="assistant", content="a", reasoning_content="r"), Message(role="user", content="b")),
    )
    server = Server(gateway.name, gateway.origin)
    return Run("id", request, server, NOW, outcome=Outcome.FAILED, error=RunError(kind, words, status=400))


def test_only_what_the_app_adds_and_the_server_refuses_is_left_out() -> None:
    words = "Unexpected fields: {'stream_options', 'temperature'}; messages.0.reasoning_content: Extra inputs"
    run = refused(words)
    assert not dialects.leave_out(VLLM, run, "temperature")
    assert not dialects.leave_out(VLLM, refused("something else"), "stream_options")
    assert not dialects.leave_out(RUNAPI, run, "stream_options")
    assert dialects.leave_out(VLLM, run, "stream_options")
    assert dialects.leave_out(VLLM, run, "reasoning_content")
    body = run.request.said_in(dialects.dialect_of(VLLM)).body()
    assert "stream_options" not in body
    assert "reasoning_content" not in body["messages"][0]
    assert body["temperature"] == 0.5
    assert dialects.dialect_of(RUNAPI).without == frozenset()


class TestTheModelOfANewLane:
    PLAIN = Gateway("llama.cpp", "http://llama.test")

    def test_is_not_known_before_the_gateway_has_answered(self) -> None:
        assert first_model(VLLM) is None

    @pytest.mark.parametrize(
        ("gateway", "listed", "first"),
        [
            (PLAIN, ["a", "glm-5.1"], "glm-5.1"),
            (PLAIN, ["own.gguf"], "own.gguf"),
            (PLAIN, ["a", "glm-4.5-air"], "glm-4.5-air"),
            (PLAIN, [], "glm-5.1"),
            (replace(PLAIN, models=(OfferedModel("named"),)), ["a", "named"], "named"),
            (VLLM, ["own", "glm-5.1"], "glm-5.1"),
            (ZAI, ["glm-4.6", "glm-5.1"], "glm-5.1"),
        ],
    )
    def test_is_one_that_the_gateway_offers(self, gateway: Gateway, listed: list[str], first: str) -> None:
        lists(gateway, *({"id": id} for id in listed))
        assert first_model(gateway) == first

    def test_is_the_files_where_the_list_cannot_be_read(self) -> None:
        gateway = replace(self.PLAIN, models=(OfferedModel("named"),))
        runtime._models[runtime._place(gateway)] = answered(NotFound("no list"))
        assert first_model(gateway) == "named"

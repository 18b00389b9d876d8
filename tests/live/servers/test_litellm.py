"""The engine against LiteLLM's proxy, which has llama.cpp's server behind it."""

from decimal import Decimal

import pytest
from pydantic import SecretStr

from glm_playground.gateway import Gateway, Message
from glm_playground.runs.cost import CostState, cost_of
from glm_playground.runs.engine import Engine
from glm_playground.runs.metrics import metrics_of
from glm_playground.runs.run import Outcome, Run
from tests.live.servers.features import holds
from tests.live.servers.llama_server import CONTEXT, MODEL
from tests.live.servers.questions import REASONED, UNTHINKING, WEATHER, WET, asked, earlier_call, has_ended_well

pytestmark = pytest.mark.slow


def figures_of(run: Run) -> dict[str, float | str]:
    """The figures in the response's headers."""
    return {figure.name: figure.value for figure in run.server_figures if figure.source == "header"}


@holds("LiteLLM", "stream", "usage", "max_tokens", "figures", "cost", "thinking off")
def test_a_stream_with_its_figures_and_its_estimate_of_the_cost(engine: Engine, litellm_gateway: Gateway) -> None:
    run = has_ended_well(asked(engine, litellm_gateway, "Tell me about foxes.", extra=UNTHINKING, max_tokens=24))
    assert (run.outcome, run.complete_stream, run.reasoning) == (Outcome.LENGTH, True, "")
    assert metrics_of(run).deltas >= 15
    assert run.usage
    assert run.usage.prompt_tokens
    assert run.usage.completion_tokens == 24
    figures = figures_of(run)
    assert len(str(figures["x-litellm-call-id"])) == 36
    assert figures["x-litellm-model-id"]
    assert figures["x-litellm-attempted-fallbacks"] == "0"
    cost = cost_of(run, None)
    assert (cost.state, cost.by_server) == (CostState.ESTIMATED, True)
    assert cost.amount == Decimal("0.000001") * (run.usage.prompt_tokens + 2 * 24)


@holds("LiteLLM", "cost")
def test_a_model_without_a_price_costs_nothing_that_is_known(engine: Engine, litellm_gateway: Gateway) -> None:
    run = has_ended_well(asked(engine, litellm_gateway, "hi", model="unpriced", extra=UNTHINKING, max_tokens=4))
    assert cost_of(run, None).state is CostState.NO_PRICE


@holds("LiteLLM", "figures")
def test_a_fallback_is_among_its_figures(engine: Engine, litellm_gateway: Gateway) -> None:
    run = has_ended_well(asked(engine, litellm_gateway, "hi", model="broken", extra=UNTHINKING, max_tokens=4))
    assert figures_of(run)["x-litellm-attempted-fallbacks"] == "1"


@holds("LiteLLM", "reasoning")
def test_reasoning_is_kept_apart(engine: Engine, litellm_gateway: Gateway) -> None:
    run = has_ended_well(asked(engine, litellm_gateway, "What is 2 + 2?", extra=REASONED, max_tokens=40))
    assert (run.reasoning, run.content) == ("Two and two.", "Four.")


@holds("LiteLLM", "json", "stop text")
def test_json_by_a_schema_and_a_stop_text(engine: Engine, litellm_gateway: Gateway) -> None:
    by_schema = {"type": "json_schema", "json_schema": {"name": "wet", "schema": WET}}
    run = has_ended_well(
        asked(engine, litellm_gateway, "Is it wet?", extra=UNTHINKING, response_format=by_schema, max_tokens=40)
    )
    assert run.content.replace("\n", "").replace(" ", "").startswith('{"wet":')
    extra = UNTHINKING | {"grammar": 'root ::= "one\\ntwo"'}
    assert asked(engine, litellm_gateway, "Count", extra=extra, stop="\n").content == "one"


@holds("LiteLLM", "tools")
def test_the_results_of_tools_are_taken(engine: Engine, litellm_gateway: Gateway) -> None:
    asked_again = Message(role="user", content="And why?")
    run = asked(engine, litellm_gateway, *earlier_call("Rome", "a"), asked_again, tools=(WEATHER,), extra=UNTHINKING)
    assert has_ended_well(run).has_delta


@holds("LiteLLM", "context", "unknown model", "wrong key", "wrong path", "words")
def test_refusals_are_told_apart_and_in_its_words(engine: Engine, litellm_gateway: Gateway) -> None:
    def refused(gateway: Gateway, prompt: str = "hi", **fields: object) -> tuple[str, str]:
        run = asked(engine, gateway, prompt, **fields)
        assert run.error, run.content
        return run.error.kind, run.error.message

    kind, words = refused(litellm_gateway, "word " * 2 * CONTEXT)
    assert (kind, f"{CONTEXT} tokens" in words) == ("LimitExceeded", True)
    kind, words = refused(litellm_gateway, model="glm-9")
    assert (kind, "model=glm-9" in words) == ("ModelNotFound", True)
    kind, words = refused(litellm_gateway, extra={"temperature": "warm"})
    assert (kind, "temperature" in words) == ("RequestRejected", True)
    kind, words = refused(litellm_gateway, thinking=True)
    assert (kind, "thinking" in words) == ("CapabilityUnsupported", True)
    address = litellm_gateway.base_url
    # Without a database it looks no key up.
    assert refused(Gateway("x", address, key=SecretStr("sk-other")))[0] == "AuthenticationFailed"
    assert refused(Gateway("x", f"{address}/v9", key=litellm_gateway.key))[0] == "PathNotFound"


@holds("LiteLLM", "models", "limits")
def test_it_lists_its_models(engine: Engine, litellm_gateway: Gateway) -> None:
    listed = engine.ask(litellm_gateway, lambda client: client.models()).result(60)
    assert {model.id for model in listed} == {MODEL, "unpriced", "broken"}
    assert {model.context_tokens for model in listed if model.id == MODEL} == {CONTEXT}

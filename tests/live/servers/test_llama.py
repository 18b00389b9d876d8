"""The engine against llama.cpp's own server, which has a chat template in the shape of GLM's."""

import json

import pytest
from pydantic import SecretStr

from glm_playground.chat.conversation import tool_calls_of
from glm_playground.gateway import Gateway, Message
from glm_playground.gateway.wire import ThinkingSwitch
from glm_playground.runs.cost import CostState, cost_of
from glm_playground.runs.engine import Engine
from glm_playground.runs.metrics import metrics_of
from glm_playground.runs.notes import NoteKind, notes_of
from glm_playground.runs.run import Outcome
from tests.live.servers.features import holds
from tests.live.servers.llama_server import CONTEXT, MODEL
from tests.live.servers.questions import REASONED, UNTHINKING, WEATHER, WET, asked, earlier_call, has_ended_well

pytestmark = [pytest.mark.slow, pytest.mark.measures]

LONG = "Tell me a long story about a fox."


@holds("llama.cpp", "stream", "usage", "max_tokens", "figures")
def test_a_stream_with_its_usage_and_the_servers_own_figures(engine: Engine, llama_gateway: Gateway) -> None:
    run = has_ended_well(asked(engine, llama_gateway, LONG, extra=UNTHINKING, max_tokens=24))
    assert (run.outcome, run.complete_stream, run.served_model) == (Outcome.LENGTH, True, MODEL)
    assert metrics_of(run).deltas >= 20
    assert run.usage
    assert run.usage.completion_tokens == 24
    assert cost_of(run, None).state is CostState.NO_PRICE
    figures = {(figure.source, figure.name): figure.value for figure in run.server_figures}
    assert figures["timings", "predicted_n"] == 24
    assert float(figures["timings", "predicted_per_second"]) > 0
    assert not notes_of(run)


@holds("llama.cpp", "figures")
def test_how_far_it_is_with_the_prompt(engine: Engine, llama_gateway: Gateway) -> None:
    extra = UNTHINKING | {"return_progress": True, "cache_prompt": False}
    run = has_ended_well(asked(engine, llama_gateway, "word " * 60, extra=extra, max_tokens=2))
    figures = {figure.name: figure.value for figure in run.server_figures if figure.source == "prompt_progress"}
    assert figures["processed"] == figures["total"]


@holds("llama.cpp", "reasoning")
def test_reasoning_is_kept_apart(engine: Engine, llama_gateway: Gateway) -> None:
    run = has_ended_well(asked(engine, llama_gateway, "What is 2 + 2?", extra=REASONED, max_tokens=40))
    assert (run.reasoning, run.content, run.outcome) == ("Two and two.", "Four.", Outcome.COMPLETED)
    metrics = metrics_of(run)
    assert metrics.ttft
    assert metrics.ttfa
    assert metrics.ttft < metrics.ttfa


def test_reasoning_alone_is_said_to_be_no_answer(engine: Engine, llama_gateway: Gateway) -> None:
    extra = {"grammar": 'root ::= "Two and two."'}
    run = has_ended_well(asked(engine, llama_gateway, "What is 2 + 2?", extra=extra, max_tokens=40))
    assert [note.kind for note in notes_of(run)] == [NoteKind.REASONING_ONLY]


@holds("llama.cpp", "thinking off")
def test_thinking_is_turned_off_by_the_template(engine: Engine, llama_gateway: Gateway) -> None:
    answer = {"grammar": 'root ::= "Four."'}
    run = has_ended_well(asked(engine, llama_gateway, "What is 2 + 2?", extra=UNTHINKING | answer))
    assert (run.reasoning, run.content) == ("", "Four.")
    by_switch = {"thinking": False, "thinking_switch": ThinkingSwitch.TEMPLATE}
    run = has_ended_well(asked(engine, llama_gateway, "What is 2 + 2?", extra=answer, **by_switch))
    assert (run.reasoning, run.content) == ("", "Four.")
    # Z.ai's switch is ignored here, which the run says.
    run = has_ended_well(asked(engine, llama_gateway, "What is 2 + 2?", thinking=False, extra=answer))
    assert NoteKind.REASONED_ANYWAY in {note.kind for note in notes_of(run)}


@holds("llama.cpp", "json")
@pytest.mark.parametrize("named", ["json_object", "json_schema"])
def test_json(engine: Engine, llama_gateway: Gateway, named: str) -> None:
    # Without a schema the small model does not find an end.
    schema = {"schema": WET} if named == "json_object" else {"json_schema": {"name": "wet", "schema": WET}}
    run = has_ended_well(
        asked(
            engine,
            llama_gateway,
            "Is water wet?",
            extra=UNTHINKING,
            response_format={"type": named, **schema},
            max_tokens=40,
        )
    )
    assert run.outcome is Outcome.COMPLETED
    assert set(json.loads(run.content)) == {"wet"}


@holds("llama.cpp", "tools")
def test_a_tool_is_called_and_its_result_sent_back(engine: Engine, llama_gateway: Gateway) -> None:
    earlier = (
        *earlier_call("Rome", "a"),
        *earlier_call("Berlin", "b"),
        Message(role="user", content="Weather in Paris?"),
    )
    fields = {"tools": (WEATHER,), "max_tokens": 60, "extra": UNTHINKING | {"parallel_tool_calls": False}}
    run = has_ended_well(
        asked(engine, llama_gateway, *earlier, **fields | {"extra": fields["extra"] | {"tool_choice": "required"}})
    )
    assert run.outcome is Outcome.TOOL_CALLS
    [call] = tool_calls_of(run)
    assert call.name == "weather"
    assert set(json.loads(call.arguments)) == {"city"}
    results = (
        Message(role="assistant", content=run.content, tool_calls=(call,), reasoning_content="It is asked."),
        Message(role="tool", content="20 degrees", tool_call_id=call.id),
    )
    has_ended_well(asked(engine, llama_gateway, *earlier, *results, **fields | {"max_tokens": 8}))


@holds("llama.cpp", "stop text")
def test_a_stop_text_ends_the_answer(engine: Engine, llama_gateway: Gateway) -> None:
    extra = UNTHINKING | {"grammar": 'root ::= "one\\ntwo"'}
    run = has_ended_well(asked(engine, llama_gateway, "Count", extra=extra, stop="\n"))
    assert (run.content, run.outcome) == ("one", Outcome.COMPLETED)


@holds("llama.cpp", "context")
def test_a_prompt_beyond_the_context_is_a_limit(engine: Engine, llama_gateway: Gateway) -> None:
    run = asked(engine, llama_gateway, "word " * 2 * CONTEXT)
    assert run.error
    assert (run.error.kind, run.error.code) == ("LimitExceeded", "exceed_context_size_error")
    assert f"{CONTEXT} tokens" in run.error.message


@holds("llama.cpp", "words", "wrong key", "wrong path")
def test_refusals_are_told_apart_and_in_its_words(engine: Engine, llama_gateway: Gateway) -> None:
    def refused(gateway: Gateway, **fields: object) -> tuple[str, str]:
        error = asked(engine, gateway, "hi", **fields).error
        assert error
        return error.kind, error.message

    kind, words = refused(llama_gateway, extra={"tool_choice": "nope"}, tools=(WEATHER,))
    assert (kind, "nope" in words) == ("RequestRejected", True)
    kind, words = refused(llama_gateway, extra={"temperature": "warm"})
    assert (kind, "temperature" in words) == ("RequestRejected", True)
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    kind, words = refused(llama_gateway, extra={"messages": [{"role": "user", "content": [image]}]})
    assert (kind, "image input" in words) == ("CapabilityUnsupported", True)
    address = llama_gateway.base_url
    assert refused(Gateway("x", address, key=SecretStr("sk-other")))[0] == "AuthenticationFailed"
    assert refused(Gateway("x", f"{address}/v9", key=llama_gateway.key))[0] == "PathNotFound"


@holds("llama.cpp", "models", "limits")
def test_it_lists_its_model(engine: Engine, llama_gateway: Gateway) -> None:
    listed = engine.ask(llama_gateway, lambda client: client.models()).result(60)
    assert [(model.id, model.context_tokens) for model in listed] == [(MODEL, CONTEXT)]

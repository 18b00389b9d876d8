"""The sandbox as a server for other programs: the openai package against it, as its users write it."""

import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest

from glm_playground.sandbox.process import SandboxProcess
from tests.live.servers.features import holds

TOOLS: Any = [{"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}]


@pytest.fixture(scope="module")
def client() -> Iterator[openai.OpenAI]:
    with (
        SandboxProcess.start("scripted", script="rate=0") as sandbox,
        openai.OpenAI(base_url=f"{sandbox.base_url}/v1", api_key=sandbox.key, max_retries=0) as client,
    ):
        yield client


@holds("openai for Python", "chat", "tools", "developer", "max_completion_tokens")
def test_a_loop_over_tools_ends(client: openai.OpenAI) -> None:
    messages: list[Any] = [
        {"role": "developer", "content": "use the tool"},
        {"role": "user", "content": "@script tool_call=1"},
    ]
    turns = 0
    while turns < 4:
        turns += 1
        completion = client.chat.completions.create(
            model="glm-5.1", messages=messages, tools=TOOLS, max_completion_tokens=100
        )
        message = completion.choices[0].message
        if not message.tool_calls:
            break
        messages.append(message)
        for call in message.tool_calls:
            assert call.type == "function"
            json.loads(call.function.arguments)
            messages.append({"role": "tool", "tool_call_id": call.id, "content": "21 degrees"})
    assert (turns, bool(message.content)) == (2, True)


@holds("openai for Python", "model")
def test_models_and_errors(client: openai.OpenAI) -> None:
    first = next(iter(client.models.list()))
    assert client.models.retrieve(first.id).id == first.id
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("glm-9")
    with pytest.raises(openai.UnprocessableEntityError):
        client.chat.completions.create(model="glm-5.1", messages=[{"role": "user", "content": "hi"}], temperature=2)


@holds("openai for Python", "stream", "max_completion_tokens")
def test_a_stream_with_its_usage(client: openai.OpenAI) -> None:
    stream = client.chat.completions.create(
        model="glm-5.1",
        messages=[{"role": "user", "content": "@script tokens=30"}],
        stream=True,
        stream_options={"include_usage": True},
        max_completion_tokens=8,
    )
    *_, last = stream
    assert last.usage
    assert last.usage.completion_tokens == 8

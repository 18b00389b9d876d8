"""The sandbox as a server for the clients that people build on, as their users write them; what they sent stands in the
sandbox's log. openai's package for Python is tried in `tests/live/sandbox`.
"""

import asyncio
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from glm_playground.sandbox.process import SandboxProcess
from tests.live.conftest import AskedLog
from tests.live.servers.features import NODE_PACKAGE, holds
from tests.live.servers.litellm_environment import NotInstalled, litellm_command

pytestmark = pytest.mark.slow
TOLD = "use `uv sync --group clients`"


@pytest.fixture
def langchain(sandbox: SandboxProcess) -> Callable[..., Any]:
    module = pytest.importorskip("langchain_openai", reason=TOLD)

    def client(**settings: Any) -> Any:
        return module.ChatOpenAI(
            model="glm-5.1", base_url=f"{sandbox.base_url}/v1", api_key=sandbox.key, max_retries=0, **settings
        )

    return client


@holds("LangChain", "chat", "stream", "max_completion_tokens", "developer")
def test_langchain_chats_and_streams(langchain: Callable[..., Any], asked: AskedLog) -> None:
    prompt = [("developer", "be brief"), ("user", "@script tokens=30 rate=0\nlangchain linnets")]
    answer = langchain(max_tokens=8).invoke(prompt)
    assert answer.content
    assert answer.usage_metadata["output_tokens"] == 8
    assert answer.response_metadata["finish_reason"] == "length"
    sent = asked.wait("langchain linnets")["body"]
    assert (sent["max_completion_tokens"], sent["messages"][0]["role"]) == (8, "developer")

    pieces = list(langchain(stream_usage=True).stream(prompt))
    assert len(pieces) > 20
    assert sum((piece.usage_metadata or {}).get("output_tokens", 0) for piece in pieces) == 30


@holds("LangChain", "tools")
def test_langchains_loop_over_tools_ends(langchain: Callable[..., Any]) -> None:
    from langchain_core.messages import HumanMessage, ToolMessage
    from langchain_core.tools import tool

    @tool
    def weather(city: str, unit: str) -> str:
        """The weather in a city."""
        return f"21 degrees {unit} in {city}"

    model = langchain().bind_tools([weather])
    messages: list[Any] = [HumanMessage("@script tool_call=1 rate=0")]
    for _ in range(4):
        answer = model.invoke(messages)
        messages.append(answer)
        if not answer.tool_calls:
            break
        messages += [ToolMessage(weather.invoke(call["args"]), tool_call_id=call["id"]) for call in answer.tool_calls]
    assert [message.type for message in messages] == ["human", "ai", "tool", "ai"]
    assert messages[-1].content


@pytest.fixture
def pydantic_ai_model(sandbox: SandboxProcess) -> Any:
    pytest.importorskip("pydantic_ai", reason=TOLD)
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider

    provider = OpenAIProvider(base_url=f"{sandbox.base_url}/v1", api_key=sandbox.key)
    return OpenAIChatModel("glm-5.1", provider=provider, profile={"openai_system_prompt_role": "developer"})


@holds("pydantic-ai", "chat", "stream", "max_completion_tokens", "developer")
def test_pydantic_ai_chats_and_streams(pydantic_ai_model: Any, asked: AskedLog) -> None:
    from pydantic_ai import Agent

    agent = Agent(pydantic_ai_model, system_prompt="be brief")
    prompt = "@script tokens=30 rate=0\npydantic pipits"
    result = agent.run_sync(prompt, model_settings={"max_tokens": 8})
    assert result.output
    assert result.usage.output_tokens == 8
    sent = asked.wait("pydantic pipits")["body"]
    assert (sent["max_completion_tokens"], sent["messages"][0]["role"]) == (8, "developer")

    async def streamed() -> tuple[int, int]:
        async with agent.run_stream(prompt) as stream:
            pieces = [piece async for piece in stream.stream_text(delta=True, debounce_by=None)]
        return len(pieces), stream.usage.output_tokens

    count, tokens = asyncio.run(streamed())
    assert count > 20
    assert tokens == 30


@holds("pydantic-ai", "tools")
def test_pydantic_ais_loop_over_tools_ends(pydantic_ai_model: Any) -> None:
    from pydantic_ai import Agent

    cities = []

    def weather(city: str, unit: str) -> str:
        """The weather in a city."""
        cities.append(city)
        return f"21 degrees {unit} in {city}"

    result = Agent(pydantic_ai_model, tools=[weather]).run_sync("@script tool_call=1 rate=0")
    assert len(cities) == 1
    assert result.output
    assert result.usage.requests == 2


_LITELLM = """
import json, os, sys
import litellm

place = {"model": "openai/glm-5.1", "api_base": sys.argv[1], "api_key": sys.argv[2]}
prompt = "@script tokens=30 rate=0\\nlitellm larks"
messages = [{"role": "developer", "content": "be brief"}, {"role": "user", "content": prompt}]
answer = litellm.completion(messages=messages, max_completion_tokens=8, **place)
pieces = list(litellm.completion(messages=messages, stream=True, stream_options={"include_usage": True}, **place))

tools = [{"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}]
loop = [{"role": "user", "content": "@script tool_call=1 rate=0"}]
while len(loop) < 8:
    message = litellm.completion(messages=loop, tools=tools, **place).choices[0].message
    loop.append(message.model_dump(exclude_none=True))
    if not message.tool_calls:
        break
    loop += [{"role": "tool", "tool_call_id": call.id, "content": "21 degrees"} for call in message.tool_calls]

print(json.dumps({
    "content": answer.choices[0].message.content,
    "tokens": answer.usage.completion_tokens,
    "pieces": sum(bool(piece.choices and piece.choices[0].delta.content) for piece in pieces),
    "streamed tokens": [piece.usage.completion_tokens for piece in pieces if getattr(piece, "usage", None)],
    "loop": [message["role"] for message in loop],
    "models": litellm.get_valid_models(
        check_provider_endpoint=True, custom_llm_provider="openai", api_key=sys.argv[2], api_base=sys.argv[1]
    ),
}))
"""


@holds("LiteLLM as a client", "chat", "stream", "max_completion_tokens", "developer", "tools", "model")
def test_litellm(sandbox: SandboxProcess, asked: AskedLog) -> None:
    try:
        python = litellm_command().with_name("python")
    except NotInstalled as error:
        pytest.skip(f"LiteLLM cannot be installed here: {error}")
    command = [python, "-c", _LITELLM, f"{sandbox.base_url}/v1", sandbox.key]
    environment = {**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=500, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["content"]
    assert (told["tokens"], told["streamed tokens"]) == (8, [30])
    assert told["pieces"] > 20
    assert told["loop"] == ["user", "assistant", "tool", "assistant"]
    assert "glm-5.1" in {model.rpartition("/")[2] for model in told["models"]}
    first = asked.entries("litellm larks")[0]["body"]
    # It takes the role, and sends the older one to all but OpenAI.
    assert (first["max_completion_tokens"], first["messages"][0]["role"]) == (8, "system")


_NODE = """
import OpenAI from "openai";

const [baseURL, apiKey] = process.argv.slice(1);
const client = new OpenAI({ baseURL, apiKey, maxRetries: 0 });
const model = "glm-5.1";
const messages = [{ role: "developer", content: "be brief" }, { role: "user", content: "@script tokens=30 rate=0" }];
const answer = await client.chat.completions.create({ model, messages, max_completion_tokens: 8 });
const tools = [{ type: "function", function: { name: "weather", parameters: { type: "object" } } }];
const loop = [{ role: "user", content: "@script tool_call=1 rate=0" }];
while (loop.length < 8) {
  const { message } = (await client.chat.completions.create({ model, messages: loop, tools })).choices[0];
  loop.push(message);
  if (!message.tool_calls) break;
  for (const call of message.tool_calls) loop.push({ role: "tool", tool_call_id: call.id, content: "21 degrees" });
}
const listed = [];
for await (const one of client.models.list()) listed.push(one.id);
console.log(JSON.stringify({
  content: answer.choices[0].message.content,
  tokens: answer.usage.completion_tokens,
  loop: loop.map((message) => message.role),
  listed: listed.includes(model),
  model: (await client.models.retrieve(model)).id,
}));
"""


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
@pytest.mark.skipif(not NODE_PACKAGE.exists(), reason="run `npm install --prefix tests/quickstarts` first")
@holds("openai for Node", "chat", "max_completion_tokens", "developer", "tools", "model")
def test_openai_for_node(sandbox: SandboxProcess) -> None:
    command = ["node", "--input-type=module", "-e", _NODE, f"{sandbox.base_url}/v1", sandbox.key]
    folder = NODE_PACKAGE.parents[2]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout)
    assert told.pop("content")
    roles = ["user", "assistant", "tool", "assistant"]
    assert told == {"tokens": 8, "loop": roles, "listed": True, "model": "glm-5.1"}

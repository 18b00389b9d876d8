"""The sandbox with the real stand-in model behind it."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from glm_playground.sandbox.process import SandboxProcess

pytestmark = [pytest.mark.slow, pytest.mark.measures]

SERVED_BY = "SmolLM2-135M-Instruct (stand-in, not GLM)"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxProcess]:
    started = time.perf_counter()
    with SandboxProcess.start("standin", keep_log=True) as process:
        print(f"\nstand-in ready after {time.perf_counter() - started:.2f} s")
        yield process


@pytest.fixture
def client(sandbox: SandboxProcess) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {sandbox.key}"}
    with httpx.Client(base_url=sandbox.base_url, headers=headers, trust_env=False, timeout=30) as client:
        client.delete("/sandbox/log")
        yield client


def body_of(prompt: str, **fields: Any) -> dict[str, Any]:
    return {"model": "glm-4.6", "messages": [{"role": "user", "content": prompt}], "temperature": 0, **fields}


def ask(client: httpx.Client, prompt: str, **fields: Any) -> httpx.Response:
    return client.post("/v1/chat/completions", json=body_of(prompt, **fields))


def ended(client: httpx.Client) -> dict[str, Any]:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        entry: dict[str, Any] = client.get("/sandbox/log").json()["requests"][-1]
        if entry["path"] == "/v1/chat/completions" and entry["ended_ns"] is not None:
            return entry
        client.get("/healthz")
    raise AssertionError("the request did not end")


@pytest.fixture(autouse=True)
def only_chats_in_the_log(client: httpx.Client) -> None:
    client.delete("/sandbox/log")


def test_it_streams_with_real_usage(sandbox: SandboxProcess, client: httpx.Client) -> None:
    assert (sandbox.engine, sandbox.model, sandbox.why) == ("standin", "SmolLM2-135M-Instruct", None)
    fields = {"stream": True, "stream_options": {"include_usage": True}, "max_tokens": 24}
    response = ask(client, "Name three colours.", **fields)
    assert response.headers["X-Sandbox-Served-By"] == SERVED_BY
    found = [block.removeprefix("data: ") for block in response.text.split("\n\n") if block]
    assert found[-1] == "[DONE]"
    parsed = [json.loads(block) for block in found[:-1]]
    text = "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in parsed if chunk["choices"])
    assert len(text) > 10
    assert parsed[-2]["choices"][0]["finish_reason"] in {"stop", "length"}
    usage = parsed[-1]["usage"]
    assert 1 < usage["completion_tokens"] <= 24
    assert usage["prompt_tokens"] > 4
    assert {chunk["model"] for chunk in parsed} == {"glm-4.6"}
    whole = ask(client, "Name three colours.", max_tokens=24).json()
    assert whole["choices"][0]["message"]["content"] == text
    assert whole["system_fingerprint"] == "sandbox-standin-smollm2-135m"


def test_parameters_reach_the_model(client: httpx.Client) -> None:
    def text(**fields: Any) -> Any:
        return ask(client, "Write a line about rain.", **fields).json()["choices"][0]["message"]["content"]

    hot = {"temperature": 1.0, "max_tokens": 12}
    assert text(seed=7, **hot) == text(seed=7, **hot)
    assert text(seed=7, **hot) != text(seed=8, **hot)
    assert "e" not in text(stop=["e"], max_tokens=30)
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    shaped = {"type": "json_schema", "json_schema": {"name": "n", "schema": schema}}
    assert json.loads(text(response_format=shaped, max_tokens=60)).keys() == {"n"}
    refused = ask(client, "x", response_format={"type": "json_schema", "json_schema": {"schema": {"type": "odd"}}})
    assert refused.status_code == 400


def test_several_at_once(client: httpx.Client) -> None:
    started = time.perf_counter()
    with ThreadPoolExecutor(6) as threads:
        asked = [threads.submit(ask, client, f"Count to {n}.", max_tokens=16) for n in range(6)]
        tokens = sum(future.result().json()["usage"]["completion_tokens"] for future in asked)
    print(f"stand-in, six at once: {tokens / (time.perf_counter() - started):.0f} tokens/s together")
    assert tokens > 6


def test_a_client_that_leaves_stops_the_generation(client: httpx.Client) -> None:
    balance = client.get("/api/v1/me/balance").json()
    body = body_of("Write a very long story about a dog.", stream=True, max_tokens=2000)
    with client.stream("POST", "/v1/chat/completions", json=body) as response:
        received = response.iter_raw()
        while b'"content":"' not in next(received):
            pass
        left = time.perf_counter_ns()
    entry = ended(client)
    print(f"stand-in: disconnect seen after {(entry['closed_by_client_ns'] - left) / 1e6:.1f} ms")
    assert (entry["closed_by_client_ns"] - left) / 1e6 < 200
    assert entry["tokens_sent"] < 200
    assert client.get("/api/v1/me/balance").json() == balance
    # The model is free again: a 2000-token story would hold this up for many seconds.
    started = time.perf_counter()
    ask(client, "Say hi.", max_tokens=1)
    assert time.perf_counter() - started < 3


def test_a_prompt_that_is_being_read_can_be_left(client: httpx.Client) -> None:
    with pytest.raises(httpx.ReadTimeout):
        client.post("/v1/chat/completions", json=body_of("dog " * 4000), timeout=0.3)
    assert ended(client)["tokens_sent"] == 0
    started = time.perf_counter()
    ask(client, "Say hi.", max_tokens=1)
    assert time.perf_counter() - started < 5


def test_a_prompt_beyond_the_context_is_refused_with_both_numbers(client: httpx.Client) -> None:
    response = ask(client, "word " * 9000)
    assert response.status_code == 400
    assert response.json()["code"] == "model_limit_exceeded"
    assert "8192" in response.json()["error"]
    assert "90" in response.json()["error"]

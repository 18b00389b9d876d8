"""The scripted sandbox on a real loopback connection: routes, wire shapes, charging."""

import asyncio
import json
import time
from decimal import Decimal
from typing import Any

import httpx
import pytest

from glm_playground.sandbox.process import SandboxProcess
from tests.unit.sandbox.wire import ask, blocks, body_of, chunks, logged, text_of


def exact_balance(client: httpx.Client) -> Decimal:
    return Decimal(client.get("/api/v1/me/balance").json()["sandbox"]["exact_balance_usd"])


def test_a_stream_says_who_answers_and_ends_with_usage_and_done(client: httpx.Client) -> None:
    response = client.post(
        "/v1/chat/completions", json=body_of("@script tokens=40"), headers={"X-Client-Request-Id": "run-1"}
    )
    assert response.headers["X-Sandbox-Engine"] == "scripted"
    assert response.headers["X-Sandbox-Served-By"] == "scripted text (not GLM)"
    assert response.headers["X-Client-Request-Id"] == "run-1"
    assert response.headers["x-request-id"].startswith("req_")
    parsed = chunks(response)
    assert {chunk["system_fingerprint"] for chunk in parsed} == {"sandbox-scripted"}
    assert parsed[-2]["choices"][0]["finish_reason"] == "stop"
    assert parsed[-1]["choices"] == []
    assert parsed[-1]["usage"]["completion_tokens"] == 40
    assert len(parsed) == 1 + 40 + 2
    assert blocks(response)[-1] == b"data: [DONE]"


def test_no_usage_unless_asked_for(client: httpx.Client) -> None:
    assert all("usage" not in chunk for chunk in chunks(ask(client, "@script tokens=3", stream_options=None)))


def test_whole_answer_has_the_text_of_the_stream(client: httpx.Client) -> None:
    prompt = "@script tokens=30 reasoning=5"
    whole = ask(client, prompt, stream=False).json()
    message = whole["choices"][0]["message"]
    parsed = chunks(ask(client, prompt))
    assert message["content"] == text_of(parsed)
    assert message["reasoning_content"] == text_of(parsed, "reasoning_content")
    assert whole["usage"] == parsed[-1]["usage"]
    assert whole["usage"]["completion_tokens_details"] == {"reasoning_tokens": 5}


def test_max_tokens_cuts_with_length(client: httpx.Client) -> None:
    parsed = chunks(ask(client, "@script tokens=30 reasoning=5", max_tokens=8))
    assert parsed[-2]["choices"][0]["finish_reason"] == "length"
    assert parsed[-1]["usage"]["completion_tokens"] == 8


def test_shapes_of_the_wire(client: httpx.Client) -> None:
    parsed = chunks(ask(client, "@script tokens=2 reasoning=2 think_tags=1 bundle=2"))
    assert text_of(parsed).startswith("<think>")
    assert "</think>\n\n##" in text_of(parsed)
    in_finish = chunks(ask(client, "@script tokens=2 usage_in_finish=1 finish=sensitive"))[-1]
    assert in_finish["choices"][0]["finish_reason"] == "sensitive"
    assert in_finish["usage"]["completion_tokens"] == 2
    assert b"[DONE]" not in ask(client, "@script tokens=2 done=0").content
    assert blocks(ask(client, "@script tokens=2 done=2"))[-2:] == [b"data: [DONE]"] * 2
    assert b"usage" not in ask(client, "@script tokens=2 usage=0").content
    odd = ask(client, "@script tokens=2 crlf=1 comments=1").content
    assert b": keep-alive\r\n\r\ndata: " in odd
    assert odd.count(b"\n") == odd.count(b"\r\n")
    exact = chunks(ask(client, "@script text=a%20%3Cb%3E%0A%C3%A9"))
    assert text_of(exact) == "a <b>\né"


def test_tool_call_comes_in_pieces(client: httpx.Client) -> None:
    tools = [{"type": "function", "function": {"name": "look_up"}}]
    parsed = chunks(ask(client, "@script tool_call=1", tools=tools))
    deltas = [chunk["choices"][0]["delta"] for chunk in parsed if chunk["choices"]]
    calls = [call for delta in deltas for call in delta.get("tool_calls", [])]
    assert calls[0]["function"]["name"] == "look_up"
    assert len(calls) > 3
    assert json.loads("".join(call["function"]["arguments"] for call in calls)) == {"city": "Lisbon", "unit": "celsius"}
    assert parsed[-2]["choices"][0]["finish_reason"] == "tool_calls"
    whole = ask(client, "@script tool_call=1", stream=False).json()["choices"][0]["message"]
    assert json.loads(whole["tool_calls"][0]["function"]["arguments"])["city"] == "Lisbon"


def test_balance_falls_only_for_completed_runs(client: httpx.Client) -> None:
    before = exact_balance(client)
    done = ask(client, "@script tokens=1000")
    after = exact_balance(client)
    task = client.get(f"/api/v1/tasks/{done.headers['X-RunAPI-Task-Id']}").json()
    assert task["status"] == "completed"
    assert before - after == Decimal(str(task["usage"]["cost"]))
    assert before - after == Decimal(task["usage"]["prompt_tokens"] * 90 + 1000 * 300) / 100_000_000
    assert task["choices"][0]["message"]["content"] == text_of(chunks(done))
    failed = [
        ask(client, f"@script tokens=9 {script}").headers["X-RunAPI-Task-Id"]
        for script in ("status=500", "fault=error_midstream", "finish=network_error")
    ]
    with client.stream("POST", "/v1/chat/completions", json=body_of("@script tokens=900 rate=20")) as aborted:
        failed.append(aborted.headers["X-RunAPI-Task-Id"])
        next(aborted.iter_raw())
    logged(client)
    assert exact_balance(client) == after
    tasks = [client.get(f"/api/v1/tasks/{task_id}").json() for task_id in failed]
    assert [(task["status"], task["usage"]["cost"]) for task in tasks] == [("failed", 0.0)] * 4
    assert client.get("/api/v1/tasks/task_none").status_code == 404


def test_prices_need_no_key_and_are_revalidated(sandbox: SandboxProcess) -> None:
    url = f"{sandbox.base_url}/api/v1/price_schedules?model=glm-4.7"
    first = httpx.get(url, trust_env=False)
    assert [row["model"] for row in first.json()["price_schedules"]] == ["glm-4.7"]
    again = httpx.get(url, headers={"If-None-Match": f'"other", W/{first.headers["ETag"]}'}, trust_env=False)
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
    changed = httpx.get(url, headers={"If-None-Match": '"other"'}, trust_env=False)
    assert changed.status_code == 200
    asked = {"service": "glm", "action": "chat_completion", "model": "glm-4.7", "params": {"max_tokens": 1_000_001}}
    quoted = httpx.post(f"{sandbox.base_url}/api/v1/price_quotes", json=asked, trust_env=False)
    assert quoted.json()["price_quote"]["reservation_amount_cents"] == 111


@pytest.mark.parametrize("path", ["/v1/models", "/api/v1/me", "/api/v1/me/balance", "/api/v1/tasks/x", "/sandbox/log"])
@pytest.mark.parametrize("sent", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Bearer é".encode()}])
def test_the_key_is_checked(sandbox: SandboxProcess, path: str, sent: dict[str, Any]) -> None:
    response = httpx.get(sandbox.base_url + path, headers=sent, trust_env=False)
    assert response.status_code == 401
    assert response.json()["error"]["code"] == "invalid_api_key"


def test_account_and_models(client: httpx.Client) -> None:
    assert [row["id"] for row in client.get("/v1/models").json()["data"]][-1] == "glm-5.3"
    assert client.get("/api/v1/me").json()["account"]["name"] == "Sandbox"
    assert client.get("/healthz").json() == {"status": "ok", "engine": "scripted", "model": None}


def test_broken_requests_are_refused(client: httpx.Client) -> None:
    path = "/v1/chat/completions"
    json_type = {"Content-Type": "application/json"}
    assert client.post(path, content=b"{}").status_code == 415
    assert client.post(path, content=b"{", headers=json_type).status_code == 400
    assert client.post(path, content=b"[" * 100_000, headers=json_type).status_code == 400
    assert client.post(path, content=b'{"temperature": NaN}', headers=json_type).status_code == 400
    assert client.post(path, content=b" " * (8 * 1024 * 1024 + 1), headers=json_type).status_code == 413
    bad_id = client.post(path, json=body_of("hi"), headers={"X-Client-Request-Id": "a" * 513})
    assert "X-Client-Request-Id" in bad_id.json()["errors"]
    assert ask(client, "hi", temperature=2).json()["errors"].keys() == {"temperature"}
    assert "nonsense" in ask(client, "@script nonsense=1").json()["errors"]["@script"][0]
    assert client.get(path).status_code == 405
    assert client.get("/nowhere").json()["code"] == "not_found"
    assert client.get("/healthz", headers={"Host": "example.org"}).status_code == 400


def test_tokens_follow_an_absolute_schedule(client: httpx.Client) -> None:
    started = time.perf_counter()
    ask(client, "@script tokens=200 rate=500 delay=100")
    assert 0.1 + 199 / 500 <= time.perf_counter() - started < 1.5
    entry = logged(client)
    assert entry["first_token_ns"] - entry["received_ns"] >= 100e6
    assert entry["last_token_ns"] - entry["first_token_ns"] < 1e9
    assert entry["body"]["model"] == "glm-5.1"


@pytest.mark.parametrize(
    "script", ["tokens=500 rate=20", "delay=60000", "status=500 delay=60000", "tokens=9 fault=hang@0"]
)
def test_a_client_that_leaves_is_seen_at_once(sandbox: SandboxProcess, client: httpx.Client, script: str) -> None:
    body = json.dumps(body_of(f"@script {script}")).encode()
    host, port = sandbox.base_url.removeprefix("http://").split(":")
    head = (
        f"POST /v1/chat/completions HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {sandbox.key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )

    async def leave() -> int:
        _, writer = await asyncio.open_connection(host, int(port))
        writer.write(head.encode() + body)
        await writer.drain()
        await asyncio.sleep(0.15)
        closed = time.perf_counter_ns()
        writer.close()
        return closed

    closed = asyncio.run(leave())
    entry = logged(client)
    seen_after_ms = (entry["closed_by_client_ns"] - closed) / 1e6
    print(f"disconnect seen after {seen_after_ms:.2f} ms")
    assert seen_after_ms < 100
    assert entry["tokens_sent"] < 20


def test_scripted_text_is_fast_enough_not_to_be_the_bottleneck(client: httpx.Client) -> None:
    ask(client, "@script tokens=20000")
    started = time.perf_counter()
    with client.stream("POST", "/v1/chat/completions", json=body_of("@script tokens=20000")) as response:
        events = sum(data.count(b"\n\n") for data in response.iter_raw())
    rate = 20_000 / (time.perf_counter() - started)
    print(f"scripted: {rate:,.0f} tokens/s")
    assert events >= 20_000
    assert rate > 20_000


@pytest.mark.parametrize(
    ("limits", "tokens"),
    [
        ({"max_completion_tokens": 8}, 8),
        ({"max_completion_tokens": 8, "max_tokens": 20}, 8),
        ({"max_completion_tokens": 20, "max_tokens": 8}, 8),
        ({"max_completion_tokens": None, "max_tokens": None}, 30),
    ],
)
def test_both_words_for_the_longest_answer_are_honoured(
    client: httpx.Client, limits: dict[str, int | None], tokens: int
) -> None:
    response = ask(client, "@script tokens=30", **limits)
    assert chunks(response)[-1]["usage"]["completion_tokens"] == tokens
    assert "x-sandbox-ignored" not in response.headers


def test_a_developer_is_heard(client: httpx.Client) -> None:
    messages = [{"role": "developer", "content": "be brief"}, {"role": "user", "content": "@script text=yes"}]
    assert text_of(chunks(ask(client, "", messages=messages))) == "yes"


def test_one_model_is_described_as_in_the_list(client: httpx.Client) -> None:
    listed = client.get("/v1/models").json()["data"]
    assert client.get(f"/v1/models/{listed[0]['id']}").json() == listed[0]
    unknown = client.get("/v1/models/z-ai/glm-9")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "model_not_found")


def test_a_tool_loop_ends_with_an_answer(client: httpx.Client) -> None:
    call = {"id": "call_sandbox_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    messages = [
        {"role": "user", "content": "@script tool_call=1"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_sandbox_1", "content": "21 degrees"},
    ]
    answered = chunks(ask(client, "", messages=messages))
    assert text_of(answered)
    assert answered[-2]["choices"][0]["finish_reason"] == "stop"
    asked_again = chunks(ask(client, "", messages=[*messages, {"role": "user", "content": "@script tool_call=1"}]))
    assert asked_again[-2]["choices"][0]["finish_reason"] == "tool_calls"


def test_no_tool_is_called_where_the_request_says_so(client: httpx.Client) -> None:
    answered = chunks(ask(client, "@script tool_call=1", tool_choice="none"))
    assert answered[-2]["choices"][0]["finish_reason"] == "stop"


@pytest.mark.parametrize(
    ("stop", "text"),
    [
        ("text** of", "This is **scripted "),
        (["never", "**scripted", "text"], "This is "),
        (["T"], ""),
        ([], "This is **scripted text** of the sandbox"),
        ("", "This is **scripted text** of the sandbox"),
        (None, "This is **scripted text** of the sandbox"),
        (["", "ed text"], "This is **script"),
    ],
)
def test_an_answer_ends_before_a_stop_text(client: httpx.Client, stop: object, text: str) -> None:
    answered = chunks(ask(client, "hi", stop=stop))
    assert text_of(answered).partition(",")[0] == text
    assert answered[-2]["choices"][0]["finish_reason"] == "stop"


def test_null_is_as_if_it_were_not_sent(client: httpx.Client) -> None:
    nothing = dict.fromkeys(
        ("stream", "n", "seed", "stop", "tools", "tool_choice", "stream_options", "response_format")
    )
    response = client.post("/v1/chat/completions", json=body_of("@script tokens=2", stream=False) | nothing)
    assert response.json()["object"] == "chat.completion"
    assert "x-sandbox-ignored" not in response.headers
    refused = client.post("/v1/chat/completions", json=body_of("hi") | {"messages": None})
    assert refused.json()["errors"].keys() == {"messages"}


def test_options_of_a_stream(client: httpx.Client) -> None:
    for options, told in [
        ({}, 0),
        ({"include_usage": None}, 0),
        ({"include_usage": True, "include_obfuscation": False}, 1),
    ]:
        assert (
            sum("usage" in chunk for chunk in chunks(ask(client, "@script tokens=2", stream_options=options))) == told
        )


def test_one_answer_is_all_that_is_given(client: httpx.Client) -> None:
    assert "x-sandbox-ignored" not in ask(client, "@script tokens=2", n=1).headers
    assert ask(client, "hi", n=2).json()["errors"].keys() == {"n"}
    assert ask(client, "hi", seed=2**63).json()["errors"].keys() == {"seed"}


def test_the_tool_that_was_asked_for_is_called(client: httpx.Client) -> None:
    tools = [{"type": "function", "function": {"name": name}} for name in ("first", "second")]
    choice = {"type": "function", "function": {"name": "second"}}
    answered = ask(client, "@script tool_call=1", stream=False, tools=tools, tool_choice=choice).json()
    assert [call["function"]["name"] for call in answered["choices"][0]["message"]["tool_calls"]] == ["second"]


def test_other_methods_and_addresses(client: httpx.Client) -> None:
    assert client.get("/v1/models/").json() == client.get("/v1/models").json()
    assert client.get("/v1/models/glm-5.1/").json()["id"] == "glm-5.1"
    for path in ("/v1/models", "/v1/models/glm-5.1"):
        head = client.head(path)
        assert (head.status_code, head.content) == (200, b"")
    for path in ("/v1/models", "/v1/chat/completions"):
        # No page of another origin is let in.
        asked = client.options(path, headers={"Origin": "http://example.org", "Access-Control-Request-Method": "POST"})
        assert asked.status_code == 405
        assert not [name for name in asked.headers if name.startswith("access-control")]

"""The programs send exactly the request they were made of, in every language, whatever is in it."""

import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glm_playground.catalog import load_catalog
from glm_playground.gateway import ChatRequest, Message, ToolCall
from glm_playground.sandbox.process import SandboxProcess
from glm_playground.ui.shared.text.literals import (
    javascript_literal,
    javascript_string,
    json_literal,
    python_literal,
    python_string,
)
from glm_playground.ui.shared.text.snippets import request_snippets, snippets
from tests.loopback import CannedServer, answer, content, stream

NODE_FOLDER = Path(__file__).parents[4] / "quickstarts"
HOSTILE = {
    "quotes": 'it\'s "quoted" and `ticked`',
    "shell": "$HOME ${RUNAPI_API_KEY} $(id) `id` !! \\$x",
    "backslashes": "C:\\new\\table \\\\ \\' \\\" \\u0041 ends in \\",
    "lines": "first\nsecond\r\nthird\ttab\u2028separated\u2029",
    "languages": "olá 你好 🙂 👩‍💻 é",
    "hidden": "a\u202eb\u200bc\u0000d\x1b[31m\x7f\ufeff",
    "templates": "{model} %s {{x}} ${x} </script> <!-- -->",
    "option": "-d @/etc/passwd",
    "shell end": "'; echo gotcha; '",
    "python end": '"""; print("gotcha"); """',
    "empty": "",
}
COMPLETION = {"choices": [{"index": 0, "message": {"role": "assistant", "content": "pong"}, "finish_reason": "stop"}]}
SNIPPETS = [snippet.name for snippet in snippets("glm-5.1", "hi")]

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")


WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": 'Says the weather. It\'s for "towns"\u202e only',
        "parameters": {
            "type": "object",
            "properties": {"town": {"type": "string"}, "__proto__": {"type": ["number", "null"], "default": None}},
            "required": ["town"],
            "additionalProperties": False,
        },
    },
}
EXTRA = {
    "note\u200b": {"constructor": [True, None, 1, -2.5, 1e-7, 1e21, {}, [], [[{"a-b": False}]]], "0": "", "": 0},
    "__proto__": {"extra_body": "x"},
    "timeout": 1,
}
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda values: st.lists(values, max_size=4) | st.dictionaries(st.text(), values, max_size=4),
    max_leaves=12,
)


def command(name: str) -> list[str]:
    if name == "curl":
        return ["bash"]
    if name.startswith("Python"):
        return [sys.executable, "-"]
    return ["node", "--input-type=module", "-"]


def run(name: str, text: str, base_url: str, key: str = "test-key") -> str:
    if name == "curl" and shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    if name.startswith("JavaScript"):
        if shutil.which("node") is None:
            pytest.skip("node is not installed")
        if not (NODE_FOLDER / "node_modules" / "openai").exists():
            pytest.skip("run `npm install --prefix tests/quickstarts` first")
    environment = os.environ | {"RUNAPI_BASE_URL": base_url, "RUNAPI_API_KEY": key, "PYTHONUTF8": "1"}
    done = subprocess.run(
        command(name),
        # On a command line Linux takes no more than 128 KiB.
        input=text,
        env=environment,
        cwd=NODE_FOLDER,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def text_of(name: str, prompt: str, model: str = "glm-5.1") -> str:
    return next(snippet.text for snippet in snippets(model, prompt) if snippet.name == name)


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("name", SNIPPETS)
def test_another_server_is_asked_at_its_own_address(name: str, streamed: bool) -> None:
    body = {"model": "m", "messages": [{"role": "user", "content": "hi"}], **({"stream": True} if streamed else {})}
    said = stream(content("pong")) if streamed else answer(200, COMPLETION)
    with CannedServer(said) as server:
        root = f"{server.url}/v1beta/openai"
        text = next(snippet.text for snippet in request_snippets(body, root) if snippet.name == name)
        assert "pong" in run(name, text, "http://127.0.0.1:9/elsewhere")
    assert server.asked[0].path == "/v1beta/openai/chat/completions"


def program(name: str, body: dict[str, Any]) -> str:
    return next(snippet.text for snippet in request_snippets(body) if snippet.name == name)


def rich_body(request_id: str, streamed: bool, said: str = "tokens=1") -> dict[str, Any]:
    """A request with all there is in it, to which the sandbox says `said`."""
    hostile = "\n".join(HOSTILE.values())
    return ChatRequest(
        model="glm-5.1",
        messages=(
            Message(role="system", content=hostile),
            Message(role="user", content="And the weather?"),
            Message(role="assistant", content="", tool_calls=(ToolCall(id="1", name="f", arguments='{"a": "\'"'),)),
            Message(role="tool", content=hostile, tool_call_id="1"),
            Message(role="user", content=f"@script {said} rate=0\n{hostile}"),
        ),
        stream=streamed,
        temperature=0.35,
        top_p=0.1 + 0.2,
        max_tokens=300,
        seed=2**31 - 1,
        stop=HOSTILE["quotes"],
        thinking=True,
        clear_thinking=False,
        reasoning_effort="max",
        do_sample=True,
        tools=(WEATHER,),
        response_format={"type": "json_object"},
        extra=EXTRA | {"request_id": request_id},
    ).body()


def arrived(sandbox: SandboxProcess, request_id: str) -> dict[str, Any]:
    """The body of the one request with this `request_id`, as the sandbox noted it."""
    headers = {"Authorization": f"Bearer {sandbox.key}"}
    log = httpx.get(f"{sandbox.base_url}/sandbox/log", headers=headers, trust_env=False).json()["requests"]
    bodies: list[dict[str, Any]] = [
        entry["body"] for entry in log if (entry["body"] or {}).get("request_id") == request_id
    ]
    (body,) = bodies
    return body


def exactly(value: object) -> str:
    """`value` as a text that also tells True from 1; the order of fields does not count."""
    return json.dumps(value, sort_keys=True)


@pytest.mark.slow
@pytest.mark.parametrize("name", SNIPPETS)
def test_a_hostile_prompt_arrives_as_it_is(name: str) -> None:
    prompt = "\n".join(HOSTILE.values())
    with CannedServer(answer(200, COMPLETION)) as server:
        printed = run(name, text_of(name, prompt), server.url)
    (asked,) = server.asked
    assert json.loads(asked.body)["messages"] == [{"role": "user", "content": prompt}]
    assert json.loads(asked.body)["model"] == "glm-5.1"
    assert asked.headers["authorization"] == "Bearer test-key"
    assert (asked.method, asked.path) == ("POST", "/v1/chat/completions")
    assert "pong" in printed
    assert "gotcha" not in printed


@pytest.mark.slow
@pytest.mark.parametrize("name", SNIPPETS)
def test_every_models_snippet_is_answered_by_the_sandbox(name: str, sandbox: SandboxProcess) -> None:
    models = [card.id for card in load_catalog().listed_on("runapi")]
    programs = [text_of(name, f"@script text=olá%20{model} rate=0\nhello", model) for model in models]
    # One process for all, where a program may stand behind another: an interpreter takes long to start.
    if not name.startswith("JavaScript"):
        programs = ["\n".join(programs)]
    printed = "".join(run(name, program, sandbox.base_url, sandbox.key) for program in programs)
    for model in models:
        assert f"olá {model}" in printed


@pytest.mark.slow
@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("name", SNIPPETS)
def test_a_rich_body_arrives_as_it_is(name: str, streamed: bool, sandbox: SandboxProcess) -> None:
    request_id = f"{name}, streamed: {streamed}"
    body = rich_body(request_id, streamed, "text=ol%C3%A1%E2%80%A8a%0Ab comments=1 crlf=1 reasoning=3")
    printed = run(name, program(name, body), sandbox.base_url, sandbox.key)
    assert exactly(arrived(sandbox, request_id)) == exactly(body)
    if name == "curl":
        assert ("data: [DONE]" in printed) == streamed
    else:
        assert printed == "olá\u2028a\nb\n"


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in SNIPPETS if name != "curl"])
def test_a_stream_is_printed_over_chunks_without_choices_and_without_content(name: str) -> None:
    chunks = [{"choices": []}, {"usage": {}}, {"choices": [{"index": 0, "delta": {"role": "assistant"}}]}]
    with CannedServer(stream(*chunks, content("po"), *chunks, content("ng"), b"[DONE]")) as server:
        printed = run(name, program(name, rich_body("", True)), server.url)
    assert printed == "pong\n"


def test_curl_sends_a_body_that_is_too_long_for_an_argument(sandbox: SandboxProcess) -> None:
    body = rich_body("long", False) | {"context": "é'\n" * 40_000}
    run("curl", program("curl", body), sandbox.base_url, sandbox.key)
    assert exactly(arrived(sandbox, "long")) == exactly(body)


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_a_program_is_laid_out_in_lines_that_can_be_read(streamed: bool) -> None:
    body = {"model": "glm-5.1", "messages": [{"role": "user", "content": "hi"}] * 9, "stream": streamed, "x": WEATHER}
    for snippet in request_snippets(body):
        assert max(map(len, snippet.text.splitlines())) <= 100


def test_a_number_that_json_has_not_is_refused() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        request_snippets({"model": "glm-5.1", "messages": [], "temperature": float("nan")})


@pytest.mark.parametrize("prompt", HOSTILE.values(), ids=HOSTILE.keys())
def test_no_snippet_has_a_sign_that_cannot_be_seen(prompt: str) -> None:
    body = rich_body("", True) | {prompt: prompt}
    for snippet in snippets("glm-5.1", prompt) + request_snippets(body):
        assert all(character.isprintable() or character == "\n" for character in snippet.text)


def test_no_snippet_holds_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNAPI_API_KEY", "secret-key")
    for snippet in snippets("glm-5.1", "hi") + request_snippets(rich_body("", True)):
        assert "secret-key" not in snippet.text
        assert "RUNAPI_API_KEY" in snippet.text


@given(st.text())
def test_strings_mean_the_same_to_python_and_json(text: str) -> None:
    assert ast.literal_eval(python_string(text)) == text
    assert json.loads(javascript_string(text)) == text


@given(json_values)
def test_values_mean_the_same_to_python_and_json(value: object) -> None:
    for one_line in (True, False):
        assert exactly(ast.literal_eval(python_literal(value, one_line=one_line))) == exactly(value)
    assert exactly(json.loads(json_literal(value))) == exactly(value)


@needs_node
def test_literals_mean_the_same_to_javascript() -> None:
    values = [*HOSTILE.values(), WEATHER, EXTRA, [5e-324, 1.7976931348623157e308, 2**53 - 1, 0.1 + 0.2], {}, [], None]
    literals = [javascript_literal(value, one_line=one_line) for value in values for one_line in (True, False)]
    lines = [f"process.stdout.write(JSON.stringify({literal}) + '\\n');" for literal in literals]
    done = subprocess.run(
        ["node", "-e", "\n".join(lines)], capture_output=True, text=True, check=True, encoding="utf-8"
    )
    meant = [json.loads(line) for line in done.stdout.rstrip("\n").split("\n")]
    assert exactly(meant) == exactly([value for value in values for _ in (True, False)])

"""The quickstart's programs ask exactly the prompt they were given, in every language, whatever is in it."""

import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glm_playground.catalog import load_catalog
from glm_playground.sandbox.process import SandboxProcess
from glm_playground.ui.snippets import javascript_string, python_string, snippets
from tests.loopback import CannedServer, answer

NODE_FOLDER = Path(__file__).parents[1] / "quickstarts"
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


def command(name: str, text: str) -> list[str]:
    if name == "curl":
        return ["bash", "-c", text]
    if name.startswith("Python"):
        return [sys.executable, "-c", text]
    return ["node", "--input-type=module", "-e", text]


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
        command(name, text),
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


@pytest.mark.parametrize("prompt", HOSTILE.values(), ids=HOSTILE.keys())
def test_no_snippet_has_a_sign_that_cannot_be_seen(prompt: str) -> None:
    for snippet in snippets("glm-5.1", prompt):
        assert all(character.isprintable() or character == "\n" for character in snippet.text)


def test_no_snippet_holds_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNAPI_API_KEY", "secret-key")
    for snippet in snippets("glm-5.1", "hi"):
        assert "secret-key" not in snippet.text
        assert "RUNAPI_API_KEY" in snippet.text


@given(st.text())
def test_strings_mean_the_same_to_python_and_json(text: str) -> None:
    assert ast.literal_eval(python_string(text)) == text
    assert json.loads(javascript_string(text)) == text


@needs_node
def test_strings_mean_the_same_to_javascript() -> None:
    lines = [f"process.stdout.write(JSON.stringify({javascript_string(text)}) + '\\n');" for text in HOSTILE.values()]
    done = subprocess.run(
        ["node", "-e", "\n".join(lines)], capture_output=True, text=True, check=True, encoding="utf-8"
    )
    assert [json.loads(line) for line in done.stdout.rstrip("\n").split("\n")] == list(HOSTILE.values())

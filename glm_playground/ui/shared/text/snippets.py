"""A chat completion request as a program in four languages; a key is never in it.

Each program reads the key from RUNAPI_API_KEY, or from another variable where there are several gateways. It asks
RunAPI, or RUNAPI_BASE_URL where that is set; one that is made for another server asks that one, at the very address
that the app asks.
"""

import shlex
from collections.abc import Mapping
from typing import Any, NamedTuple

from glm_playground.ui.shared.text.literals import javascript_literal, json_literal, python_literal

BASE_URL = "https://runapi.ai"
KEY_NAME = "RUNAPI_API_KEY"
"""The environment variable with the key of the only gateway."""

# Keyword arguments that the Python package has had for long; what it has not goes into its `extra_body`.
_OPENAI_ARGUMENTS = frozenset(
    {
        "model",
        "messages",
        "stream",
        "stream_options",
        "temperature",
        "top_p",
        "max_tokens",
        "max_completion_tokens",
        "seed",
        "stop",
        "n",
        "presence_penalty",
        "frequency_penalty",
        "logit_bias",
        "logprobs",
        "top_logprobs",
        "tools",
        "tool_choice",
        "parallel_tool_calls",
        "response_format",
        "user",
    }
)
# Linux takes no longer argument than 128 KiB.
_LONGEST_ARGUMENT_BYTES = 100_000


class Snippet(NamedTuple):
    """A program that sends the request and prints the answer."""

    name: str
    language: str
    """As syntax highlighters call it."""
    text: str


def snippets(model: str, prompt: str) -> tuple[Snippet, ...]:
    """The quickstart for `model` and `prompt` in every language."""
    return request_snippets({"model": model, "messages": [{"role": "user", "content": prompt}]})


def request_snippets(body: Mapping[str, Any], api_root: str = "", key_name: str = KEY_NAME) -> tuple[Snippet, ...]:
    """Programs that send `body`, which has a `model` and `messages`; with `stream` they print the answer as it comes.

    Args:
        body: what is sent.
        api_root: the address that `/chat/completions` is appended to; empty for RunAPI's.
        key_name: the environment variable that the programs take the key from.

    JavaScript itself rounds whole numbers beyond 2**53; else the JSON value that is sent is the same in every language.

    Raises:
        ValueError: where `body` has a number that JSON has not: NaN or an infinity.
        TypeError: where it has something else that is no JSON value.
    """
    streamed = body.get("stream") is True
    address = _address(api_root, key_name)
    return (
        Snippet("curl", "bash", _curl(body, streamed, address)),
        Snippet("Python (openai)", "python", _python_openai(body, streamed, address)),
        Snippet("Python (httpx)", "python", _httpx_stream(body, address) if streamed else _httpx(body, address)),
        Snippet("JavaScript (openai)", "javascript", _javascript(body, streamed, address)),
    )


class _Address(NamedTuple):
    """Where the programs send to, as each language has it."""

    curl: str
    python: str
    """The statement that sets `base_url`."""
    javascript: str
    """The statement that sets `baseURL`."""
    key_name: str


def _address(api_root: str, key_name: str) -> _Address:
    if api_root:
        return _Address(
            shlex.quote(f"{api_root}/chat/completions"),
            f"base_url = {python_literal(api_root)}",
            f"const baseURL = {javascript_literal(api_root)};",
            key_name,
        )
    return _Address(
        f'"${{RUNAPI_BASE_URL:-{BASE_URL}}}/v1/chat/completions"',
        f'base_url = os.environ.get("RUNAPI_BASE_URL", "{BASE_URL}") + "/v1"',
        f'const baseURL = `${{process.env.RUNAPI_BASE_URL ?? "{BASE_URL}"}}/v1`;',
        key_name,
    )


def _curl(body: Mapping[str, Any], streamed: bool, address: _Address) -> str:
    option = "  --data-raw '"
    text = json_literal(body, used=len(option))
    if len(text.encode()) <= _LONGEST_ARGUMENT_BYTES:
        data = f"--data-raw {shlex.quote(text)}"
    else:
        # No line of JSON is the word that ends the text.
        data = f"--data-binary @- <<'BODY'\n{text}\nBODY"
    return f"""\
curl -sS {"-N " if streamed else ""}--fail-with-body {address.curl} \\
  -H "Authorization: Bearer ${address.key_name}" \\
  -H "Content-Type: application/json" \\
  {data}
"""


def _python_openai(body: Mapping[str, Any], streamed: bool, address: _Address) -> str:
    arguments = {name: value for name, value in body.items() if name in _OPENAI_ARGUMENTS}
    if extra := {name: value for name, value in body.items() if name not in _OPENAI_ARGUMENTS}:
        arguments["extra_body"] = extra
    lines = [
        f"    {name}={python_literal(value, indent=4, used=len(name) + 5)},\n" for name, value in arguments.items()
    ]
    printing = (
        """\
for chunk in stream:
    if chunk.choices:
        print(chunk.choices[0].delta.content or "", end="", flush=True)
print()
"""
        if streamed
        else "print(completion.choices[0].message.content)\n"
    )
    return f"""\
import os

from openai import OpenAI

{address.python}
client = OpenAI(base_url=base_url, api_key=os.environ["{address.key_name}"])
{"stream" if streamed else "completion"} = client.chat.completions.create(
{"".join(lines)})
{printing}"""


def _httpx(body: Mapping[str, Any], address: _Address) -> str:
    return f"""\
import os

import httpx

{address.python}
response = httpx.post(
{_httpx_arguments(body, address)})
response.raise_for_status()
print(response.json()["choices"][0]["message"]["content"])
"""


def _httpx_stream(body: Mapping[str, Any], address: _Address) -> str:
    return f"""\
import json
import os

import httpx

{address.python}
with httpx.stream(
    "POST",
{_httpx_arguments(body, address)}) as response:
    response.raise_for_status()
    unfinished = b""
    for received in response.iter_bytes():
        # iter_lines would also split at line separators inside the JSON
        *lines, unfinished = (unfinished + received).split(b"\\n")
        for line in lines:
            data = line.removeprefix(b"data:").strip()
            if not line.startswith(b"data:") or data == b"[DONE]":
                continue
            chunk = json.loads(data)
            if chunk.get("error"):
                raise RuntimeError(chunk["error"])
            if chunk.get("choices"):
                print(chunk["choices"][0]["delta"].get("content") or "", end="", flush=True)
print()
"""


def _httpx_arguments(body: Mapping[str, Any], address: _Address) -> str:
    return f"""\
    f"{{base_url}}/chat/completions",
    headers={{"Authorization": f"Bearer {{os.environ['{address.key_name}']}}"}},
    json={python_literal(body, indent=4, one_line=False)},
    timeout=900,  # a thinking model can be silent for long
"""


def _javascript(body: Mapping[str, Any], streamed: bool, address: _Address) -> str:
    printing = (
        """\
for await (const chunk of stream) {
  process.stdout.write(chunk.choices?.[0]?.delta?.content ?? "");
}
console.log();
"""
        if streamed
        else "console.log(completion.choices[0].message.content);\n"
    )
    return f"""\
import OpenAI from "openai";

{address.javascript}
const client = new OpenAI({{ baseURL, apiKey: process.env.{address.key_name} }});
const {"stream" if streamed else "completion"} = await client.chat.completions.create(\
{javascript_literal(body, one_line=False)});
{printing}"""
